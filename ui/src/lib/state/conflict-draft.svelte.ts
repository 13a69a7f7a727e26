// A conflict being settled: what was chosen and typed for it, and the conflict as it was shown then. It stays when the
// analyst looks at another conflict or screen, until the conflict is settled.
import type { Conflict } from "$lib/bindings";
import { newsOf, timeNow } from "$lib/conflicts/standing";
import type { UnsavedConflict } from "$lib/db/unsaved";
import type { PathChange } from "$lib/diff/paths";
import { carriedOver, placesChanged, putsBack } from "$lib/conflicts/carry";
import { sensitivePaths } from "$lib/sensitive";
import { textOf } from "$lib/collections/values";
import { type Choice, type Choices, choicesBefore } from "$lib/conflicts/resolution";

/** What was typed for an earlier conflict of the same record, which ended. */
export interface Earlier {
  texts: Record<string, string>;
  reason: string;
}

/** What stood before a choice, or before newer sides were taken up or brought in. */
type Step = Pick<
  ConflictDraft,
  "choices" | "typedOver" | "carried" | "conflict" | "shownAt" | "earlierThere"
> & {
  by: "choice" | "show" | "carry";
};

export class ConflictDraft {
  /** A decision is made against what is on the screen, so this changes only when the analyst asks for it. */
  conflict: Conflict = $state.raw() as Conflict;
  choices = $state.raw<Choices>({});
  reason = $state("");
  /** The fields for which a secret was typed in an earlier start of the app, which did not keep it. */
  private lost = $state.raw<string[]>([]);
  /** What was chosen before a rule for several conflicts chose, which waits to be looked at; null where none did. */
  heldOver = $state.raw<Choices | null>(null);
  /** Offered, and in no result before the analyst takes it up; null where there is none. */
  earlier = $state.raw<Earlier | null>(null);
  /** For undoing, the last one last. */
  private before = $state.raw<Step[]>([]);
  /** It is on its way to be settled as it is chosen here: nothing can be typed, and nothing is left over when it goes. */
  isSettling = $state(false);
  /** It was settled so together with others: a screen that still shows it does not take it up again. */
  isSettled = $state(false);
  /** What Airflow held when a result was typed, by field, where it holds something else by now that is not in the text. */
  typedOver = $state.raw<Record<string, string>>({});
  /** Where Airflow's newer changes were brought into a typed result, by field: as the analyst took the newer sides up. */
  carried = $state.raw<Record<string, readonly string[]>>({});
  /** What Airflow held before, by field, as far as it was shown here; the newest last. */
  earlierThere = $state.raw<Record<string, readonly unknown[]>>({});
  /** When the conflict was shown as it is here (RFC 3339). */
  shownAt = $state("");

  constructor(conflict: Conflict) {
    this.conflict = conflict;
    this.shownAt = timeNow();
    this.choices = choicesBefore(conflict);
    // What Airflow held as it was decided is not known; what both began with is.
    const began = conflict.fields.map(({ name, base }) => [name, this.choices[name] && base] as const);
    this.typedOver = textsIn(Object.fromEntries(began));
  }

  /** What was chosen and typed in an earlier start of the app. */
  static broughtBack({ conflict, choices, reason, shownAt, ...rest }: UnsavedConflict): ConflictDraft {
    const { secretsLeftOut: lost = [], heldOver = null, typedOver = {}, earlier = null } = rest;
    const { earlierThere = {} } = rest;
    const brought = { choices, reason, shownAt, lost, heldOver, typedOver, earlier, earlierThere };
    return Object.assign(new ConflictDraft(conflict), brought);
  }

  /** Another conflict of the record, beside what was typed for one that ended. */
  static following(conflict: Conflict, before: ConflictDraft): ConflictDraft {
    const { left: texts, leftReason: reason } = before;
    const isAny = Object.keys(texts).length > 0 || reason !== "";
    const lost = before.lost.filter((name) => before.lacksSecret(name));
    return Object.assign(new ConflictDraft(conflict), { earlier: isAny ? { texts, reason } : null, lost });
  }

  /** The texts that were typed as results, here or for an earlier conflict. */
  get left(): Record<string, string> {
    return { ...this.earlier?.texts, ...this.texts };
  }

  get leftReason(): string {
    return this.reason || (this.earlier?.reason ?? "");
  }

  /** What a restart is to find of it; null where there is nothing. A result that is secret is not in it. */
  unsaved(key: string): UnsavedConflict | null {
    if (!this.touched) return null;
    const { conflict, reason, shownAt, lost } = this;
    const secrets = secretResults(key, this.choices);
    const choices = withoutResults(this.choices, secrets);
    const more = {
      ...(this.heldOver && { heldOver: withoutResults(this.heldOver, secretResults(key, this.heldOver)) }),
      ...(Object.keys(this.typedOver).length > 0 && { typedOver: this.typedOver }),
      ...(Object.keys(this.earlierThere).length > 0 && { earlierThere: this.earlierThere }),
      ...(this.earlier && { earlier: withoutSecrets(key, this.earlier) }),
    };
    const leftOut = [...lost, ...secrets, ...secretsIn(key, this.earlier?.texts ?? {})];
    const secretsLeftOut = leftOut.filter((name, at) => leftOut.indexOf(name) === at);
    return { conflict, choices, reason, shownAt, secretsLeftOut, ...more };
  }

  /** Whether there is something that could be lost, or that has to be said. */
  get touched(): boolean {
    const isChosen = Object.values(this.choices).some(Boolean);
    return this.reason !== "" || isChosen || this.lost.length > 0 || this.earlier !== null;
  }

  /** Whether what was typed for the record of that key holds a secret. */
  holdsSecret(key: string): boolean {
    return [...secretResults(key, this.choices), ...secretsIn(key, this.earlier?.texts ?? {})].length > 0;
  }

  /** Whether a secret that was typed as that field's result was lost, and nothing is in its place yet. */
  lacksSecret(name: string): boolean {
    return this.lost.includes(name) && !this.choices[name];
  }

  /** Whether a result holds what only the analyst has: it is neither a side nor what the engine proposes. */
  get isTyped(): boolean {
    return this.typedIn(this.choices).length > 0;
  }

  /** The texts that were typed as results, by field. */
  get texts(): Record<string, string> {
    const names = this.typedIn(this.choices);
    const text = (choice: Choice | undefined) => (choice?.side === "edited" ? choice.text : "");
    return Object.fromEntries(names.map((name) => [name, text(this.choices[name])]));
  }

  /** Whether a choice took the place of a text that was typed, and undoing brings it back. */
  get isReplaced(): boolean {
    return this.before.some(({ choices }) => this.isGone(choices));
  }

  /** What is typed letter by letter is one step. */
  type(name: string, text: string): void {
    this.found(name);
    if (this.canUndoCarry) this.step();
    if (!this.typedIn(this.choices).includes(name)) {
      this.step();
      // It begins with what is shown now.
      this.typedOver = without(this.typedOver, name);
    }
    this.choices = { ...this.choices, [name]: { side: "edited", text } };
  }

  choose(name: string, choice: Choice): void {
    this.found(name);
    this.step();
    this.choices = { ...this.choices, [name]: choice };
  }

  chooseAll(names: string[], choice: Choice): void {
    this.lost = [];
    this.step();
    this.choices = Object.fromEntries(names.map((name) => [name, choice]));
  }

  /** Is held no more, and as it was before; a text that was typed while it was held stays. */
  release(): void {
    const typed = this.typedIn(this.choices).map((name) => [name, this.choices[name]] as const);
    this.choices = { ...this.heldOver, ...Object.fromEntries(typed) };
    this.heldOver = null;
  }

  /** The last step brought Airflow's changes into a typed result: undoing it takes no letter that was typed since. */
  get canUndoCarry(): boolean {
    return this.before.at(-1)?.by === "carry";
  }

  /** The last step took newer sides up. */
  get canUndoShow(): boolean {
    return this.before.at(-1)?.by === "show";
  }

  /** Takes the last step back; where a text that was typed was replaced, all that were made since. */
  undo(): void {
    const last = this.before.at(-1);
    if (last?.by === "show") return this.undoShow(last);
    const gone = this.before.findLastIndex(({ choices }) => this.isGone(choices));
    const to = gone < 0 ? this.before.length - 1 : gone;
    this.takeStep(this.before[to]);
    this.before = this.before.slice(0, Math.max(0, to));
  }

  /** Shows the older sides again, with what was chosen of them; what was typed stays as it is by now. */
  private undoShow(last: Step): void {
    const typed = this.typedIn(this.choices).map((name) => [name, this.choices[name]] as const);
    this.takeStep({ ...last, choices: { ...last.choices, ...Object.fromEntries(typed) } });
    this.before = this.before.slice(0, -1);
  }

  private takeStep(step: Step | undefined): void {
    if (!step) return;
    const { choices, typedOver, carried, conflict, shownAt, earlierThere } = step;
    Object.assign(this, { choices, typedOver, carried, conflict, shownAt, earlierThere });
  }

  /** Something is in the place of what was lost. */
  private found(name: string): void {
    this.lost = this.lost.filter((one) => one !== name);
  }

  private step(by: Step["by"] = "choice"): void {
    const { choices, typedOver, carried, conflict, shownAt, earlierThere } = this;
    this.before = [...this.before, { choices, typedOver, carried, conflict, shownAt, earlierThere, by }];
  }

  private isGone(before: Choices): boolean {
    const now = this.typedIn(this.choices);
    return this.typedIn(before).some((name) => !now.includes(name));
  }

  private typedIn(choices: Choices): string[] {
    return Object.keys(choices).filter((name) => {
      const choice = choices[name];
      if (choice?.side !== "edited") return false;
      const field = this.conflict.fields.find((one) => one.name === name);
      const sides = [field?.mine, field?.airflow, field?.suggestion].filter((side) => side !== undefined);
      return !sides.some((side) => (typeof side === "object" ? side : textOf(side)) === choice.text);
    });
  }

  /** Whether the conflict is another one now than the one that is shown. */
  movedTo(now: Conflict): boolean {
    return sides(now) !== sides(this.conflict);
  }

  /** What the typed result of a field puts back of what Airflow changed, since it was typed or since both began. */
  putsBack(name: string): PathChange[] {
    const [now, text] = [textThere(this.conflict, name), this.texts[name]];
    if (now === undefined || text === undefined) return [];
    const found = this.oversOf(name).flatMap((over) => putsBack(over, text, now));
    return found.filter(({ path }, at) => found.findIndex((one) => one.path === path) === at);
  }

  /** What Airflow held of a field before, as far as it is known; the newest last. */
  oldThere(name: string): readonly unknown[] {
    const base = this.conflict.fields.find((field) => field.name === name)?.base;
    // Two that were made anew began with nothing: it is no value that was there.
    const began = this.conflict.kind === "create_create" ? [] : [base];
    return [...began, ...(this.earlierThere[name] ?? [])];
  }

  /** Brings what Airflow changed into the result that was typed for a field, where that is JSON. */
  carryOver(name: string): void {
    const [now, text, [over]] = [textThere(this.conflict, name), this.texts[name], this.oversOf(name)];
    if (now === undefined || text === undefined || over === undefined) return;
    const next = carriedOver(over, text, now);
    if (next === undefined || next === text) return;
    this.step("carry");
    this.choices = { ...this.choices, [name]: { side: "edited", text: next } };
    this.typedOver = without(this.typedOver, name);
    this.carried = { ...this.carried, [name]: placesChanged(text, next) };
  }

  /** What Airflow held as a result was typed, and as both began. */
  private oversOf(name: string): string[] {
    const base = asText(this.conflict.fields.find((field) => field.name === name)?.base);
    return [this.typedOver[name], base].filter((one) => one !== undefined);
  }

  /**
   * Takes the newer sides up, until that is undone. What was typed stays as it was typed; a side that was chosen is open
   * again where it is another one now.
   */
  show(now: Conflict): void {
    this.step("show");
    const before = this.conflict;
    const seen = Object.fromEntries(Object.keys(this.texts).map((name) => [name, textThere(before, name)]));
    this.typedOver = { ...textsIn(seen), ...this.typedOver };
    this.earlierThere = withEarlier(this.earlierThere, before, now);
    this.conflict = now;
    this.shownAt = timeNow();
    this.carried = {};
    const stands = ([name, choice]: [string, Choice | undefined]) =>
      choice !== undefined &&
      (choice.side === "edited"
        ? !isOldProposal(before, now, name, choice.text)
        : sideOf(before, name, choice.side) === sideOf(now, name, choice.side));
    this.choices = Object.fromEntries(Object.entries(this.choices).filter(stands));
  }
}

/** With what Airflow held until now, where it holds something else. */
function withEarlier(
  earlier: Record<string, readonly unknown[]>,
  before: Conflict,
  now: Conflict,
): Record<string, readonly unknown[]> {
  const moved = newsOf(before, now).map(
    ({ name, before: old }) => [name, [...(earlier[name] ?? []), old]] as const,
  );
  return { ...earlier, ...Object.fromEntries(moved) };
}

/** The other side of a field, as a text. */
function textThere({ fields }: Conflict, name: string): string | undefined {
  const there = fields.find((field) => field.name === name)?.airflow;
  return asText(there);
}

/** What can be merged as text: a text, or the JSON of a typed collection's field. */
function asText(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "object" ? textOf(value) : undefined;
}

function textsIn(values: Record<string, unknown>): Record<string, string> {
  const texts = Object.entries(values).flatMap(([name, value]) => {
    const text = asText(value);
    return text === undefined ? [] : [[name, text] as const];
  });
  return Object.fromEntries(texts);
}

function withoutSecrets(key: string, { texts, reason }: Earlier): Earlier {
  const secrets = secretsIn(key, texts);
  const plain = Object.entries(texts).filter(([name]) => !secrets.includes(name));
  return { texts: Object.fromEntries(plain), reason };
}

/** The fields whose text holds a secret. */
function secretsIn(key: string, texts: Record<string, string>): string[] {
  return Object.keys(texts).filter((name) => isSecret(key, name, texts[name] ?? ""));
}

/** Whether the text of a field holds a secret. A Variable's key says so of its value. */
function isSecret(key: string, name: string, text: string): boolean {
  return sensitivePaths(name === "value" ? key : "", text).length > 0;
}

/** The fields whose result was typed and holds a secret. */
function secretResults(key: string, choices: Choices): string[] {
  const typed = Object.entries(choices).filter(
    ([name, choice]) => choice?.side === "edited" && isSecret(key, name, choice.text),
  );
  return typed.map(([name]) => name);
}

function withoutResults(choices: Choices, names: readonly string[]): Choices {
  return Object.fromEntries(Object.entries(choices).filter(([name]) => !names.includes(name)));
}

function without<T>(record: Record<string, T>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([one]) => one !== name));
}

function sides({ kind, fields, mine_deleted, airflow_deleted }: Conflict): string {
  return JSON.stringify([kind, fields, mine_deleted, airflow_deleted]);
}

/** Whether a text is what the engine proposed, and proposes no more. */
function isOldProposal(before: Conflict, now: Conflict, name: string, text: string): boolean {
  const [old, next] = [before, now].map(({ fields }) => fields.find((one) => one.name === name)?.suggestion);
  return old === text && next !== text;
}

function sideOf(conflict: Conflict, name: string, side: "mine" | "airflow"): string {
  const gone = side === "mine" ? conflict.mine_deleted : conflict.airflow_deleted;
  const field = conflict.fields.find((one) => one.name === name);
  return JSON.stringify([gone, field?.[side]]);
}
