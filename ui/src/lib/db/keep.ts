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

async function append(db: WindowDb, draft: Draft): Promise<Entry> {
  const { lastSeq } = await readPlace(db);
  const before = await db.overlay.get([draft.collection, draft.key]);
  const creates = sawNothing(draft) && before === undefined && !(await isPulled(db, draft));
  const entry = entryOf({ ...draft, ...(creates && { creates }) }, lastSeq + 1);
  await db.log.add(entry);
  await db.overlay.put(grown(before, entry));
  await writePlace(db, { lastSeq: entry.seq });
  return entry;
}

async function isPulled(db: WindowDb, { collection, key }: Draft): Promise<boolean> {
  return (await rowsOf(db).get([collection, key])) !== undefined;
}

function sawNothing({ kind, fields = {} }: Draft): boolean {
  return kind === "edit" && Object.values(fields).every(({ from }) => from === undefined);
}

function grown(before: OverlayRow | undefined, entry: Entry): OverlayRow {
  const { collection, key } = entry;
  return { collection, key, entries: [...(before?.entries ?? []), entry] };
}
