// Filters of a list: which rows are shown, by what stands in their columns.
import type { RecordView } from "$lib/bindings";
import { takeText } from "$lib/collections/field-type";
import { keyShown } from "$lib/collections/models";
import { placesOf } from "$lib/collections/order";
import { asTyped } from "$lib/collections/typed";
import { isInteger } from "$lib/collections/values";
import type { Row } from "$lib/db/records";
import { type Column, shownOf, textIn } from "$lib/grid/columns";

export type Test = "contains" | "is" | "is_not" | "at_least" | "at_most" | "empty" | "filled";

/** A column's name, how what stands there is tested, and against what. */
export interface Filter {
  column: string;
  test: Test;
  text: string;
}

/** What a column is called in a filter: a field may have the name of a column that shows none. */
export const nameOf = (column: Column): string => column.by ?? "$state";

const EQUAL: readonly Test[] = ["is", "is_not"];
const THERE: readonly Test[] = ["empty", "filled"];
const ORDERED: readonly Test[] = [...EQUAL, "at_least", "at_most", ...THERE];

/** The tests that mean something in a column, the usual one first; none where it cannot be filtered by. */
export function testsOf({ kind }: Column): readonly Test[] {
  switch (kind) {
    case "key":
      return ["contains", ...EQUAL];
    case "text":
    case "json":
      return ["contains", ...EQUAL, ...THERE];
    case "choice":
    case "boolean":
      return [...EQUAL, ...THERE];
    case "integer":
    case "decimal":
    case "date":
    case "date-time":
      return ORDERED;
    case "state":
      return EQUAL;
    case "changed":
      return [];
  }
}

/** A test in words; dates are before or after. */
export function wordOfTest({ kind }: Column, test: Test): string {
  const isTime = kind === "date" || kind === "date-time";
  const words: Record<Test, string> = {
    contains: "contains",
    is: "is",
    is_not: "is not",
    at_least: isTime ? "is on or after" : "is at least",
    at_most: isTime ? "is on or before" : "is at most",
    empty: "is empty",
    filled: "is not empty",
  };
  return words[test];
}

/** Whether a test is against something. */
export function needsText({ test }: Pick<Filter, "test">): boolean {
  return test !== "empty" && test !== "filled";
}

interface Option {
  value: string;
  words: string;
}

/** How a record stands, as a filter's choices; `$open` is any of them but the first. */
const STATES: readonly Option[] = [
  { value: "$open", words: "not in Airflow yet" },
  { value: "clean", words: "as in Airflow" },
  { value: "pending", words: "waiting to be sent" },
  { value: "conflict", words: "in conflict" },
  { value: "violation", words: "breaking a rule" },
  { value: "rejected", words: "refused by Airflow" },
  { value: "in_doubt", words: "of unknown outcome" },
];

/** What a column's values can be, where these are few; null where one types. */
export function optionsOf(column: Column): readonly Option[] | null {
  if (column.kind === "state") return STATES;
  if (column.kind === "boolean")
    return [
      { value: "true", words: "yes" },
      { value: "false", words: "no" },
    ];
  const type = column.field ? asTyped(column.field)?.of : undefined;
  if (type?.kind !== "choice") return null;
  return type.choices.map(({ value, title }) => ({ value, words: title ?? value }));
}

/** Why what a filter is against means nothing in its column; null where it means something, or nothing is typed yet. */
export function problemIn(column: Column, filter: Filter): string | null {
  const taken = isFinished(filter) && needsText(filter) ? meant(column, filter) : null;
  return taken !== null && "not" in taken ? `It ${taken.not}.` : null;
}

/** The rows that pass every filter that is finished, and the one of the key `kept` in any case. */
export function filtered(
  rows: readonly Row[],
  filters: readonly Filter[],
  columns: readonly Column[],
  kept?: string,
): readonly Row[] {
  const passes = filters.flatMap((filter) => passOf(filter, columns, rows[0]?.collection ?? ""));
  if (passes.length === 0) return rows;
  return rows.filter((row) => {
    if (row.key === kept) return true;
    const record = row.peek();
    return passes.every((pass) => pass(record));
  });
}

type Pass = (record: RecordView) => boolean;

/** Nothing while the filter is not finished, or its column is gone. */
function passOf(filter: Filter, columns: readonly Column[], collection: string): Pass[] {
  const column = columns.find((one) => nameOf(one) === filter.column);
  if (!column || !isFinished(filter) || !testsOf(column).includes(filter.test)) return [];
  if (column.kind === "state") return [stateIs(filter)];
  const test = testOn(column, filter, collection);
  if (!test) return [];
  // What was edited here stays in view as what it was, too: a row does not vanish under the hand that edits it.
  return [
    (record) => test(record) || (record.state !== "clean" && record.base !== null && test(before(record))),
  ];
}

const before = (record: RecordView): RecordView => ({ ...record, fields: record.base ?? {} });

function isFinished(filter: Filter): boolean {
  return !needsText(filter) || filter.text !== "";
}

function stateIs({ test, text }: Filter): Pass {
  const is = ({ state }: RecordView) => (text === "$open" ? state !== "clean" : state === text);
  return test === "is" ? is : (record) => !is(record);
}

function testOn(column: Column, filter: Filter, collection: string): Pass | null {
  const textOf = (record: RecordView) => textIn(column, record);
  switch (filter.test) {
    case "empty":
      return (record) => textOf(record) === "";
    case "filled":
      return (record) => textOf(record) !== "";
    case "contains": {
      const wanted = filter.text.toLowerCase();
      return (record) => shownTexts(column, record).some((text) => text.toLowerCase().includes(wanted));
    }
    default:
      return comparison(column, filter, collection);
  }
}

/** Null where what it is against means nothing. */
function comparison(column: Column, filter: Filter, collection: string): Pass | null {
  const taken = meant(column, filter);
  if ("not" in taken) return null;
  const { is: wanted } = taken;
  if (filter.test === "is" || filter.test === "is_not") {
    const is = (record: RecordView) => shownTexts(column, record).some((text) => same(text, wanted));
    return filter.test === "is" ? is : (record) => !is(record);
  }
  const place = placesOf(collection, nameOf(column));
  const end = place(wanted);
  return (record) => {
    const text = textIn(column, record);
    if (text === "") return false;
    return filter.test === "at_least" ? place(text) >= end : place(text) <= end;
  };
}

const same = (text: string, wanted: string) => text.toLowerCase() === wanted.toLowerCase();

/** What stands in a cell, and what it shows in place of that. */
function shownTexts(column: Column, record: RecordView): string[] {
  const text = textIn(column, record);
  const shown = column.kind === "key" ? keyShown(record.collection, text) : shownOf(column, text);
  return text === shown ? [text] : [text, shown];
}

/** What a filter is against, as the column's values are written. */
function meant(column: Column, { text }: Filter): { is: string } | { not: string } {
  const { field } = column;
  const typed = field ? asTyped(field)?.of : undefined;
  // A text may be looked for that no record may hold.
  if (typed && !["text", "json", "choice"].includes(typed.kind)) {
    const taken = takeText(typed, text.trim());
    return "not" in taken ? taken : { is: String(taken.is) };
  }
  if (field && isInteger(field) && !/^-?\d+$/.test(text.trim())) return { not: "must be a whole number" };
  return { is: field && isInteger(field) ? text.trim() : text };
}
