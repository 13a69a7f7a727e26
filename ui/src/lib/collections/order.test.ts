import { expect, it } from "vitest";
import type { ChangedBy, RecordView } from "$lib/bindings";
import { Row } from "$lib/db/records";
import { BY_CHANGED, BY_KEY, type By, changedBy, sorted } from "./order";

function record(
  key: string,
  value: string,
  changed_at: string | null = null,
  sealed: string[] = [],
): RecordView {
  const fields = { value, description: null };
  return {
    ...{ collection: "variables", key, fields, base: fields, sealed, state: "clean", deleted: false },
    ...{ changed_at, conflict: null, ledger: null },
  };
}

const ROWS = [
  record("row_10", "b", "2026-11-02T10:00:00Z"),
  record("row_9", "a", "2026-11-03T10:00:00Z"),
  record("secret", "zzz", null, ["value"]),
  record("B", "", "2026-11-01T10:00:00Z"),
];

const keys = (by: By, down = false) =>
  sorted(
    ROWS.map((one) => Row.of(one)),
    { by, down },
  ).map(({ key }) => key);

it("sorts keys as people do: no matter which case, and numbers by their worth", () => {
  expect(keys(BY_KEY)).toEqual(["B", "row_9", "row_10", "secret"]);
  expect(keys(BY_KEY, true)).toEqual(["secret", "row_10", "row_9", "B"]);
});

it("sorts by time, with what never changed at the end either way", () => {
  expect(keys(BY_CHANGED, true)).toEqual(["row_9", "row_10", "B", "secret"]);
  expect(keys(BY_CHANGED)).toEqual(["B", "row_10", "row_9", "secret"]);
});

it("sorts by value, without telling anything of a secret by its place", () => {
  expect(keys("value")).toEqual(["row_9", "row_10", "B", "secret"]);
  expect(keys("value", true)).toEqual(["row_10", "row_9", "B", "secret"]);
});

it("leaves the records that it was given as they are", () => {
  keys(BY_KEY);
  expect(ROWS.map(({ key }) => key)).toEqual(["row_10", "row_9", "secret", "B"]);
});

it("says who changed it last", () => {
  const by = (source: ChangedBy["source"], author: string | null = null) =>
    changedBy({ ...record("a", "b"), changed_by: { source, author } });
  expect(by("airflow", "grace")).toBe("grace");
  expect(by("airflow")).toBe("");
  expect(by("local")).toBe("you");
  expect(by("taken_back")).toBe("you");
  expect(by("merge")).toBe("you and Airflow");
  expect(changedBy(record("a", "b"))).toBe("");
  expect(changedBy({ ...record("a", "b"), state: "pending" })).toBe("you");
});
