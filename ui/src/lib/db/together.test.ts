// Which decisions an undo leaves as they are.
import { expect, it } from "vitest";
import type { RecordView } from "$lib/bindings";
import type { Decided } from "./schema";
import { editOf, whyLeft } from "./together";

const decided = (more: Partial<Decided> = {}): Decided => ({
  ...{
    collection: "variables",
    key: "rate",
    edit: { value: { from: "1", to: "2" } },
    result: { value: "2" },
  },
  ...{ sends: true, fixed: null, ...more },
});

const record = (more: Partial<RecordView> = {}): RecordView => ({
  ...{ collection: "variables", key: "rate", fields: { value: "2" }, base: { value: "3" }, sealed: [] },
  ...{ state: "pending", deleted: false, changed_at: null, conflict: null, ledger: null, ...more },
});

it("undoes what waits to be sent, or takes part in breaking a rule, as it was decided", () => {
  expect(whyLeft(decided(), record())).toBeNull();
  expect(whyLeft(decided(), record({ state: "violation" }))).toBeNull();
});

it("undoes what Airflow holds, where nothing had to be sent for that", () => {
  const theirs = record({ state: "clean", fields: { value: "3" } });
  expect(whyLeft(decided({ sends: false, result: { value: "3" } }), theirs)).toBeNull();
});

it.each<[string, Partial<Decided>, RecordView | undefined]>([
  ["It was sent", {}, record({ state: "clean", base: { value: "2" } })],
  ["on its way", {}, record({ state: "in_doubt" })],
  ["refused", {}, record({ state: "rejected" })],
  ["in conflict again", {}, record({ state: "conflict" })],
  ["no longer there", {}, undefined],
  ["no longer there", {}, record({ deleted: true })],
  ["changed since", {}, record({ fields: { value: "5" } })],
  ["changed since", { sends: false }, record({ state: "clean", fields: { value: "4" } })],
  ["hides a part", {}, record({ sealed: ["value"], fields: {} })],
  ["change together", { fixed: "Its fields change together." }, record()],
])("leaves what is not so any more: %s", (why, more, now) => {
  expect(whyLeft(decided(more), now)).toContain(why);
});

it.each<[string, Partial<Decided>, RecordView]>([
  ["edited", {}, record({ fields: { value: "2", description: "new" }, base: { value: "3" } })],
  ["emptied", {}, record({ fields: { value: "2" }, base: { value: "3", description: "x" } })],
  [
    "that was pending then, edited once more",
    { edit: { value: { from: "1", to: "2" }, description: { from: "x", to: "y" } } },
    record({ fields: { value: "2", description: "z" }, base: { value: "3", description: "x" } }),
  ],
  [
    "that was pending then, put back",
    { edit: { value: { from: "1", to: "2" }, description: { from: "x" } } },
    record({ fields: { value: "2", description: "x" }, base: { value: "3", description: "x" } }),
  ],
  [
    "of one for which nothing had to be sent",
    { sends: false, result: { value: "3" } },
    record({ fields: { value: "3", description: "new" }, base: { value: "3", description: null } }),
  ],
])("leaves a record with another field since: %s", (_, more, now) => {
  expect(whyLeft(decided(more), now)).toBe("It was changed since.");
});

it("undoes beside another field that is as it was then, or that Airflow changed", () => {
  const edit = { value: { from: "1", to: "2" }, description: { from: "x", to: "y" }, old: { from: true } };
  const fields = { value: "2", description: "y", slots: 4 };
  const base = { value: "3", description: "x", old: true, slots: 4 };
  expect(whyLeft(decided({ edit }), record({ fields, base }))).toBeNull();
});

it("has in the edit what else was changed, emptied or filled", () => {
  const fields = { value: "2", description: null, slots: 3 };
  const edited = record({ fields, base: { value: "1", description: "x", old: true } });
  expect(editOf(edited, { value: { from: "1", to: "2" } })).toEqual({
    ...{ value: { from: "1", to: "2" }, description: { from: "x", to: null } },
    ...{ slots: { to: 3 }, old: { from: true } },
  });
});
