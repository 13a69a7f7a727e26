// Giving a mirror that took a lost one's place what this window holds: every row with its base, every action, the whole
// log. Sending it again after a kill is harmless: the mirror merges a row's work into what it has, where it changes
// nothing the second time, and takes an entry by its id.
import type { HandshakeAnswer, Rebuild } from "$lib/bindings";
import { writePlace } from "./place";
import type { RecordRow } from "./page";
import { CLIENT, type RecordId } from "./schema";
import type { Store } from "./store";

/** Rows in one part. */
export const REBUILD_LIMIT = 1000;

/** Sends everything, then remembers the new mirror; its feed is read from the start. */
export async function rebuild(store: Store, { store_id, epoch }: HandshakeAnswer): Promise<void> {
  let last: RecordId | null = null;
  for (;;) {
    const rows: RecordRow[] = await store.rows.after(last, REBUILD_LIMIT);
    const end = rows.at(-1);
    if (end === undefined || rows.length < REBUILD_LIMIT) {
      await store.mirror.rebuild(await lastPart(store, epoch, rows));
      break;
    }
    await store.mirror.rebuild(part(epoch, rows));
    last = [end.collection, end.key];
  }
  // Only now: a kill before this line leads to the same verdict again.
  await writePlace(store.db, { storeId: store_id, epoch, cursor: 0 });
}

function part(epoch: number, rows: RecordRow[]): Rebuild {
  const records = rows.map(({ record, includedSeq }) => ({ record, included_seq: includedSeq }));
  return { client: CLIENT, epoch, records, actions: [], entries: [], last: false };
}

async function lastPart({ db }: Store, epoch: number, rows: RecordRow[]): Promise<Rebuild> {
  const [entries, actions] = await db.transaction("r", db.log, db.actions, () =>
    Promise.all([db.log.orderBy("seq").toArray(), db.actions.toArray()]),
  );
  return {
    ...part(epoch, rows),
    actions: actions.map(({ view }) => ({ action: view })),
    entries,
    last: true,
  };
}
