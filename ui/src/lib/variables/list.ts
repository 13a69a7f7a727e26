// The list of variables: what a search finds, and how a value reads in one line.
import type { RecordView } from "$lib/bindings";

/** Records whose key, value or description holds every word of the search, in any case. */
export function search(records: RecordView[], text: string): RecordView[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return records;
  return records.filter((record) => {
    const hay = [record.key, record.fields["value"], record.fields["description"]].join("\n").toLowerCase();
    return words.every((word) => hay.includes(word));
  });
}

const PREVIEW_CHARS = 240;

/** The beginning of a value in one line: line breaks and runs of space shown as one space. */
export function preview(value: unknown): string {
  return typeof value === "string" ? value.slice(0, PREVIEW_CHARS).replace(/\s+/g, " ") : "";
}
