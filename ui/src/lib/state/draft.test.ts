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

describe("JSON on one long line", () => {
  const line = '{"regions": [{"name": "a", "rate": 1.10}, {"name": "b", "rate": 2.0}], "none": []}';
  const opened = () => new Draft(record({ value: line, description: null }));

  it("is shown on lines, and changes nothing by that", () => {
    const draft = opened();
    expect(draft.value.split("\n").length).toBeGreaterThan(5);
    expect(draft.changed).toBe(false);
  });

  it("is saved as it was where only the description changes, or the text is typed back", () => {
    const draft = opened();
    draft.description = "regions";
    const text = draft.value;
    draft.value = `${text} `;
    draft.value = text;
    expect(draft.changes()).toEqual({ description: { from: null, to: "regions" } });
  });

  it("is saved as it was typed", () => {
    const draft = opened();
    draft.value = draft.value.replace("1.10", "1.20");
    expect(draft.changes()).toEqual({ value: { from: line, to: draft.value } });
    expect(draft.value).toContain('"rate": 1.20\n');
    const after = Draft.after(draft);
    expect(after.value).toBe(draft.value);
    expect(after.changed).toBe(false);
  });

  it("is put back as it was", () => {
    const draft = new Draft(record({ value: "{}", description: null }));
    draft.put(line);
    expect(draft.changes()).toEqual({ value: { from: "{}", to: line } });
    expect(Draft.after(draft).changed).toBe(false);
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
