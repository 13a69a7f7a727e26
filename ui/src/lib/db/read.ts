// The actions as the screens read them: pulled rows with the overlay on top, one consistent read.
import type { ActionView, Entry } from "$lib/bindings";
import { actionOverlaid } from "./action-view";
import { byCodeUnit } from "./page";
import { wholeOf } from "./rows";
import type { OverlayRow, WindowDb } from "./schema";

/** Every action, newest first. */
export async function actionsOf(db: WindowDb): Promise<ActionView[]> {
  const [pulled, work] = await db.transaction("r", db.actions, db.overlay, () =>
    Promise.all([db.actions.toArray(), overlayOf(db.overlay, "")]),
  );
  const below = new Map(pulled.map(({ id, view }) => [id, view]));
  const above = new Map<string, Entry[]>(work.map(({ key, entries }) => [key, entries]));
  const ids = new Set([...below.keys(), ...above.keys()]);
  const views = [...ids].flatMap((id) => actionOverlaid(below.get(id), above.get(id) ?? []) ?? []);
  return views.sort(newestFirst);
}

function overlayOf(overlay: WindowDb["overlay"], collection: string): Promise<OverlayRow[]> {
  return overlay
    .where("[collection+key]")
    .between(...wholeOf(collection))
    .toArray();
}

function newestFirst(a: ActionView, b: ActionView): number {
  return byCodeUnit(b.queued_at, a.queued_at) || byCodeUnit(b.action.id, a.action.id);
}
