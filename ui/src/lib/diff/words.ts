// What changed between two texts, word by word. The search is jsdiff's; what a word is, and how it is told, is ours.
import { diffArrays } from "diff";

export interface Piece {
  kind: "same" | "removed" | "added";
  text: string;
}

/** Beyond this many edits a word-by-word answer helps nobody, and would take long to find. */
const EDITS_MAX = 400;

export function diffWords(before: string, after: string): Piece[] {
  const a = tokens(before);
  const b = tokens(after);
  return merged(changes(a, b) ?? ends(a, b));
}

/** Words; a number, date or time is one word, so that 3.1 and 3.10 are shown as two numbers. */
function tokens(text: string): string[] {
  return text.match(/\r\n|\n|\d+(?:[.,:/-]\d+)+|[\p{L}\p{N}_]+|[^\S\r\n]+|[\s\S]/gu) ?? [];
}

/** The shortest way from one to the other; undefined when it is too long. */
function changes(a: string[], b: string[]): Piece[] | undefined {
  return diffArrays(a, b, { maxEditLength: EDITS_MAX })?.map(({ value, removed, added }) => ({
    kind: removed ? "removed" : added ? "added" : "same",
    text: value.join(""),
  }));
}

/** Only what both begin and end with is the same; what is between is another text. */
function ends(a: string[], b: string[]): Piece[] {
  const shorter = Math.min(a.length, b.length);
  let head = 0;
  while (head < shorter && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < shorter - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  return [
    { kind: "same", text: a.slice(0, head).join("") },
    { kind: "removed", text: a.slice(head, a.length - tail).join("") },
    { kind: "added", text: b.slice(head, b.length - tail).join("") },
    { kind: "same", text: a.slice(a.length - tail).join("") },
  ];
}

/** Joins neighbours of one kind; within a changed stretch what was removed comes before what was added. */
function merged(pieces: Piece[]): Piece[] {
  const out: Piece[] = [];
  let removed = "";
  let added = "";
  const flush = () => {
    if (removed) out.push({ kind: "removed", text: removed });
    if (added) out.push({ kind: "added", text: added });
    removed = added = "";
  };
  for (const piece of pieces) {
    if (piece.kind === "removed") removed += piece.text;
    else if (piece.kind === "added") added += piece.text;
    else if (piece.text !== "") {
      flush();
      const last = out.at(-1);
      if (last?.kind === "same") last.text += piece.text;
      else out.push({ ...piece });
    }
  }
  flush();
  return out;
}
