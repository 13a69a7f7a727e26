// Where one is in a grid: a cell, and the range of cells that is marked from another one to it. Pure.

/** A cell: the row by its record's key, for rows come and go, and the column by its number. */
export interface Spot {
  id: string;
  column: number;
}

/** Rows and columns by their numbers, both ends included. */
export interface Range {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

/** The range that two cells are the corners of. */
export function rangeOf(a: { row: number; column: number }, b: { row: number; column: number }): Range {
  return {
    top: Math.min(a.row, b.row),
    bottom: Math.max(a.row, b.row),
    left: Math.min(a.column, b.column),
    right: Math.max(a.column, b.column),
  };
}

export function isIn({ top, bottom, left, right }: Range, row: number, column: number): boolean {
  return row >= top && row <= bottom && column >= left && column <= right;
}

/** From first to last, both included. */
export function numbers(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
}

export function within(number: number, last: number): number {
  return Math.max(0, Math.min(last, number));
}
