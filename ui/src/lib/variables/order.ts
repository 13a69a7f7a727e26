// The order of the list of variables.
import type { RecordView } from "$lib/bindings";
import { preview } from "./list";

export type By = "key" | "value" | "description" | "changed";

export interface Order {
  by: By;
  down: boolean;
}

/** By key, as the store gives them. */
export const USUAL: Order = { by: "key", down: false };

// Digits count as numbers: row_9 stands before row_10.
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

const TEXT: Record<Exclude<By, "changed">, (record: RecordView) => string> = {
  key: (record) => record.key,
  value: (record) => (record.sealed.includes("value") ? "" : preview(record.fields["value"])),
  description: (record) => preview(record.fields["description"]),
};

/** A sorted copy. What has nothing to sort by comes last, either way round; equals stay by key. */
export function sorted(records: RecordView[], { by, down }: Order): RecordView[] {
  const sign = down ? -1 : 1;
  const worth =
    by === "changed"
      ? (record: RecordView) => record.changed_at ?? ""
      : (record: RecordView) => TEXT[by](record);
  const compare =
    by === "changed" ? (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0) : collator.compare;
  const rows = records.map((record) => ({ record, worth: worth(record) }));
  rows.sort((a, b) => {
    if ((a.worth === "") !== (b.worth === "")) return a.worth === "" ? 1 : -1;
    return sign * compare(a.worth, b.worth) || collator.compare(a.record.key, b.record.key);
  });
  return rows.map(({ record }) => record);
}

/** Who changed it last, in a word or two; empty where nobody knows. */
export function changedBy(record: RecordView): string {
  if (record.state !== "clean") return "you";
  if (!record.changed_by) return "";
  const { source, author } = record.changed_by;
  if (source === "airflow") return author ?? "";
  return source === "merge" ? "you and Airflow" : "you";
}
