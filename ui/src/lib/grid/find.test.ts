import { describe, expect, it } from "vitest";
import { Row } from "$lib/db/records";
import { columnsOf } from "./columns";
import { found, holds, nextOf, put, replacing, type Wanted } from "./find";

const wanted = (text: string, more: Partial<Wanted> = {}): Wanted => ({
  text,
  isExact: false,
  isWhole: false,
  ...more,
});

const pool = (key: string, slots: number, description: string) =>
  Row.of({
    ...{ collection: "pools", key, fields: { slots, description, include_deferred: true }, sealed: [] },
    ...{ state: "clean", deleted: false, base: {}, changed_at: null, conflict: null, ledger: null },
  });

const sheet = {
  rows: [pool("default_pool", 12, "Night"), pool("night", 1, "a (b) a"), pool("x", 112, "true")],
  columns: columnsOf("pools"),
  has: () => true,
  typed: () => undefined,
};
const all = { top: 0, bottom: 2, left: 0, right: 5 };

describe("a text", () => {
  it("is found in any case, exactly, or as the whole cell", () => {
    expect(holds("Night load", wanted("night"))).toBe(true);
    expect(holds("Night load", wanted("night", { isExact: true }))).toBe(false);
    expect(holds("Night load", wanted("night", { isWhole: true }))).toBe(false);
    expect(holds("Night", wanted("night", { isWhole: true }))).toBe(true);
    expect(holds("Night", wanted(""))).toBe(false);
  });

  it("gives way as it stands, signs and all", () => {
    expect(put("a (b) A", wanted("a"), "$&")).toBe("$& (b) $&");
    expect(put("a (b) a", wanted("(b)"), "")).toBe("a  a");
    expect(put("Night", wanted("night", { isWhole: true }), "Day")).toBe("Day");
  });
});

it("is found row by row in keys and fields, and in no yes or no", () => {
  const cells = found(sheet, all, wanted("12"));
  expect(cells).toEqual([
    { row: 0, column: 1 },
    { row: 2, column: 1 },
  ]);
  expect(nextOf(cells, { row: 0, column: 1 })).toEqual({ row: 2, column: 1 });
  expect(nextOf(cells, { row: 2, column: 3 })).toEqual({ row: 0, column: 1 });
  expect(found(sheet, all, wanted("true"))).toEqual([{ row: 2, column: 2 }]);
  expect(found(sheet, { ...all, top: 1, bottom: 1 }, wanted("12"))).toEqual([]);
});

it("replaces in the cells that can be edited alone", () => {
  const { texts } = replacing(sheet, found(sheet, all, wanted("night")), wanted("night"), "day");
  // The key of one and the description that Airflow keeps are found, and stay.
  expect(texts).toEqual([]);
  const numbers = replacing(sheet, found(sheet, all, wanted("12")), wanted("12"), "3");
  expect(numbers.texts.map(({ key, text }) => [key, text])).toEqual([
    ["default_pool", "3"],
    ["x", "13"],
  ]);
});
