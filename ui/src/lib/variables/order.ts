// The order of the list of variables.
import type { RecordView } from "$lib/bindings";
import type { Row } from "$lib/db/records";
import { placeInOrder } from "$lib/words/order";
import { preview } from "./list";

export type By = "key" | "value" | "description" | "changed";

export interface Order {
  by: By;
  down: boolean;
}

/** By key, as the store gives them. */
export const USUAL: Order = { by: "key", down: false };

const PLACES: Record<By, (row: Row) => string> = {
  key: (row) => row.place,
  value: (row) => valuePlace(row.peek()),
  description: (row) => placeInOrder(preview(row.peek().fields["description"])),
  changed: (row) => row.peek().changed_at ?? "",
};

/** A secret's place tells nothing of it. */
function valuePlace({ sealed, fields }: RecordView): string {
  return sealed.includes("value") ? "" : placeInOrder(preview(fields["value"]));
}

/** A sorted copy. What has nothing to sort by comes last, either way round; equals stay by key. */
export function sorted(rows: readonly Row[], { by, down }: Order): Row[] {
  const sign = down ? -1 : 1;
  const placed = rows.map((row) => ({ row, place: PLACES[by](row) }));
  placed.sort((a, b) => {
    if ((a.place === "") !== (b.place === "")) return a.place === "" ? 1 : -1;
    return (
      sign * compare(a.place, b.place) || compare(a.row.place, b.row.place) || compare(a.row.key, b.row.key)
    );
  });
  return placed.map(({ row }) => row);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Who changed it last, in a word or two; empty where nobody knows. */
export function changedBy(record: RecordView): string {
  if (record.state !== "clean") return "you";
  if (!record.changed_by) return "";
  const { source, author } = record.changed_by;
  if (source === "airflow") return author ?? "";
  return source === "merge" ? "you and Airflow" : "you";
}
