// The keys of the grid.
import { commandIn, isComposing, type ShortcutName } from "$lib/keys/keymap";
import type { Grid } from "./grid.svelte";

/** What a key needs of what is around the grid. */
interface Around {
  /** How many rows are a page. */
  page: number;
  /** Opens the record of the active row beside the grid. */
  open: () => void;
  /** Begins a new record. */
  make: () => void;
  /** Shows the history of the active cell. */
  history: () => void;
}

const FAR = Number.MAX_SAFE_INTEGER;

/** Does what a key says; false where it says nothing here. */
export function press(grid: Grid, event: KeyboardEvent, around: Around): boolean {
  const command = commandIn("In the grid", event);
  if (command) return run(grid, command, event.shiftKey, around);
  if (!isText(event)) return false;
  if (grid.column.kind === "boolean" && event.key !== " ") return false;
  grid.edit(event.key === " " ? undefined : event.key);
  return true;
}

/** A key that types a letter, and is no command of the window. */
function isText(event: KeyboardEvent): boolean {
  const { key, ctrlKey, metaKey, altKey } = event;
  if (isComposing(event)) return false;
  return [...key].length === 1 && !ctrlKey && !metaKey && !altKey && key !== "/" && key !== "?";
}

function run(grid: Grid, command: ShortcutName, isExtended: boolean, around: Around): boolean {
  const move = movesBy(around.page)[command];
  if (move) grid.move(...move, isExtended);
  else worksOf(grid, around)[command]?.();
  return move !== undefined || command in worksOf(grid, around);
}

/** How far a key goes, in rows and columns. */
function movesBy(page: number): Partial<Record<ShortcutName, [rows: number, columns: number]>> {
  return {
    cellUp: [-1, 0],
    cellDown: [1, 0],
    cellLeft: [0, -1],
    cellRight: [0, 1],
    upPage: [-page, 0],
    downPage: [page, 0],
    firstColumn: [0, -FAR],
    lastColumn: [0, FAR],
    firstCell: [-FAR, -FAR],
    lastCell: [FAR, FAR],
  };
}

function worksOf(grid: Grid, { open, make, history }: Around): Partial<Record<ShortcutName, () => void>> {
  return {
    editCell: () => (grid.column.kind === "key" ? open() : grid.edit()),
    openRecord: open,
    cellHistory: history,
    addRow: make,
    deleteRows: () => grid.askToDelete(),
    clearCells: () => grid.clear(),
    fillDown: () => grid.fillDown(),
    undoStep: () => grid.undo(),
    redoStep: () => grid.redo(),
    findCells: () => (grid.isFinding = true),
    filterRows: () => (grid.isFiltering = true),
    markAll: () => grid.markAll(),
  };
}
