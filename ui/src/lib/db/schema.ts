// The window's own store: one IndexedDB database per environment. What it consists of; `own-store.ts` opens it.
import type { ActionView, Change, Entered, Entry } from "$lib/bindings";
import Dexie, { type DexieOptions, type Table, type Transaction } from "dexie";
import type { NamedView } from "$lib/views/view";
import { changed, emptyPage, markOf, pack, type PageMark, type PageRow, type RecordRow } from "./page";

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

/** One record in a step: the fields that changed, or all of them where the record was made or deleted. */
export interface Changed {
  key: string;
  /** Null: there was no such record. */
  before: Record<string, unknown> | null;
  /** Null: the record was deleted. */
  after: Record<string, unknown> | null;
}

/** A conflict that was decided together with others, and what makes it one again. */
export interface Decided {
  collection: string;
  key: string;
  /** The edit as it was before: on what the analyst had been shown when they made it. */
  edit: Record<string, Change>;
  /** What the decided fields hold since. */
  result: Record<string, unknown>;
  /** Whether something of it has to be sent. */
  sends: boolean;
  /** Why it cannot be undone; null where it can. */
  fixed: string | null;
}

/** Work that can be undone, or that was and can be done again; see `steps.ts`. */
export interface StepRow {
  /** Given by the store: a later step has a greater one. */
  id: number;
  collection: string;
  /** What was done, as the end of "Undo …". */
  label: string;
  changed: Changed[];
  isUndone: boolean;
  /** Conflicts that were decided together; such a step belongs to no collection. See `together.ts`. */
  decided?: Decided[];
}

/** A view that was saved. */
export interface ViewRow {
  collection: string;
  name: string;
  view: NamedView;
}

/** What a record's work is found by. */
export type RecordId = [collection: string, key: string];

/** Under this name the window speaks with the mirror. */
export const CLIENT = "window";

/** One environment's database. */
export class WindowDb extends Dexie {
  declare meta: Table<MetaRow, string>;
  declare log: Table<Entry, number>;
  declare pages: Table<PageRow, [collection: string, start: string]>;
  declare marks: Table<PageMark, [collection: string, start: string]>;
  declare overlay: Table<OverlayRow, RecordId>;
  declare actions: Table<ActionRow, string>;
  declare steps: Table<StepRow, number>;
  declare views: Table<ViewRow, [collection: string, name: string]>;

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
    this.version(2).stores({ pages: "[collection+start], [collection+start+rev+size]" }).upgrade(intoPages);
    this.version(3).stores({ records: null });
    // WebKit reads an index one entry at a time, and a table at once.
    this.version(4).stores({ pages: "[collection+start]", marks: "[collection+start]" }).upgrade(markAll);
    this.version(5).stores({ steps: "++id, collection" });
    this.version(6).stores({ views: "[collection+name]" });
  }
}

/** One row a record becomes one row a page, in the transaction of the upgrade: a kill leaves the store as it was. */
async function intoPages(transaction: Transaction): Promise<void> {
  const rows = await transaction.table<RecordRow, RecordId>("records").toArray();
  const pages: PageRow[] = [];
  for (const collection of new Set(rows.map((row) => row.collection))) {
    const mine = rows.filter((row) => row.collection === collection);
    const changes = new Map(mine.map((row) => [row.key, pack(row)]));
    pages.push(...changed(emptyPage(collection, ""), changes, newRev));
  }
  await transaction.table<PageRow>("pages").bulkPut(pages);
}

/** The marks of the pages that there are. */
async function markAll(transaction: Transaction): Promise<void> {
  const marks: PageMark[] = [];
  await transaction.table<PageRow>("pages").each((page) => marks.push(markOf(page)));
  await transaction.table<PageMark>("marks").bulkPut(marks);
}

/** A page's next `rev`. */
export function newRev(): string {
  return crypto.randomUUID();
}
