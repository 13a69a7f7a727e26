// The records as pulled from the mirror, kept in pages.
import type { PackedRecord, RecordView } from "$lib/bindings";
import Dexie from "dexie";
import {
  byCodeUnit,
  changed,
  emptyPage,
  markOf,
  type PageChanges,
  type PageMark,
  type PageRow,
  type RecordRow,
  unpack,
} from "./page";
import { newRev, type RecordId, type WindowDb } from "./schema";

/** A record as it was pulled. */
export interface PulledRow {
  collection: string;
  key: string;
  record: PackedRecord;
}

/** The pulled records. Every method joins the transaction it is called in. */
export interface Rows {
  /** Stores the rows and removes the keys, in one pass over the pages that they are in. */
  change(put: PulledRow[], removed: RecordId[]): Promise<void>;
  get(id: RecordId): Promise<RecordRow | undefined>;
  /** The records of these keys that were pulled; each page is read once. */
  getAll(collection: string, keys: readonly string[]): Promise<Map<string, RecordView>>;
  /** The next records of all collections after `last`, in order, at most `limit`; from the first when it is null. */
  after(last: RecordId | null, limit: number): Promise<RecordRow[]>;
  count(): Promise<number>;
  clear(): Promise<void>;
}

/** The pulled records in the pages of a database. */
export function rowsOf(db: WindowDb): Rows {
  return {
    change: async (put, removed) => {
      for (const [collection, changes] of byCollection(put, removed)) {
        await changeCollection(db, collection, changes);
      }
    },
    get: (id) => getRow(db, id),
    getAll: (collection, keys) => getRows(db, collection, keys),
    after: (last, limit) => rowsAfter(db, last, limit),
    count: async () => (await marksOf(db)).reduce((sum, { size }) => sum + size, 0),
    clear: async () => {
      await db.pages.clear();
      await db.marks.clear();
    },
  };
}

/** Every page's mark, in the order of collections and keys. */
export function marksOf(db: WindowDb): Promise<PageMark[]> {
  return db.marks.toArray();
}

/** The rows of a page. */
export function rowsIn(page: PageRow): RecordRow[] {
  return page.keys.map((key, at) => unpack(page.collection, key, page.records[at] as string));
}

async function getRow(db: WindowDb, [collection, key]: RecordId): Promise<RecordRow | undefined> {
  const page = await pageOf(db, collection, key);
  const at = page?.keys.indexOf(key) ?? -1;
  return page && at >= 0 ? unpack(collection, key, page.records[at] as string) : undefined;
}

async function getRows(
  db: WindowDb,
  collection: string,
  keys: readonly string[],
): Promise<Map<string, RecordView>> {
  const starts = await startsOf(db, collection);
  const found = new Map<string, RecordView>();
  for (const [start, part] of byPage(starts, new Map(keys.map((key) => [key, null])))) {
    const page = await db.pages.get([collection, start]);
    const places = new Map(page?.keys.map((key, at) => [key, at]));
    for (const key of part.keys()) {
      const at = places.get(key);
      if (page && at !== undefined)
        found.set(key, unpack(collection, key, page.records[at] as string).record);
    }
  }
  return found;
}

async function startsOf(db: WindowDb, collection: string): Promise<string[]> {
  return (await marksOf(db)).filter((mark) => mark.collection === collection).map(({ start }) => start);
}

/** The page that the key would be in: the last that does not begin after it. */
function pageOf(db: WindowDb, collection: string, key: string): Promise<PageRow | undefined> {
  return db.pages
    .where("[collection+start]")
    .between([collection, Dexie.minKey], [collection, key], true, true)
    .last();
}

async function rowsAfter(db: WindowDb, last: RecordId | null, limit: number): Promise<RecordRow[]> {
  const found: RecordRow[] = [];
  const marks = await marksOf(db);
  for (const [at, mark] of marks.entries()) {
    if (found.length >= limit) break;
    if (last && isBefore(marks[at + 1] ?? null, mark, last)) continue;
    const page = await db.pages.get([mark.collection, mark.start]);
    found.push(...rowsIn(page as PageRow).filter((row) => last === null || isAfter(row, last)));
  }
  return found.slice(0, limit);
}

/** Whether all of a page is before `last`, as the start of the next one tells. */
function isBefore(
  next: PageMark | null,
  { collection }: PageMark,
  [lastCollection, lastKey]: RecordId,
): boolean {
  if (collection !== lastCollection) return collection < lastCollection;
  return next?.collection === collection && next.start <= lastKey;
}

function isAfter({ collection, key }: RecordRow, [lastCollection, lastKey]: RecordId): boolean {
  return collection === lastCollection ? key > lastKey : collection > lastCollection;
}

function byCollection(put: PulledRow[], removed: RecordId[]): Map<string, PageChanges> {
  const collections = new Map<string, PageChanges>();
  const of = (collection: string): PageChanges => {
    const there = collections.get(collection) ?? (new Map() as PageChanges);
    collections.set(collection, there);
    return there;
  };
  for (const [collection, key] of removed) of(collection).set(key, null);
  for (const { collection, key, record } of put) of(collection).set(key, record);
  return collections;
}

async function changeCollection(db: WindowDb, collection: string, changes: PageChanges): Promise<void> {
  const touched = byPage(await startsOf(db, collection), changes);
  const pages = await db.pages.bulkGet([...touched.keys()].map((start) => [collection, start]));
  const now = pages.flatMap((page, at) => {
    const [start, part] = [...touched][at] as [string, PageChanges];
    return changed(page ?? emptyPage(collection, start), part, newRev);
  });
  const left = new Set(now.map(({ start }) => start));
  const gone = [...touched.keys()].filter((start) => !left.has(start));
  await removePages(
    db,
    gone.map((start) => [collection, start]),
  );
  await putPages(db, now);
}

async function putPages({ pages, marks }: WindowDb, rows: PageRow[]): Promise<void> {
  await pages.bulkPut(rows);
  await marks.bulkPut(rows.map(markOf));
}

async function removePages({ pages, marks }: WindowDb, ids: RecordId[]): Promise<void> {
  if (ids.length === 0) return;
  await pages.bulkDelete(ids);
  await marks.bulkDelete(ids);
}

/** The changes by the start of the page that each belongs to; the first page takes what is before all others. */
function byPage(starts: string[], changes: PageChanges): Map<string, PageChanges> {
  const pages = new Map<string, PageChanges>();
  let at = 0;
  for (const key of [...changes.keys()].sort(byCodeUnit)) {
    while (at + 1 < starts.length && (starts[at + 1] as string) <= key) at += 1;
    const first = starts[at];
    const start = first !== undefined && first <= key ? first : "";
    const part = pages.get(start) ?? (new Map() as PageChanges);
    part.set(key, changes.get(key) ?? null);
    pages.set(start, part);
  }
  return pages;
}

/** The bounds of a collection in a `[collection+key]` index. */
export function wholeOf(collection: string): [lower: unknown[], upper: unknown[]] {
  return [
    [collection, Dexie.minKey],
    [collection, Dexie.maxKey],
  ];
}
