// The window's own store: one IndexedDB database per environment. What it consists of; `own-store.ts` opens it.
import type { ActionView, Entered, Entry, RecordView } from "$lib/bindings";
import Dexie, { type DexieOptions, type Table } from "dexie";

/** A record as pulled from the mirror. */
export interface RecordRow {
  collection: string;
  key: string;
  record: RecordView;
  /** The last `seq` of our log that `record` includes. */
  includedSeq: number;
  /** The feed position it came with. */
  feed: number;
}

/** Work that the pulled row does not include yet, oldest first. An action's work has the collection "". */
export interface OverlayRow {
  collection: string;
  key: string;
  entries: Entry[];
}

/** An action as pulled from the mirror. */
export interface ActionRow {
  id: string;
  view: ActionView;
  feed: number;
}

/** One named value; see `place.ts`. */
export interface MetaRow {
  name: string;
  value: string | number | Entered[] | null;
}

/** The compound key of a record's row. */
export type RecordId = [collection: string, key: string];

/** Under this name the window speaks with the mirror. */
export const CLIENT = "window";

/** One environment's database. */
export class WindowDb extends Dexie {
  declare meta: Table<MetaRow, string>;
  declare log: Table<Entry, number>;
  declare records: Table<RecordRow, RecordId>;
  declare overlay: Table<OverlayRow, RecordId>;
  declare actions: Table<ActionRow, string>;

  constructor(name: string, options: DexieOptions = {}) {
    // Strict: a transaction is complete only once it is on the disk. Dexie names the option after Chrome, and hands it
    // over as the standard `durability` of `IDBDatabase.transaction`, which WebKit honours too. The cache is off because
    // it would show writes before they are durable.
    super(name, { chromeTransactionDurability: "strict", cache: "disabled", ...options });
    this.version(1).stores({
      meta: "name",
      log: "seq, id, [collection+key]",
      records: "[collection+key]",
      overlay: "[collection+key]",
      actions: "id",
    });
  }
}
