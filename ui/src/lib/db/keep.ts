// Keeping work: the overlay row and the log entry in one strict transaction. What returns from here survives kill -9.
import type { Entry } from "$lib/bindings";
import { entryOf, type Draft } from "./log";
import { readPlace, writePlace } from "./place";
import { notKept } from "./problem";
import { rowsOf } from "./rows";
import type { OverlayRow, WindowDb } from "./schema";

/** Keeps one piece of work, or rejects with a `Problem` and has kept nothing. */
export async function keep(db: WindowDb, draft: Draft): Promise<Entry> {
  try {
    // Dexie's promise settles on the transaction's `complete`, never before. Only a function that is `async` itself is
    // known to it as one that awaits: under another it may lose sight of the transaction.
    return await db.transaction("rw", db.meta, db.log, db.pages, db.overlay, async () => append(db, draft));
  } catch (error) {
    throw notKept(error);
  }
}

/**
 * Keeps the work on several records, each another one, that `prepare` gives: all of it or, with a `Problem`, nothing. What
 * that reads and writes itself is in the same transaction.
 */
export async function keepAll(db: WindowDb, prepare: () => Promise<Draft[]>): Promise<void> {
  try {
    await db.transaction("rw", [db.meta, db.log, db.pages, db.marks, db.overlay, db.steps], async () =>
      appendAll(db, await prepare()),
    );
  } catch (error) {
    throw notKept(error);
  }
}

async function append(db: WindowDb, draft: Draft): Promise<Entry> {
  const { lastSeq } = await readPlace(db);
  const before = await db.overlay.get([draft.collection, draft.key]);
  const entry = await entryOn(db, draft, before, lastSeq + 1);
  await db.log.add(entry);
  await db.overlay.put(grown(before, entry));
  await writePlace(db, { lastSeq: entry.seq });
  return entry;
}

/** The same for many records of one collection: one question and one write a table, however many there are. */
async function appendAll(db: WindowDb, drafts: readonly Draft[]): Promise<void> {
  const { lastSeq } = await readPlace(db);
  const before = await db.overlay.bulkGet(drafts.map(({ collection, key }) => [collection, key]));
  const isNew = (draft: Draft, at: number) => sawNothing(draft) && before[at] === undefined;
  const unseen = drafts.filter(isNew).map(({ key }) => key);
  const pulled = await rowsOf(db).getAll(drafts[0]?.collection ?? "", unseen);
  const entries = drafts.map((draft, at) => {
    const creates = isNew(draft, at) && !pulled.has(draft.key);
    return entryOf({ ...draft, ...(creates && { creates }) }, lastSeq + 1 + at);
  });
  await db.log.bulkAdd(entries);
  await db.overlay.bulkPut(entries.map((entry, at) => grown(before[at], entry)));
  await writePlace(db, { lastSeq: lastSeq + entries.length });
}

async function entryOn(
  db: WindowDb,
  draft: Draft,
  before: OverlayRow | undefined,
  seq: number,
): Promise<Entry> {
  const creates = sawNothing(draft) && before === undefined && !(await isPulled(db, draft));
  return entryOf({ ...draft, ...(creates && { creates }) }, seq);
}

async function isPulled(db: WindowDb, { collection, key }: Draft): Promise<boolean> {
  return (await rowsOf(db).get([collection, key])) !== undefined;
}

function sawNothing({ kind, fields = {} }: Pick<Draft, "kind" | "fields">): boolean {
  return kind === "edit" && Object.values(fields).every(({ from }) => from === undefined);
}

function grown(before: OverlayRow | undefined, entry: Entry): OverlayRow {
  const { collection, key } = entry;
  return { collection, key, entries: [...(before?.entries ?? []), entry] };
}
