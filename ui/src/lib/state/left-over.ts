// What was typed for a conflict that went away by itself: Airflow got the same value, or leewardctl settled it.
import type { ConflictDraft } from "./conflict-draft.svelte";
import { Draft } from "./draft.svelte";
import type { Session } from "./session.svelte";

type Typed = Pick<Session, "drafts" | "conflictDrafts" | "secrets" | "byKey">;

/** Makes unsaved edits of it, so that none is lost, and none comes back in the next conflict of that variable. */
export function takeUpLeftOvers(session: Typed): void {
  for (const [key, conflict] of [...session.conflictDrafts]) {
    const isOver = session.byKey.get(key)?.state !== "conflict" && !conflict.isSettling;
    if (isOver && takeUp(session, key, conflict)) session.conflictDrafts.delete(key);
  }
}

/** False while something else that was typed for the variable has its place. */
function takeUp({ drafts, secrets, byKey }: Typed, key: string, conflict: ConflictDraft): boolean {
  if (!conflict.isTyped) return true;
  if (drafts.get(key)?.touched) return false;
  const draft = Draft.afterConflict(key, byKey.get(key), conflict);
  const { value } = conflict.texts;
  // Hidden by now: it can only be sent as a secret.
  if (draft.sealed && value !== undefined && !secrets.has(key)) secrets.set(key, value);
  if (draft.changed) drafts.set(key, draft);
  return true;
}
