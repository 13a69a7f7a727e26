// What the window asks of an edit that is begun and not saved, whatever the collection.
import type { Change, Problem, RecordView } from "$lib/bindings";
import type { ConflictDraft } from "./conflict-draft.svelte";

export interface RecordDraft {
  readonly key: string;
  readonly isNew: boolean;
  /** Why, in the analyst's words. */
  reason: string;
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
  /** Why this cannot be made pending; null when it can. */
  refusal(taken: (key: string) => boolean): Problem | null;
  /** The fields that differ from what was shown, each with what it was changed from. */
  changes(): Record<string, Change>;
  /** Whether the record is what the draft would make of it. */
  isIn(record: RecordView | undefined): boolean;
  /** Whether it was begun from what the record is now, as far as that can be seen of a secret. */
  isFrom(record: RecordView): boolean;
  /** Whether what it shows where nothing is typed is what the record is now. */
  isShowing(record: RecordView): boolean;
  /** One that can be typed in without touching this one. */
  copy(): RecordDraft;
  /** Takes over what was typed since into the draft that was saved with this reason. */
  goneOn(typed: RecordDraft, reason: string): RecordDraft;
  /** Another secret is typed in place of the one that was lost, or none is to be. */
  forgetLostSecret(): void;
  /** The saved change that it went on from was taken back, to these fields. */
  tookBack(fields: Record<string, unknown>): void;
}

/** How the drafts of a collection are made. */
export interface DraftKind<D extends RecordDraft> {
  /** An edit in which nothing is typed yet; of a new record without one. */
  begun(record: RecordView | undefined): D;
  /** The same in the place of one that holds no change of it: that a secret was lost stays known, and the reason is that. */
  unchanged(record: RecordView | undefined, before: D, reason: string): D;
  /** The draft that goes on from what was just kept. */
  after(draft: D): D;
  /** The same text as a record that is new: the one it was typed for is no more. */
  anew(draft: D): D;
  /** The draft of an earlier start of the app. */
  broughtBack(form: object): D;
  /** What waited to be sent of a record and was taken back, as an edit that is not saved; null where nothing was typed. */
  takenBack(record: RecordView): D | null;
  /** What was typed for a conflict that is no more, as an edit of what the record is now. */
  afterConflict(key: string, record: RecordView | undefined, conflict: ConflictDraft): D;
}
