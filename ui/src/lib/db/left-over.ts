// What this window still keeps of environments that were removed from this computer. Where all of it had reached Airflow
// it goes; work that was never sent stays, to be looked at.
import type { EnvironmentView, RecordView } from "$lib/bindings";
import Dexie from "dexie";
import { jsonOf, objectOf } from "$lib/json/carried";
import { onLines } from "$lib/json/layout";
import { databaseOf, deleteStore, PREFIX } from "./own-store";
import { actionsOf } from "./read";
import { WindowDb } from "./schema";
import { SnapshotReader } from "./snapshot";

/** Work of an environment that is no longer there. */
export interface LeftOver {
  /** The database's name. */
  database: string;
  /** The name that the environment had. */
  name: string;
  /** Changes and actions that were never sent. */
  unsent: number;
  /** All of them, to be read or pasted elsewhere. */
  text: string;
}

const OVER = ["done", "rejected", "cancelled"];

/** Removes what has nothing unsent in it and gives the rest; `environments` are those that are there. */
export async function leftOvers(environments: EnvironmentView[]): Promise<LeftOver[]> {
  const owned = new Set(await Promise.all(environments.map((one) => databaseOf(one))));
  const names = await Dexie.getDatabaseNames();
  const found: LeftOver[] = [];
  for (const database of names.filter((name) => name.startsWith(PREFIX) && !owned.has(name))) {
    const left = await readLeftOver(database);
    if (left.unsent > 0) found.push(left);
    else await deleteStore(database);
  }
  return found;
}

/** Forgets such work; the analyst was asked. */
export async function forgetLeftOver({ database }: LeftOver): Promise<void> {
  await deleteStore(database);
}

async function readLeftOver(database: string): Promise<LeftOver> {
  const db = new WindowDb(database);
  try {
    const { open: records } = await new SnapshotReader(db).read();
    const actions = (await actionsOf(db)).filter(({ state }) => !OVER.includes(state));
    const names = [...new Set(records.map(({ collection }) => collection))];
    const changes = names.map((name) => {
      const own = records.filter(({ collection }) => collection === name);
      return [name, `[${own.map(changeOf).join(",")}]`] as const;
    });
    const runs = JSON.stringify(actions.map(({ action }) => action.what));
    const text = onLines(objectOf([...changes, ["runs", runs]]));
    const name = database.slice(PREFIX.length).split("/")[0] ?? database;
    return { database, name, unsent: records.length + actions.length, text };
  } finally {
    db.close();
  }
}

/** As JSON, with every number as it was typed. */
function changeOf({ key, fields, deleted }: RecordView): string {
  const members = Object.entries(deleted ? { key, deleted } : { key, ...fields });
  return objectOf(members.flatMap(([name, value]) => (value === undefined ? [] : [[name, jsonOf(value)]])));
}
