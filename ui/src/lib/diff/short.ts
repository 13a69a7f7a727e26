// A value, or what changed in it, in a few characters: for rows.
import { preview } from "$lib/collections/list";
import { carriedText } from "$lib/json/carried";
import { blankInWords } from "$lib/words/blank";
import { exactly, written } from "./exact";
import { diffPaths, pathInWords } from "./paths";

const CHARS = 28;

/** A side of a comparison; undefined where there is nothing. */
export function short(value: unknown, chars = CHARS): string {
  if (value === undefined) return "nothing";
  if (value === null) return "none";
  if (value === "") return "empty";
  const blank = typeof value === "string" ? blankInWords(value) : null;
  if (blank !== null) return blank;
  const text = typeof value === "string" ? preview(value) : (carriedText(value) ?? written(value) ?? "");
  return text.length > chars ? `${text.slice(0, chars)}…` : text;
}

/** The part of a JSON text at a pointer, as it is written; undefined where there is none. */
export function partAt(text: unknown, pointer: string): string | undefined {
  let at: unknown = typeof text === "string" ? exactly(text) : undefined;
  for (const part of pointer.split("/").slice(1)) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    at = typeof at === "object" && at !== null ? (at as Record<string, unknown>)[name] : undefined;
  }
  return written(at);
}

/** A value beside the one before it: "emea › low: 1.10 → 1.20" where one place in JSON changed, else the value. */
export function changeInShort(before: unknown, after: unknown): string {
  const [a, b] = [before, after].map((side) => (typeof side === "string" ? exactly(side) : undefined));
  const changes = a && b ? diffPaths(a, b) : [];
  const [only] = changes;
  if (changes.length === 1 && only && only.path !== "") {
    return `${pathInWords(only.path)}: ${short(written(only.before))} → ${short(written(only.after))}`;
  }
  return short(after, 80);
}
