// The records as pulled from the mirror. One row a record; the interface asks for nothing that pages of a thousand
// records in one row could not answer as well.
import type { RecordId, RecordRow, WindowDb } from "./schema";
import Dexie from "dexie";

/** The pulled records. Every method joins the transaction it is called in. */
export interface Rows {
  putMany(rows: RecordRow[]): Promise<void>;
  removeMany(ids: RecordId[]): Promise<void>;
  get(id: RecordId): Promise<RecordRow | undefined>;
  /** A collection's rows in key order. */
  range(collection: string): Promise<RecordRow[]>;
  /** The next `limit` rows of all collections after `last`, in order; from the first when it is null. */
  after(last: RecordId | null, limit: number): Promise<RecordRow[]>;
  count(): Promise<number>;
  clear(): Promise<void>;
}

/** Rows as one IndexedDB row a record. */
export function rowsOf(db: WindowDb): Rows {
  return {
    putMany: async (rows) => void (await db.records.bulkPut(rows)),
    removeMany: (ids) => db.records.bulkDelete(ids),
    get: (id) => db.records.get(id),
    range: (collection) =>
      db.records
        .where("[collection+key]")
        .between(...wholeOf(collection))
        .toArray(),
    after: (last, limit) => {
      const from = last === null ? db.records.orderBy("[collection+key]") : above(db, last);
      return from.limit(limit).toArray();
    },
    count: () => db.records.count(),
    clear: () => db.records.clear(),
  };
}

function above(db: WindowDb, last: RecordId) {
  return db.records.where("[collection+key]").above(last);
}

/** The bounds of a collection in a `[collection+key]` index. */
export function wholeOf(collection: string): [lower: unknown[], upper: unknown[]] {
  return [
    [collection, Dexie.minKey],
    [collection, Dexie.maxKey],
  ];
}
