// What the screens read: pulled rows with the overlay on top, one consistent read.
import type { ActionView, Entry, RecordView } from "$lib/bindings";
import { actionOverlaid } from "./action-view";
import { overlaid } from "./overlay";
import { wholeOf } from "./rows";
import type { OverlayRow } from "./schema";
import type { Store } from "./store";

/** A store as it is read: without its mirror. */
type OwnStore = Pick<Store, "db" | "rows">;

/** A collection's records in key order. */
export async function recordsOf({ db, rows }: OwnStore, collection: string): Promise<RecordView[]> {
  const [pulled, work] = await db.transaction("r", db.records, db.overlay, () =>
    Promise.all([rows.range(collection), overlayOf(db.overlay, collection)]),
  );
  const below = new Map(pulled.map(({ key, record }) => [key, record]));
  const above = new Map(work.map(({ key, entries }) => [key, entries]));
  return joined(below, above, overlaid).sort((a, b) => order(a.key, b.key));
}

/** Every action, newest first. */
export async function actionsOf({ db }: OwnStore): Promise<ActionView[]> {
  const [pulled, work] = await db.transaction("r", db.actions, db.overlay, () =>
    Promise.all([db.actions.toArray(), overlayOf(db.overlay, "")]),
  );
  const below = new Map(pulled.map(({ id, view }) => [id, view]));
  const above = new Map(work.map(({ key, entries }) => [key, entries]));
  return joined(below, above, actionOverlaid).sort((a, b) => newestFirst(a, b));
}

function overlayOf(overlay: OwnStore["db"]["overlay"], collection: string): Promise<OverlayRow[]> {
  return overlay
    .where("[collection+key]")
    .between(...wholeOf(collection))
    .toArray();
}

function joined<T>(
  below: Map<string, T>,
  above: Map<string, Entry[]>,
  on: (view: T | undefined, entries: Entry[]) => T | undefined,
): T[] {
  const keys = new Set([...below.keys(), ...above.keys()]);
  return [...keys].flatMap((key) => on(below.get(key), above.get(key) ?? []) ?? []);
}

function newestFirst(a: ActionView, b: ActionView): number {
  return order(b.queued_at, a.queued_at) || order(b.action.id, a.action.id);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
