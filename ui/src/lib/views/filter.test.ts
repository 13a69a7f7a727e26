// @vitest-environment happy-dom
// What passes a filter, by the type of its column.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RecordView } from "$lib/bindings";
import { showTyped } from "$lib/collections/shown.svelte";
import { TypedCollections } from "$lib/collections/typed";
import { Row } from "$lib/db/records";
import { FX, viewOf } from "$lib/components/testing/typed";
import { type Column, columnsOf } from "$lib/grid/columns";
import { type Filter, filtered, nameOf, problemIn, type Test, testsOf } from "./filter";

let columns: Column[];

beforeEach(() => {
  const typed = new TypedCollections();
  typed.know(viewOf(FX));
  showTyped(typed);
  columns = columnsOf("fx");
});
afterEach(() => showTyped(new TypedCollections()));

const record = (fields: Record<string, unknown>, more: Partial<RecordView> = {}): Row =>
  Row.of({
    ...{ collection: "fx", state: "clean", deleted: false, sealed: [], base: fields },
    ...{ key: JSON.stringify([fields["currency"], fields["valid_from"]]), fields },
    ...more,
  } as unknown as RecordView);

const EUR = { currency: "EUR", valid_from: "2026-11-01", rate: "1.085", lots: "9007199254740993" };
const USD = { currency: "USD", valid_from: "2026-11-02", rate: "10", lots: "-5", approved: true };
const CHF = { currency: "CHF", valid_from: "2026-11-03", rate: "0.99", source: "ECB", base: "Franc" };

function found(column: string, test: Test, text = "", rows = [EUR, USD, CHF].map((one) => record(one))) {
  const filters: Filter[] = [{ column, test, text }];
  return filtered(rows, filters, columns).map((row) => row.record.fields["currency"]);
}

describe("a filter", () => {
  it.each<[string, Test, string, string[]]>([
    ["$key", "contains", "usd", ["USD"]],
    ["$key", "is", "EUR · 2026-11-01", ["EUR"]],
    ["$key", "contains", "eur · 2026", ["EUR"]],
    ["base", "contains", "ran", ["CHF"]],
    ["base", "is", "franc", ["CHF"]],
    ["base", "is_not", "Franc", ["EUR", "USD"]],
    ["base", "empty", "", ["EUR", "USD"]],
    ["base", "filled", "", ["CHF"]],
    ["source", "is", "ECB", ["CHF"]],
    ["approved", "is", "true", ["USD"]],
    ["rate", "at_least", "1.085", ["EUR", "USD"]],
    ["rate", "at_most", "1.0849", ["CHF"]],
    ["rate", "is", "10.0", ["USD"]],
    ["lots", "at_least", "9007199254740993", ["EUR"]],
    ["lots", "at_least", "9007199254740994", []],
    ["lots", "at_most", "-5", ["USD"]],
  ])("of %s %s %j passes %j", (column, test, text, wanted) => {
    expect(found(column, test, text)).toEqual(wanted);
  });

  it("puts moments in order whatever their zones are", () => {
    const rows = ["2026-11-01T10:00:00+02:00", "2026-11-01T09:00:00Z"].map((seen_at, at) =>
      record({ currency: `C${at}`, seen_at }),
    );
    expect(found("seen_at", "at_least", "2026-11-01T08:30:00Z", rows)).toEqual(["C1"]);
  });

  it("is none while nothing, or what means nothing, is typed", () => {
    expect(found("rate", "at_least", "")).toHaveLength(3);
    expect(found("rate", "at_least", "many")).toHaveLength(3);
    const rate = columns.find((one) => nameOf(one) === "rate") as Column;
    expect(problemIn(rate, { column: "rate", test: "is", text: "many" })).toContain(
      "must be a decimal number",
    );
    expect(problemIn(rate, { column: "rate", test: "is", text: "" })).toBeNull();
  });

  it("is none where its column is gone, or means nothing there", () => {
    expect(found("gone", "is", "x")).toHaveLength(3);
    expect(found("approved", "at_least", "true")).toHaveLength(3);
  });

  it("keeps in view what was edited here, as what it was and as what it is", () => {
    const edited = record({ ...EUR, rate: "2" }, { state: "pending", base: EUR });
    expect(found("rate", "at_most", "1.1", [edited])).toEqual(["EUR"]);
    expect(found("rate", "at_least", "1.9", [edited])).toEqual(["EUR"]);
    expect(found("rate", "at_least", "3", [edited])).toEqual([]);
  });

  it("tells how a record stands", () => {
    const rows = [record(EUR), record(USD, { state: "pending" }), record(CHF, { state: "conflict" })];
    expect(found("$state", "is", "conflict", rows)).toEqual(["CHF"]);
    expect(found("$state", "is_not", "clean", rows)).toEqual(["USD", "CHF"]);
    expect(found("$state", "is", "$open", rows)).toEqual(["USD", "CHF"]);
  });

  it("never tells what a secret holds", () => {
    const rows = [record({ ...CHF, base: undefined }, { sealed: ["base"] })];
    expect(found("base", "contains", "Franc", rows)).toEqual([]);
  });

  it("has tests for every column but the time of its change", () => {
    const without = columns.filter((one) => testsOf(one).length === 0).map(({ id }) => id);
    expect(without).toEqual(["changed"]);
  });
});

it("passes the row that is edited in any case", () => {
  const [eur, usd] = [record(EUR), record(USD)];
  const filters: Filter[] = [{ column: "rate", test: "at_least", text: "100" }];
  expect(filtered([eur, usd], filters, columns, usd.key)).toEqual([usd]);
});
