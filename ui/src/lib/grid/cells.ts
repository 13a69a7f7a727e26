// Texts in the cells of a grid. What is typed stands in the draft of its record, the same that the form beside the grid
// shows, until it is saved; what means nothing stays there with the reason. All that is saved at once is one step.
import type { Change, Field, RecordView } from "$lib/bindings";
import { keyProblem, standstill } from "$lib/collections/keys";
import { troubleOf, whyNotDeleted, wordsOf } from "$lib/collections/models";
import type { Changed } from "$lib/db/schema";
import type { RecordWork } from "$lib/db/steps";
import type { CollectionState } from "$lib/state/collection.svelte";
import type { FieldsDraft } from "$lib/state/fields-draft.svelte";
import type { Session } from "$lib/state/session.svelte";
import { count } from "$lib/words/count";
import { type Column, whyFixed } from "./columns";

/** A text that is to stand in a cell. */
export interface CellText {
  key: string;
  column: Column;
  text: string;
}

/** A text that could not be saved where it was to stand. */
export interface Misfit {
  key: string;
  /** The column's word; null where it is about the record. */
  word: string | null;
  text: string;
  why: string;
  /** Whether it stands in the cell, unsaved. */
  isKept: boolean;
  /** The text is a row of cells, as a spreadsheet takes them. */
  isRow?: boolean;
  /** What it was pasted with holds a secret. */
  isSecret?: boolean;
}

/** What became of texts that were to be saved. */
export interface Saved {
  misfits: Misfit[];
  /** Whether anything was saved, which is a step that can be undone. */
  isStep: boolean;
  /** Why nothing was; null where that is not so. */
  refused: unknown;
}

/** A record that is to be made, with the texts of its fields. */
export interface NewRow {
  key: string;
  texts: { column: Column; text: string }[];
  /** All of its cells as they were pasted. */
  line: string;
  /** Those of them that no column takes. */
  over: Misfit[];
}

/** One record's part of what is saved. */
interface Part {
  key: string;
  record: RecordView | undefined;
  draft: FieldsDraft;
  texts: Record<string, string>;
  changes: Record<string, Change>;
}

export class Cells {
  constructor(
    private readonly session: Session,
    private readonly records: CollectionState<FieldsDraft>,
  ) {}

  /** What is typed in a cell and not saved; undefined where nothing is. */
  typed(key: string, field: Field): string | undefined {
    return this.records.drafts.get(key)?.typed(field);
  }

  /** Why what is typed in a cell means nothing; null where it does, or nothing is typed. */
  problemIn(key: string, field: Field): string | null {
    const problem = this.records.drafts.get(key)?.problemOf(field);
    return problem ? `${problem.what} ${problem.next}` : null;
  }

  /** What is typed of the new record's key, also where it makes none yet; empty where nothing is. */
  get newKeyTyped(): string {
    const draft = this.records.drafts.get("");
    const { fields, key = [] } = draft?.model ?? { fields: [] };
    const texts = key.flatMap((name) => fields.filter((field) => field.name === name));
    return texts
      .map((field) => draft?.text(field) ?? "")
      .filter(Boolean)
      .join(" · ");
  }

  /** Something is typed in a cell. */
  type(key: string, field: Field, text: string): void {
    const draft = this.draftOf(key);
    if (!draft) return;
    draft.type(field.name, text);
    this.records.typedOn(key);
    this.putBack(key, draft);
  }

  /** What the text that is typed in a cell is a change of; undefined where none is. */
  over(key: string, field: Field): unknown {
    const draft = this.records.drafts.get(key);
    return draft?.typed(field) === undefined ? undefined : draft.over(field.name);
  }

  /** A text that was typed before is typed again, as a change of what it was one of: what came since is news to it. */
  typeAgain(key: string, field: Field, text: string, over: unknown): void {
    const draft = this.draftOf(key);
    if (!draft) return;
    draft.typeOver(field.name, text, over);
    this.records.typedOn(key);
    this.putBack(key, draft);
  }

  /**
   * What is typed in a cell is dropped, for what was typed there before. It can be had again in the form of its record, as
   * what is discarded there.
   */
  discard(key: string, field: Field, before?: string): void {
    const draft = this.draftOf(key);
    if (!draft || draft.typed(field) === before) return;
    const { setAside } = this.records;
    if (draft.touched && !setAside.has(key)) setAside.set(key, { draft: draft.copy(), secret: undefined });
    if (before === undefined) draft.forget(field.name);
    else draft.type(field.name, before);
    this.putBack(key, draft);
  }

  /**
   * Saves texts in the cells of records and new records, as one step. Where the store refuses that, all texts stay typed in
   * their cells, and those that have none are misfits.
   */
  async save(texts: readonly CellText[], rows: readonly NewRow[], label: string): Promise<Saved> {
    const [ofTexts, ofRows]: [Misfit[], Misfit[]] = [[], []];
    const parts = [...this.partsOf(texts, ofTexts), ...this.newParts(rows, ofRows)];
    const changed = parts.filter(({ changes }) => Object.keys(changes).length > 0);
    try {
      if (changed.length > 0) await this.keep(changed, label);
    } catch (refused) {
      for (const part of parts) this.stand(part);
      return { misfits: [...ofTexts, ...notMade(rows, ofRows)], isStep: false, refused };
    }
    for (const part of parts) this.settle(part);
    return { misfits: [...ofTexts, ...ofRows], isStep: changed.length > 0, refused: null };
  }

  /** Deletes records, as one step; gives those that cannot be. */
  async remove(keys: readonly string[]): Promise<Misfit[]> {
    const misfits: Misfit[] = [];
    const gone: RecordView[] = [];
    for (const key of keys) {
      const record = this.records.newest(key);
      const { name } = this.records;
      const why = whyNot(record) ?? troubleOf(name) ?? whyNotDeleted(name, key);
      if (why !== null) misfits.push({ key, word: null, text: "", why, isKept: false });
      else if (record) gone.push(record);
    }
    if (gone.length === 0) return misfits;
    const { one } = wordsOf(this.records.name);
    const works = gone.map(({ key, fields }): RecordWork => ({ kind: "delete", key, seen: fields }));
    const changed = gone.map(({ key, fields }) => ({ key, before: fields, after: null }));
    await this.records.whileRemoving(
      gone.map(({ key }) => key),
      () =>
        this.session.desk.change(this.records.name, works, {
          label: `delete ${count(gone.length, one)}`,
          changed,
        }),
      true,
    );
    return misfits;
  }

  /** Undoes or redoes what is next; gives what was left as it is. Null where there is nothing. */
  async retrace(direction: "undo" | "redo"): Promise<Misfit[] | null> {
    const way = await this.session.desk.retrace(this.records.name, direction);
    if (!way) return null;
    for (const work of way.works) {
      if (work.kind !== "edit") continue;
      this.records.cameBack(work.key);
      this.records.savedFields(work.key, valuesOf(work.fields));
    }
    const why = "It was changed since, and stays as it is.";
    return way.moved.map((key) => ({ key, word: null, text: "", why, isKept: false }));
  }

  private draftOf(key: string): FieldsDraft | undefined {
    const record = this.records.newest(key);
    const draft = this.records.drafts.get(key);
    if (draft && record) draft.catchUp(record);
    return draft ?? (record && this.records.draftKind.begun(record));
  }

  private putBack(key: string, draft: FieldsDraft): void {
    if (draft.touched) this.records.drafts.set(key, draft);
    else this.records.drafts.delete(key);
  }

  private partsOf(texts: readonly CellText[], misfits: Misfit[]): Part[] {
    const parts = new Map<string, Part>();
    for (const { key, column, text } of texts) {
      const record = this.records.newest(key);
      const why = whyFixed(column, record);
      const draft = parts.get(key)?.draft ?? this.draftOf(key);
      const { field, word } = column;
      if (why !== null || !draft || field === null) {
        misfits.push({ key, word, text, why: why ?? "It is no longer there.", isKept: false });
        continue;
      }
      draft.type(field.name, text);
      const problem = draft.problemOf(field);
      const part = parts.get(key) ?? { key, record, draft, texts: {}, changes: {} };
      parts.set(key, part);
      if (problem) misfits.push({ key, word, text, why: `${problem.what} ${problem.next}`, isKept: true });
      else part.texts[field.name] = text;
    }
    for (const part of parts.values()) part.changes = part.draft.changesOf(Object.keys(part.texts));
    return [...parts.values()];
  }

  private newParts(rows: readonly NewRow[], misfits: Misfit[]): Part[] {
    const keys = new Set<string>();
    return rows.flatMap(({ key, texts, line, over }) => {
      const draft = this.records.draftKind.begun(undefined);
      draft.takeKey(key);
      for (const { column, text } of texts) if (column.field) draft.type(column.field.name, text);
      const faults = this.faultsOf(draft, keys.has(draft.key));
      if (faults.length > 0) {
        const why = [...faults, ...new Set(over.map((one) => one.why))].join(" ");
        misfits.push({ key, word: null, text: line, why, isKept: false, isRow: true });
        return [];
      }
      misfits.push(...over);
      keys.add(draft.key);
      return [{ key: draft.key, record: undefined, draft, texts: {}, changes: draft.changes() }];
    });
  }

  /** All that keeps a new record from being made. Where its key is none, of the fields in it nothing more is said. */
  private faultsOf(draft: FieldsDraft, isTaken: boolean): string[] {
    const { name } = this.records;
    const ofKey = keyProblem(name, draft.key, isTaken);
    const { fields, key = [] } = draft.model;
    const rest = fields.filter((field) => ofKey === null || !key.includes(field.name));
    const problems = [ofKey, ...rest.map((field) => draft.problemOf(field))];
    const said = standstill(name) ? [standstill(name)] : problems;
    return said.flatMap((problem) => (problem ? [`${problem.what} ${problem.next}`] : []));
  }

  private async keep(parts: readonly Part[], label: string): Promise<void> {
    const works = parts.map(({ key, changes }): RecordWork => ({ kind: "edit", key, fields: changes }));
    await this.session.desk.change(this.records.name, works, { label, changed: parts.map(changedIn) });
  }

  /** What was saved is typed no more; what was typed since, and what means nothing, is. */
  private settle(part: Part): void {
    const { key, record, draft, texts, changes } = part;
    if (!record) return;
    draft.saved(changes, texts);
    this.records.drafts.get(key)?.saved(changes, texts);
    this.records.savedFields(key, valuesOf(changes));
    this.stand(part);
  }

  /** What is typed stands in the cells; where another draft of the record was begun while this was being saved, in that. */
  private stand({ key, record, draft }: Part): void {
    if (!record) return;
    const since = this.records.drafts.get(key);
    if (since && since !== draft) since.takeIn(draft);
    this.putBack(key, since ?? draft);
  }
}

/** The rows that are to be made, where none was: those that cannot be with their reasons. */
function notMade(rows: readonly NewRow[], ofRows: readonly Misfit[]): Misfit[] {
  const refused = ofRows.filter(({ isRow }) => isRow);
  const others = rows.filter(({ line }) => !refused.some(({ text }) => text === line));
  const why = "It was not kept: see above.";
  const lost = ({ key, line }: NewRow): Misfit => ({
    key,
    word: null,
    text: line,
    why,
    isKept: false,
    isRow: true,
  });
  return [...refused, ...others.map(lost)];
}

function whyNot(record: RecordView | undefined): string | null {
  if (!record) return "It is no longer there.";
  if (record.deleted) return "It is being deleted already.";
  return record.state === "conflict" ? "It is in conflict: resolve that first." : null;
}

function changedIn({ key, record, changes }: Part): Changed {
  const after = valuesOf(changes);
  if (!record) return { key, before: null, after };
  const before = Object.fromEntries(Object.keys(changes).map((name) => [name, record.fields[name]]));
  return { key, before, after };
}

function valuesOf(changes: Record<string, Change>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(changes).map(([name, { to }]) => [name, to]));
}
