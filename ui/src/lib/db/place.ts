// Where the window stands with the mirror: the `meta` store.
import type { Entered } from "$lib/bindings";
import type { WindowDb } from "./schema";

/** What the window knows of the mirror and of its own log. */
export interface Place {
  /** The identity of the environment whose work this is; null until it was first opened under one. */
  environment: string | null;
  /** The mirror last agreed with; null while this store is new. */
  storeId: string | null;
  /** The epoch of the log; 0 while this store is new. */
  epoch: number;
  /** The last `seq` given out. */
  lastSeq: number;
  /** The last feed position taken over. */
  cursor: number;
  /** When it was asked for, by this computer's clock. */
  pulledAt: string | null;
  /** What other clients had entered by then, as far as the mirror told. */
  entered: Entered[] | null;
}

const FRESH: Place = {
  environment: null,
  storeId: null,
  epoch: 0,
  lastSeq: 0,
  cursor: 0,
  pulledAt: null,
  entered: null,
};

/** Reads the place; a new store has a fresh one. */
export async function readPlace(db: WindowDb): Promise<Place> {
  const rows = await db.meta.toArray();
  return { ...FRESH, ...Object.fromEntries(rows.map(({ name, value }) => [name, value])) };
}

/** Writes what is given, and leaves the rest. */
export async function writePlace(db: WindowDb, change: Partial<Place>): Promise<void> {
  const rows = Object.entries(change).map(([name, value]) => ({ name, value }));
  await db.meta.bulkPut(rows);
}
