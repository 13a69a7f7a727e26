// One collection of an open environment: its records, and what is typed and not saved for them.
import { SvelteMap } from "svelte/reactivity";
import type { RecordView } from "$lib/bindings";
import type { Desk } from "$lib/db/desk";
import type { Records } from "$lib/db/records";
import type { ConflictDraft } from "./conflict-draft.svelte";
import { takeUpLeftOvers } from "./left-over";
import { type LeftOut, withMore } from "./left-out";
import type { DraftKind, RecordDraft } from "./record-draft";

/**
 * What is typed and not saved for a record: what a restart finds, a secret, which it does not, or both. A secret that was
 * lost like that is said, too, until another is typed.
 */
export type TypedHere = "kept" | "secret" | "both" | "lost";

/** All that was typed in one form. */
export interface Typed<D> {
  draft: D;
  secret: string | undefined;
}

export class CollectionState<D extends RecordDraft = RecordDraft> {
  /** Null until the local store has been read. */
  records = $state.raw<Records | null>(null);

  /** Edits that were begun and not saved, by key; the new record's under the empty key. */
  readonly drafts = new SvelteMap<string, D>();
  /** What was chosen and typed for conflicts that are not settled, by key. */
  readonly conflictDrafts = new SvelteMap<string, ConflictDraft>();
  /** Secrets that were begun and not sent, by key. In this page's memory and nowhere else: a restart forgets them. */
  readonly secrets = new SvelteMap<string, string>();
  /** When the record had changed last as its secret was begun, by key. */
  private readonly secretsFrom = new SvelteMap<string, string | null>();
  /** What was typed last and discarded or replaced, by key, until something else is typed or saved. A secret in it is in memory alone. */
  readonly setAside = new SvelteMap<string, Typed<D>>();

  /** What was pasted and fits nowhere, until the analyst lets it go. */
  leftOut = $state.raw<readonly LeftOut[]>([]);

  /** What was saved of records a moment ago, by key, with the record as it was: the store has not told of it yet. */
  private readonly savedJustNow = new SvelteMap<string, { of: RecordView; fields: RecordView["fields"] }>();

  /** What was typed for records that were deleted meanwhile, as rows: a text without a row could not be found again. */
  readonly orphans = $derived.by(() => {
    const { records } = this;
    if (records === null) return [];
    const left = [...this.drafts.values()].filter(
      (draft) => !draft.isNew && draft.touched && !records.has(draft.key),
    );
    return left.map((draft) => draft.lastSeen);
  });
  /** What was typed for a record that is new, as a row; empty where there is nothing. */
  readonly unmade = $derived.by(() => {
    const draft = this.drafts.get("");
    return draft?.touched ? [draft.lastSeen] : [];
  });

  /** Keys of what was deleted from this window, until that is sent or may come to nothing, and whether *Undo* makes it anew. */
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing on screen depends on it
  private readonly removing = new Map<string, boolean>();

  constructor(
    readonly name: string,
    private readonly desk: Desk,
    /** How its drafts are made. */
    readonly draftKind: DraftKind<D>,
  ) {}

  has(key: string): boolean {
    return this.records?.has(key) ?? false;
  }

  get(key: string): RecordView | undefined {
    return this.records?.get(key);
  }

  /** The record with what was saved of it a moment ago. */
  newest(key: string): RecordView | undefined {
    const record = this.get(key);
    const saved = this.savedJustNow.get(key);
    if (!record || saved?.of !== record) return record;
    return { ...record, fields: { ...record.fields, ...saved.fields } };
  }

  /** Whether something of the record was saved that it does not show yet. */
  isBehind(record: RecordView): boolean {
    return this.savedJustNow.get(record.key)?.of === record;
  }

  /** Fields of a record were saved. */
  savedFields(key: string, fields: RecordView["fields"]): void {
    const record = this.get(key);
    const before = this.savedJustNow.get(key);
    if (!record) return;
    const earlier = before?.of === record ? before.fields : {};
    this.savedJustNow.set(key, { of: record, fields: { ...earlier, ...fields } });
  }

  /** What is typed and not saved under that key; null where there is nothing, or it goes with its record. */
  typedHere(key: string): TypedHere | null {
    const draft = this.drafts.get(key);
    const hasSecret = this.secrets.has(key);
    if ((!hasSecret && !draft?.touched) || this.get(key)?.deleted) return null;
    if (hasSecret) return draft?.touched ? "both" : "secret";
    if (draft?.lacksSecret) return "lost";
    if (!draft?.holdsSecret) return "kept";
    return draft.restTyped ? "both" : "secret";
  }

  /** The keys of the records for which a secret is typed and not sent: a restart forgets it. A new one's is empty. */
  get secretKeys(): string[] {
    const drafts = [...this.drafts].filter(([, draft]) => draft.holdsSecret);
    const conflicts = [...this.conflictDrafts].filter(([key, draft]) => draft.holdsSecret(key));
    const keys = [...this.secrets.keys(), ...[...drafts, ...conflicts].map(([key]) => key)];
    return keys.filter((key, index) => keys.indexOf(key) === index);
  }

  /** How many texts were typed and not saved; what was lost is none any more. */
  get unsavedCount(): number {
    const conflicts = [...this.conflictDrafts.values()].filter(({ touched }) => touched);
    const forms = [...this.drafts.values()].filter((draft) => !draft.lacksSecret || draft.restTyped);
    return forms.length + conflicts.length + this.secrets.size + this.leftOut.length;
  }

  /** Deletes a record. What was typed for it comes back if that is taken back, and goes once it was sent. */
  async remove(record: RecordView): Promise<void> {
    await this.whileRemoving([record.key], () => this.desk.remove(this.name, record.key, record.fields));
  }

  /** Runs what deletes the records of these keys; `isStep` where *Undo* makes them anew. */
  async whileRemoving(keys: readonly string[], remove: () => Promise<void>, isStep = false): Promise<void> {
    for (const key of keys) this.removing.set(key, isStep);
    try {
      await remove();
    } catch (error) {
      for (const key of keys) this.removing.delete(key);
      throw error;
    }
  }

  /** A deletion was undone: what was typed for the record is typed again. */
  cameBack(key: string): void {
    this.removing.delete(key);
    const typed = this.setAside.get(key);
    if (!typed || this.has(key) || this.drafts.has(key)) return;
    this.setAside.delete(key);
    this.drafts.set(key, typed.draft);
  }

  /** Takes back what waits to be sent of a record. It can be had again; what was typed since and not saved stays. */
  async takeBack(record: RecordView): Promise<void> {
    await this.desk.takeBack(this.name, record.key, record);
    this.removing.delete(record.key);
    this.setAsideTakenBack(record);
    if (!record.base) return;
    this.drafts.get(record.key)?.tookBack(record.base);
    this.setAside.get(record.key)?.draft.tookBack(record.base);
  }

  /** What would be gone with a click, in the form of its record, or of a new one. */
  private setAsideTakenBack(record: RecordView): void {
    const slot = record.base ? record.key : "";
    const draft = this.draftKind.takenBack(record);
    if (!draft?.touched || this.drafts.has(slot) || this.setAside.has(slot)) return;
    this.setAside.set(slot, { draft, secret: undefined });
  }

  /** Something is typed of a secret, or it is emptied; one that was lost before is spoken of no more. Its first letter tells from which record it was begun. */
  typeSecret(key: string, text: string): void {
    this.drafts.get(key)?.forgetLostSecret();
    if (!this.secrets.has(key)) this.secretsFrom.set(key, this.get(key)?.changed_at ?? null);
    if (text) this.secrets.set(key, text);
    else this.secrets.delete(key);
  }

  /** Whether Airflow changed a record since its secret was begun. Of the secret itself nobody sees whether it did. */
  movedUnderSecret(key: string): boolean {
    const record = this.get(key);
    const from = this.secretsFrom.get(key);
    if (!record || from === undefined || !this.secrets.has(key)) return false;
    const by = record.changed_by?.source;
    const isTheirs = by !== undefined && by !== "local" && by !== "taken_back";
    return isTheirs && record.changed_at !== from;
  }

  /** Something is typed in the form of that key: what was typed there before gives way, and this stays. */
  typedOn(key: string): void {
    this.setAside.delete(key);
    this.removing.delete(key);
  }

  /** The records are these now; `inConflict` are the keys of those in conflict. */
  show(records: Records, inConflict: ReadonlySet<string>): void {
    for (const key of inConflict) this.removing.delete(key);
    const before = this.records;
    const aside = [...this.setAside.keys()].filter((key) => !this.removing.has(key));
    for (const key of [...aside, ...this.removing.keys()]) {
      if (!before?.has(key) || records.has(key)) continue;
      this.setAside.delete(key);
      const isStep = this.removing.get(key);
      if (this.removing.delete(key)) this.forgetTyped(key, isStep);
    }
    this.records = records;
    for (const [key, { of }] of this.savedJustNow) if (records.get(key) !== of) this.savedJustNow.delete(key);
    this.takeUpLeftOvers();
    void this.forgetUnreachable();
  }

  /** What was set aside of a record that is gone goes once no step makes that anew: nothing else leads to it. */
  async forgetUnreachable(): Promise<void> {
    const isGone = (key: string) =>
      key !== "" && !this.has(key) && !this.drafts.has(key) && !this.removing.has(key);
    if (this.records === null || ![...this.setAside.keys()].some(isGone)) return;
    const undoable = await this.desk.deletedIn(this.name).catch(() => null);
    if (undoable === null) return;
    for (const key of [...this.setAside.keys()])
      if (isGone(key) && !undoable.has(key)) this.setAside.delete(key);
  }

  takeUpLeftOvers(): void {
    if (this.records !== null) takeUpLeftOvers(this);
  }

  /** What must not outlive the page. */
  forgetSecrets(): void {
    this.secrets.clear();
    this.secretsFrom.clear();
    this.setAside.clear();
    this.leftOut = this.leftOut.filter(({ isSecret }) => !isSecret);
  }

  /** Something was pasted that fits nowhere. */
  leaveOut(more: readonly LeftOut[]): void {
    if (more.length > 0) this.leftOut = withMore(this.leftOut, more);
  }

  /** It would stay in the list after its record. Where that can be made anew by *Undo*, the text can be had again with it. */
  private forgetTyped(key: string, isStep = false): void {
    const draft = this.drafts.get(key);
    if (isStep && draft?.touched) this.setAside.set(key, { draft, secret: undefined });
    this.drafts.delete(key);
    this.secrets.delete(key);
  }
}
