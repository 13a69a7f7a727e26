// Finding a text in the cells of a grid, and putting another in its place. Pure.
import type { RecordView } from "$lib/bindings";
import type { Row } from "$lib/db/records";
import { type Column, whyFixed } from "./columns";
import type { Range } from "./place";
import { seenIn, type Sheet, type Writes } from "./writes";

/** What is looked for. */
export interface Wanted {
  text: string;
  /** A capital is another letter than the small one. */
  isExact: boolean;
  /** The cell holds nothing else. */
  isWhole: boolean;
}

/** A cell by the numbers of its row and column. */
export interface Found {
  row: number;
  column: number;
}

/** Whether a cell's text holds what is wanted. */
export function holds(cell: string, { text, isExact, isWhole }: Wanted): boolean {
  const [inside, wanted] = isExact ? [cell, text] : [cell.toLowerCase(), text.toLowerCase()];
  return wanted !== "" && (isWhole ? inside === wanted : inside.includes(wanted));
}

/** A cell's text with another in the place of each that is wanted. */
export function put(cell: string, wanted: Wanted, other: string): string {
  if (!holds(cell, wanted)) return cell;
  if (wanted.isWhole) return other;
  const pattern = wanted.text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return cell.replace(new RegExp(pattern, wanted.isExact ? "gu" : "giu"), () => other);
}

/** Every cell in the range that holds what is wanted, row by row. Yes and no are no texts. */
export function found(sheet: Sheet, { top, bottom, left, right }: Range, wanted: Wanted): Found[] {
  const { rows, columns } = sheet;
  const cells: Found[] = [];
  const word = wanted.text.toLowerCase();
  const isTyped = ({ key }: Row) =>
    columns.some(({ field }) => field && sheet.typed(key, field) !== undefined);
  for (let row = top; row <= Math.min(bottom, rows.length - 1); row++) {
    const one = rows[row];
    // Most rows hold it nowhere, and need not be looked into.
    if (!one || (!one.text.includes(word) && !isTyped(one))) continue;
    const record = one.peek();
    for (let column = left; column <= right; column++)
      if (isFound(sheet, columns[column], record, wanted)) cells.push({ row, column });
  }
  return cells;
}

function isFound(sheet: Sheet, column: Column | undefined, record: RecordView, wanted: Wanted): boolean {
  if (!column || (column.field === null && column.kind !== "key") || column.kind === "boolean") return false;
  return holds(seenIn(sheet, column, record), wanted);
}

/** The next of them after a cell, and from the first again. */
export function nextOf(cells: readonly Found[], { row, column }: Found): Found | undefined {
  return cells.find((one) => one.row > row || (one.row === row && one.column > column)) ?? cells[0];
}

/** What is written to replace each of them; cells that cannot be edited are left out. */
export function replacing(sheet: Sheet, cells: readonly Found[], wanted: Wanted, other: string): Writes {
  const { rows, columns } = sheet;
  const texts = cells.flatMap(({ row, column: at }) => {
    const [one, column] = [rows[row], columns[at]];
    const record = one?.peek();
    if (!record || !column || whyFixed(column, record) !== null) return [];
    return [{ key: record.key, column, text: put(seenIn(sheet, column, record), wanted, other) }];
  });
  return { texts, rows: [], misfits: [] };
}
