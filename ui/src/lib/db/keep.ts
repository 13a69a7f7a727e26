// Keeping work: the overlay row and the log entry in one strict transaction. What returns from here survives kill -9.
import type { Entry } from "$lib/bindings";
import { entryOf, type Draft } from "./log";
import { readPlace, writePlace } from "./place";
import { notKept } from "./problem";
import type { OverlayRow, WindowDb } from "./schema";

/** Keeps one piece of work, or rejects with a `Problem` and has kept nothing. */
export async function keep(db: WindowDb, draft: Draft): Promise<Entry> {
  try {
    // Dexie's promise settles on the transaction's `complete`, never before.
    return await db.transaction("rw", db.meta, db.log, db.overlay, () => append(db, draft));
  } catch (error) {
    throw notKept(error);
  }
}

async function append(db: WindowDb, draft: Draft): Promise<Entry> {
  const { lastSeq } = await readPlace(db);
  const entry = entryOf(draft, lastSeq + 1);
  await db.log.add(entry);
  await db.overlay.put(await grown(db, entry));
  await writePlace(db, { lastSeq: entry.seq });
  return entry;
}

async function grown(db: WindowDb, entry: Entry): Promise<OverlayRow> {
  const { collection, key } = entry;
  const before = await db.overlay.get([collection, key]);
  return { collection, key, entries: [...(before?.entries ?? []), entry] };
}
