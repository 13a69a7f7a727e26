// Keeps what is typed and not saved where a restart finds it: the forms and the conflicts of a session.
import type { Unsaved, UnsavedRow } from "$lib/db/unsaved";
import { ConflictDraft } from "./conflict-draft.svelte";
import { Draft } from "./draft.svelte";
import type { Session } from "./session.svelte";

type Typed = Pick<Session, "drafts" | "conflictDrafts">;

/** Brings back what was typed before, then follows what is typed; the answer stops that. */
export async function keepUnsaved(session: Typed, unsaved: Unsaved): Promise<() => void> {
  // Without it one can work all the same: what is saved goes another way.
  const rows = await unsaved.read().catch(() => []);
  for (const row of rows) bringBack(session, row);
  const writer = new Writer(unsaved);
  return $effect.root(() => {
    $effect(() => writer.write(rowsOf(session)));
  });
}

function bringBack({ drafts, conflictDrafts }: Typed, { key, form, conflict }: UnsavedRow): void {
  if (form && !drafts.has(key)) drafts.set(key, Draft.broughtBack(form));
  if (conflict && !conflictDrafts.has(key)) conflictDrafts.set(key, ConflictDraft.broughtBack(conflict));
}

function rowsOf({ drafts, conflictDrafts }: Typed): UnsavedRow[] {
  const forms = [...drafts].flatMap(([key, draft]): UnsavedRow[] => {
    const form = draft.unsaved;
    return form ? [{ kind: "form", key, form }] : [];
  });
  const conflicts = [...conflictDrafts].flatMap(([key, draft]): UnsavedRow[] => {
    const conflict = draft.unsaved(key);
    return conflict ? [{ kind: "conflict", key, conflict }] : [];
  });
  return [...forms, ...conflicts];
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
