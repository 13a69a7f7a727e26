// What was typed on the screens and not saved, so that a restart loses none of it. It is the window's alone: no log, no
// mirror. Written as one types, so without waiting for the disk: a killed app loses nothing by that, a power cut may.
import type { Conflict } from "$lib/bindings";
import type { Choices } from "$lib/conflicts/resolution";
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
}

/** What was chosen and typed for a conflict, and the conflict as it was shown. */
export interface UnsavedConflict {
  conflict: Conflict;
  choices: Choices;
  reason: string;
  shownAt: string;
}

export interface UnsavedRow {
  kind: "form" | "conflict";
  /** The record's key; empty for a new variable's form. */
  key: string;
  form?: UnsavedForm;
  conflict?: UnsavedConflict;
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
