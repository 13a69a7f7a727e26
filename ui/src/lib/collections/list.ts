// A list of records: what a search finds, and how a value reads in one line.
import type { Row } from "$lib/db/records";
import { fieldsBesideKey, wordOf, wordsOf } from "./models";
import { isBoolean } from "./values";

/** Rows whose key or a field of which holds every word of the search, in any case; the one of the key `kept` in any case. */
export function search(rows: readonly Row[], text: string, kept?: string): readonly Row[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => row.key === kept || words.every((word) => row.text.includes(word)));
}

/** What a search looks in, in words: "Search names, slots, descriptions". A yes or no is not searched. */
export function searchWords(collection: string): string {
  const fields = fieldsBesideKey(collection).filter((field) => !isBoolean(field));
  const names = [wordsOf(collection).key, ...fields.map(wordOf)];
  const many = names.map((name) => manyOf(name.toLowerCase()));
  return `Search ${many.join(", ")}`;
}

function manyOf(word: string): string {
  if (word.endsWith("s")) return word;
  return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;
}

const PREVIEW_CHARS = 240;

/** The beginning of a value in one line: line breaks and runs of space shown as one space. */
export function preview(value: unknown): string {
  return typeof value === "string" ? value.slice(0, PREVIEW_CHARS).replace(/\s+/g, " ") : "";
}
