// The order of the list of DAGs: the same when one comes back to it.
import type { DagView } from "$lib/bindings";

export type By = "dag" | "next";

export interface Order {
  by: By;
  down: boolean;
}

export const order = $state<{ now: Order }>({ now: { by: "dag", down: false } });

/** A sorted copy; what has no next run comes last, either way round. */
export function sorted(dags: DagView[], { by, down }: Order): DagView[] {
  const sign = down ? -1 : 1;
  const byId = (a: DagView, b: DagView) => a.dag_id.localeCompare(b.dag_id, "en", { numeric: true });
  if (by === "dag") return dags.toSorted((a, b) => sign * byId(a, b));
  const next = (dag: DagView) => (dag.is_paused ? null : dag.next_run);
  return dags.toSorted((a, b) => {
    const [one, other] = [next(a), next(b)];
    if (one === null || other === null) return one === other ? byId(a, b) : one === null ? 1 : -1;
    return sign * (Date.parse(one) - Date.parse(other)) || byId(a, b);
  });
}
