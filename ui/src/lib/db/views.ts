// Views that were saved: the window's own, one row each. They go with the environment's store.
import type { NamedView } from "$lib/views/view";
import { problemOf } from "./problem";
import type { WindowDb } from "./schema";

/** The views of a collection, by name. */
export async function viewsOf(db: WindowDb, collection: string): Promise<NamedView[]> {
  const rows = await db.views.filter((row) => row.collection === collection).toArray();
  return rows.map(({ view }) => view).toSorted((a, b) => a.name.localeCompare(b.name));
}

/** Saves a view, in the place of one of its name; rejects with a `Problem`. */
export async function saveView(db: WindowDb, collection: string, view: NamedView): Promise<void> {
  await db.views.put({ collection, name: view.name, view }).catch(refuse);
}

export async function removeView(db: WindowDb, collection: string, name: string): Promise<void> {
  await db.views.delete([collection, name]).catch(refuse);
}

function refuse(error: unknown): never {
  throw problemOf(error);
}
