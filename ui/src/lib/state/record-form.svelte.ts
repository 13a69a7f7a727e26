// The form of one record, the same for every collection: begun from what is shown or was typed before, saved, discarded
// and brought back. The component that shows it makes it anew for every record.
import { onDestroy, untrack } from "svelte";
import type { HistoryItem, RecordView } from "$lib/bindings";
import { exact } from "$lib/words/time";
import { Arrival } from "./arrival.svelte";
import type { CollectionState } from "./collection.svelte";
import type { RecordDraft } from "./record-draft";
import type { Session } from "./session.svelte";
import { Task } from "./task.svelte";

/** What the component knows, as it is when it is read, and what it is told. */
export interface FormProps {
  /** Undefined: a new record, or one that is no more. */
  readonly record: RecordView | undefined;
  /** The key of a record that is no more, for which something was typed. */
  readonly orphan: string | undefined;
  onkept(key: string): void;
  /** What was typed was discarded: nothing is said to be kept. */
  onnothingkept(): void;
  onclose(): void;
  /** What was new has its record now, and the form goes on as that record's. */
  onmade?(): void;
}

export class RecordForm<D extends RecordDraft> {
  draft: D = $state.raw() as D;
  /** Something was tried to be saved: why it cannot be is said. */
  attempted = $state(false);
  /** What the draft is found by: the record's key; empty while that is new. */
  private slot = $state("");
  /** The record as it was when the draft was kept: until it changes, the draft is ahead of it. */
  private settling = $state.raw<RecordView>();
  /** The record as it was before the draft was kept: another one that is clean has the draft, and from Airflow. */
  private keptFrom = $state.raw<{ record: RecordView | undefined }>();
  private isClosed = false;
  readonly save = new Task();

  readonly refusal = $derived.by(() => this.draft.refusal((key) => this.records.has(key)));
  /** The record changed while something was typed. */
  readonly moved = $derived.by(() => {
    const { record } = this.props;
    return (
      record !== undefined && !this.isSettling(record) && this.draft.changed && !this.draft.isFrom(record)
    );
  });
  /** The record was deleted while something was typed. */
  readonly gone = $derived.by(
    () => this.props.record === undefined && this.props.orphan !== undefined && !this.draft.isNew,
  );
  readonly problem = $derived.by(() =>
    this.draft.changed && this.attempted && !this.save.running ? this.refusal : this.save.problem,
  );
  /** What was discarded can be had again. */
  readonly canUndo = $derived.by(() => this.records.setAside.has(this.slot));
  /** How far what was kept from here has come. */
  readonly arrival: Arrival;

  constructor(
    private readonly session: Session,
    private readonly records: CollectionState<D>,
    private readonly props: FormProps,
  ) {
    this.slot = untrack(() => props.record?.key ?? props.orphan ?? "");
    this.draft = untrack(() => this.begin());
    this.arrival = new Arrival(
      () => props.record !== undefined && props.record.state !== "clean",
      () =>
        this.keptFrom !== undefined &&
        props.record?.state === "clean" &&
        props.record !== this.keptFrom.record,
    );
    onDestroy(() => (this.isClosed = true));
    $effect.pre(() => this.share());
    $effect(() => this.remember());
    $effect(() => this.goAlong());
  }

  /** Whether nothing was typed since that key was kept. */
  isKept(kept: string | null): boolean {
    const { key, isNew, changed } = this.draft;
    return kept !== null && kept === key && !isNew && !changed;
  }

  /** Something is typed in it. */
  typed(): void {
    this.records.typedOn(this.slot);
  }

  /** Saves what is typed by now. What is typed from then on stays typed. */
  async keep(): Promise<void> {
    const { draftKind } = this.records;
    const typed = this.gone ? draftKind.anew(this.draft) : this.draft;
    const changes = typed.changes();
    const saved = draftKind.after(typed);
    const { reason } = this.draft;
    const { desk } = this.session;
    const before = this.props.record;
    const ok = await this.save.run(() =>
      desk.edit(this.records.name, saved.key, changes, reason.trim() || undefined),
    );
    if (!ok) return;
    this.attempted = false;
    this.settling = this.props.record;
    this.keptFrom = { record: before };
    if (!this.isClosed) this.arrival.keptAgain();
    this.goOnAs(saved.key, saved.goneOn(this.draft, reason) as D);
    if (!this.isClosed) this.props.onkept(saved.key);
  }

  /** It was saved another way; `rest` is what stays typed. */
  savedElsewhere(rest: D): void {
    const { key, isNew } = this.draft;
    this.settling = this.props.record;
    this.keptFrom = { record: this.props.record };
    if (!this.isClosed) this.arrival.keptAgain();
    this.goOnAs(key, rest);
    if (isNew && !this.isClosed) this.props.onkept(key);
  }

  /** Discards what is typed. It can be taken back, except where the form goes with it. */
  drop(): void {
    const { gone } = this;
    if (!gone) this.setAside();
    this.records.drafts.delete(this.slot);
    this.records.secrets.delete(this.slot);
    this.attempted = false;
    this.props.onnothingkept();
    if (gone) this.props.onclose();
    else this.draft = this.records.draftKind.begun(this.props.record);
  }

  /** The secret that is typed is about to be emptied: it can be taken back, as what is discarded can. */
  setSecretAside(): void {
    if (this.records.secrets.has(this.slot)) this.setAside();
  }

  /** Brings back what was discarded or replaced. */
  undo(): void {
    const typed = this.records.setAside.get(this.slot);
    if (!typed) return;
    this.records.setAside.delete(this.slot);
    this.attempted = false;
    this.draft = typed.draft;
    if (typed.secret) this.records.secrets.set(this.slot, typed.secret);
  }

  /** Takes an older record up as an edit of what the record is now: of what it was, some of it would be no change. */
  putBack(item: HistoryItem, fill: (draft: D) => void): void {
    const { record } = this.props;
    this.setAside();
    const isThere = record !== undefined && record !== this.settling;
    this.draft = isThere ? this.records.draftKind.begun(record) : (this.draft.copy() as D);
    this.attempted = false;
    fill(this.draft);
    this.draft.reason = `Put back what it was on ${exact(item.at).slice(0, 16)}`;
  }

  /** Goes on with what was typed before, unless that was saved meanwhile. */
  private begin(): D {
    const { record } = this.props;
    const { drafts, draftKind } = this.records;
    const before = drafts.get(this.slot);
    if (!before) return draftKind.begun(record);
    const isSaved = before.isIn(record ?? this.records.get(before.key));
    return isSaved ? draftKind.unchanged(record, before, before.changed ? "" : before.reason) : before;
  }

  /** What is typed for the record elsewhere, in a cell of the grid, stands in the form too: there is one draft of it. */
  private share(): void {
    const other = this.records.drafts.get(this.slot);
    if (other && other !== this.draft && !untrack(() => this.draft.touched)) this.draft = other;
  }

  private remember(): void {
    const { drafts } = this.records;
    if (this.draft.touched) drafts.set(this.slot, this.draft);
    else if (untrack(() => drafts.get(this.slot)) === this.draft) drafts.delete(this.slot);
  }

  /** What the form shows is ahead of the record: something was saved that the record does not show yet. */
  private isSettling(record: RecordView): boolean {
    return record === this.settling || this.records.isBehind(record);
  }

  /** Where nothing is typed, the form shows what a sync brings. */
  private goAlong(): void {
    const { record } = this.props;
    const { draft } = this;
    if (!record || this.isSettling(record) || draft.changed) return;
    this.settling = undefined;
    if (!draft.isShowing(record)) this.draft = this.records.draftKind.unchanged(record, draft, draft.reason);
  }

  /** Something was saved; what was typed since stays. The form of a new record goes on as that record's. */
  private goOnAs(key: string, rest: D): void {
    const wasNew = this.draft.isNew;
    // At once: the panel may be gone before an effect could do it, and its text would stand in the next new form.
    this.records.drafts.delete(this.slot);
    this.records.setAside.delete(this.slot);
    this.slot = key;
    this.draft = rest;
    if (rest.touched) this.records.drafts.set(key, rest);
    if (!this.isClosed && wasNew) this.props.onmade?.();
  }

  /** What was typed stays within reach, whatever takes its place. A text that nobody typed replaces none that was. */
  private setAside(): void {
    const { setAside, secrets } = this.records;
    const secret = secrets.get(this.slot);
    if (setAside.has(this.slot) || (!this.draft.touched && !secret)) return;
    setAside.set(this.slot, { draft: this.draft, secret });
  }
}
