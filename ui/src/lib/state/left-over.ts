// What was typed for a conflict that went away by itself: Airflow got the same value, or leewardctl settled it.
import type { ConflictDraft } from "./conflict-draft.svelte";
import { Draft } from "./draft.svelte";
import type { CollectionState } from "./collection.svelte";

type Typed = Pick<CollectionState, "drafts" | "conflictDrafts" | "secrets" | "get">;

/** Makes unsaved edits of it, so that none is lost, and none comes back in the next conflict of that variable. */
export function takeUpLeftOvers(collection: Typed): void {
  for (const [key, conflict] of [...collection.conflictDrafts]) {
    const isOver = collection.get(key)?.state !== "conflict" && !conflict.isSettling;
    if (isOver && takeUp(collection, key, conflict)) collection.conflictDrafts.delete(key);
  }
}

/** False while something else that was typed for the variable has its place. */
function takeUp(collection: Typed, key: string, conflict: ConflictDraft): boolean {
  const { drafts, secrets } = collection;
  if (!conflict.isTyped) return true;
  if (drafts.get(key)?.touched) return false;
  const draft = Draft.afterConflict(key, collection.get(key), conflict);
  const { value } = conflict.texts;
  // Hidden by now: it can only be sent as a secret.
  if (draft.sealed && value !== undefined && !secrets.has(key)) secrets.set(key, value);
  if (draft.changed) drafts.set(key, draft);
  return true;
}
