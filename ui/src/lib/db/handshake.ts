// The handshake: what both sides hold, and what follows from it. Nothing is pushed or pulled before it.
import type { Entry, Handshake } from "$lib/bindings";
import { bySubject, tailOf } from "./log";
import { readPlace, writePlace } from "./place";
import { cannotAgree, environmentGone } from "./problem";
import { rebuild } from "./rebuild";
import { CLIENT, type OverlayRow, type WindowDb } from "./schema";
import type { Session, Store } from "./store";

/** A rebuild is followed by a handshake that resumes; a third answer means that something is wrong. */
const ATTEMPTS = 3;

/** Agrees with the mirror, whatever either side lost, and gives the session to push and pull in. */
export async function agree(store: Store): Promise<Session> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const hello = await firstWord(store);
    const answer = await store.mirror.handshake(hello);
    if (answer.environment && hello.environment && answer.environment !== hello.environment)
      throw environmentGone();
    const session = { storeId: answer.store_id, epoch: answer.epoch, acked: answer.acked_seq };
    if (answer.verdict === "resume") return resume(store.db, session);
    if (answer.verdict === "rehydrate") return rehydrate(store, session, new Set(answer.known));
    await rebuild(store, answer);
  }
  throw cannotAgree();
}

/** One consistent read of what this store holds. */
async function firstWord({ db, rows }: Store): Promise<Handshake> {
  return db.transaction("r", db.meta, db.log, db.pages, db.marks, async () => {
    const { environment, storeId, epoch, lastSeq, cursor, pulledAt, entered } = await readPlace(db);
    return {
      client: CLIENT,
      environment,
      store_id: storeId,
      epoch,
      last_seq: lastSeq,
      cursor,
      pulled_at: pulledAt,
      entered,
      digest: { rows: await rows.count() },
      tail: await tailOf(db),
    };
  });
}

async function resume(db: WindowDb, session: Session): Promise<Session> {
  await writePlace(db, { storeId: session.storeId, epoch: session.epoch });
  return session;
}

/**
 * Takes everything from the mirror anew; what the mirror lacks keeps its order and follows what it acknowledged.
 * One transaction: a kill leaves the old state, from which the next handshake finds the same verdict.
 */
async function rehydrate(store: Store, session: Session, known: Set<string>): Promise<Session> {
  const { db, rows } = store;
  await db.transaction("rw", [db.meta, db.log, db.pages, db.marks, db.overlay, db.actions], async () => {
    const entries = renumbered(await db.log.orderBy("seq").toArray(), known, session.acked);
    await db.log.clear();
    await db.log.bulkAdd(entries);
    await db.overlay.clear();
    await db.overlay.bulkAdd(overlayOf(entries));
    await rows.clear();
    await db.actions.clear();
    const lastSeq = session.acked + entries.length;
    await writePlace(db, { storeId: session.storeId, epoch: session.epoch, lastSeq, cursor: 0 });
  });
  return session;
}

function renumbered(entries: Entry[], known: Set<string>, acked: number): Entry[] {
  const unknown = entries.filter(({ id }) => !known.has(id));
  return unknown.map((entry, index) => ({ ...entry, seq: acked + 1 + index }));
}

function overlayOf(entries: Entry[]): OverlayRow[] {
  return [...bySubject(entries).values()].map((group) => {
    const { collection, key } = group[0];
    return { collection, key, entries: group };
  });
}
