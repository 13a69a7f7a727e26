// The order of a list of records.
import type { RecordView } from "$lib/bindings";
import type { Row } from "$lib/db/records";
import { placeInOrder } from "$lib/words/order";
import { preview } from "./list";
import { textOf } from "./values";

/** What a list is sorted by: `key`, `changed`, or a field's name. */
export type By = string;

export interface Order {
  by: By;
  down: boolean;
}

/** By key, as the store gives them. */
export const USUAL: Order = { by: "key", down: false };

function placeOf(row: Row, by: By): string {
  if (by === "key") return row.place;
  const { sealed, fields, changed_at } = row.peek();
  if (by === "changed") return changed_at ?? "";
  // A secret's place tells nothing of it.
  return sealed.includes(by) ? "" : placeInOrder(preview(textOf(fields[by])));
}

/** The rows in that order. What has nothing to sort by comes last, either way round; equals stay by key. */
export function sorted(rows: readonly Row[], { by, down }: Order): readonly Row[] {
  if (by === USUAL.by && down === USUAL.down && areInUsualOrder(rows)) return rows;
  const sign = down ? -1 : 1;
  const placed = rows.map((row) => ({ row, place: placeOf(row, by) }));
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
  if (record.state !== "clean") return "you";
  if (!record.changed_by) return "";
  const { source, author } = record.changed_by;
  if (source === "airflow" || source === "first_read") return author ?? "";
  return source === "merge" ? "you and Airflow" : "you";
}

/** Whether all that is known of its time is when Leeward first read it. */
export function isFirstRead(record: RecordView): boolean {
  return record.state === "clean" && record.changed_by?.source === "first_read";
}
