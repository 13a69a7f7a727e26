import { expect, it } from "vitest";
import type { HistoryItem, RecordView } from "$lib/bindings";
import { HistoryWords } from "./history";

const entry = (fields: HistoryItem["fields"], source: HistoryItem["source"] = "local"): HistoryItem => ({
  ...{ at: "2026-01-01T00:00:00Z", author: "window", reason: null, run: null },
  ...{ source, fields },
});
const words = (fields: Record<string, unknown>, sealed: string[] = []) =>
  new HistoryWords({
    collection: "variables",
    key: "a",
    fields,
    sealed,
  } as Partial<RecordView> as RecordView);

it("says what changed, and that nothing did", () => {
  const { inShort } = bound(words({}));
  const before = entry({ value: "v3", description: "old" });
  expect(inShort(entry({ value: "v3", description: "new" }), before)).toBe("Description: old → new");
  expect(inShort(entry({ value: "v4", description: "new" }), before)).toBe("v4, Description: old → new");
  expect(inShort(entry({ value: "   ", description: "old" }), before)).toBe("3 spaces");
  expect(inShort(entry({ value: "v3", description: "old" }), before)).toBe("Nothing changed");
  expect(inShort(before, undefined)).toBe("v3");
});

it("says that Airflow's was taken where a conflict was settled by it", () => {
  const { what, inShort } = bound(words({}));
  const theirs = entry({ value: "theirs" }, "airflow");
  const taken = entry({ value: "theirs" });
  expect([what(taken, theirs), inShort(taken, theirs)]).toEqual(["Airflow’s taken", "theirs"]);
  expect(what(entry({ value: "mine" }), theirs)).toBe("Saved here");
  expect(what(taken, entry({ value: "theirs" }))).toBe("Saved here");
  expect(what(entry(null), theirs)).toBe("Deleted");
  // Of a secret nobody knows.
  expect(what(entry({ description: null }), entry({ description: null }, "airflow"))).toBe("Saved here");
});

it("says what was read first, and what changed", () => {
  const { what } = bound(words({}));
  const first = entry({ value: "1" }, "first_read");
  expect(what(first, undefined)).toBe("First read");
  expect(what(entry({ value: "2" }, "airflow"), first)).toBe("Changed in Airflow");
  expect(what(entry({ value: "1" }), first)).toBe("Airflow’s taken");
});

it("names all that is put back, and offers nothing that is there", () => {
  const putBack = (fields: Record<string, unknown>) =>
    words({ value: "1", description: "now" }).putBack(entry(fields));
  expect(putBack({ value: "1", description: "now" })).toBeNull();
  expect(putBack({ value: "2", description: "now" })).toBe("Put this back");
  expect(putBack({ value: "2", description: null })).toBe("Put back with description");
  expect(putBack({ value: "1", description: null })).toBe("Put its description back");
  expect(words({ description: null }, ["value"]).putBack(entry({ description: null }))).toBeNull();
  expect(words({}).putBack(entry(null))).toBeNull();
});

it("shows opened what changed, and the value where nothing did", () => {
  const { opened } = bound(words({}));
  const before = entry({ value: "v3", description: "old" });
  expect(opened(entry({ value: "v3", description: "new" }), before)).toEqual(["description"]);
  expect(opened(entry({ value: "v4", description: "new" }), before)).toEqual(["value", "description"]);
  expect(opened(before, before)).toEqual(["value"]);
});

it("calls no secret unchanged that was replaced", () => {
  const secret = words({ description: null }, ["value"]);
  const before = entry({ description: null }, "airflow");
  expect(secret.opened(entry({ description: null }), before)).toEqual([]);
  expect(secret.opened(entry({ description: "new" }), before)).toEqual(["description"]);
});

function bound(one: HistoryWords) {
  return { what: one.what.bind(one), inShort: one.inShort.bind(one), opened: one.opened.bind(one) };
}
