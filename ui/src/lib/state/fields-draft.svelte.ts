// A record being edited by the fields of its data model. It begins from what was shown then, and keeps that, whatever a
// sync brings meanwhile: the change that is saved says from what it was made.
import type { Change, Collection, Field, Problem, RecordView } from "$lib/bindings";
import { keyProblem } from "$lib/collections/keys";
import { isBoolean, isInteger, meaningOf, textOf } from "$lib/collections/values";
import { same } from "$lib/db/same";
import type { ConflictDraft } from "./conflict-draft.svelte";
import type { DraftKind, RecordDraft } from "./record-draft";

type Fields = Record<string, unknown>;

/** What a restart finds of it. */
export interface UnsavedFields {
  isNew: boolean;
  key: string;
  shown: Fields;
  texts: Record<string, string>;
  reason: string;
}

export class FieldsDraft implements RecordDraft {
  key = $state("");
  isNew = $state(true);
  reason = $state("");
  /** What stands in the form, by field. */
  private texts = $state.raw<Record<string, string>>({});
  /** The record as it was shown when the draft was begun. */
  private shown = $state.raw<Fields>({});
  readonly holdsSecret = false;
  readonly lacksSecret = false;
  readonly restTyped = false;
  readonly sealed = false;

  constructor(
    readonly model: Collection,
    record?: Pick<RecordView, "key" | "fields">,
  ) {
    if (record) this.begin(record.key, record.fields);
  }

  private begin(key: string, shown: Fields): void {
    this.isNew = false;
    this.key = key;
    this.shown = shown;
  }

  /** What stands in the form of a field. */
  text(field: Field): string {
    return this.texts[field.name] ?? this.textShown(field);
  }

  type(name: string, text: string): void {
    this.texts = { ...this.texts, [name]: text };
  }

  /** What is typed in a field; undefined where that is what was shown. */
  typed(field: Field): string | undefined {
    return this.isTyped(field) ? this.text(field) : undefined;
  }

  /** Nothing is typed in that field any more. */
  forget(name: string): void {
    this.texts = Object.fromEntries(Object.entries(this.texts).filter(([other]) => other !== name));
  }

  private textShown(field: Field): string {
    return textOf(this.isNew ? field.default : this.shown[field.name]);
  }

  private isTyped(field: Field): boolean {
    const [text, shown] = [this.text(field), this.textShown(field)];
    if (text === shown || !(isInteger(field) || isBoolean(field))) return text !== shown;
    // " 5" is 5, and no change of it; so is TRUE true.
    const meaning = meaningOf(field, text, this.shown[field.name]);
    return "problem" in meaning || textOf(meaning.value) !== shown;
  }

  /** The fields in which something else stands than was shown. */
  get typedFields(): string[] {
    return this.model.fields.filter((field) => this.isTyped(field)).map(({ name }) => name);
  }

  get changed(): boolean {
    return this.typedFields.length > 0 || (this.isNew && this.key !== "");
  }

  get touched(): boolean {
    return this.changed || this.reason !== "";
  }

  /** Why this cannot be made pending; null when it can. */
  refusal(taken: (key: string) => boolean): Problem | null {
    const problem = this.isNew ? keyProblem(this.model.name, this.key, taken(this.key)) : null;
    return problem ?? this.model.fields.map((field) => this.problemOf(field)).find(Boolean) ?? null;
  }

  /** Why what stands in a field means nothing; null when it does, or nothing was typed in it. */
  problemOf(field: Field): Problem | null {
    if (!this.isNew && !this.isTyped(field)) return null;
    const meaning = meaningOf(field, this.text(field), this.shown[field.name]);
    return "problem" in meaning ? meaning.problem : null;
  }

  /** The fields that differ from what was shown, each with what it was changed from; all of a new record's. */
  changes(): Record<string, Change> {
    const fields = this.isNew ? this.model.fields : this.model.fields.filter((field) => this.isTyped(field));
    return Object.fromEntries(
      fields.flatMap((field) => {
        const meaning = meaningOf(field, this.text(field), this.shown[field.name]);
        return "value" in meaning ? [[field.name, this.changeOf(field.name, meaning.value)]] : [];
      }),
    );
  }

  /** The same of some fields alone. */
  changesOf(names: readonly string[]): Record<string, Change> {
    return Object.fromEntries(Object.entries(this.changes()).filter(([name]) => names.includes(name)));
  }

  /** These changes were saved, as they stood in the form: what was typed in their fields since stays typed. */
  saved(changes: Record<string, Change>, texts: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(texts)) if (this.texts[name] === text) this.forget(name);
    const now = Object.entries(changes).map(([name, { to }]) => [name, to] as const);
    this.shown = { ...this.shown, ...Object.fromEntries(now) };
  }

  private changeOf(name: string, to: unknown): Change {
    const from = this.shown[name];
    return from === undefined ? { to } : { from, to };
  }

  /** The record as it is once this is saved. */
  private get result(): Fields {
    const changed = Object.entries(this.changes()).map(([name, { to }]) => [name, to] as const);
    return { ...this.shown, ...Object.fromEntries(changed) };
  }

  /**
   * Whether the record is what the draft would make of it: it was kept already, in an earlier start of the app. What
   * means nothing makes nothing, so it was not.
   */
  isIn(record: RecordView | undefined): boolean {
    const typed = this.model.fields.filter((field) => this.isNew || this.isTyped(field));
    return record !== undefined && typed.every((field) => this.isFieldIn(field, record));
  }

  private isFieldIn(field: Field, record: RecordView): boolean {
    const meaning = meaningOf(field, this.text(field), this.shown[field.name]);
    return "value" in meaning && same(meaning.value, record.fields[field.name]);
  }

  /**
   * Goes on from the record as it is now, but for what is typed. A text that the record has already is typed no more: it was
   * kept, and the app was killed before it could forget the text.
   */
  catchUp(record: RecordView): void {
    if (this.isNew) return;
    const fields = this.model.fields.filter((field) => !this.isTyped(field) || this.isFieldIn(field, record));
    fields.forEach(({ name }) => this.forget(name));
    const now = fields.map(({ name }) => [name, record.fields[name]] as const);
    this.shown = { ...this.shown, ...Object.fromEntries(now) };
  }

  /** Whether it was begun from what the record is now. */
  isFrom(record: RecordView): boolean {
    return this.model.fields.every(({ name }) => same(this.shown[name] ?? null, record.fields[name] ?? null));
  }

  isShowing(record: RecordView): boolean {
    return this.isFrom(record);
  }

  /** The draft that goes on from what was just kept: what was typed since stays typed. */
  static after(draft: FieldsDraft): FieldsDraft {
    return new FieldsDraft(draft.model, { key: draft.key, fields: draft.result });
  }

  /** Takes over what was typed since into the draft that was saved with this reason. */
  goneOn(typed: FieldsDraft, reason: string): this {
    for (const field of this.model.fields) {
      if (typed.text(field) !== this.text(field)) this.type(field.name, typed.text(field));
    }
    if (typed.reason !== reason) this.reason = typed.reason;
    return this;
  }

  /** The same text as a record that is new: the one it was typed for is no more. */
  static anew(draft: FieldsDraft): FieldsDraft {
    const next = Object.assign(new FieldsDraft(draft.model), { key: draft.key, reason: draft.reason });
    for (const field of draft.model.fields) next.type(field.name, draft.text(field));
    return next;
  }

  /** One that can be typed in without touching this one. */
  copy(): FieldsDraft {
    return FieldsDraft.broughtBack(this.model, this.asForm);
  }

  /** What waited to be sent, as an edit of what was there before. */
  static takenBack(
    model: Collection,
    { key, base, fields, deleted, reason }: RecordView,
  ): FieldsDraft | null {
    if (deleted) return null;
    const draft = new FieldsDraft(model, base ? { key, fields: base } : undefined);
    for (const { name } of model.fields) draft.type(name, textOf(fields[name]));
    return Object.assign(draft, { key, reason: reason ?? "" });
  }

  tookBack(fields: Fields): void {
    // A field that was not typed in shows what is there now by itself.
    this.texts = Object.fromEntries(this.typedFields.map((name) => [name, this.texts[name] ?? ""]));
    this.shown = fields;
  }

  get lastSeen(): RecordView {
    return {
      ...{ collection: this.model.name, key: this.key, fields: this.shown, base: this.shown, sealed: [] },
      ...{ state: "clean", deleted: false, changed_at: null, conflict: null, ledger: null },
    };
  }

  private get asForm(): UnsavedFields {
    const { isNew, key, shown, texts, reason } = this;
    return { isNew, key, shown, texts, reason };
  }

  get unsaved(): UnsavedFields | null {
    return this.touched ? this.asForm : null;
  }

  /** Its records have no secrets. */
  get unsavedBesideSecret(): UnsavedFields {
    return this.asForm;
  }

  forgetLostSecret(): void {}

  static broughtBack(model: Collection, { isNew, key, shown, texts, reason }: UnsavedFields): FieldsDraft {
    return Object.assign(new FieldsDraft(model), { isNew, key, shown, texts, reason });
  }

  static afterConflict(
    model: Collection,
    key: string,
    record: RecordView | undefined,
    conflict: ConflictDraft,
  ): FieldsDraft {
    const base = Object.fromEntries(conflict.conflict.fields.map(({ name, airflow }) => [name, airflow]));
    const draft = new FieldsDraft(model, record ?? { key, fields: base });
    for (const [name, text] of Object.entries(conflict.texts)) draft.type(name, text);
    draft.reason = conflict.reason;
    return draft;
  }
}

/** How the drafts of a collection with that data model are made. */
export function fieldsDrafts(model: Collection): DraftKind<FieldsDraft> {
  return {
    begun: (record) => new FieldsDraft(model, record),
    unchanged: (record, _, reason) => Object.assign(new FieldsDraft(model, record), { reason }),
    after: (draft) => FieldsDraft.after(draft),
    anew: (draft) => FieldsDraft.anew(draft),
    broughtBack: (form) => FieldsDraft.broughtBack(model, form as UnsavedFields),
    takenBack: (record) => FieldsDraft.takenBack(model, record),
    afterConflict: (key, record, conflict) => FieldsDraft.afterConflict(model, key, record, conflict),
  };
}
