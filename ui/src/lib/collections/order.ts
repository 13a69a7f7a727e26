// The order of a list of records.
import type { RecordView } from "$lib/bindings";
import type { Row } from "$lib/db/records";
import { placeInOrder } from "$lib/words/order";
import { isWorkedOn } from "$lib/words/states";
import { preview } from "./list";
import { typedCollection } from "./shown.svelte";
import { textOf } from "./values";

/** What a list is sorted by: `BY_KEY`, `BY_CHANGED`, or a field's name. */
export type By = string;

/** No field's name begins with a `$`: one may be called `key` or `changed`. */
export const BY_KEY = "$key";
export const BY_CHANGED = "$changed";

export interface Order {
  by: By;
  down: boolean;
}

/** By key, as the store gives them. */
export const USUAL: Order = { by: BY_KEY, down: false };

/** Where the texts of a value stand among others of its type. */
export type Place = (text: string) => string;

/** How texts of a column are put in order: by what comes out, to compare with `<`. */
export function placesOf(collection: string | undefined, by: By): Place {
  const fields = typedCollection(collection ?? "")?.model.fields;
  const kind = fields?.find(({ name }) => name === by)?.of.kind;
  if (kind === "integer" || kind === "decimal") return placeOfNumber;
  return kind === "date-time" ? placeOfMoment : (text) => placeInOrder(preview(text));
}

/** More digits than a number has, before its point. */
const WHOLE_DIGITS = 21;

/** Of a canonical number: what is less than nothing counts down from there. */
function placeOfNumber(number: string): string {
  if (number === "") return "";
  const [whole = "", fraction = ""] = number.replace("-", "").split(".");
  const digits = `${whole.padStart(WHOLE_DIGITS, "0")}.${fraction}`;
  if (!number.startsWith("-")) return `1${digits}`;
  return `0${digits.replace(/\d/g, (digit) => String(9 - Number(digit)))}~`;
}

/** Milliseconds from long before year 1, so that none is negative. */
const EPOCH_MS = 10 ** 14;

/** Of a date-time, whatever its zone is. */
function placeOfMoment(text: string): string {
  const ms = Date.parse(text.replace(/\.\d+/, ""));
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? "";
  return Number.isNaN(ms) ? text : `${String(ms + EPOCH_MS).padStart(16, "0")}.${fraction}`;
}

function placeOf(row: Row, by: By, place: Place): string {
  if (by === BY_KEY) return row.place;
  const { sealed, fields, changed_at } = row.peek();
  if (by === BY_CHANGED) return changed_at ?? "";
  // A secret's place tells nothing of it.
  return sealed.includes(by) ? "" : place(textOf(fields[by]));
}

/** The rows in that order. What has nothing to sort by comes last, either way round; equals stay by key. */
export function sorted(rows: readonly Row[], { by, down }: Order): readonly Row[] {
  if (by === USUAL.by && down === USUAL.down && areInUsualOrder(rows)) return rows;
  const sign = down ? -1 : 1;
  const places = placesOf(rows[0]?.collection, by);
  const placed = rows.map((row) => ({ row, place: placeOf(row, by, places) }));
  placed.sort((a, b) => {
    if ((a.place === "") !== (b.place === "")) return a.place === "" ? 1 : -1;
    return sign * compare(a.place, b.place) || compareKeys(a.row, b.row);
  });
  return placed.map(({ row }) => row);
}

/** The store's order is mostly this one too, and to see that is far quicker than to sort. */
function areInUsualOrder(rows: readonly Row[]): boolean {
  for (let at = 1; at < rows.length; at++) {
    const [before, row] = [rows[at - 1] as Row, rows[at] as Row];
    if (before.place === "" || row.place === "" || compareKeys(before, row) > 0) return false;
  }
  return true;
}

function compareKeys(a: Row, b: Row): number {
  return compare(a.place, b.place) || compare(a.key, b.key);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Who changed it last, in a word or two; empty where nobody knows. */
export function changedBy(record: RecordView): string {
  if (isWorkedOn(record)) return "you";
  if (!record.changed_by) return "";
  const { source, author } = record.changed_by;
  if (source === "airflow" || source === "first_read") return author ?? "";
  return source === "merge" ? "you and Airflow" : "you";
}

/** Whether all that is known of its time is when Leeward first read it. */
export function isFirstRead(record: RecordView): boolean {
  return record.state === "clean" && record.changed_by?.source === "first_read";
}
