// What the screens see of the local store: one open environment's records and actions, and the work that can be
// done on them. Every promise here resolves only once the work is durable on this computer ("kept").
import type { ActionKind, ActionView, Change, RecordView } from "$lib/bindings";
import type { Snapshot } from "./records";
import type { NewStep, RecordWork, Steps, Way } from "./steps";
import type { Decision, LastDecided, Undone } from "./together";
import type { Unsaved } from "./unsaved";
import type { NamedView } from "$lib/views/view";

/** A value that changes: calls back at once when something is known, then after every change. */
export interface Live<T> {
  subscribe(run: (value: T) => void): () => void;
}

/** The queued operation and whether it waits for the edits made before it. */
export interface NewAction {
  /** Unique for ever; made here where it is missing. */
  id?: string;
  what: ActionKind;
  after_edits: boolean;
}

export interface Desk {
  readonly env: string;
  /** The records of all collections, the analyst's work on top of what came from below. */
  records(): Live<Snapshot>;
  /** Every action that is known, newest first. */
  actions(): Live<ActionView[]>;
  /** What keeps the window and the mirror apart, in words (a lost store, a failing disk); null when nothing does. */
  trouble(): Live<string | null>;

  edit(collection: string, key: string, changes: Record<string, Change>, reason?: string): Promise<void>;
  /** Work on several records, each another one: all of it is kept, with the step that undoes it, or nothing. */
  change(collection: string, works: RecordWork[], step: NewStep): Promise<void>;
  /** What can be undone and redone in a collection. */
  steps(collection: string): Live<Steps>;
  /** The keys of the records that steps of a collection deleted, which undoing these makes anew. */
  deletedIn(collection: string): Promise<ReadonlySet<string>>;
  /**
   * Undoes the last step of a collection, or redoes the one that was undone last. Records that are another than the step
   * left them stay as they are, and are told by their keys. Null where there is no step.
   */
  retrace(collection: string, direction: "undo" | "redo"): Promise<Way | null>;
  /** The saved views of a collection, by name. */
  views(collection: string): Live<NamedView[]>;
  /** Saves a view, in the place of one of its name. */
  saveView(collection: string, view: NamedView): Promise<void>;
  removeView(collection: string, name: string): Promise<void>;
  /** `seen` is the record that was shown when the delete was decided. */
  remove(collection: string, key: string, seen: Record<string, unknown>, reason?: string): Promise<void>;
  /** `mine` is the analyst's side as it was shown. */
  resolve(
    collection: string,
    key: string,
    fields: Record<string, Change>,
    deleted: boolean,
    reason?: string,
    mine?: Record<string, unknown>,
  ): Promise<void>;
  /** Settles several conflicts: all of it is kept, with the step that undoes it, or nothing. */
  decide(decisions: Decision[]): Promise<void>;
  /** What was decided together last and can be undone; null where nothing is. */
  decided(): Live<LastDecided | null>;
  /** Makes conflicts again of what was decided together last. What was sent, or is another since, stays and is told. */
  undoDecided(): Promise<Undone>;
  /** What was decided together cannot be undone any more. */
  forgetDecided(): Promise<void>;
  /** Queues an action and gives its id. */
  act(action: NewAction, reason?: string): Promise<string>;
  /** Takes back the pending work on a record, as it was shown; settles its conflict as Airflow's. */
  takeBack(collection: string, key: string, shown?: RecordView): Promise<void>;
  takeBackAction(id: string): Promise<void>;
  /** Sends a held action without waiting for what holds it. */
  release(id: string): Promise<void>;
  /** Resolves once the mirror holds all work kept so far and what it tells has been taken over. */
  flush(): Promise<void>;
  /** What is typed and not saved, for the next start of the app. */
  readonly unsaved: Unsaved;
  close(): void;
}
