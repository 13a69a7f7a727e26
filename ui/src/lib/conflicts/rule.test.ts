// What one rule comes to for a conflict, and which conflicts no rule settles.
import { describe, expect, it } from "vitest";
import type { Conflict, ConflictField, RecordView } from "$lib/bindings";
import { choicesOf, isListed, ALL } from "./filter";
import { chosenBy, outcomeOf, whyByHand } from "./rule";

const field = (more: Partial<ConflictField> = {}): ConflictField => ({
  ...{ name: "value", base: "1", mine: "2", airflow: "3", paths: [], against: "airflow" },
  ...more,
});

const conflict = (more: Partial<Conflict> = {}): Conflict => ({
  ...{ kind: "fields", fields: [field()], mine_deleted: false, airflow_deleted: false },
  ...{ found_at: "2026-01-01T00:00:00Z", decided: null, note: null, ...more },
});

const record = (more: Partial<RecordView> = {}): RecordView => ({
  ...{ collection: "variables", key: "rate", fields: { value: "2" }, base: { value: "1" }, sealed: [] },
  ...{ state: "conflict", deleted: false, changed_at: null, conflict: null, ledger: null },
  ...more,
});

describe("no rule settles", () => {
  it.each<[string, Partial<Conflict>, Partial<RecordView>]>([
    ["deleted it here", { kind: "edit_delete", mine_deleted: true }, {}],
    ["deleted in Airflow", { kind: "edit_delete", airflow_deleted: true }, {}],
    ["breaks a rule", { kind: "invalid", fields: [] }, {}],
    ["holds a secret", { fields: [field({ airflow: undefined, sealed: true })] }, {}],
    ["holds a secret", { fields: [field({ mine: { $leeward_secret: "1" } })] }, {}],
    ["holds a secret", { fields: [field({ airflow: '{"password": "x"}' })] }, {}],
    ["holds a secret", {}, { sealed: ["value"] }],
    ["on this computer", { fields: [field({ against: "local" })] }, {}],
    ["after you had decided", { decided: { value: "2.5" } }, {}],
  ])("what %s", (why, clash, more) => {
    expect(whyByHand({ record: record(more), conflict: conflict(clash) })).toContain(why);
  });

  it("and settles what is left of them", () => {
    expect(whyByHand({ record: record(), conflict: conflict() })).toBeNull();
    expect(whyByHand({ record: record(), conflict: conflict({ kind: "create_create" }) })).toBeNull();
  });
});

it("chooses a side for all that clash, or for one field where it does", () => {
  const both = conflict({ fields: [field(), field({ name: "description" })] });
  expect(chosenBy({ side: "mine", field: null }, both, {})).toEqual({
    value: { side: "mine" },
    description: { side: "mine" },
  });
  const before = { value: { side: "mine" as const } };
  expect(chosenBy({ side: "airflow", field: "description" }, both, before)).toEqual({
    value: { side: "mine" },
    description: { side: "airflow" },
  });
  expect(chosenBy({ side: "mine", field: "slots" }, both, {})).toBeNull();
});

describe("what is to be kept", () => {
  const work = (side: "mine" | "airflow", more: Partial<RecordView> = {}, clash: Partial<Conflict> = {}) => {
    const one = { record: record(more), conflict: conflict(clash) };
    const outcome = outcomeOf(one, chosenBy({ side, field: null }, one.conflict, {}) ?? {}, " as agreed ");
    if (typeof outcome === "string") throw new Error(outcome);
    return outcome;
  };

  it("is decided against what Airflow holds, and undone by the edit as it was", () => {
    expect(work("mine").work).toEqual({
      ...{ collection: "variables", key: "rate", fields: { value: { from: "3", to: "2" } } },
      ...{ mine: { value: "2" }, reason: "as agreed" },
    });
    expect(work("mine").undo).toEqual({
      ...{ edit: { value: { from: "1", to: "2" } }, result: { value: "2" }, sends: true, fixed: null },
    });
    expect(work("airflow").undo).toMatchObject({ result: { value: "3" }, sends: false });
  });

  it("is undone with what else was edited in the record", () => {
    const more = { fields: { value: "2", description: "new" }, base: { value: "1", description: null } };
    const { undo } = work("airflow", more);
    expect(undo.edit["description"]).toEqual({ from: null, to: "new" });
    expect(undo.sends).toBe(true);
  });

  it("is undone as a creation where it was one", () => {
    const { undo } = work(
      "mine",
      { base: null },
      { kind: "create_create", fields: [field({ base: undefined })] },
    );
    expect(undo.edit).toEqual({ value: { to: "2" } });
  });

  it("cannot be undone where only one side changed a field, or a secret waits", () => {
    const oneSided = { fields: [field({ airflow: "1" }), field({ name: "description", mine: "1" })] };
    expect(work("mine", {}, oneSided).undo.fixed).toContain("change together");
    const description = { fields: [field({ name: "description" })] };
    expect(work("mine", { sealed: ["value"] }, description).undo.fixed).toContain("secret");
  });

  it("is nothing while a field is open", () => {
    const both = conflict({ fields: [field(), field({ name: "description" })] });
    const choices = { value: { side: "mine" as const } };
    expect(outcomeOf({ record: record(), conflict: both }, choices, "")).toBe("Description: not decided.");
  });
});

describe("a filter", () => {
  const by = (author: string | null): Partial<RecordView> => ({
    changed_by: { source: "airflow", author },
    conflict: conflict(),
  });
  const all = [record(by("ada")), record({ ...by(null), key: "pool", collection: "pools" })];

  it("offers what is not the same for all", () => {
    const { collection, field, who } = choicesOf(all);
    expect(collection.map(({ words }) => words)).toEqual(["Any collection", "Pools", "Variables"]);
    expect(field).toEqual([]);
    expect(who.map(({ words }) => words)).toEqual(["By anyone", "By ada", "By whom is not known"]);
  });

  it("lists what all of it fits", () => {
    const listed = (filter: Partial<typeof ALL>) =>
      all.filter((one) => isListed(one, { ...ALL, ...filter })).map(({ key }) => key);
    expect(listed({})).toEqual(["rate", "pool"]);
    expect(listed({ who: "ada" })).toEqual(["rate"]);
    expect(listed({ text: " POOL " })).toEqual(["pool"]);
    expect(listed({ collection: "pools", who: "ada" })).toEqual([]);
    expect(listed({ field: "value" })).toEqual(["rate", "pool"]);
    expect(listed({ field: "description" })).toEqual([]);
  });
});
