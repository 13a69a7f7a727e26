import { describe, expect, it } from "vitest";
import type { RecordView } from "$lib/bindings";
import { Draft } from "./draft.svelte";

function record(fields: Record<string, unknown>, sealed: string[] = []): RecordView {
  return {
    collection: "variables",
    key: "rates",
    fields,
    base: fields,
    sealed,
    state: "clean",
    deleted: false,
    changed_at: null,
    conflict: null,
    ledger: null,
  };
}

const free = () => false;

describe("a draft", () => {
  it("changes nothing until something is typed", () => {
    const draft = new Draft(record({ value: "3.1", description: null }));
    expect(draft.changed).toBe(false);
    expect(draft.changes()).toEqual({});
  });

  it("says from what each field was changed, and names no other field", () => {
    const draft = new Draft(record({ value: "3.1", description: "rate" }));
    draft.value = "3.10";
    expect(draft.changes()).toEqual({ value: { from: "3.1", to: "3.10" } });
  });

  it("keeps what it began from when the record moves on", () => {
    const shown = record({ value: "a", description: null });
    const draft = new Draft(shown);
    shown.fields["value"] = "b";
    draft.value = "c";
    expect(draft.changes()).toEqual({ value: { from: "a", to: "c" } });
  });

  it("tells a missing description, none and an empty one apart", () => {
    const cleared = new Draft(record({ value: "a", description: "x" }));
    cleared.description = "";
    expect(cleared.changes()).toEqual({ description: { from: "x", to: null } });
    expect(new Draft(record({ value: "a", description: "" })).changed).toBe(false);
    expect(new Draft(record({ value: "a", description: null })).changed).toBe(false);
  });

  it("creates with nothing before it", () => {
    const draft = new Draft();
    draft.key = "new_one";
    expect(draft.changes()).toEqual({ value: { to: "" }, description: { to: null } });
    expect(draft.refusal(free)).toBeNull();
  });

  it("keeps text exactly", () => {
    const draft = new Draft(record({ value: "a\r\n b \n", description: null }));
    draft.value = "a\r\n b  \n";
    expect(draft.changes()["value"]).toEqual({ from: "a\r\n b \n", to: "a\r\n b  \n" });
  });
});

describe("what a draft refuses", () => {
  it("JSON that is broken, with the line", () => {
    const draft = new Draft(record({ value: '{"a": 1}', description: null }));
    draft.value = '{\n"a": 1,\n}';
    expect(draft.refusal(free)?.what).toContain("Line 2");
    draft.value = '{"a": 2}';
    expect(draft.refusal(free)).toBeNull();
  });

  it("a secret in an ordinary edit", () => {
    const draft = new Draft(record({ value: "{}", description: null }));
    draft.value = '{"db": {"password": "hunter2"}}';
    expect(draft.refusal(free)?.what).toContain("db › password");
    const named = new Draft();
    named.key = "api_key";
    named.value = "x";
    expect(named.refusal(free)?.what).toContain("api_key");
  });

  it("a mask typed as a value", () => {
    const draft = new Draft(record({ value: "x", description: null }));
    draft.value = "***";
    expect(draft.refusal(free)?.what).toContain("***");
  });

  it("keys that cannot be found again", () => {
    const draft = new Draft();
    for (const key of ["", "a\nb", "x".repeat(251)]) {
      draft.key = key;
      expect(draft.refusal(free), JSON.stringify(key)).not.toBeNull();
    }
    draft.key = "a/b %?#é🙂";
    expect(draft.refusal(free)).toBeNull();
    expect(draft.refusal(() => true)?.what).toContain("already");
  });

  it("nothing of a sealed value whose description is edited", () => {
    const draft = new Draft(record({ description: null }, ["value"]));
    draft.description = "for the mail server";
    expect(draft.refusal(free)).toBeNull();
    expect(draft.changes()).toEqual({ description: { from: null, to: "for the mail server" } });
  });
});
