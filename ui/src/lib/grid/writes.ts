// What a command on a range of cells writes into which of them. Pure.
import type { Field, RecordView } from "$lib/bindings";
import type { Row } from "$lib/db/records";
import type { CellText, Misfit, NewRow } from "./cells";
import { type Column, textIn, whyFixed } from "./columns";
import { numbers, type Range } from "./place";
import { toTsv } from "./tsv";

/** The rows and columns as they stand. */
export interface Sheet {
  rows: readonly Row[];
  columns: readonly Column[];
  /** Whether there is a record of that key, on the sheet or not. */
  has: (key: string) => boolean;
  /** What is typed in a cell and not saved; undefined where nothing is. */
  typed: (key: string, field: Field) => string | undefined;
}

/** A cell's text as it is seen: what is typed there stands in front of what is saved. */
export function seenIn({ typed }: Sheet, column: Column, record: RecordView): string {
  const { field } = column;
  return (field ? typed(record.key, field) : undefined) ?? textIn(column, record);
}

/** What is written, and what there is no place for. */
export interface Writes {
  texts: CellText[];
  rows: NewRow[];
  misfits: Misfit[];
}

/** The range as text for other programs: what Leeward says of the records is left out, where there is anything else. */
export function copied(sheet: Sheet, range: Range): string {
  const { rows, columns } = sheet;
  const all = columns.slice(range.left, range.right + 1);
  const own = all.filter(({ kind, field }) => field !== null || kind === "key");
  const shown = own.length > 0 ? own : all;
  const lines = rows.slice(range.top, range.bottom + 1).map((row) => row.peek());
  return toTsv(lines.map((record) => shown.map((column) => seenIn(sheet, column, record))));
}

/** One text in every cell of the range that can be edited. */
export function filled({ rows, columns }: Sheet, range: Range, text: string): Writes {
  return { texts: cellsIn(rows, columns, range).map((cell) => ({ ...cell, text })), rows: [], misfits: [] };
}

/** The first row of the range in all others; where it is one row, the row above in that. */
export function filledDown(sheet: Sheet, range: Range): Writes {
  const { rows, columns } = sheet;
  const from = range.top === range.bottom ? range.top - 1 : range.top;
  const above = rows[from]?.peek();
  const below = { ...range, top: from + 1 };
  const texts = above
    ? cellsIn(rows, columns, below).map((cell) => ({ ...cell, text: seenIn(sheet, cell.column, above) }))
    : [];
  return { texts, rows: [], misfits: [] };
}

/**
 * Cells that were pasted, from the first cell of the range on. One cell fills all of the range. Where the first column is
 * the key's, each line is the record of its key, and is made where there is none.
 */
export function pasted(sheet: Sheet, range: Range, cells: readonly (readonly string[])[]): Writes {
  const [only] = cells.length === 1 ? (cells[0] ?? []) : [];
  const isKeyed = sheet.columns[range.left]?.kind === "key";
  if (only !== undefined && cells[0]?.length === 1 && !isKeyed) return filled(sheet, range, only);
  return isKeyed ? pastedByKey(sheet, cells) : pastedByPlace(sheet, range, cells);
}

function pastedByPlace(
  { rows, columns }: Sheet,
  { top, left }: Range,
  cells: readonly (readonly string[])[],
): Writes {
  const writes: Writes = { texts: [], rows: [], misfits: [] };
  for (const [line, texts] of cells.entries()) {
    const row = rows[top + line];
    if (row) put(writes, row.key, columns.slice(left), texts);
    else writes.misfits.push({ ...misfit("", toTsv([texts]), "There is no row for it."), isRow: true });
  }
  return writes;
}

function pastedByKey({ columns, has }: Sheet, cells: readonly (readonly string[])[]): Writes {
  const writes: Writes = { texts: [], rows: [], misfits: [] };
  for (const [key = "", ...texts] of cells) {
    if (has(key)) put(writes, key, columns.slice(1), texts);
    else {
      const row: Writes = { texts: [], rows: [], misfits: [] };
      put(row, key, columns.slice(1), texts);
      const own = row.texts.map(({ column, text }) => ({ column, text }));
      writes.rows.push({ key, texts: own, line: toTsv([[key, ...texts]]), over: row.misfits });
    }
  }
  return writes;
}

/** The texts of one line, from the first of the columns on. */
function put(writes: Writes, key: string, columns: readonly Column[], texts: readonly string[]): void {
  for (const [at, text] of texts.entries()) {
    const column = columns[at];
    if (column?.field) writes.texts.push({ key, column, text });
    else if (text !== "") writes.misfits.push(misfit(key, text, "There is no column for it."));
  }
}

function misfit(key: string, text: string, why: string): Misfit {
  return { key, word: null, text, why, isKept: false };
}

function cellsIn(
  rows: readonly Row[],
  columns: readonly Column[],
  { top, bottom, left, right }: Range,
): Omit<CellText, "text">[] {
  const fields = columns.slice(left, right + 1).filter(({ field }) => field !== null);
  return numbers(top, Math.min(bottom, rows.length - 1)).flatMap((at) => {
    const row = rows[at] as Row;
    return fields.flatMap((column) =>
      whyFixed(column, row.peek()) === null ? [{ key: row.key, column }] : [],
    );
  });
}
