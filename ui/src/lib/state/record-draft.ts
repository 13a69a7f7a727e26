// What the window asks of an edit that is begun and not saved, whatever the collection.
import type { RecordView } from "$lib/bindings";
import type { ConflictDraft } from "./conflict-draft.svelte";

export interface RecordDraft {
  readonly key: string;
  readonly isNew: boolean;
  /** Whether it differs from what was shown. */
  readonly changed: boolean;
  /** Whether there is something that could be lost. */
  readonly touched: boolean;
  /** Whether a secret is typed in it, which a restart forgets. */
  readonly holdsSecret: boolean;
  /** Whether a secret that was typed was lost, and nothing is in its place yet. */
  readonly lacksSecret: boolean;
  /** Whether more is typed than the secret. */
  readonly restTyped: boolean;
  /** Its row in the list where its record is no more, or is not made yet. */
  readonly lastSeen: RecordView;
  /** Whether its record hides the value that it is about. */
  readonly sealed: boolean;
  /** What a restart is to find of it; null where there is nothing. */
  readonly unsaved: object | null;
  /** The same where a secret is typed beside it: that there was one, and nothing of the secret. */
  readonly unsavedBesideSecret: object;
  /** Another secret is typed in place of the one that was lost, or none is to be. */
  forgetLostSecret(): void;
  /** The saved change that it went on from was taken back, to these fields. */
  tookBack(fields: Record<string, unknown>): void;
}

/** How the drafts of a collection are made. */
export interface DraftKind<D extends RecordDraft> {
  /** An edit in which nothing is typed yet. */
  begun(record: RecordView): D;
  /** The draft of an earlier start of the app. */
  broughtBack(form: object): D;
  /** What was typed for a conflict that is no more, as an edit of what the record is now. */
  afterConflict(key: string, record: RecordView | undefined, conflict: ConflictDraft): D;
}
