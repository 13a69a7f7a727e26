// Pushing the log: batches in the order of `seq`, from what the mirror acknowledged last.
import { entriesAfter } from "./log";
import { cannotAgree } from "./problem";
import type { Session, Store } from "./store";

/** Entries in one push. */
export const PUSH_LIMIT = 500;

/** Pushes until the mirror holds everything, what is kept meanwhile included. */
export async function pushAll(store: Store, session: Session): Promise<void> {
  while (await pushBatch(store, session));
}

async function pushBatch(store: Store, session: Session): Promise<boolean> {
  const entries = await entriesAfter(store.db, session.acked, PUSH_LIMIT);
  const last = entries.at(-1);
  if (!last) return false;
  // A hole would be refused as a gap; the handshake decides what it means.
  if (entries[0]?.seq !== session.acked + 1) throw cannotAgree();
  const { acked_seq } = await store.mirror.push(session.epoch, entries);
  if (acked_seq < last.seq) throw cannotAgree();
  session.acked = acked_seq;
  return true;
}
