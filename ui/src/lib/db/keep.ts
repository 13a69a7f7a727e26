// Keeping work: the overlay row and the log entry in one strict transaction. What returns from here survives kill -9.
import type { Entry } from "$lib/bindings";
import { bySubject, entryOf, subject, type Draft } from "./log";
import { readPlace, writePlace } from "./place";
import { notKept } from "./problem";
import { rowsOf } from "./rows";
import type { OverlayRow, RecordId, WindowDb } from "./schema";

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
 * Keeps the work on several records that `prepare` gives, in its order: all of it or, with a `Problem`, nothing. What
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

/** The same for many records: one question and one write a table, however many there are. */
async function appendAll(db: WindowDb, drafts: readonly Draft[]): Promise<void> {
  const { lastSeq } = await readPlace(db);
  const ids = [...bySubject(drafts).values()].map(([{ collection, key }]): RecordId => [collection, key]);
  const before = await db.overlay.bulkGet(ids);
  const overlay = new Map(ids.map(([collection, key], at) => [subject({ collection, key }), before[at]]));
  const unseen = drafts.filter((draft) => sawNothing(draft) && overlay.get(subject(draft)) === undefined);
  const pulled = await pulledOf(db, unseen);
  const entries = drafts.map((draft, at) => {
    const id = subject(draft);
    const creates = sawNothing(draft) && overlay.get(id) === undefined && !pulled.has(id);
    const entry = entryOf({ ...draft, ...(creates && { creates }) }, lastSeq + 1 + at);
    overlay.set(id, grown(overlay.get(id), entry));
    return entry;
  });
  await db.log.bulkAdd(entries);
  await db.overlay.bulkPut([...overlay.values()].filter((row) => row !== undefined));
  await writePlace(db, { lastSeq: lastSeq + entries.length });
}

/** The names of those whose rows were pulled. */
async function pulledOf(db: WindowDb, drafts: readonly Draft[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const collection of new Set(drafts.map((draft) => draft.collection))) {
    const keys = drafts.filter((draft) => draft.collection === collection).map(({ key }) => key);
    for (const key of (await rowsOf(db).getAll(collection, keys)).keys())
      found.add(subject({ collection, key }));
  }
  return found;
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
