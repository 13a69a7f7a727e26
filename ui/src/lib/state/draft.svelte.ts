// A variable being edited. It begins from what was shown then, and keeps that, whatever a sync brings meanwhile:
// the change that is saved says from what it was made.
import type { Change, Problem, RecordView } from "$lib/bindings";
import type { UnsavedForm } from "$lib/db/unsaved";
import { type Gate, gate } from "$lib/json/gate";
import { laidOut } from "$lib/json/layout";
import { sensitivePaths } from "$lib/sensitive";
import { keyProblem } from "$lib/variables/key";
import { asSecret, brokenJson, sensitiveProblem } from "$lib/variables/refusals";
import type { ConflictDraft } from "./conflict-draft.svelte";
import type { DraftKind, RecordDraft } from "./record-draft";

/** What was shown: undefined where there was nothing. */
export interface Shown {
  value: string | undefined;
  description: string | null | undefined;
}

/** What goes along with a secret; a description that is undefined does not. */
export interface Beside {
  description: Change | undefined;
  reason: string | null;
}

export function shownOf(record: Pick<RecordView, "fields"> | undefined): Shown {
  const value = record?.fields["value"];
  const description = record?.fields["description"];
  return {
    value: typeof value === "string" ? value : undefined,
    description: typeof description === "string" || description === null ? description : undefined,
  };
}

export function sameShown(a: Shown, b: Shown): boolean {
  return a.value === b.value && a.description === b.description;
}

/**
 * What is said of the text is worked out whenever it is asked for. A `$derived` would belong to the panel that made the
 * draft, and stand still once that panel is gone; the draft stays, for a panel that is opened later.
 */
export class Draft implements RecordDraft {
  key = $state("");
  value = $state("");
  description = $state("");
  reason = $state("");
  keepAsText = $state(false);
  isNew = $state(true);
  sealed = $state(false);
  /** A new variable's key is being typed: whether its value is a secret is not known yet. */
  isNaming = $state(false);
  /** A secret was typed as the value, or in its place, in an earlier start of the app, which did not keep it. */
  isSecretLost = $state(false);
  /** What a restart was to find before that began. */
  private beforeNaming: UnsavedForm | null = null;
  /** Texts that were laid out to be read, as they were before: one that is not touched is saved as it was. */
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- read with `value`, which changes after it
  private readonly before = new Map<string, string>();
  shown: Shown = $state.raw({ value: undefined, description: undefined });

  constructor(record?: RecordView) {
    if (record) this.begin(record.key, record.sealed.includes("value"), shownOf(record));
  }

  private begin(key: string, sealed: boolean, shown: Shown): void {
    this.isNew = false;
    this.key = key;
    this.sealed = sealed;
    this.shown = shown;
    this.put(shown.value ?? "");
    this.description = shown.description ?? "";
  }

  /** Puts a text into the editor, laid out where it is JSON on one long line. */
  put(text: string): void {
    const shown = laidOut(text);
    if (shown !== text) this.before.set(shown, text);
    this.value = shown;
  }

  /** What was typed; a text that was only laid out is the one it was. */
  get valueToSave(): string {
    return this.before.get(this.value) ?? this.value;
  }

  /** One that can be typed in without touching this one. */
  copy(): Draft {
    const { key, value, description, reason, keepAsText, isNew, sealed, shown, isSecretLost } = this;
    const other = new Draft();
    for (const [laid, text] of this.before) other.before.set(laid, text);
    const form = { key, value, description, reason, keepAsText, isNew, sealed, shown, isSecretLost };
    return Object.assign(other, form);
  }

  /** The draft that goes on from what was just kept. */
  static after(draft: Draft): Draft {
    const next = new Draft();
    const value = draft.sealed ? undefined : draft.valueToSave;
    next.begin(draft.key, draft.sealed, { value, description: draft.descriptionToSave });
    next.isSecretLost = draft.lacksSecret;
    // The text stays as it stands on the screen, with the caret in it.
    if (value !== undefined && value !== draft.value) next.before.set(draft.value, value);
    if (!draft.sealed) next.value = draft.value;
    return next;
  }

  /** Takes over what was typed since into the draft that was saved with this reason. */
  goneOn(typed: Draft, reason: string): this {
    if (!this.sealed) this.value = typed.value;
    this.description = typed.description;
    if (typed.reason !== reason) this.reason = typed.reason;
    return this;
  }

  /** The record's draft where that of `before` holds no change of it: its reason stays, and that a secret was lost. */
  static unchanged(
    record: RecordView | undefined,
    { reason, isSecretLost }: Pick<Draft, "reason" | "isSecretLost">,
  ): Draft {
    return Object.assign(new Draft(record), { reason, isSecretLost });
  }

  /** What was typed for a conflict that is no more, as an edit of what the variable is now. */
  static afterConflict(key: string, record: RecordView | undefined, conflict: ConflictDraft): Draft {
    const base = Object.fromEntries(conflict.conflict.fields.map(({ name, airflow }) => [name, airflow]));
    const draft = new Draft(record);
    if (!record) draft.begin(key, false, shownOf({ fields: base }));
    const { value = draft.value, description = draft.description } = conflict.left;
    const isSecretLost = conflict.lacksSecret("value");
    return Object.assign(draft, { value, description, reason: conflict.leftReason, isSecretLost });
  }

  /** What waited to be sent, as an edit of what was there before. A secret in it is not known here. */
  static takenBack(record: RecordView): Draft | null {
    const { key, base, reason } = record;
    if (record.deleted) return null;
    const { value, description } = shownOf(record);
    const draft = base ? new Draft({ ...record, fields: base }) : new Draft();
    if (!draft.sealed) draft.put(value ?? "");
    return Object.assign(draft, { key, description: description ?? "", reason: reason ?? "" });
  }

  /** The saved change that it went on from was taken back: what was typed since is a change of what was before that. */
  tookBack(fields: Record<string, unknown>): void {
    const shown = shownOf({ fields });
    const { valueChanged, descriptionChanged } = this;
    this.shown = shown;
    if (!this.sealed && !valueChanged) this.put(shown.value ?? "");
    if (!descriptionChanged) this.description = shown.description ?? "";
  }

  /** The same text as a variable that is new: the one it was typed for is no more. */
  static anew(draft: Draft): Draft {
    const { key, valueToSave: value, description, reason, keepAsText } = draft;
    return Object.assign(new Draft(), { key, value, description, reason, keepAsText });
  }

  /** The row in the list of a draft whose variable is no more, or is not made yet: as it was when it was seen last. */
  get lastSeen(): RecordView {
    const { value, description } = this.shown;
    const fields = this.sealed ? { description } : { value, description };
    return {
      ...{ collection: "variables", key: this.key, fields, base: fields, state: "clean", deleted: false },
      ...{ sealed: this.sealed ? ["value"] : [], changed_at: null, conflict: null, ledger: null },
    };
  }

  /** The draft of an earlier start of the app. */
  static broughtBack(form: UnsavedForm): Draft {
    const draft = new Draft();
    if (!form.isNew) draft.begin(form.key, form.sealed, form.shown);
    const { key, value, description, reason, keepAsText, isSecretLeftOut: isSecretLost = false } = form;
    return Object.assign(draft, { key, value, description, reason, keepAsText, isSecretLost });
  }

  /** The key is about to be typed, or was. */
  naming(isNow: boolean): void {
    if (isNow && !this.isNaming) this.beforeNaming = this.unsaved;
    this.isNaming = isNow;
  }

  /**
   * What a restart is to find of it; null where there is nothing. A value that is secret, or may be, is not in it, nor
   * where it was kept under another key before.
   */
  get unsaved(): UnsavedForm | null {
    if (!this.touched) return null;
    return this.isNaming && !this.holdsSecret ? this.beforeNaming : this.asForm;
  }

  get unsavedBesideSecret(): UnsavedForm {
    return { ...this.asForm, isSecretLeftOut: true };
  }

  private get asForm(): UnsavedForm {
    const { isNew, key, sealed, shown, description, reason, keepAsText } = this;
    const value = sealed || this.holdsSecret ? (shown.value ?? "") : this.value;
    const isSecretLeftOut = this.holdsSecret || this.lacksSecret;
    return { isNew, key, sealed, shown, value, description, reason, keepAsText, isSecretLeftOut };
  }

  forgetLostSecret(): void {
    this.isSecretLost = false;
  }

  /** Whether the value that was typed is a secret. */
  get holdsSecret(): boolean {
    return this.valueChanged && sensitivePaths(this.key, this.value).length > 0;
  }

  /** Whether a secret that was typed was lost, and nothing is in its place yet. */
  get lacksSecret(): boolean {
    return this.isSecretLost && (this.isNew ? this.value === "" : !this.valueChanged);
  }

  /** Whether the record is what the draft would make of it: it was kept already, in an earlier start of the app. */
  isIn(record: RecordView | undefined): boolean {
    if (!record) return false;
    const value = this.sealed ? undefined : this.valueToSave;
    return sameShown({ value, description: this.descriptionToSave }, shownOf(record));
  }

  isShowing(record: RecordView): boolean {
    return sameShown(this.shown, shownOf(record));
  }

  /** What goes along when the value is saved as a secret. */
  besideSecret(withDescription: boolean): Beside {
    const goes = withDescription && this.descriptionChanged;
    return {
      description: goes ? { from: this.shown.description, to: this.descriptionToSave } : undefined,
      reason: this.reason.trim() || null,
    };
  }

  /** Whether it was begun from what the record is now, as far as that can be seen of a secret. */
  isFrom(record: RecordView): boolean {
    const now = shownOf(record);
    return sameShown(this.shown, this.sealed ? { ...now, value: this.shown.value } : now);
  }

  /** The draft that goes on once the value was saved as a secret: what did not go with it is still there. */
  static afterSecret(draft: Draft, sent: Beside): Draft {
    const next = new Draft();
    const description = sent.description ? (sent.description.to as string | null) : draft.shown.description;
    next.begin(draft.key, true, { value: undefined, description });
    next.description = draft.description;
    if (next.descriptionChanged || (draft.reason.trim() || null) !== sent.reason) next.reason = draft.reason;
    return next;
  }

  /** Emptying a description takes it away; an empty one that was there stays as it was. */
  get descriptionToSave(): string | null {
    if (this.description !== "") return this.description;
    return this.shown.description === "" ? "" : null;
  }

  get valueChanged(): boolean {
    return !this.sealed && (this.isNew || this.valueToSave !== (this.shown.value ?? ""));
  }

  get descriptionChanged(): boolean {
    return this.isNew || this.descriptionToSave !== (this.shown.description ?? null);
  }

  get changed(): boolean {
    if (this.isNew) return this.key !== "" || this.value !== "" || this.description !== "";
    return this.valueChanged || this.descriptionChanged;
  }

  /** Whether something beside the value was typed. */
  get restTyped(): boolean {
    if (this.reason !== "") return true;
    return this.isNew ? this.key !== "" || this.description !== "" : this.descriptionChanged;
  }

  /** Whether there is something that could be lost, or that has to be said. */
  get touched(): boolean {
    return this.changed || this.reason !== "" || this.lacksSecret;
  }

  get gate(): Gate {
    return gate(this.shown.value, this.value, this.keepAsText);
  }

  /** Why nothing can be made under that key; null where something can, or is there. */
  keyRefusal(taken: (key: string) => boolean): Problem | null {
    return this.isNew ? keyProblem(this.key, taken(this.key)) : null;
  }

  /** Why this cannot be made pending; null when it can. */
  refusal(taken: (key: string) => boolean): Problem | null {
    const ofKey = this.keyRefusal(taken);
    if (ofKey) return ofKey;
    if (!this.valueChanged) return null;
    const { fault, mayKeepAsText } = this.gate;
    const paths = sensitivePaths(this.key, this.value);
    // A text that only looks like JSON can be a secret as it is.
    if (paths.length > 0) {
      return sensitiveProblem(this.key, this.value, paths, asSecret(mayKeepAsText ? null : fault));
    }
    return fault ? brokenJson(fault, mayKeepAsText) : null;
  }

  /** The fields that differ from what was shown, each with what it was changed from. */
  changes(): Record<string, Change> {
    const changes: Record<string, Change> = {};
    if (this.valueChanged) changes["value"] = change(this.shown.value, this.valueToSave);
    if (this.descriptionChanged) {
      changes["description"] = change(this.shown.description, this.descriptionToSave);
    }
    return changes;
  }
}

/** A missing `from` means that there was nothing, which is not the same as null. */
function change(from: unknown, to: unknown): Change {
  return from === undefined ? { to } : { from, to };
}

/** How the drafts of Variables are made. */
export const VARIABLE_DRAFTS: DraftKind<Draft> = {
  begun: (record) => new Draft(record),
  unchanged: (record, { isSecretLost }, reason) => Draft.unchanged(record, { reason, isSecretLost }),
  after: (draft) => Draft.after(draft),
  anew: (draft) => Draft.anew(draft),
  broughtBack: (form) => Draft.broughtBack(form as UnsavedForm),
  takenBack: (record) => Draft.takenBack(record),
  afterConflict: (key, record, conflict) => Draft.afterConflict(key, record, conflict),
};
