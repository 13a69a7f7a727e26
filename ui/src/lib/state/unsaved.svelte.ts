// Keeps what is typed and not saved where a restart finds it: the forms, the conflicts, the runs and the data models of a
// session.
import { untrack } from "svelte";
import { recordOf, slotOf, type Unsaved, type UnsavedRow } from "$lib/db/unsaved";
import type { CollectionState } from "./collection.svelte";
import { ConflictDraft } from "./conflict-draft.svelte";
import type { LeftOut } from "./left-out";
import { ModelDraft } from "./model-draft.svelte";
import { RunDraft } from "./run-draft.svelte";
import type { Session } from "./session.svelte";

type Typed = Pick<Session, "all" | "runDrafts" | "modelDrafts">;

/** Brings back what was typed before, then follows what is typed; the answer stops that. */
export async function keepUnsaved(session: Typed, unsaved: Unsaved): Promise<() => void> {
  // Without it one can work all the same: what is saved goes another way.
  const rows = await unsaved.read().catch(() => []);
  const isKnown = (row: UnsavedRow) => bringBack(session, row);
  let waiting = rows.filter((row) => !isKnown(row));
  const writer = new Writer(unsaved);
  return $effect.root(() => {
    // A collection that is not known yet, or no more, has its rows once it is: until then they are kept as they are.
    $effect.pre(() => {
      void session.all;
      untrack(() => (waiting = waiting.filter((row) => !isKnown(row))));
    });
    $effect(() => writer.write([...rowsOf(session), ...waiting]));
  });
}

/** Brings a row's text back; false where its collection is not known. */
function bringBack({ all, runDrafts, modelDrafts }: Typed, row: UnsavedRow): boolean {
  const { key: slot, form, conflict, run, model, aside, leftOut } = row;
  if (model && !modelDrafts.has(slot)) modelDrafts.set(slot, ModelDraft.broughtBack(model));
  if (run && !runDrafts.has(slot)) runDrafts.set(slot, RunDraft.broughtBack(run));
  if (row.kind === "run" || row.kind === "model") return true;
  const { collection, key } = recordOf(slot);
  const found = all.find(({ name }) => name === collection);
  if (!found) return false;
  const { drafts, conflictDrafts, setAside, draftKind } = found;
  if (leftOut && found.leftOut.length === 0) found.leftOut = leftOut as readonly LeftOut[];
  if (aside && !setAside.has(key))
    setAside.set(key, { draft: draftKind.broughtBack(aside), secret: undefined });
  if (aside) void found.forgetUnreachable();
  if (form && !drafts.has(key)) drafts.set(key, draftKind.broughtBack(form));
  if (conflict && !conflictDrafts.has(key)) conflictDrafts.set(key, ConflictDraft.broughtBack(conflict));
  return true;
}

function rowsOf({ all, runDrafts, modelDrafts }: Typed): UnsavedRow[] {
  const runs = [...runDrafts].flatMap(([key, draft]): UnsavedRow[] => {
    const run = draft.unsaved;
    return run ? [{ kind: "run", key, run }] : [];
  });
  const models = [...modelDrafts].flatMap(([key, draft]): UnsavedRow[] => {
    const model = draft.unsaved;
    return model ? [{ kind: "model", key, model }] : [];
  });
  return [...all.flatMap(rowsOfCollection), ...runs, ...models];
}

function rowsOfCollection(collection: CollectionState): UnsavedRow[] {
  const { name, drafts, secrets, conflictDrafts, setAside } = collection;
  const keys = new Set([...drafts.keys(), ...secrets.keys()]);
  const forms = [...keys].flatMap((key): UnsavedRow[] => {
    const form = formOf(collection, key);
    return form ? [{ kind: "form", key: slotOf(name, key), form }] : [];
  });
  const conflicts = [...conflictDrafts].flatMap(([key, draft]): UnsavedRow[] => {
    const conflict = draft.unsaved(key);
    return conflict ? [{ kind: "conflict", key: slotOf(name, key), conflict }] : [];
  });
  const asides = [...setAside].flatMap(([key, { draft, secret }]): UnsavedRow[] => {
    const aside = secret && draft.touched ? draft.unsavedBesideSecret : draft.unsaved;
    return aside ? [{ kind: "aside", key: slotOf(name, key), aside }] : [];
  });
  const left = collection.leftOut.filter(({ isSecret }) => !isSecret);
  const lefts: UnsavedRow[] =
    left.length > 0 ? [{ kind: "left out", key: slotOf(name, ""), leftOut: left }] : [];
  return [...forms, ...conflicts, ...asides, ...lefts];
}

/** Of a secret that is half typed, that there was one: the analyst has to know that it was lost. */
function formOf(collection: CollectionState, key: string): object | null {
  const { drafts, secrets, draftKind } = collection;
  const draft = drafts.get(key);
  if (!secrets.has(key)) return draft?.unsaved ?? null;
  const record = collection.get(key);
  return (draft ?? (record && draftKind.begun(record)))?.unsavedBesideSecret ?? null;
}

/** One write at a time; what is typed while one runs is in the next. */
class Writer {
  private next: UnsavedRow[] | null = null;
  private running = false;

  constructor(private readonly unsaved: Unsaved) {}

  write(rows: UnsavedRow[]): void {
    this.next = rows;
    if (!this.running) void this.run();
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.next) {
      const rows = this.next;
      this.next = null;
      await this.unsaved.write(rows).catch(() => undefined);
    }
    this.running = false;
  }
}
