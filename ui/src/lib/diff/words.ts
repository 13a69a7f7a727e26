// What changed between two texts, word by word.

export interface Piece {
  kind: "same" | "removed" | "added";
  text: string;
}

/** Beyond this many edits a word-by-word answer helps nobody, and would take long to find. */
const EDITS_MAX = 400;

export function diffWords(before: string, after: string): Piece[] {
  const a = tokens(before);
  const b = tokens(after);
  const head = commonHead(a, b);
  const tail = commonTail(a, b, head);
  const middle = between(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  return merged([
    ...a.slice(0, head).map((text): Piece => ({ kind: "same", text })),
    ...middle,
    ...a.slice(a.length - tail).map((text): Piece => ({ kind: "same", text })),
  ]);
}

/** Words; a number, date or time is one word, so that 3.1 and 3.10 are shown as two numbers. */
function tokens(text: string): string[] {
  return text.match(/\r\n|\n|\d+(?:[.,:/-]\d+)+|[\p{L}\p{N}_]+|[^\S\r\n]+|[\s\S]/gu) ?? [];
}

function commonHead(a: string[], b: string[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a[count] === b[count]) count++;
  return count;
}

function commonTail(a: string[], b: string[], head: number): number {
  let count = 0;
  while (count < Math.min(a.length, b.length) - head && a.at(-1 - count) === b.at(-1 - count)) count++;
  return count;
}

function between(a: string[], b: string[]): Piece[] {
  const trace = a.length && b.length ? shortestPath(a, b) : null;
  if (trace) return walkBack(a, b, trace);
  const removed: Piece[] = a.map((text) => ({ kind: "removed", text }));
  return removed.concat(b.map((text) => ({ kind: "added", text })));
}

/** Myers 1986, "An O(ND) difference algorithm": the furthest reach on each diagonal, one map per number of edits. */
function shortestPath(a: string[], b: string[]): Map<number, number>[] | null {
  const trace: Map<number, number>[] = [];
  let reach = new Map([[1, 0]]);
  for (let edits = 0; edits <= Math.min(a.length + b.length, EDITS_MAX); edits++) {
    trace.push(new Map(reach));
    const next = new Map(reach);
    for (let k = -edits; k <= edits; k += 2) {
      const x = slide(a, b, k, startOn(reach, k, edits));
      next.set(k, x);
      if (x >= a.length && x - k >= b.length) return trace;
    }
    reach = next;
  }
  return null;
}

function startOn(reach: Map<number, number>, k: number, edits: number): number {
  const down = reach.get(k + 1) ?? -1;
  const right = reach.get(k - 1) ?? -1;
  return k === -edits || (k !== edits && right < down) ? down : right + 1;
}

function slide(a: string[], b: string[], k: number, x: number): number {
  while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
  return x;
}

function walkBack(a: string[], b: string[], trace: Map<number, number>[]): Piece[] {
  const pieces: Piece[] = [];
  let x = a.length;
  let y = b.length;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const reach = trace[edits] ?? new Map<number, number>();
    const k = x - y;
    const wentDown = k === -edits || (k !== edits && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
    const fromK = wentDown ? k + 1 : k - 1;
    const fromX = reach.get(fromK) ?? 0;
    const fromY = fromX - fromK;
    while (x > Math.max(fromX, 0) && y > Math.max(fromY, 0)) {
      pieces.push({ kind: "same", text: a[--x] ?? "" });
      y--;
    }
    if (edits === 0) break;
    if (wentDown) pieces.push({ kind: "added", text: b[--y] ?? "" });
    else pieces.push({ kind: "removed", text: a[--x] ?? "" });
  }
  return pieces.reverse();
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
    else {
      flush();
      const last = out.at(-1);
      if (last?.kind === "same") last.text += piece.text;
      else out.push({ ...piece });
    }
  }
  flush();
  return out;
}
