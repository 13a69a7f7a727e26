// Reads what the screens show. A page that was read once is not read again until it is another one: after a change of one
// record among a hundred thousand, one page is read.
import type { PageMark, PageRow } from "./page";
import { Records, Row, type Snapshot, withWork } from "./records";
import { marksOf } from "./rows";
import type { OverlayRow, WindowDb } from "./schema";

/** Pages read at a time: as many as are not felt in memory while they are unpacked. */
const PAGES_AT_ONCE = 8;

interface Page {
  rev: string;
  rows: Row[];
  /** The keys of its rows in which something is open. */
  open: string[];
}

interface Collection {
  /** What it was made of: the pages' revs and the work on top. */
  of: string;
  records: Records;
  /** The keys in which something may be open. */
  open: string[];
}

/** The records of one database, whenever they are asked for. */
export class SnapshotReader {
  readonly #db: WindowDb;
  #pages = new Map<string, Page>();
  #collections = new Map<string, Collection>();

  constructor(db: WindowDb) {
    this.#db = db;
  }

  /** A glance at all that `read` depends on. */
  async watched(): Promise<void> {
    const { marks, overlay } = this.#db;
    await this.#db.transaction("r", marks, overlay, async () => {
      await marksOf(this.#db);
      await overlay.toArray();
    });
  }

  /** One consistent read. What has not changed since the last one is the same object. */
  async read(): Promise<Snapshot> {
    const { pages, overlay } = this.#db;
    const stores = [pages, this.#db.marks, overlay];
    const [marks, work] = await this.#db.transaction("r", stores, async () => {
      const marks = await marksOf(this.#db);
      await this.#readPages(marks);
      return [marks, await overlay.toArray()] as const;
    });
    return this.#assemble(marks, work);
  }

  async #readPages(marks: PageMark[]): Promise<void> {
    const missing = marks.filter((mark) => this.#pages.get(nameOf(mark))?.rev !== mark.rev);
    const ask = (at: number) => {
      const part = missing.slice(at, at + PAGES_AT_ONCE);
      return this.#db.pages.bulkGet(part.map(({ collection, start }) => [collection, start]));
    };
    let next = ask(0);
    for (let at = 0; at < missing.length; at += PAGES_AT_ONCE) {
      const pages = await next;
      // The store reads these while those are unpacked.
      next = ask(at + PAGES_AT_ONCE);
      for (const page of pages) if (page) this.#pages.set(nameOf(page), pageOf(page));
    }
    await next;
  }

  #assemble(marks: PageMark[], work: OverlayRow[]): Snapshot {
    const there = new Set(marks.map(nameOf));
    for (const name of this.#pages.keys()) if (!there.has(name)) this.#pages.delete(name);
    const names = new Set([...marks, ...work].map(({ collection }) => collection).filter(Boolean));
    const now = [...names].sort().map((name) => {
      const of = (one: { collection: string }) => one.collection === name;
      return [name, this.#collection(name, marks.filter(of), work.filter(of))] as const;
    });
    this.#collections = new Map(now);
    return {
      collections: new Map(now.map(([name, { records }]) => [name, records])),
      open: now.flatMap(([, { records, open }]) =>
        open.flatMap((key) => records.get(key) ?? []).filter(({ state }) => state !== "clean"),
      ),
    };
  }

  #collection(name: string, marks: PageMark[], work: OverlayRow[]): Collection {
    const of = JSON.stringify([
      marks.map(({ rev }) => rev),
      work.map(({ key, entries }) => [key, entries.at(-1)?.seq]),
    ]);
    const before = this.#collections.get(name);
    if (before?.of === of) return before;
    const pages = marks.flatMap((mark) => this.#pages.get(nameOf(mark)) ?? []);
    const records = new Records(
      withWork(
        name,
        pages.flatMap(({ rows }) => rows),
        work,
      ),
    );
    const open = [...new Set([...pages.flatMap((page) => page.open), ...work.map(({ key }) => key)])].sort();
    return { of, records, open };
  }
}

function nameOf({ collection, start }: Pick<PageMark, "collection" | "start">): string {
  return JSON.stringify([collection, start]);
}

function pageOf({ collection, rev, keys, records, open }: PageRow): Page {
  return { rev, open, rows: keys.map((key, at) => Row.packed(collection, key, records[at] as string)) };
}
