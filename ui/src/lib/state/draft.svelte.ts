// A variable being edited. It begins from what was shown then, and keeps that, whatever a sync brings meanwhile:
// the change that is saved says from what it was made.
import type { Change, Problem, RecordView } from "$lib/bindings";
import { type Gate, gate } from "$lib/json/gate";
import { sensitivePaths } from "$lib/sensitive";
import { keyProblem } from "$lib/variables/key";
import { brokenJson, sensitiveProblem } from "$lib/variables/refusals";

/** What was shown: undefined where there was nothing. */
export interface Shown {
  value: string | undefined;
  description: string | null | undefined;
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
export class Draft {
  key = $state("");
  value = $state("");
  description = $state("");
  reason = $state("");
  keepAsText = $state(false);
  isNew = $state(true);
  sealed = $state(false);
  shown: Shown = $state.raw({ value: undefined, description: undefined });

  constructor(record?: RecordView) {
    if (record) this.begin(record.key, record.sealed.includes("value"), shownOf(record));
  }

  private begin(key: string, sealed: boolean, shown: Shown): void {
    this.isNew = false;
    this.key = key;
    this.sealed = sealed;
    this.shown = shown;
    this.value = shown.value ?? "";
    this.description = shown.description ?? "";
  }

  /** The draft that goes on from what was just kept. */
  static after(draft: Draft): Draft {
    const next = new Draft();
    next.begin(draft.key, draft.sealed, {
      value: draft.sealed ? undefined : draft.value,
      description: draft.descriptionToSave,
    });
    return next;
  }

  /** Emptying a description takes it away; an empty one that was there stays as it was. */
  get descriptionToSave(): string | null {
    if (this.description !== "") return this.description;
    return this.shown.description === "" ? "" : null;
  }

  get valueChanged(): boolean {
    return !this.sealed && (this.isNew || this.value !== (this.shown.value ?? ""));
  }

  get descriptionChanged(): boolean {
    return this.isNew || this.descriptionToSave !== (this.shown.description ?? null);
  }

  get changed(): boolean {
    if (this.isNew) return this.key !== "" || this.value !== "" || this.description !== "";
    return this.valueChanged || this.descriptionChanged;
  }

  get gate(): Gate {
    return gate(this.shown.value, this.value, this.keepAsText);
  }

  /** Why this cannot be made pending; null when it can. */
  refusal(taken: (key: string) => boolean): Problem | null {
    if (this.isNew) {
      const problem = keyProblem(this.key, taken(this.key));
      if (problem) return problem;
    }
    if (!this.valueChanged) return null;
    const paths = sensitivePaths(this.key, this.value);
    if (paths.length > 0) return sensitiveProblem(this.key, paths);
    return this.gate.fault ? brokenJson(this.gate.fault, this.gate.mayKeepAsText) : null;
  }

  /** The fields that differ from what was shown, each with what it was changed from. */
  changes(): Record<string, Change> {
    const changes: Record<string, Change> = {};
    if (this.valueChanged) changes["value"] = change(this.shown.value, this.value);
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
