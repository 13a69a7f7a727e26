// The screen of one data model: what is typed, what the engine says of it while one types, and keeping it.
import { untrack } from "svelte";
import type { CollectionView, ModelLook, PlacedFault } from "$lib/bindings";
import { fileOf, formOf } from "$lib/model/file";
import { type Place, placeOf } from "$lib/model/places";
import { ModelDraft } from "./model-draft.svelte";
import type { Session } from "./session.svelte";
import { Task } from "./task.svelte";

/** So long after the last key the engine is asked. */
const PAUSE_MS = 150;

interface Placed {
  place: Place;
  fault: PlacedFault;
}

export class ModelEditor {
  draft: ModelDraft = $state.raw() as ModelDraft;
  /** What the engine said last; null until it was asked. */
  look = $state.raw<ModelLook | null>(null);
  /** What is on the screen was not looked at yet. */
  isStale = $state(false);
  /** The version that was kept from here; null where something was typed since. */
  kept = $state<number | null>(null);
  readonly save = new Task();

  /** All that is wrong, in the order of the file. */
  readonly placed: Placed[] = $derived.by(() => {
    const local = this.draft.described.faults;
    const all = [...local, ...(this.look?.faults ?? [])];
    return all.map((fault) => ({ place: placeOf(this.draft.form, fault), fault }));
  });

  constructor(
    readonly session: Session,
    /** Undefined for a new collection. */
    private readonly view: () => CollectionView | undefined,
  ) {
    this.draft = untrack(() => this.begin());
    $effect.pre(() => this.goAlong());
    $effect(() => this.remember());
    $effect(() => this.ask());
  }

  private get slot(): string {
    return this.view()?.name ?? "";
  }

  /** Goes on with what was typed before, unless that was kept meanwhile. */
  private begin(): ModelDraft {
    const { modelDrafts } = this.session;
    const file = this.view()?.model ?? null;
    const before = modelDrafts.get(this.slot);
    if (before && !this.isKept(before)) return before;
    modelDrafts.delete(this.slot);
    return new ModelDraft(file);
  }

  /** The app was killed after it was kept and before that was noted. */
  private isKept({ form, json }: ModelDraft): boolean {
    const there = this.view() ?? (this.session.typed ?? []).find(({ name }) => name === form.name);
    if (!there || json !== null) return false;
    return fileOf(formOf(there.model)).file === fileOf(form).file;
  }

  /** Where nothing is typed, the version that a sync brings stands there. */
  private goAlong(): void {
    const file = this.view()?.model ?? null;
    if (!this.draft.touched && this.draft.from !== file) this.draft = new ModelDraft(file);
  }

  private remember(): void {
    const { modelDrafts } = this.session;
    if (this.draft.touched) modelDrafts.set(this.slot, this.draft);
    else if (untrack(() => modelDrafts.get(this.slot)) === this.draft) modelDrafts.delete(this.slot);
  }

  /** Asks the engine once nothing was typed for a moment, and again when the collections changed. */
  private ask(): (() => void) | undefined {
    const { described, touched } = this.draft;
    void this.session.typed;
    this.isStale = touched;
    if (!touched) {
      this.look = null;
      return undefined;
    }
    let isOver = false;
    const timer = setTimeout(() => {
      void this.lookAt(described.draft).then((look) => {
        if (isOver || !look) return;
        this.look = look;
        this.isStale = false;
      });
    }, PAUSE_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }

  /** What was edited a moment ago counts, too. */
  private async lookAt(draft: ModelDraft["described"]["draft"]): Promise<ModelLook | null> {
    const { desk, platform, id } = this.session;
    await desk.flush().catch(() => undefined);
    return platform.modelLook(id, draft).catch(() => null);
  }

  /** The faults that are told on the screen: where something was left, or where keeping was tried. */
  get told(): Placed[] {
    const { attempted, visited } = this.draft;
    return this.placed.filter(({ place }) => attempted || visited.has(place) || place === "from");
  }

  /** What is wrong at a place, as one sentence or two; null where nothing is, or nobody has been there. */
  faultAt(place: Place): string | null {
    const found = this.told.find((one) => one.place === place);
    return found ? sentence(found.fault) : null;
  }

  /** Whether anything that is told is wrong about the field of that id. */
  hasFault(id: string): boolean {
    return this.told.some(({ place }) => place.startsWith(`${id}.`));
  }

  leave(place: Place): void {
    this.draft.visited.add(place);
  }

  /** Something is typed. */
  typed(): void {
    this.kept = null;
  }

  /** Keeps it: the collection's name; null where something is wrong, which is told then. */
  async keep(): Promise<string | null> {
    const { draft, session } = this;
    // A text of the file that is not used yet may say something else than the form.
    if (!draft.changed || draft.json !== null) return null;
    draft.attempted = true;
    const { draft: described, faults } = draft.described;
    let name: string | null = null;
    let version = 1;
    const isDone = await this.save.run(async () => {
      await session.desk.flush();
      const look = await session.platform.modelLook(session.id, described);
      this.look = look;
      if (faults.length > 0 || look.faults.length > 0) return;
      name = await session.platform.modelKeep(session.id, described);
      version = look.effect?.version ?? version;
      await session.readCollections();
    });
    if (!isDone || name === null) return null;
    // What was typed meanwhile stays.
    if (JSON.stringify(draft.described.draft) === JSON.stringify(described)) this.startAgain();
    this.kept = version;
    return name;
  }

  /** Deletes the data model. */
  async remove(): Promise<boolean> {
    const { session } = this;
    const name = this.slot;
    return this.save.run(async () => {
      await session.desk.flush();
      await session.platform.modelRemove(session.id, name);
      session.modelDrafts.delete(name);
      await session.readCollections();
    });
  }

  /** Discards what is typed: the version that there is stands there again. */
  startAgain(): void {
    this.session.modelDrafts.delete(this.slot);
    this.look = null;
    this.draft = new ModelDraft(this.view()?.model ?? null);
  }

  /** Takes up what was discarded a moment ago. */
  bringBack(draft: ModelDraft): void {
    this.draft = draft;
  }
}

/** A fault as sentences. */
function sentence({ what, instead }: PlacedFault): string {
  return `It ${what}. ${instead}`;
}
