// A data model that is typed and not kept. It stays when the analyst looks at another screen, and over a restart, until it is kept
// or discarded.
import type { ModelDraft as Described, PlacedFault } from "$lib/bindings";
import type { UnsavedModel } from "$lib/db/unsaved";
import { describedIn, fileOf, formOf } from "$lib/model/file";
import { emptyForm, type ModelForm, originsOf, prefixOf } from "$lib/model/form";
import type { Place } from "$lib/model/places";
import { SvelteSet } from "svelte/reactivity";

/** What is typed as it is told to the engine, and what cannot be told. */
export interface Telling {
  draft: Described;
  faults: PlacedFault[];
}

export class ModelDraft {
  form: ModelForm = $state() as ModelForm;
  /** The text of its file as it is typed; null where the form is what counts. */
  json = $state<string | null>(null);
  /** Places that were left after something stood in them: what is wrong there is said. */
  readonly visited = new SvelteSet<Place>();
  /** Keeping was tried: all that is wrong is said. */
  attempted = $state(false);
  private readonly start: string;

  constructor(
    /** The file of the version that it began with; null of a new collection. */
    readonly from: string | null,
    typed?: Pick<UnsavedModel, "form" | "json">,
  ) {
    const form = from === null ? emptyForm() : formOf(from);
    this.start = JSON.stringify(form);
    this.form = typed?.form ?? form;
    this.json = typed?.json ?? null;
  }

  /** The draft of an earlier start of the app. */
  static broughtBack({ from, form, json }: UnsavedModel): ModelDraft {
    return new ModelDraft(from, { form, json });
  }

  /** Whether the form differs from what it began with. */
  get changed(): boolean {
    return JSON.stringify(this.form) !== this.start;
  }

  /** Whether there is something that could be lost. */
  get touched(): boolean {
    return this.changed || this.json !== null;
  }

  /** What is typed, as it is told to the engine. */
  get described(): Telling {
    const { file, faults } = fileOf(this.form);
    const draft = { from: this.from, prefix: prefixOf(this.form), file, origins: originsOf(this.form) };
    return { draft, faults };
  }

  /** Takes over a file that the engine has read: of a new collection, or of another version of this one. */
  takeOver(file: string): void {
    const { from } = this;
    const present = from === null ? null : { form: formOf(from), version: versionOf(from) };
    const { prefix } = this.form;
    this.form = { ...describedIn(file, present), prefix };
    this.json = null;
    this.attempted = true;
  }

  /** What a restart is to find of it; null where there is nothing. */
  get unsaved(): UnsavedModel | null {
    if (!this.touched) return null;
    return { from: this.from, form: $state.snapshot(this.form), json: this.json };
  }
}

/** The version that a file says it is. */
export function versionOf(file: string): number {
  const own = (JSON.parse(file) as { "x-leeward"?: { version?: number } })["x-leeward"];
  return own?.version ?? 0;
}
