// What was typed for a conflict that went away by itself: Airflow got the same value, or leewardctl settled it.
import type { CollectionState } from "./collection.svelte";
import { ConflictDraft } from "./conflict-draft.svelte";
import type { RecordDraft } from "./record-draft";

type Typed<D extends RecordDraft> = Pick<
  CollectionState<D>,
  "drafts" | "conflictDrafts" | "secrets" | "get" | "draftKind"
>;

/** Makes unsaved edits of it, so that none is lost, and none comes back in the next conflict of that record. */
export function takeUpLeftOvers<D extends RecordDraft>(collection: Typed<D>): void {
  for (const [key, conflict] of [...collection.conflictDrafts]) {
    const record = collection.get(key);
    const now = record?.state === "conflict" ? record.conflict : null;
    // While a conflict lasts it is of the time at which it was found, whatever Airflow does meanwhile.
    const isOver = now?.found_at !== conflict.conflict.found_at && !conflict.isSettling;
    if (!isOver) continue;
    if (takeUp(collection, key, conflict)) collection.conflictDrafts.delete(key);
    else if (now) collection.conflictDrafts.set(key, ConflictDraft.following(now, conflict));
  }
}

/** False while something else that was typed for the record has its place. */
function takeUp<D extends RecordDraft>(collection: Typed<D>, key: string, conflict: ConflictDraft): boolean {
  const { drafts, secrets, draftKind } = collection;
  const reason = conflict.leftReason.trim();
  const isReasonKept = reason === "" || reason === collection.get(key)?.reason;
  const isTyped = Object.keys(conflict.left).length > 0;
  if (!isTyped && !conflict.lacksSecret("value") && isReasonKept) return true;
  if (drafts.get(key)?.touched) return false;
  const draft = draftKind.afterConflict(key, collection.get(key), conflict);
  const { value } = conflict.left;
  // Hidden by now: it can only be sent as a secret.
  if (draft.sealed && value !== undefined && !secrets.has(key)) secrets.set(key, value);
  if (draft.changed || draft.lacksSecret || !isReasonKept) drafts.set(key, draft);
  return true;
}
