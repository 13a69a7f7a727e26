import { expect, it } from "vitest";
import type { DagView } from "$lib/bindings";
import { type By, sorted } from "./order.svelte";

const dag = (dag_id: string, next_run: string | null, is_paused = false) =>
  ({ dag_id, next_run, is_paused }) as unknown as DagView;

const DAGS = [
  dag("b", "2026-11-28T06:00:00Z"),
  dag("a10", null),
  dag("a9", "2026-11-28T08:00:00+03:00"),
  dag("paused", "2026-11-27T00:00:00Z", true),
];

const ids = (by: By, down = false) => sorted(DAGS, { by, down }).map(({ dag_id }) => dag_id);

it("sorts by id, numbers by their worth", () => {
  expect(ids("dag")).toEqual(["a9", "a10", "b", "paused"]);
  expect(ids("dag", true)).toEqual(["paused", "b", "a10", "a9"]);
});

it("sorts by the next run, in whatever zone; what will not run comes last either way", () => {
  expect(ids("next")).toEqual(["a9", "b", "a10", "paused"]);
  expect(ids("next", true)).toEqual(["b", "a9", "a10", "paused"]);
});
