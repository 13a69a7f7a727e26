// Long stretches that did not change are folded, so that the change itself is in sight.
import type { Piece } from "./words";

export interface Fold {
  kind: "folded";
  text: string;
  lines: number;
}

/** A stretch is folded where that hides at least so many characters. */
const WORTH_CHARS = 400;
/** What stays in sight on either side of a change. */
const NEAR_LINES = 2;
const NEAR_CHARS = 120;

export function folded(pieces: Piece[]): (Piece | Fold)[] {
  return pieces.flatMap((piece, index) => {
    if (piece.kind !== "same") return [piece];
    const head = index === 0 ? 0 : nearEnd(piece.text);
    const tail = index === pieces.length - 1 ? piece.text.length : nearStart(piece.text);
    if (tail - head < WORTH_CHARS) return [piece];
    return [
      same(piece.text.slice(0, head)),
      fold(piece.text.slice(head, tail)),
      same(piece.text.slice(tail)),
    ].filter(({ text }) => text !== "");
  });
}

/** Where what follows a change ends. */
function nearEnd(text: string): number {
  const lines = text.split("\n").slice(0, NEAR_LINES).join("\n").length + 1;
  return Math.min(lines, NEAR_CHARS, text.length);
}

/** Where what leads to a change begins. */
function nearStart(text: string): number {
  const lines = text.split("\n").slice(-NEAR_LINES).join("\n").length;
  return text.length - Math.min(lines, NEAR_CHARS);
}

function same(text: string): Piece {
  return { kind: "same", text };
}

function fold(text: string): Fold {
  return { kind: "folded", text, lines: text.split("\n").length - 1 };
}
