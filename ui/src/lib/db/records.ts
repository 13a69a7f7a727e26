// The records as the screens hold them: every row of every collection, packed until it is looked at.
import type { Entry, RecordView } from "$lib/bindings";
import { jsonOf } from "$lib/json/carried";
import { overlaid } from "./overlay";
import { placeInOrder } from "$lib/words/order";
import { byCodeUnit, fieldsIn, unpack } from "./page";

/** A record in a list. A hundred thousand of them are held at a time, so each is one text until it is looked at. */
export class Row {
  #record: RecordView | null = null;
  #text: string | null = null;
  #place: string | null = null;

  private constructor(
    readonly collection: string,
    readonly key: string,
    private readonly packed: string,
  ) {}

  /** The row of a record as it is stored in a page. */
  static packed(collection: string, key: string, packed: string): Row {
    return new Row(collection, key, packed);
  }

  /** The row of a record that is at hand. */
  static of(record: RecordView): Row {
    const row = new Row(record.collection, record.key, "");
    row.#record = record;
    return row;
  }

  /** The record; the same object each time. */
  get record(): RecordView {
    return (this.#record ??= this.peek());
  }

  /** The record, not remembered: for a pass over all rows, most of which are never on the screen. */
  peek(): RecordView {
    return this.#record ?? unpack(this.collection, this.key, this.packed).record;
  }

  /** What a search looks in: the key and the text of every field but a yes or no, in lower case. */
  get text(): string {
    return (this.#text ??= [this.key, ...Object.values(this.#fields).map(inText)].join("\n").toLowerCase());
  }

  get #fields(): RecordView["fields"] {
    return this.#record?.fields ?? fieldsIn(this.packed);
  }

  /** Where its key stands among others, to compare with `<`. */
  get place(): string {
    return (this.#place ??= placeInOrder(this.key));
  }
}

function inText(value: unknown): string {
  if (value === null || value === undefined || typeof value === "boolean") return "";
  return typeof value === "string" ? value : jsonOf(value);
}

/** A collection's records at one moment, in the order of their keys' code units. */
export class Records {
  constructor(readonly rows: readonly Row[]) {}

  get size(): number {
    return this.rows.length;
  }

  has(key: string): boolean {
    return this.row(key) !== undefined;
  }

  get(key: string): RecordView | undefined {
    return this.row(key)?.record;
  }

  private row(key: string): Row | undefined {
    const row = this.rows[placeOf(this.rows, key)];
    return row?.key === key ? row : undefined;
  }
}

/** Everything that is known of the records at one moment. */
export interface Snapshot {
  /** By collection; one that nothing is known of is missing. */
  collections: ReadonlyMap<string, Records>;
  /** Those in which something is pending, in doubt, in conflict or refused, by collection and key. */
  open: readonly RecordView[];
}

/** Where the key is, or would be, among rows in order. */
function placeOf(rows: readonly Row[], key: string): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle] as Row).key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Work on one key, oldest first. */
export interface Work {
  key: string;
  entries: Entry[];
}

/** The rows of a collection with the work on top; `work` need not be in order. */
export function withWork(collection: string, pulled: readonly Row[], work: Work[]): Row[] {
  const rows: Row[] = [];
  let from = 0;
  for (const { key, entries } of work.toSorted((a, b) => byCodeUnit(a.key, b.key))) {
    const at = placeOf(pulled, key);
    const below = pulled[at]?.key === key ? pulled[at] : undefined;
    for (; from < at; from++) rows.push(pulled[from] as Row);
    if (below) from = at + 1;
    const record = overlaid(below?.record, entries);
    if (record) rows.push(Row.of({ ...record, collection }));
  }
  for (; from < pulled.length; from++) rows.push(pulled[from] as Row);
  return rows;
}
