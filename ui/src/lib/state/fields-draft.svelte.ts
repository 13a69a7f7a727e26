// A record being edited by the fields of its data model. It begins from what was shown then, and keeps that, whatever a
// sync brings meanwhile: the change that is saved says from what it was made.
import type { Change, Collection, Field, Problem, RecordView } from "$lib/bindings";
import { keyProblem, standstill } from "$lib/collections/keys";
import { type TypedCollection, typedOfModel } from "$lib/collections/typed";
import { fieldsOfKey, keyOf } from "$lib/collections/record-key";
import { hasSpellings, type Meaning, meaningOf, textIn } from "$lib/collections/values";
import { same } from "$lib/db/same";
import { carriedText } from "$lib/json/carried";
import { sensitivePaths } from "$lib/sensitive";
import { ulid as newKey } from "ulid";
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
  readonly lacksSecret = false;
  readonly sealed = false;

  constructor(
    private readonly modelNow: () => Collection,
    record?: Pick<RecordView, "key" | "fields">,
  ) {
    if (record) this.begin(record.key, record.fields);
    else if (this.collection?.isKeyGenerated) this.key = newKey();
  }

  /** A data model may change while something is typed. */
  get model(): Collection {
    return this.modelNow();
  }

  private get collection(): TypedCollection | undefined {
    return typedOfModel(this.model);
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
    if (this.isNew && this.model.key?.includes(name)) this.key = this.keyTyped();
  }

  /** The key that a new record is to have: what it is made of is typed with it. An empty one is made where keys are. */
  takeKey(key: string): void {
    const { collection } = this;
    const values = collection && !collection.isKeyGenerated ? fieldsOfKey(collection.key, key) : null;
    const texts = this.model.fields.flatMap((field) =>
      values && field.name in values ? [[field.name, textIn(field, values[field.name])]] : [],
    );
    this.texts = { ...this.texts, ...(Object.fromEntries(texts) as Record<string, string>) };
    if (key !== "" || !collection?.isKeyGenerated) this.key = key;
  }

  /** The key that the typed key fields make; empty while they make none. */
  private keyTyped(): string {
    const values = this.model.fields.flatMap((field) => {
      const meaning = meaningOf(field, this.text(field), undefined);
      return "value" in meaning ? [[field.name, meaning.value]] : [];
    });
    return keyOf(this.collection?.key ?? [], Object.fromEntries(values) as Fields) ?? "";
  }

  /** What is typed in a field; undefined where that is what was shown. */
  typed(field: Field): string | undefined {
    return this.isTyped(field) ? this.text(field) : undefined;
  }

  /** What the text of a field is a change of: what was shown as it was begun. */
  over(name: string): unknown {
    return this.shown[name];
  }

  /** A text is typed again as a change of what it was one of then, whatever the record holds by now. */
  typeOver(name: string, text: string, over: unknown): void {
    this.type(name, text);
    if (!this.isNew) this.shown = { ...this.shown, [name]: over };
  }

  /** Nothing is typed in that field any more. */
  forget(name: string): void {
    this.texts = Object.fromEntries(Object.entries(this.texts).filter(([other]) => other !== name));
  }

  private textShown(field: Field): string {
    return textIn(field, this.isNew ? field.default : this.shown[field.name]);
  }

  /** What stands in the form of a field means. What a new record gets was typed by nobody: it is that, as the model has it. */
  private meaningIn(field: Field): Meaning {
    const given = this.isNew && !this.isTyped(field) ? field.default : undefined;
    if (carriedText(given) !== undefined) return { value: given };
    return meaningOf(field, this.text(field), this.shown[field.name]);
  }

  private isTyped(field: Field): boolean {
    const [text, shown] = [this.text(field), this.textShown(field)];
    if (text === shown || !hasSpellings(field)) return text !== shown;
    // " 5" is 5, and no change of it; so is TRUE true.
    const meaning = meaningOf(field, text, this.shown[field.name]);
    return "problem" in meaning || textIn(field, meaning.value) !== shown;
  }

  /** The fields in which something else stands than was shown. */
  get typedFields(): string[] {
    return this.model.fields.filter((field) => this.isTyped(field)).map(({ name }) => name);
  }

  get changed(): boolean {
    const isNamed = this.isNew && this.key !== "" && this.collection?.isKeyGenerated !== true;
    return this.typedFields.length > 0 || isNamed;
  }

  get touched(): boolean {
    return this.changed || this.reason !== "";
  }

  get holdsSecret(): boolean {
    return this.secretFields.length > 0;
  }

  get restTyped(): boolean {
    return this.reason !== "" || this.typedFields.some((name) => !this.secretFields.includes(name));
  }

  /** The fields of a typed record in which something secret is typed: it is refused, and never stored. */
  private get secretFields(): string[] {
    if (!this.collection) return [];
    return Object.keys(this.texts).filter((name) => sensitivePaths("", this.texts[name] ?? "").length > 0);
  }

  /** Why this cannot be made pending; null when it can. */
  refusal(taken: (key: string) => boolean): Problem | null {
    const first = standstill(this.model.name);
    const problem = first ?? this.model.fields.map((field) => this.problemOf(field)).find(Boolean) ?? null;
    const ofKey = this.isNew ? keyProblem(this.model.name, this.key, taken(this.key)) : null;
    // A key that is typed by itself comes first, as in the form; one that is made of fields says less than these.
    return this.collection ? (problem ?? ofKey) : (ofKey ?? problem);
  }

  /** Why what stands in a field means nothing; null when it does, or nothing was typed in it. */
  problemOf(field: Field): Problem | null {
    if (!this.isNew && !this.isTyped(field)) return null;
    const meaning = this.meaningIn(field);
    return "problem" in meaning ? meaning.problem : null;
  }

  /** The fields that differ from what was shown, each with what it was changed from; all of a new record's. */
  changes(): Record<string, Change> {
    const fields = this.isNew ? this.model.fields : this.model.fields.filter((field) => this.isTyped(field));
    return Object.fromEntries(
      fields.flatMap((field) => {
        const meaning = this.meaningIn(field);
        if (!("value" in meaning) || (meaning.value === undefined && this.shown[field.name] === undefined))
          return [];
        return [[field.name, this.changeOf(field.name, meaning.value)]];
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

  /** Takes over what is typed in another draft of the record, where nothing is typed in this one. */
  takeIn(other: FieldsDraft): void {
    for (const field of this.model.fields) {
      const text = other.typed(field);
      if (text !== undefined && !this.isTyped(field)) this.type(field.name, text);
    }
  }

  private changeOf(name: string, to: unknown): Change {
    const from = this.shown[name];
    if (to === undefined) return { from };
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
    const meaning = this.meaningIn(field);
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
    return new FieldsDraft(draft.modelNow, { key: draft.key, fields: draft.result });
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
    const next = Object.assign(new FieldsDraft(draft.modelNow), { key: draft.key, reason: draft.reason });
    for (const field of draft.model.fields) next.type(field.name, draft.text(field));
    return Object.assign(next, { key: draft.key });
  }

  /** One that can be typed in without touching this one. */
  copy(): FieldsDraft {
    return FieldsDraft.broughtBack(this.modelNow, { ...this.asForm, texts: this.texts });
  }

  /** What waited to be sent, as an edit of what was there before. */
  static takenBack(
    model: () => Collection,
    { key, base, fields, deleted, reason }: RecordView,
  ): FieldsDraft | null {
    if (deleted) return null;
    const draft = new FieldsDraft(model, base ? { key, fields: base } : undefined);
    for (const field of draft.model.fields) draft.type(field.name, textIn(field, fields[field.name]));
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
    const { isNew, key, shown, reason, secretFields } = this;
    const texts = Object.entries(this.texts).filter(([name]) => !secretFields.includes(name));
    return { isNew, key, shown, texts: Object.fromEntries(texts), reason };
  }

  get unsaved(): UnsavedFields | null {
    return this.touched && (!this.holdsSecret || this.restTyped) ? this.asForm : null;
  }

  get unsavedBesideSecret(): UnsavedFields {
    return this.asForm;
  }

  forgetLostSecret(): void {}

  static broughtBack(
    model: () => Collection,
    { isNew, key, shown, texts, reason }: UnsavedFields,
  ): FieldsDraft {
    return Object.assign(new FieldsDraft(model), { isNew, key, shown, texts, reason });
  }

  static afterConflict(
    model: () => Collection,
    key: string,
    record: RecordView | undefined,
    conflict: ConflictDraft,
  ): FieldsDraft {
    const base = Object.fromEntries(conflict.conflict.fields.map(({ name, airflow }) => [name, airflow]));
    const draft = new FieldsDraft(model, record ?? { key, fields: base });
    for (const [name, text] of Object.entries(conflict.left)) draft.type(name, text);
    draft.reason = conflict.leftReason;
    return draft;
  }
}

/** How the drafts of a collection with that data model are made; it may be another one the next time it is asked for. */
export function fieldsDrafts(model: () => Collection): DraftKind<FieldsDraft> {
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
