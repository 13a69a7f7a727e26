// Several conflicts decided at once: which are selected, what rules chose for them, and what was kept. What was chosen is
// held as the draft of each conflict, so that it survives another screen and a restart, and each can be changed.
import { SvelteMap, SvelteSet } from "svelte/reactivity";
import type { RecordView } from "$lib/bindings";
import { chosenBy, type InConflict, outcomeOf, type Rule, whyByHand } from "$lib/conflicts/rule";
import type { Choices } from "$lib/conflicts/resolution";
import type { LastDecided, Undone } from "$lib/db/together";
import { ConflictDraft } from "./conflict-draft.svelte";
import type { Session } from "./session.svelte";

/** What one is found by, in the list and in what is selected. */
export const idOf = ({ collection, key }: Pick<RecordView, "collection" | "key">): string =>
  JSON.stringify([collection, key]);

const TYPED = "You typed a result of your own for it.";

/** A decision that is held, as it stands now. */
export interface Held extends InConflict {
  id: string;
  draft: ConflictDraft;
  /** Why it cannot be kept as it is; null where it can. */
  open: string | null;
}

/** A conflict that a rule left, and why. */
export interface Unsettled {
  id: string;
  record: RecordView;
  why: string;
}

/** What a rule chose for one, and what was there before. */
interface Step {
  draft: ConflictDraft;
  record: RecordView;
  chosen: Choices;
  before: Choices;
  heldOver: Choices | null;
}

export class Together {
  /** When the conflict that is selected was found, by the record's id: a later one of that record is another. */
  private readonly ticks = new SvelteMap<string, string>();
  /** Those that the last rule could not settle. */
  left = $state.raw<Unsettled[]>([]);
  reason = $state("");
  last = $state.raw<LastDecided | null>(null);
  /** What the last undo came to; null where none was made since. */
  undone = $state.raw<Undone | null>(null);
  /** What is ready is on its way to be kept, whichever screen is shown: nothing of it changes until it is, or is not. */
  isKeeping = $state(false);
  private steps = $state.raw<Step[][]>([]);

  constructor(private readonly session: Session) {}

  get conflicts(): InConflict[] {
    return this.session.conflicts.flatMap((record) =>
      record.conflict ? [{ record, conflict: record.conflict }] : [],
    );
  }

  /** Those that are selected and still there. */
  readonly chosen = $derived.by(() => this.conflicts.filter((one) => this.isTicked(one)));
  readonly selected: ReadonlySet<string> = $derived(
    new SvelteSet(this.chosen.map(({ record }) => idOf(record))),
  );

  readonly held: Held[] = $derived.by(() =>
    this.conflicts.flatMap(({ record, conflict }) => {
      const draft = this.draftOf(record);
      if (!draft || draft.heldOver === null) return [];
      return [{ id: idOf(record), record, conflict, draft, open: whyOpen({ record, conflict }, draft) }];
    }),
  );
  readonly ready = $derived(this.held.filter(({ open }) => open === null));
  readonly canUndoRule = $derived(this.steps.length > 0);

  /** Selects conflicts as they are found there now, or no more. */
  select(ids: readonly string[], isOn: boolean): void {
    const found = Object.fromEntries(
      this.conflicts.map(({ record, conflict }) => [idOf(record), conflict.found_at]),
    );
    for (const id of ids) {
      const at = found[id];
      if (isOn && at !== undefined) this.ticks.set(id, at);
      else this.ticks.delete(id);
    }
  }

  selectNone(): void {
    this.ticks.clear();
  }

  private isTicked({ record, conflict }: InConflict): boolean {
    return this.ticks.get(idOf(record)) === conflict.found_at;
  }

  /** Chooses by the rule for all that are selected, and holds it. What it cannot settle is left, and why is told. */
  choose(rule: Rule): void {
    const step: Step[] = [];
    const left: Unsettled[] = [];
    for (const one of this.chosen) {
      const id = idOf(one.record);
      const why = this.whyLeft(one) ?? this.hold(one, rule, step);
      if (why !== null) left.push({ id, record: one.record, why });
    }
    this.left = left;
    if (step.length > 0) this.steps = [...this.steps, step];
    this.undone = null;
  }

  /** Chooses for one that is held, which its own undo takes back; null: it is held no more, and as it was before. */
  chooseFor({ draft, conflict }: Held, side: Rule["side"] | null): void {
    const names = conflict.fields.map(({ name }) => name);
    if (side === null) draft.release();
    else draft.chooseAll(names, { side });
    this.steps = this.steps
      .map((step) => step.filter((one) => one.draft !== draft))
      .filter((step) => step.length > 0);
  }

  /** Takes the last rule back, but for those that were chosen or typed in since: that is not the rule's to undo. */
  undoRule(): void {
    const step = this.steps.at(-1) ?? [];
    this.steps = this.steps.slice(0, -1);
    for (const { draft, chosen, before, heldOver } of step)
      if (draft.choices === chosen) this.put(draft, before, heldOver);
    this.left = step
      .filter(({ draft }) => draft.isTyped)
      .map(({ record }) => ({ id: idOf(record), record, why: TYPED }));
  }

  /** Holds nothing any more: what was chosen before the rules stands again, and what was typed since. */
  drop(): void {
    for (const { draft } of this.held) draft.release();
    this.steps = [];
    this.left = [];
  }

  /** Settles all that is ready, as one step; rejects with a `Problem` and has kept nothing. Gives how many. */
  async keep(): Promise<number> {
    if (this.isKeeping) return 0;
    const { ready, reason } = this;
    const decisions = ready.flatMap((one) => {
      const outcome = outcomeOf(one, one.draft.choices, one.draft.reason || reason);
      return typeof outcome === "string" ? [] : [outcome];
    });
    this.settling(ready, true);
    try {
      await this.session.desk.decide(decisions);
      for (const { id, record, draft } of ready) {
        draft.isSettled = true;
        this.session.of(record.collection).conflictDrafts.delete(record.key);
        this.ticks.delete(id);
      }
    } finally {
      this.settling(ready, false);
    }
    Object.assign(this, { steps: [], left: [], undone: null, reason: "" });
    return decisions.length;
  }

  /** Makes conflicts again of what was kept last. */
  async undo(): Promise<void> {
    this.undone = await this.session.desk.undoDecided();
  }

  async forget(): Promise<void> {
    await this.session.desk.forgetDecided();
  }

  private settling(ready: readonly Held[], isNow: boolean): void {
    this.isKeeping = isNow;
    for (const { draft } of ready) draft.isSettling = isNow;
  }

  private whyLeft(one: InConflict): string | null {
    const draft = this.draftOf(one.record);
    if (draft?.isTyped) return TYPED;
    if (draft?.touched && draft.movedTo(one.conflict)) return "It changed once more since you chose.";
    return whyByHand(one);
  }

  /** Why it is not held; null where it is. */
  private hold({ record, conflict }: InConflict, rule: Rule, step: Step[]): string | null {
    const { conflictDrafts } = this.session.of(record.collection);
    const known = conflictDrafts.get(record.key);
    // One that was looked at and left alone shows what was there then.
    const draft = known?.touched ? known : new ConflictDraft(conflict);
    const choices = chosenBy(rule, conflict, draft.choices);
    if (choices === null) return "That field is not in conflict here.";
    const { choices: before, heldOver } = draft;
    step.push({ draft, record, chosen: choices, before, heldOver });
    this.put(draft, choices, heldOver ?? before);
    conflictDrafts.set(record.key, draft);
    return null;
  }

  private put(draft: ConflictDraft, choices: Choices, heldOver: Choices | null): void {
    Object.assign(draft, { choices, heldOver });
  }

  private draftOf({ collection, key }: RecordView): ConflictDraft | undefined {
    return this.session.of(collection).conflictDrafts.get(key);
  }
}

function whyOpen(one: InConflict, draft: ConflictDraft): string | null {
  if (draft.movedTo(one.conflict)) return "It changed once more since: look at it by itself.";
  const outcome = outcomeOf(one, draft.choices, "");
  return typeof outcome === "string" ? outcome : null;
}
