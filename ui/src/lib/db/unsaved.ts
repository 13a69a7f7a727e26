// What was typed on the screens and not saved, so that a restart loses none of it. It is the window's alone: no log, no
// mirror. Written as one types, so without waiting for the disk: a killed app loses nothing by that, a power cut may.
import type { Conflict } from "$lib/bindings";
import type { Choices } from "$lib/conflicts/resolution";
import type { ModelForm } from "$lib/model/form";
import Dexie, { type DexieOptions, type Table } from "dexie";

/** A variable's form; the new variable's has `isNew`. */
export interface UnsavedForm {
  isNew: boolean;
  key: string;
  sealed: boolean;
  shown: { value: string | undefined; description: string | null | undefined };
  value: string;
  description: string;
  reason: string;
  keepAsText: boolean;
  /** A secret was typed, as the value or in the place of a hidden one. It is not in here. */
  isSecretLeftOut?: boolean;
}

/** What was chosen and typed for a conflict, and the conflict as it was shown. */
export interface UnsavedConflict {
  conflict: Conflict;
  choices: Choices;
  reason: string;
  shownAt: string;
  /** The fields whose result held a secret: it is not in here. */
  secretsLeftOut?: string[];
  /** It was chosen by a rule for several conflicts, and waits to be looked at; what was chosen before that. */
  heldOver?: Choices;
  /** What Airflow held when a result was typed, by field, where that is not what the conflict shows. */
  typedOver?: Record<string, string>;
  /** What Airflow held before, by field, as far as it was shown; the newest last. */
  earlierThere?: Record<string, readonly unknown[]>;
  /** What was typed for an earlier conflict of the record. */
  earlier?: { texts: Record<string, string>; reason: string };
}

/** What was typed for a run of a DAG. */
export interface UnsavedRun {
  /** The id that the run has once it is queued. */
  id: string;
  dagId: string;
  /** The id of the refused run whose place it takes. */
  again: string | null;
  /** Null where it held a secret. */
  conf: string | null;
  /** It did, and was typed. */
  isConfLeftOut?: boolean;
  note: string;
  afterEdits: boolean;
}

/** What was typed of a data model. */
export interface UnsavedModel {
  /** The file that it began with; null of a new collection. */
  from: string | null;
  form: ModelForm;
  /** The text of its file, where that was typed and not taken over. */
  json: string | null;
}

export interface UnsavedRow {
  kind: "form" | "conflict" | "run" | "aside" | "model" | "left out";
  /** What it is found by: see `slotOf`; the slot of a run; the collection of a data model, empty for a new one. */
  key: string;
  /** The form, as its collection's drafts are made of it: a Variable's is an `UnsavedForm`. */
  form?: object;
  conflict?: UnsavedConflict;
  run?: UnsavedRun;
  model?: UnsavedModel;
  /** What was typed in the form last, and discarded or replaced. */
  aside?: object;
  /** What was pasted into the collection's grid and fits nowhere: `LeftOut`s, without what is secret. */
  leftOut?: readonly object[];
}

/** The beginning of a slot that names its collection; a key of Airflow's holds no such character. */
const NAMED = "\u0000";

/**
 * Under what a record's text is kept; a new record's has an empty key. A Variable's is its key alone, as releases kept it
 * that knew no other collection.
 */
export function slotOf(collection: string, key: string): string {
  return collection === "variables" ? key : `${NAMED}${collection}${NAMED}${key}`;
}

/** The collection and key of a slot. */
export function recordOf(slot: string): { collection: string; key: string } {
  if (!slot.startsWith(NAMED)) return { collection: "variables", key: slot };
  const end = slot.indexOf(NAMED, 1);
  return { collection: slot.slice(1, end), key: slot.slice(end + 1) };
}

export interface Unsaved {
  read(): Promise<UnsavedRow[]>;
  /** Replaces all that is there. */
  write(rows: UnsavedRow[]): Promise<void>;
}

class UnsavedDb extends Dexie {
  declare rows: Table<UnsavedRow, [kind: string, key: string]>;

  constructor(name: string, options: DexieOptions) {
    super(name, { chromeTransactionDurability: "relaxed", ...options });
    // A new kind of row changes nothing here: only the key is part of a version.
    this.version(1).stores({ rows: "[kind+key]" });
  }
}

/** The database beside the one of that name; no environment's own can be called so. */
export function unsavedName(database: string): string {
  return `unsaved:${database}`;
}

export interface ClosableUnsaved extends Unsaved {
  close(): void;
}

export function openUnsaved(database: string, options: DexieOptions): ClosableUnsaved {
  const db = new UnsavedDb(unsavedName(database), options);
  return {
    read: () => db.rows.toArray(),
    write: (rows) =>
      db.transaction("rw", db.rows, async () => {
        await db.rows.clear();
        await db.rows.bulkPut(rows);
      }),
    close: () => db.close(),
  };
}
