// What an analyst remembers of a play: what was typed and not yet kept. And the check of what was kept against it.
import { expect } from "vitest";
import type { Entry } from "$lib/bindings";
import type { Computer } from "$lib/db/testing/computer";
import { looksLikeJson, parsesAsContainer } from "$lib/json/gate";

/** What was typed into a variable's form; a field without is as it was shown. */
export interface Typed {
  value?: string;
  description?: string;
  /** The analyst said that the value is plain text, whatever it looks like. */
  asText?: boolean;
}

/** What was typed into the form of a run. */
export interface TypedRun {
  conf: string;
  note: string;
}

export class Memory {
  /** By key; what is here was neither kept nor discarded. A new variable's is under the empty key. */
  readonly forms = new Map<string, Typed>();
  /** Results typed for conflicts that are not settled. */
  readonly results = new Map<string, string>();
  /** By DAG; what is here was neither queued nor discarded. */
  readonly runs = new Map<string, TypedRun>();
  /** Every text that was ever typed. */
  readonly ever = new Set<unknown>([undefined, null, ""]);
  readonly #entries = new Map<string, Entry>();

  /** Listens to the log as it arrives at the mirror. */
  constructor({ mirror }: Computer) {
    const push = mirror.mirrorPush.bind(mirror);
    mirror.mirrorPush = (env, client, epoch, fromSeq, entries) => {
      for (const entry of structuredClone(entries)) this.#entries.set(entry.id, entry);
      return push(env, client, epoch, fromSeq, entries);
    };
  }

  type(key: string, typed: Typed): void {
    this.forms.set(key, { ...this.forms.get(key), ...typed });
    for (const text of Object.values(typed)) this.ever.add(text);
  }

  typeResult(key: string, text: string): void {
    this.results.set(key, text);
    this.ever.add(text);
  }

  /** What was kept since this was asked last. */
  kept(): Entry[] {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    return entries;
  }

  /** What was kept in the last moment before a kill was typed; what was not is still to be found in its form. */
  afterKill(keeping: string | null, queueing: string | null): void {
    const entries = this.kept();
    if (queueing !== null && entries.length > 0) this.runs.delete(queueing);
    if (keeping !== null && entries.length > 0) this.forms.delete(keeping);
    for (const { fields } of entries) {
      for (const { to } of Object.values(fields)) expect(this.ever).toContain(to);
    }
  }
}

/** An entry holds what was typed, exactly, and nothing else. */
export function expectTyped(entry: Entry | undefined, typed: Typed): void {
  for (const [name, { from, to }] of Object.entries(entry?.fields ?? {})) {
    const meant = name === "value" ? typed.value : typed.description;
    // A new variable has all fields, those too that were left empty.
    expect(to ?? "", name).toBe(meant ?? "");
    if (name === "value" && !typed.asText) expectWhole(from, to);
  }
}

/** A value that was JSON, or looks like it, is kept only as JSON. */
export function expectWhole(from: unknown, to: unknown): void {
  const wasJson = typeof from === "string" && parsesAsContainer(from);
  if (typeof to !== "string" || !(wasJson || looksLikeJson(to))) return;
  expect(() => JSON.parse(to) as unknown, `broken JSON was kept: ${to}`).not.toThrow();
}
