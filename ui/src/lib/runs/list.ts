// The list of runs: mine first, those still on this computer before those in Airflow.
import type { ActionView, RunView } from "$lib/bindings";
import { isOpen } from "$lib/words/states";

export interface RunList {
  /** Queued here and not (visibly) in Airflow yet, or refused by it. */
  actions: ActionView[];
  mine: RunView[];
  others: RunView[];
}

/** Runs and actions newest first, as they come. */
export function runList(actions: ActionView[], runs: RunView[]): RunList {
  const known = new Set(runs.map((run) => run.run_id));
  const waiting = actions.filter(
    (one) =>
      isOpen(one) || one.state === "rejected" || (one.state === "done" && !known.has(one.run_id ?? "")),
  );
  return {
    actions: waiting,
    mine: runs.filter((run) => run.mine),
    others: runs.filter((run) => !run.mine),
  };
}
