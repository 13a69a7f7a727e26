// What the parts of the window's half share: the database, its rows and the mirror.
import type { Mirror } from "./mirror";
import type { Rows } from "./rows";
import type { WindowDb } from "./schema";

/** One environment's database, the rows in it, and the mirror that it speaks with. */
export interface Store {
  db: WindowDb;
  rows: Rows;
  mirror: Mirror;
}

/** What was agreed in a handshake; held in memory only, so that every start begins with one. */
export interface Session {
  storeId: string;
  epoch: number;
  /** The last `seq` that is durable in the mirror. */
  acked: number;
}
