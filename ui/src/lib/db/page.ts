// A page: some hundred records of a collection, next to each other by key, in one row of the store. WebKit takes about as
// long to store one row as to store a hundred records in it. Pure; `rows.ts` reads and writes them.
import type { PackedRecord, PackedRest, RecordView } from "$lib/bindings";

/** A record as pulled from the mirror. */
export interface RecordRow {
  collection: string;
  key: string;
  record: RecordView;
  /** The last `seq` of our log that `record` includes. */
  includedSeq: number;
}

/** A page as it is stored. */
export interface PageRow {
  collection: string;
  /** It holds the keys from here up to the next page's start; the first page's is empty. */
  start: string;
  /** Another one with every write: whoever read the page knows by it whether that is still the page. */
  rev: string;
  /** How many records it holds. */
  size: number;
  /** In the order of their UTF-16 code units, as IndexedDB compares texts. */
  keys: string[];
  /** The records of those keys, each packed: a text costs a fraction of an object, in the store and in memory. */
  records: string[];
  /** The keys of the records in which something is pending, in conflict or refused. */
  open: string[];
}

/** Where a page is and which one it is, to be read without the page. */
export type PageMark = Pick<PageRow, "collection" | "start" | "rev" | "size">;

/** The mark of a page. */
export function markOf({ collection, start, rev, size }: PageRow): PageMark {
  return { collection, start, rev, size };
}

/** A page with more records is split. */
export const PAGE_MAX = 1500;
/** What the parts of a split page hold. */
const PAGE_USUAL = 1000;

/** What one page is to hold from now on: null removes a key. */
export type PageChanges = Map<string, PackedRecord | null>;

/** A page with nothing in it yet. */
export function emptyPage(collection: string, start: string): PageRow {
  return { collection, start, rev: "", size: 0, keys: [], records: [], open: [] };
}

/** The pages that a page becomes; none where nothing is left in it. */
export function changed(page: PageRow, changes: PageChanges, newRev: () => string): PageRow[] {
  const packed = new Map(page.keys.map((key, at) => [key, page.records[at] as string]));
  const open = new Set(page.open);
  for (const [key, record] of changes) {
    open.delete(key);
    if (record === null) packed.delete(key);
    else packed.set(key, record.text);
    if (record && record.state !== "clean") open.add(key);
  }
  const keys = [...packed.keys()].sort(byCodeUnit);
  return split(keys).map((part, at) => ({
    ...{ collection: page.collection, start: at === 0 ? page.start : (part[0] as string), rev: newRev() },
    ...{ size: part.length, keys: part, records: part.map((key) => packed.get(key) as string) },
    open: part.filter((key) => open.has(key)),
  }));
}

function split(keys: string[]): string[][] {
  if (keys.length === 0) return [];
  if (keys.length <= PAGE_MAX) return [keys];
  const count = Math.ceil(keys.length / PAGE_USUAL);
  const each = Math.ceil(keys.length / count);
  return Array.from({ length: count }, (_, part) => keys.slice(part * each, (part + 1) * each));
}

/** The order of keys in the store. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Between the fields and the rest: no JSON text holds one outside of an escape. */
const BREAK = "\n";

/** What a packed record need not say. */
const USUAL = { state: "clean", deleted: false, conflict: null, included_seq: 0 } as const;

/** A record's row, packed as the mirror packs it. */
export function pack({ record, includedSeq }: RecordRow): PackedRecord {
  const { collection: _, key: __, fields, base, ...others } = record;
  const shown = JSON.stringify(fields);
  const isBaseImplied = shown === JSON.stringify(base);
  const rest: PackedRest = { ...others, ...(!isBaseImplied && { base }), included_seq: includedSeq };
  return { state: record.state, text: shown + BREAK + JSON.stringify(rest) };
}

/** The record's row of a packed text. */
export function unpack(collection: string, key: string, text: string): RecordRow {
  const fields = fieldsIn(text);
  const rest = JSON.parse(text.slice(text.indexOf(BREAK) + 1)) as PackedRest;
  const { included_seq, base, ...others } = { ...USUAL, sealed: [], ...rest };
  const record = { collection, key, fields, base: base === undefined ? fieldsIn(text) : base, ...others };
  return { collection, key, record, includedSeq: included_seq };
}

/** The record's fields alone. */
export function fieldsIn(text: string): RecordView["fields"] {
  return JSON.parse(text.slice(0, text.indexOf(BREAK))) as RecordView["fields"];
}
