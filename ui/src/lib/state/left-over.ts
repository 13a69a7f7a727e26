// What was typed for a conflict that went away by itself: Airflow got the same value, or leewardctl settled it.
import type { CollectionState } from "./collection.svelte";
import type { ConflictDraft } from "./conflict-draft.svelte";
import type { RecordDraft } from "./record-draft";

type Typed<D extends RecordDraft> = Pick<
  CollectionState<D>,
  "drafts" | "conflictDrafts" | "secrets" | "get" | "draftKind"
>;

/** Makes unsaved edits of it, so that none is lost, and none comes back in the next conflict of that record. */
export function takeUpLeftOvers<D extends RecordDraft>(collection: Typed<D>): void {
  for (const [key, conflict] of [...collection.conflictDrafts]) {
    const isOver = collection.get(key)?.state !== "conflict" && !conflict.isSettling;
    if (isOver && takeUp(collection, key, conflict)) collection.conflictDrafts.delete(key);
  }
}

/** False while something else that was typed for the record has its place. */
function takeUp<D extends RecordDraft>(collection: Typed<D>, key: string, conflict: ConflictDraft): boolean {
  const { drafts, secrets, draftKind } = collection;
  const reason = conflict.reason.trim();
  const isReasonKept = reason === "" || reason === collection.get(key)?.reason;
  if (!conflict.isTyped && !conflict.lacksSecret("value") && isReasonKept) return true;
  if (drafts.get(key)?.touched) return false;
  const draft = draftKind.afterConflict(key, collection.get(key), conflict);
  const { value } = conflict.texts;
  // Hidden by now: it can only be sent as a secret.
  if (draft.sealed && value !== undefined && !secrets.has(key)) secrets.set(key, value);
  if (draft.changed || draft.lacksSecret || !isReasonKept) drafts.set(key, draft);
  return true;
}
