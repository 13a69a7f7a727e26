import { describe, expect, it } from "vitest";
import type { Conflict, ConflictField, RecordView } from "$lib/bindings";
import {
  bothInShort,
  choicesBefore,
  decide,
  fieldsOf,
  keptBeside,
  mineShown,
  startOf,
  story,
} from "./resolution";

const field = (more: Partial<ConflictField> = {}): ConflictField => ({
  ...{ name: "value", base: "14", mine: "21", airflow: "10", paths: [], against: "airflow" },
  ...more,
});

const conflict = (more: Partial<Conflict> = {}): Conflict => ({
  ...{ kind: "fields", fields: [field()], mine_deleted: false, airflow_deleted: false },
  ...{ found_at: "2026-11-22T14:00:00Z", decided: null, note: null },
  ...more,
});

const record = {
  collection: "variables",
  fields: { value: "21", description: "days" },
  base: null,
  sealed: [],
} as unknown as RecordView;

describe("a decision", () => {
  it("tells what was shown as mine", () => {
    const both = conflict({ fields: [field(), field({ name: "description", mine: undefined })] });
    expect(mineShown(both)).toEqual({ value: "21" });
  });

  it("says what it was made against", () => {
    const mine = decide(record, conflict(), { value: { side: "mine" } });
    expect(mine).toEqual({ fields: { value: { from: "10", to: "21" } }, deleted: false });
    const theirs = decide(record, conflict(), { value: { side: "airflow" } });
    expect(theirs).toEqual({ fields: { value: { from: "10", to: "10" } }, deleted: false });
    const edited = decide(record, conflict(), { value: { side: "edited", text: "15" } });
    expect(edited).toEqual({ fields: { value: { from: "10", to: "15" } }, deleted: false });
  });

  it("is none while a field is open", () => {
    const both = conflict({ fields: [field(), field({ name: "description" })] });
    expect(decide(record, both, { value: { side: "mine" } })).toBeNull();
  });

  it("keeps null apart from nothing", () => {
    const cleared = conflict({ fields: [field({ name: "description", mine: null, airflow: "x" })] });
    const decision = decide(record, cleared, { description: { side: "mine" } });
    expect(decision?.fields).toEqual({ description: { from: "x", to: null } });
  });

  it("takes an emptied description as none", () => {
    const both = conflict({ fields: [field({ name: "description", mine: "a", airflow: "b" })] });
    const decision = decide(record, both, { description: { side: "edited", text: "" } });
    expect(decision?.fields).toEqual({ description: { from: "b", to: null } });
  });

  it("can be made where the conflict names no field", () => {
    const invalid = conflict({ kind: "invalid", fields: [], note: "The record has no value." });
    expect(fieldsOf(record, invalid).map(({ name }) => name)).toEqual(["value", "description"]);
    const choices = { value: { side: "edited" as const, text: "1" }, description: { side: "mine" as const } };
    expect(decide(record, invalid, choices)?.fields).toEqual({
      value: { to: "1" },
      description: { to: "days" },
    });
  });

  const deletedThere = conflict({
    kind: "edit_delete",
    airflow_deleted: true,
    fields: [field({ airflow: undefined })],
  });

  it("writes the whole record again where Airflow deleted it", () => {
    expect(decide(record, deletedThere, { value: { side: "mine" } })).toEqual({
      fields: { value: { to: "21" }, description: { to: "days" } },
      deleted: false,
    });
  });

  it("lets it go where Airflow deleted it", () => {
    expect(decide(record, deletedThere, { value: { side: "airflow" } })).toEqual({
      fields: {},
      deleted: true,
    });
  });

  const deletedHere = conflict({
    kind: "edit_delete",
    mine_deleted: true,
    fields: [field({ mine: undefined })],
  });

  it("deletes with what was seen, or keeps Airflow's", () => {
    expect(decide(record, deletedHere, { value: { side: "mine" } })).toEqual({
      fields: { value: { from: "10" } },
      deleted: true,
    });
    expect(decide(record, deletedHere, { value: { side: "airflow" } })).toEqual({
      fields: { value: { from: "10", to: "10" } },
      deleted: false,
    });
  });
});

describe("a clash inside JSON", () => {
  const inside = field({
    base: '{"emea": 1, "apac": 2}',
    mine: '{"emea": 1.10, "apac": 2}',
    airflow: '{"emea": 1.30, "apac": 4}',
    paths: ["/emea"],
  });
  const clash = conflict({ fields: [inside] });
  const to = (choice: "mine" | "airflow") =>
    decide(record, clash, { value: { side: choice } })?.fields["value"]?.to;

  it("starts from the merge, and takes a side for the clashing path only", () => {
    expect(startOf(inside)).toBe('{"emea": 1.10, "apac": 4}');
    expect(to("mine")).toBe('{"emea": 1.10, "apac": 4}');
    expect(to("airflow")).toBe('{"emea": 1.30, "apac": 4}');
  });

  it("is told in short", () => {
    expect(bothInShort(record, clash)).toBe("1.10 ↔ 1.30");
    expect(bothInShort(record, conflict())).toBe("21 ↔ 10");
    expect(bothInShort(record, conflict({ mine_deleted: true }))).toBe("deleted ↔ 10");
    expect(
      bothInShort(
        { collection: "variables", sealed: ["value"] },
        conflict({ fields: [field({ airflow: undefined })] }),
      ),
    ).toBe("yours ↔ secret");
  });
});

describe("around a decision", () => {
  it("shows what else was typed, beside what was decided last", () => {
    const decided = { value: "3", "value (2)": "1", "value (3)": "2", values: "x", description: "y" };
    expect(keptBeside(conflict({ decided }), "value")).toEqual(["1", "2"]);
    expect(keptBeside(conflict({}), "value")).toEqual([]);
  });

  it("takes up what was decided before Airflow moved again", () => {
    expect(choicesBefore(conflict({ decided: { value: "15", gone: "x" } }))).toEqual({
      value: { side: "edited", text: "15" },
    });
    expect(choicesBefore(conflict())).toEqual({});
  });

  it("names leewardctl where the clash is on this computer", () => {
    expect(story(conflict({ fields: [field({ against: "local" })] }), "variables").title).toContain(
      "leewardctl",
    );
    expect(story(conflict(), "variables").title).toContain("Airflow");
  });

  it("has words of its own for each kind", () => {
    const titles = [
      conflict(),
      deletedThere(),
      conflict({ kind: "edit_delete", mine_deleted: true }),
      conflict({ kind: "create_create" }),
      conflict({ kind: "invalid" }),
    ].map((one) => story(one, "variables").title);
    expect(new Set(titles).size).toBe(titles.length);
  });
});

function deletedThere(): Conflict {
  return conflict({ kind: "edit_delete", airflow_deleted: true });
}
