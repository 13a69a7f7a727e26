// The grid of a collection: where one is in it, what is edited there, and what its commands do. The component that shows
// it hands it keys and clicks.
import type { Problem } from "$lib/bindings";
import type { Row } from "$lib/db/records";
import type { Steps } from "$lib/db/steps";
import type { CollectionState } from "$lib/state/collection.svelte";
import type { FieldsDraft } from "$lib/state/fields-draft.svelte";
import type { Session } from "$lib/state/session.svelte";
import type { LeftOut } from "$lib/state/left-out";
import { sensitivePaths } from "$lib/sensitive";
import { asProblem } from "$lib/words/problem";
import { Cells, type CellText, type Misfit } from "./cells";
import { type Column, columnsOf, textIn, whyFixed } from "./columns";
import { isIn, type Range, rangeOf, type Spot, within } from "./place";
import { fromTsv } from "./tsv";
import { copied, filled, filledDown, pasted, type Sheet, type Writes } from "./writes";

/** The rows as they stand. The one that is being made has the id "". */
export interface GridRows {
  readonly rows: readonly Row[];
  idOf: (row: Row) => string;
  /** Another row is the one that the commands are about. */
  onrow: (id: string) => void;
}

/** A cell that is edited. */
export interface Editing extends Spot {
  /** What stands in the editor when it opens. */
  text: string;
  /** What was typed in the cell before that, and not saved; undefined where nothing was. */
  before: string | undefined;
}

/** What is told of a command that was not done in full. What was pasted and fits nowhere is with the collection. */
export interface Told {
  misfits: readonly Misfit[];
  problem: Problem | null;
}

/** A text that a command wrote into a cell, and what was typed there before it, as a change of what. */
interface Written extends CellText {
  before: string | undefined;
  over: unknown;
}

/** What the last command did to texts that were not saved. */
interface LeftTyped {
  label: string;
  /** Its own, which mean nothing where they stand. */
  typed: readonly Written[];
  /** Those that were typed where it saved its own. */
  over: readonly Written[];
  /** Whether it saved anything, as a step. */
  isStep: boolean;
  /** How many texts had been dropped before it, by Escape. */
  dropped: number;
}

/** A text that was dropped, by Escape; `text` is what the cell shows since. */
interface Dropped extends Written {
  /** How many steps had been made by then. */
  steps: number;
}

export class Grid {
  readonly columns: Column[];
  readonly cells: Cells;
  active = $state.raw<Spot>({ id: "", column: 0 });
  /** The other corner of what is marked; null where that is the active cell alone. */
  private anchor = $state.raw<Spot | null>(null);
  editing = $state.raw<Editing | null>(null);
  /** The text in the editor was to be saved, and means nothing. */
  refused = $state<string | null>(null);
  told = $state.raw<Told | null>(null);
  steps = $state.raw<Steps>({ undo: null, redo: null });
  /** Null where the last command saved all of its texts, over none that were not. */
  private left = $state.raw<LeftTyped | null>(null);
  /** What was dropped and not brought back, the last one last. */
  private dropped = $state.raw<readonly Dropped[]>([]);
  /** Steps that were made here, less those undone. */
  private made = $state(0);
  /** How many records are to be deleted, if that is meant; null where nobody asked. */
  asksToDelete = $state.raw<readonly string[] | null>(null);
  /** Find and replace is open. */
  isFinding = $state(false);
  /** The bar of filters is open. */
  isFiltering = $state(false);
  /** Where the active row was seen last. */
  private lastAt = 0;
  private last: Promise<void> = Promise.resolve();
  private readonly stop: () => void;

  readonly at = $derived.by(() => this.placeOf(this.active.id));
  readonly range: Range = $derived.by(() => {
    const here = { row: Math.max(0, this.at), column: this.active.column };
    const row = this.anchor ? this.placeOf(this.anchor.id) : -1;
    return rangeOf(here, this.anchor && row >= 0 ? { row, column: this.anchor.column } : here);
  });

  constructor(
    collection: string,
    session: Session,
    private readonly records: CollectionState<FieldsDraft>,
    private readonly props: GridRows,
  ) {
    this.columns = columnsOf(collection);
    this.cells = new Cells(session, records);
    this.stop = session.desk.steps(collection).subscribe((steps) => (this.steps = steps));
  }

  close(): void {
    this.stop();
  }

  get column(): Column {
    return this.columns[this.active.column] as Column;
  }

  get row(): Row | undefined {
    return this.props.rows[this.at];
  }

  /** Rows, columns and cells as the commands see them. */
  get sheet(): Sheet {
    return {
      rows: this.props.rows,
      columns: this.columns,
      has: (key) => this.records.has(key),
      typed: (key, field) => this.cells.typed(key, field),
    };
  }

  /** The id of the row at a place; undefined where there is none. */
  idAt(row: number): string | undefined {
    const there = this.props.rows[row];
    return there && this.props.idOf(there);
  }

  /** More than one cell is marked. */
  get isSeveral(): boolean {
    const { top, bottom, left, right } = this.range;
    return this.at >= 0 && this.anchor !== null && (top !== bottom || left !== right);
  }

  /** Every cell of the sheet. */
  get whole(): Range {
    return { top: 0, bottom: this.props.rows.length - 1, left: 0, right: this.columns.length - 1 };
  }

  isMarked(row: number, column: number): boolean {
    return this.at >= 0 && this.anchor !== null && isIn(this.range, row, column);
  }

  private placeOf(id: string): number {
    const { rows, idOf } = this.props;
    const there = rows[this.lastAt];
    if (there && idOf(there) === id) return this.lastAt;
    const at = rows.findIndex((row) => idOf(row) === id);
    if (at >= 0) this.lastAt = at;
    return at;
  }

  // Moving.

  /** Goes to a cell; `extends` marks what is between. Outside of the sheet it is the nearest one. */
  goTo(row: number, column: number, isExtended = false): void {
    const { rows, idOf, onrow } = this.props;
    const next = rows[within(row, rows.length - 1)];
    if (!next) return;
    this.anchor = isExtended ? (this.anchor ?? this.active) : null;
    const id = idOf(next);
    const isOther = id !== this.active.id;
    this.active = { id, column: within(column, this.columns.length - 1) };
    if (isOther) onrow(id);
  }

  move(rows: number, columns: number, isExtended = false): void {
    // Where its row is gone, one goes on from the row that is in its place.
    if (this.at < 0) this.goTo(this.lastAt, this.active.column);
    else this.goTo(this.at + rows, this.active.column + columns, isExtended);
  }

  /** The row that was opened from elsewhere is the active one. */
  follow(id: string): void {
    if (id === this.active.id) return;
    this.anchor = null;
    this.active = { id, column: this.active.column };
  }

  markAll(): void {
    const { rows, idOf } = this.props;
    const first = rows[0];
    if (!first) return;
    this.anchor = { id: idOf(first), column: 0 };
    this.active = { id: idOf(rows.at(-1) as Row), column: this.columns.length - 1 };
  }

  // Editing one cell.

  /** Why the active cell cannot be edited. */
  get whyFixed(): string | null {
    return whyFixed(this.column, this.row && this.records.newest(this.row.key));
  }

  /** Opens the editor on the active cell: with its text, or with what was just typed in place of it. */
  edit(typed?: string): void {
    const { row, column } = this;
    if (!row || !column.field || this.whyFixed !== null) return;
    this.anchor = null;
    this.refused = null;
    const before = this.cells.typed(row.key, column.field);
    const text = before ?? textIn(column, this.records.newest(row.key) ?? row.record);
    if (column.kind === "boolean") return this.turn(text);
    if (typed !== undefined) this.cells.type(row.key, column.field, typed);
    this.editing = { ...this.active, text: typed ?? text, before };
  }

  /** Yes becomes no, and no yes. */
  private turn(text: string): void {
    const { row, column } = this;
    const next = text.toLowerCase() === "true" ? "false" : "true";
    if (row)
      this.write(
        { texts: [{ key: row.key, column, text: next }], rows: [], misfits: [] },
        `edit ${column.word}`,
      );
  }

  /** Something is typed in the editor. */
  type(text: string): void {
    const { editing } = this;
    const field = editing && this.columns[editing.column]?.field;
    if (editing && field) this.cells.type(editing.id, field, text);
    this.refused = null;
  }

  /** Saves what is typed in the editor. False where it means nothing: the editor stays, and says why. */
  commit(): boolean {
    const { editing } = this;
    const column = editing && this.columns[editing.column];
    if (!editing || !column?.field) return true;
    const why = this.cells.problemIn(editing.id, column.field);
    if (why !== null) {
      this.refused = why;
      return false;
    }
    const text = this.cells.typed(editing.id, column.field);
    this.editing = null;
    if (text !== undefined)
      this.write(
        { texts: [{ key: editing.id, column, text }], rows: [], misfits: [] },
        `edit ${column.word}`,
      );
    return true;
  }

  /** Closes the editor. What is typed in it stays, unsaved. */
  leave(): void {
    this.editing = null;
    this.refused = null;
  }

  /** Closes the editor, and drops what is typed in it: the cell shows again what it showed before. *Undo* brings it back. */
  cancel(): void {
    const { editing } = this;
    const column = editing && this.columns[editing.column];
    this.leave();
    if (!editing || !column?.field) return;
    const { id: key, before } = editing;
    const typed = this.cells.typed(key, column.field);
    if (typed === before) return;
    const over = this.cells.over(key, column.field);
    this.cells.discard(key, column.field, before);
    if (typed === undefined) return;
    const record = this.records.newest(key);
    const text = before ?? (record ? textIn(column, record) : "");
    this.run(() => {
      this.dropped = [...this.dropped, { key, column, text, before: typed, over, steps: this.made }];
      return Promise.resolve(null);
    });
  }

  // Commands on what is marked: none where the active row is shown no more, by a filter or because it is gone.

  copy(): string {
    return copied(this.sheet, this.range);
  }

  paste(text: string): void {
    const cells = fromTsv(text);
    // Its parts may show nothing of what the whole says: JSON over several lines names its secret in one of them.
    const isSecret = sensitivePaths("", text).length > 0;
    if (cells.length > 0) this.write(pasted(this.sheet, this.range, cells), "paste", isSecret);
  }

  fillDown(): void {
    if (this.at >= 0) this.write(filledDown(this.sheet, this.range), "fill down");
  }

  clear(): void {
    if (this.at >= 0) this.write(filled(this.sheet, this.range, ""), "clear");
  }

  /** Asks whether the records of the marked rows are to be deleted. */
  askToDelete(): void {
    const { top, bottom } = this.range;
    const rows = this.at < 0 ? [] : this.props.rows.slice(top, bottom + 1);
    const keys = rows.filter((row) => this.props.idOf(row) !== "").map(({ key }) => key);
    if (keys.length > 0) this.asksToDelete = keys;
  }

  deleteAsked(): void {
    const keys = this.asksToDelete ?? [];
    this.asksToDelete = null;
    this.left = null;
    this.run(async () => {
      const misfits = await this.cells.remove(keys);
      if (misfits.length < keys.length) this.made += 1;
      return misfits;
    });
  }

  /** What *Undo* would bring back of what was dropped; undefined where a command comes first. */
  private get nextDropped(): Dropped | undefined {
    const last = this.dropped.at(-1);
    const isNext = last?.steps === this.made && this.dropped.length > (this.left?.dropped ?? 0);
    return isNext ? last : undefined;
  }

  /** What *Undo* would undo, in words; null where there is nothing. */
  get undoes(): string | null {
    if (this.nextDropped) return "discard";
    return this.left?.label ?? this.steps.undo?.label ?? null;
  }

  /**
   * Undoes the last command as a whole: what it saved, and what it left typed. What was typed before it is typed again.
   * What was dropped since the last command comes back first.
   */
  undo(): void {
    this.run(async () => {
      const { left, nextDropped } = this;
      if (nextDropped) {
        this.dropped = this.dropped.slice(0, -1);
        this.typeBack(nextDropped);
        return null;
      }
      this.left = null;
      for (const one of left?.typed ?? []) this.typeBack(one);
      const misfits = left && !left.isStep ? [] : await this.retrace("undo");
      for (const one of left?.over ?? []) this.typeBack(one);
      return misfits;
    });
  }

  redo(): void {
    this.left = null;
    this.run(() => this.retrace("redo"));
  }

  private async retrace(direction: "undo" | "redo"): Promise<Misfit[] | null> {
    const misfits = await this.cells.retrace(direction);
    if (misfits) this.made += direction === "undo" ? -1 : 1;
    return misfits;
  }

  /** Writes into cells, as one step. `isSecret`: what it comes from holds a secret. */
  write({ texts, rows, misfits }: Writes, label: string, isSecret = false): void {
    this.run(async () => {
      const before = texts.map((one) => ({ ...one, before: this.typedIn(one), over: this.overOf(one) }));
      let isStep = false;
      try {
        const saved = await this.cells.save(texts, rows, label);
        isStep = saved.isStep;
        if (isStep) this.made += 1;
        const all = [...misfits, ...saved.misfits].map((one) => ({ ...one, isSecret }));
        if (saved.refused === null) return all;
        this.records.leaveOut(leftOutOf(all));
        throw saved.refused;
      } finally {
        const put = before.filter((one) => one.before !== one.text);
        const typed = put.filter((one) => this.typedIn(one) === one.text);
        const over = put.filter((one) => one.before !== undefined && this.typedIn(one) === undefined);
        const dropped = this.dropped.length;
        this.left = typed.length + over.length > 0 ? { label, typed, over, isStep, dropped } : null;
      }
    });
  }

  /** What was typed in a cell before a command wrote into it; nothing, where nothing was. */
  private typeBack(one: Written): void {
    const { key, column, text, before, over } = one;
    if (!column.field || ![undefined, text].includes(this.typedIn(one))) return;
    if (before === undefined) this.cells.discard(key, column.field);
    else this.cells.typeAgain(key, column.field, before, over);
  }

  private overOf({ key, column }: CellText): unknown {
    return column.field ? this.cells.over(key, column.field) : undefined;
  }

  private typedIn({ key, column }: CellText): string | undefined {
    return column.field ? this.cells.typed(key, column.field) : undefined;
  }

  /** One after the other: each is about what the one before left. */
  private run(command: () => Promise<Misfit[] | null>): void {
    this.last = this.last.then(async () => {
      try {
        const misfits = await command();
        if (misfits) this.tell(misfits);
      } catch (error) {
        this.told = { misfits: [], problem: asProblem(error) };
      }
    });
  }

  private tell(misfits: readonly Misfit[]): void {
    this.records.leaveOut(leftOutOf(misfits));
    const rest = misfits.filter((one) => !isLeftOut(one));
    this.told = rest.length > 0 ? { misfits: rest, problem: null } : null;
  }
}

/** No cell holds it. */
function isLeftOut({ isKept, text }: Misfit): boolean {
  return !isKept && text !== "";
}

function leftOutOf(misfits: readonly Misfit[]): LeftOut[] {
  return misfits.filter(isLeftOut).map(({ key, word, text, why, isRow = false, isSecret = false }) => {
    const cells = isRow ? fromTsv(text).flat() : [text];
    const shows = [text, ...cells].some((one) => sensitivePaths("", one).length > 0);
    return { key, word, text, why, isRow, isSecret: isSecret || shows };
  });
}
