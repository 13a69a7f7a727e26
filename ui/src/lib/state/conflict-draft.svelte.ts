// A conflict being settled: what was chosen and typed for it, and the conflict as it was shown then. It stays when the
// analyst looks at another conflict or screen, until the conflict is settled.
import type { Conflict } from "$lib/bindings";
import { timeNow } from "$lib/conflicts/standing";
import type { UnsavedConflict } from "$lib/db/unsaved";
import { sensitivePaths } from "$lib/sensitive";
import { type Choice, type Choices, choicesBefore } from "$lib/conflicts/resolution";

export class ConflictDraft {
  /** A decision is made against what is on the screen, so this changes only when the analyst asks for it. */
  conflict: Conflict = $state.raw() as Conflict;
  choices = $state.raw<Choices>({});
  reason = $state("");
  /** The choices before each choice, for undoing. */
  private before: Choices[] = [];
  /** When the conflict was shown as it is here (RFC 3339). */
  shownAt = $state("");

  constructor(conflict: Conflict) {
    this.conflict = conflict;
    this.shownAt = timeNow();
    this.choices = choicesBefore(conflict);
  }

  /** What was chosen and typed in an earlier start of the app. */
  static broughtBack({ conflict, choices, reason, shownAt }: UnsavedConflict): ConflictDraft {
    return Object.assign(new ConflictDraft(conflict), { choices, reason, shownAt });
  }

  /** What a restart is to find of it; null where there is nothing, or a secret in it. */
  unsaved(key: string): UnsavedConflict | null {
    const { conflict, choices, reason, shownAt } = this;
    const texts = Object.values(choices).map((choice) => (choice?.side === "edited" ? choice.text : ""));
    const isSecret = texts.some((text) => sensitivePaths(key, text).length > 0);
    return this.touched && !isSecret ? { conflict, choices, reason, shownAt } : null;
  }

  /** Whether there is something that could be lost. */
  get touched(): boolean {
    return this.reason !== "" || Object.values(this.choices).some(Boolean);
  }

  choose(name: string, choice: Choice): void {
    // What is typed letter by letter is one step.
    if (choice.side !== "edited" || this.choices[name]?.side !== "edited") this.before.push(this.choices);
    this.choices = { ...this.choices, [name]: choice };
  }

  chooseAll(names: string[], choice: Choice): void {
    this.before.push(this.choices);
    this.choices = Object.fromEntries(names.map((name) => [name, choice]));
  }

  /** Takes the last choice back. */
  undo(): void {
    this.choices = this.before.pop() ?? this.choices;
  }

  /** Whether the conflict is another one now than the one that is shown. */
  movedTo(now: Conflict): boolean {
    return sides(now) !== sides(this.conflict);
  }

  /** Takes the newer sides up. What was typed stays; a side that was chosen is open again where it is another one now. */
  show(now: Conflict): void {
    const before = this.conflict;
    this.conflict = now;
    this.shownAt = timeNow();
    // An older choice was made of older sides.
    this.before = [];
    const stands = ([name, choice]: [string, Choice | undefined]) =>
      choice !== undefined &&
      (choice.side === "edited" || sideOf(before, name, choice.side) === sideOf(now, name, choice.side));
    this.choices = Object.fromEntries(Object.entries(this.choices).filter(stands));
  }
}

function sides({ kind, fields, mine_deleted, airflow_deleted }: Conflict): string {
  return JSON.stringify([kind, fields, mine_deleted, airflow_deleted]);
}

function sideOf(conflict: Conflict, name: string, side: "mine" | "airflow"): string {
  const gone = side === "mine" ? conflict.mine_deleted : conflict.airflow_deleted;
  const field = conflict.fields.find((one) => one.name === name);
  return JSON.stringify([gone, field?.[side]]);
}
