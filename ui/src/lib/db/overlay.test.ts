import type { Entry, RecordView } from "$lib/bindings";
import { describe, expect, test } from "vitest";
import { overlaid } from "./overlay";

const row: RecordView = {
  collection: "variables",
  key: "rate",
  fields: { value: "1", description: null },
  base: { value: "1", description: null },
  sealed: [],
  state: "clean",
  deleted: false,
  changed_at: "2026-01-01T00:00:00Z",
  conflict: null,
  ledger: { opaque: true },
};

const conflicted: RecordView = {
  ...row,
  fields: { value: "mine", description: null },
  state: "conflict",
  note: "Changed in Airflow too.",
  conflict: {
    kind: "fields",
    fields: [{ name: "value", base: "1", mine: "mine", airflow: "theirs", paths: [], against: "airflow" }],
    mine_deleted: false,
    airflow_deleted: false,
    found_at: "2026-01-01T00:00:00Z",
    decided: null,
    note: null,
  },
};

let seq = 0;
function work(kind: Entry["kind"], fields: Entry["fields"] = {}, more: Partial<Entry> = {}): Entry {
  seq += 1;
  const entry = { id: `e${seq}`, seq, kind, collection: "variables", key: "rate", fields };
  return { ...entry, deleted: false, action: null, reason: null, at: "2026-02-02T00:00:00Z", ...more };
}

const edit = (to: unknown) => work("edit", { value: { from: "1", to } });
const takeBack = () => work("take_back");

describe("a record with work on top", () => {
  test("without work is the row itself", () => {
    expect(overlaid(row, [])).toBe(row);
    expect(overlaid(undefined, [])).toBeUndefined();
  });

  test("an edit replaces the field and is pending; the rest stays", () => {
    expect(overlaid(row, [edit("2")])).toEqual({
      ...row,
      fields: { value: "2", description: null },
      state: "pending",
      changed_at: "2026-02-02T00:00:00Z",
    });
  });

  test("null, the empty text and missing are three values", () => {
    const described = {
      ...row,
      fields: { value: "1", description: "" },
      base: { value: "1", description: "" },
    };
    const cleared = overlaid(described, [work("edit", { description: { from: "", to: null } })]);
    expect(cleared).toMatchObject({ fields: { description: null }, state: "pending" });
    const cut = overlaid(described, [work("edit", { description: { from: "" } })]);
    expect(cut?.fields).toEqual({ value: "1" });
    expect(cut?.state).toBe("pending");
    const again = overlaid(described, [
      work("edit", { description: { from: "" } }),
      work("edit", { description: { to: "new" } }),
    ]);
    expect(again?.fields).toEqual({ value: "1", description: "new" });
  });

  test("the base typed back looks clean, also over a row that is still pending", () => {
    const pending = {
      ...row,
      fields: { value: "2", description: null },
      state: "pending",
      reason: "because",
    } as const;
    for (const under of [row, pending]) {
      const view = overlaid(under, [
        edit("2"),
        work("edit", { value: { from: "2", to: "1" } }, { reason: "why" }),
      ]);
      expect(view).toMatchObject({ fields: row.fields, state: "clean" });
      expect(view).not.toHaveProperty("reason");
    }
  });

  test("the last reason given stays with the edits after it", () => {
    const view = overlaid(row, [
      work("edit", { value: { from: "1", to: "2" } }, { reason: "audit" }),
      edit("3"),
    ]);
    expect(view).toMatchObject({ reason: "audit", fields: { value: "3" } });
  });

  test("a delete keeps the record in sight; an edit after it revives it", () => {
    const gone = overlaid(row, [work("delete", { value: { from: "1" } })]);
    expect(gone).toMatchObject({ deleted: true, state: "pending", fields: row.fields });
    expect(overlaid(row, [work("delete"), edit("9")])).toMatchObject({
      deleted: false,
      fields: { value: "9" },
    });
  });

  test("a creation that the mirror does not know is there, and can go again", () => {
    const create = work("edit", { value: { to: "new" }, description: { to: null } });
    expect(overlaid(undefined, [create])).toMatchObject({
      collection: "variables",
      key: "rate",
      fields: { value: "new", description: null },
      base: null,
      state: "pending",
    });
    expect(overlaid(undefined, [create, takeBack()])).toBeUndefined();
    expect(overlaid(undefined, [create, work("delete")])).toBeUndefined();
    const known = { ...row, base: null, state: "pending" } as const;
    expect(overlaid(known, [takeBack()])).toBeUndefined();
    expect(overlaid(known, [takeBack(), create])?.fields).toEqual({ value: "new", description: null });
  });

  test("taking back shows the base, whatever was pending, deleted or in conflict", () => {
    const deleted = { ...row, deleted: true, state: "pending" } as const;
    for (const under of [{ ...row, fields: { value: "2" } }, deleted, conflicted]) {
      const view = overlaid(under, [edit("5"), takeBack()]);
      expect(view).toMatchObject({ fields: row.base, deleted: false, state: "clean", conflict: null });
      expect(view).not.toHaveProperty("note");
    }
  });

  test("an edit does not settle a conflict, a resolution does", () => {
    const edited = overlaid(conflicted, [edit("other")]);
    expect(edited).toMatchObject({
      state: "conflict",
      conflict: conflicted.conflict,
      fields: { value: "other" },
    });
    const resolve = work("resolve", { value: { from: "theirs", to: "both" } });
    const settled = overlaid(conflicted, [resolve]);
    expect(settled).toMatchObject({ state: "pending", conflict: null, fields: { value: "both" } });
    expect(settled).not.toHaveProperty("note");
    const byDelete = overlaid(conflicted, [work("resolve", {}, { deleted: true })]);
    expect(byDelete).toMatchObject({ state: "pending", deleted: true, conflict: null });
  });

  test("a doubt stays until the engine ends it", () => {
    const doubtful = { ...row, state: "in_doubt", note: "No answer." } as const;
    for (const entries of [[edit("2")], [edit("2"), takeBack()]]) {
      expect(overlaid(doubtful, entries)).toMatchObject({ state: "in_doubt", note: "No answer." });
    }
  });

  test("what Airflow refused is pending again after the next edit, without the old note", () => {
    const rejected = { ...row, state: "rejected", note: "Too long." } as const;
    const view = overlaid(rejected, [edit("2")]);
    expect(view?.state).toBe("pending");
    expect(view).not.toHaveProperty("note");
  });
});
