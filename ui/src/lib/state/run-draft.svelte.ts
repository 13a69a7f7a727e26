// A run that is typed and not queued. It stays when the analyst looks at another DAG or screen, until the run is queued
// or what was typed is discarded.
import type { ActionView } from "$lib/bindings";
import type { UnsavedRun } from "$lib/db/unsaved";
import { confFromParams } from "$lib/json/conf";
import { sensitivePaths } from "$lib/sensitive";
import { ulid } from "ulid";
import type { TypedHere } from "./collection.svelte";

/** What the form of a run holds. */
export interface RunForm {
  conf: string;
  note: string;
  afterEdits: boolean;
}

/** What the form starts from: the DAG's own params, or a run that was refused and is corrected. */
export function runStart(params: Record<string, unknown> | null, again: ActionView | undefined): RunForm {
  if (!again) return { conf: confFromParams(params), note: "", afterEdits: true };
  const { what, after_edits } = again.action;
  return { conf: JSON.stringify(what.conf, null, 2), note: what.note ?? "", afterEdits: after_edits };
}

/** The place of a draft among those of its session: a DAG has one for a new run, and one for each that is corrected. */
export function runSlot(dagId: string, again: string | null): string {
  // No DAG's id has a space in it.
  return again === null ? dagId : `${dagId} ${again}`;
}

export class RunDraft {
  conf = $state("");
  note = $state("");
  afterEdits = $state(true);
  /** What the form started from; of a draft that was brought back it is not known until a form shows it. */
  private start = $state.raw<RunForm>();
  /** The conf held a secret, which a restart forgot: it starts anew. */
  private isConfForgotten = false;
  /** That conf was typed. */
  private isConfLost = $state(false);
  private isBroughtBack = false;

  constructor(
    readonly dagId: string,
    /** The id of the refused run whose place it takes. */
    readonly again: string | null,
    /** The id that the run has once it is queued: it is queued once, whatever happens in between. */
    readonly id = ulid(),
  ) {}

  /** The draft of an earlier start of the app. */
  static broughtBack({ id, dagId, again, conf, note, afterEdits, isConfLeftOut }: UnsavedRun): RunDraft {
    const draft = new RunDraft(dagId, again, id);
    draft.isBroughtBack = true;
    draft.isConfForgotten = conf === null;
    draft.isConfLost = isConfLeftOut ?? false;
    return Object.assign(draft, { conf: conf ?? "", note, afterEdits });
  }

  /** A run that waited to go out and was taken back, to be queued again; null where nothing was typed for it. */
  static takenBack({ action: { what, after_edits } }: ActionView): RunDraft | null {
    const conf = JSON.stringify(what.conf, null, 2);
    if (conf === "{}" && !what.note) return null;
    const typed = { conf, note: what.note ?? "", afterEdits: after_edits };
    return RunDraft.broughtBack({ id: ulid(), dagId: what.dag_id, again: null, ...typed });
  }

  /** A form shows it. What was typed stays, whatever the form would start from now. */
  shownFrom(start: RunForm): this {
    if (this.start) return this;
    this.start = start;
    if (!this.isBroughtBack) return Object.assign(this, start);
    if (this.isConfForgotten) this.conf = start.conf;
    return this;
  }

  get slot(): string {
    return runSlot(this.dagId, this.again);
  }

  private get confTyped(): boolean {
    return this.start ? this.conf !== this.start.conf : this.isBroughtBack;
  }

  private get restTyped(): boolean {
    if (!this.start) return this.isBroughtBack;
    return this.note !== this.start.note || this.afterEdits !== this.start.afterEdits;
  }

  /** Whether there is something that could be lost, or that has to be said. */
  get touched(): boolean {
    return this.confTyped || this.restTyped || this.lacksConf;
  }

  /** Where the conf holds a secret: JSON Pointers, `""` for all of it. */
  get secretPaths(): string[] {
    return sensitivePaths("", this.conf);
  }

  /** Whether the conf that was typed holds a secret. */
  get holdsSecret(): boolean {
    return this.start !== undefined && this.confTyped && this.secretPaths.length > 0;
  }

  /** Whether a conf that was typed was lost, as it held a secret, and none is typed in its place. */
  get lacksConf(): boolean {
    return this.isConfLost && (!this.start || !this.confTyped);
  }

  /** What is typed and not queued; null where there is nothing. */
  get typedHere(): TypedHere | null {
    if (!this.touched) return null;
    if (this.lacksConf) return "lost";
    if (!this.holdsSecret) return "kept";
    return this.restTyped ? "both" : "secret";
  }

  /** What a restart is to find of it; null where there is nothing. A conf that holds a secret is not in it. */
  get unsaved(): UnsavedRun | null {
    const { id, dagId, again, note, afterEdits } = this;
    const isForgotten = this.lacksConf || (!this.start && this.isConfForgotten);
    const isKept = !isForgotten && this.secretPaths.length === 0;
    const isConfLeftOut = this.lacksConf || this.holdsSecret;
    if (!(isKept ? this.touched : this.restTyped || isConfLeftOut)) return null;
    return { id, dagId, again, conf: isKept ? this.conf : null, note, afterEdits, isConfLeftOut };
  }

  get noteToSend(): string | null {
    return this.note.trim() || null;
  }
}
