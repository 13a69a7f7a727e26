// The first word with the mirrors of environments that are not shown: no cycle of theirs begins before it.
import type { MirrorPlatform } from "$lib/platform/platform";
import type { DexieOptions } from "dexie";
import { agree } from "./handshake";
import { mirrorOf } from "./mirror";
import { openStore, type Owner } from "./own-store";
import { pushAll } from "./push";
import { rowsOf } from "./rows";

/** Agrees with an environment's mirror and gives it the work that it lacks; what it tells is left for when it is shown. */
export async function greet(
  platform: MirrorPlatform,
  environment: Owner,
  dexie: DexieOptions = {},
): Promise<void> {
  const db = await openStore(environment, dexie);
  try {
    const store = { db, rows: rowsOf(db), mirror: mirrorOf(environment.id, platform) };
    await pushAll(store, await agree(store));
  } finally {
    db.close();
  }
}
