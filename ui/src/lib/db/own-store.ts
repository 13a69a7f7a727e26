// Which database holds an environment's work. An environment is told by its identity: one that was removed and added
// again under its name has another, and gets a database of its own.
import type { EnvironmentView } from "$lib/bindings";
import Dexie, { type DexieOptions } from "dexie";
import { readPlace, writePlace } from "./place";
import { environmentGone, problemOf, WindowProblem } from "./problem";
import { WindowDb } from "./schema";
import { openUnsaved, unsavedName } from "./unsaved";

/** What a database is found by. */
export type Owner = Pick<EnvironmentView, "id" | "name" | "is_from_before">;

/** Before every database's name. */
export const PREFIX = "leeward/";

/** Opens an environment's database, made where there is none; rejects with a `Problem`. */
export async function openStore(owner: Owner, options: DexieOptions = {}): Promise<WindowDb> {
  try {
    const db = new WindowDb(await databaseOf(owner, options), options);
    await db.open();
    await claim(db, owner.id);
    return db;
  } catch (error) {
    throw error instanceof WindowProblem ? error : new WindowProblem(problemOf(error));
  }
}

/** Deletes an environment's database, the work in it included: only for an environment that was removed. */
export async function forgetEnvironment(owner: Owner): Promise<void> {
  await deleteStore(await databaseOf(owner));
}

/** How many texts were typed and not saved in an environment that is not open. */
export async function unsavedIn(owner: Owner, options: DexieOptions = {}): Promise<number> {
  const database = await databaseOf(owner, options);
  if (!(await Dexie.exists(unsavedName(database)))) return 0;
  const unsaved = openUnsaved(database, options);
  try {
    const rows = (await unsaved.read()).filter(({ kind }) => kind !== "aside");
    return rows.reduce((sum, { leftOut }) => sum + (leftOut?.length ?? 1), 0);
  } finally {
    unsaved.close();
  }
}

/** Deletes a database, and what was typed beside it. */
export async function deleteStore(database: string): Promise<void> {
  await Dexie.delete(database);
  await Dexie.delete(unsavedName(database));
}

/**
 * The database's name; it never changes, or the work in it would be out of sight. One from before environments had
 * identities bears the name alone, and belongs to the environment of that name that was there then.
 */
export async function databaseOf(owner: Owner, options: DexieOptions = {}): Promise<string> {
  const own = `${PREFIX}${owner.name}/${owner.id}`;
  if (!owner.is_from_before) return own;
  const before = `${PREFIX}${owner.name}`;
  return (await isFor(owner.id, before, options)) ? before : own;
}

/** Whether there is such a database, and it is this environment's or nobody's yet. */
async function isFor(id: string, name: string, options: DexieOptions): Promise<boolean> {
  const db = new Dexie(name, options);
  try {
    await db.open();
    const row = (await db.table("meta").get("environment")) as { value: string } | undefined;
    return row === undefined || row.value === id;
  } catch (error) {
    if ((error as Error).name === "NoSuchDatabaseError") return false;
    throw error;
  } finally {
    db.close();
  }
}

async function claim(db: WindowDb, id: string): Promise<void> {
  await db.transaction("rw", db.meta, async () => {
    const { environment } = await readPlace(db);
    if (environment === null) await writePlace(db, { environment: id });
    else if (environment !== id) throw environmentGone();
  });
}
