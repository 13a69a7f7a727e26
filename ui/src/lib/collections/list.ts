// A list of records: what a search finds, and how a value reads in one line.
import type { Row } from "$lib/db/records";
import { titleOf } from "./models";

/** Rows whose key or a field of which holds every word of the search, in any case; the one of the key `kept` in any case. */
export function search(rows: readonly Row[], text: string, kept?: string): readonly Row[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => row.key === kept || words.every((word) => row.text.includes(word)));
}

/** What is searched, in words: its title, since a field may have a name of which nobody knows the plural. */
export function searchWords(collection: string): string {
  return `Search ${titleOf(collection)}`;
}

const PREVIEW_CHARS = 240;

/** The beginning of a value in one line: line breaks and runs of space shown as one space. */
export function preview(value: unknown): string {
  return typeof value === "string" ? value.slice(0, PREVIEW_CHARS).replace(/\s+/g, " ") : "";
}
