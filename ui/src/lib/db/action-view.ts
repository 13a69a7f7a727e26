// An action as the analyst sees it: as pulled, with the work on top that the mirror has not told of yet. Pure.
import type { ActionView, Entry } from "$lib/bindings";

/** The action with `entries` on top; undefined when nothing tells what the action is. */
export function actionOverlaid(pulled: ActionView | undefined, entries: Entry[]): ActionView | undefined {
  return entries.reduce<ActionView | undefined>(step, pulled);
}

function step(view: ActionView | undefined, entry: Entry): ActionView | undefined {
  switch (entry.kind) {
    case "act":
      return view ?? queued(entry);
    case "take_back":
      // A request: it may be answered by "already sent", so the state is the engine's to change; but not where Airflow
      // has refused it.
      if (view?.state === "rejected") return { ...view, state: "cancelled", note: null };
      return view && { ...view, note: "Being taken back." };
    case "release":
      return view && { ...view, state: "queued", note: null };
    default:
      return view;
  }
}

function queued(entry: Entry): ActionView | undefined {
  if (entry.action === null) return undefined;
  return {
    action: entry.action,
    state: entry.action.after_edits ? "waiting" : "queued",
    note: null,
    reason: entry.reason,
    queued_at: entry.at,
    waits_for: [],
    run_id: null,
    run_state: null,
  };
}
