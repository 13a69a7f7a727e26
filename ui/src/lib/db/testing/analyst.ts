// Somebody at work, who remembers what was shown as kept; and the check that all of it came through.
import type { ConflictField } from "$lib/bindings";
import { expect } from "vitest";
import { readPlace, type Place } from "../place";
import type { WindowDesk } from "../window-desk";
import { type Computer, recordNow } from "./computer";

export class Analyst {
  /** The value last shown as kept, by key; undefined where the record was kept as deleted. */
  readonly kept = new Map<string, string | undefined>();
  /** Values that were typed, but never shown as kept: they may be there or not. */
  readonly unsure = new Map<string, (string | undefined)[]>();
  readonly actions = new Set<string>();
  /** Records typed over while the window did not show them yet: a conflict is right there, not a loss. */
  readonly blind = new Set<string>();
  readonly #computer: Computer;
  #typed = 0;

  constructor(computer: Computer) {
    this.#computer = computer;
  }

  /** Opens the record, types something new, and saves. */
  async edit(desk: WindowDesk, key: string): Promise<void> {
    const before = await this.#computer.peek(readPlace);
    const shown = await recordNow(desk, key);
    if (!shown) await this.#noteBlind(key, before);
    const value = `typed-${(this.#typed += 1)}`;
    const from = shown && !shown.deleted && "value" in shown.fields ? { from: shown.fields["value"] } : {};
    await this.#keeping(key, value, desk.edit("variables", key, { value: { ...from, to: value } }));
  }

  async remove(desk: WindowDesk, key: string): Promise<void> {
    const shown = await recordNow(desk, key);
    if (!shown || shown.deleted) return;
    await this.#keeping(key, undefined, desk.remove("variables", key, shown.fields));
  }

  async trigger(desk: WindowDesk): Promise<void> {
    const what = { kind: "trigger_run", dag_id: "rates", conf: {}, note: null } as const;
    this.actions.add(await desk.act({ what, after_edits: false }));
  }

  async #keeping(key: string, value: string | undefined, saving: Promise<void>): Promise<void> {
    this.unsure.set(key, [...(this.unsure.get(key) ?? []), value]);
    await saving;
    this.unsure.delete(key);
    this.kept.set(key, value);
  }

  async #noteBlind(key: string, before: Place): Promise<void> {
    if (this.kept.has(key)) {
      if (this.allowed(key).includes(undefined)) return;
      // Only a window that was emptied for rehydration, and has not pulled yet, may lack what was kept.
      const after = await this.#computer.peek(readPlace);
      expect(before.cursor === 0 || after.cursor === 0 || before.epoch !== after.epoch, key).toBe(true);
    }
    this.blind.add(key);
  }

  /** What a record may be in the end: what was kept last, or what was typed after it in a window that died. */
  allowed(key: string): (string | undefined)[] {
    return [...(this.kept.has(key) ? [this.kept.get(key)] : []), ...(this.unsure.get(key) ?? [])];
  }
}

/** Once quiet, the window, the mirror and Airflow agree on everything that was kept, and nothing happened twice. */
export async function expectAllArrived(
  computer: Computer,
  analyst: Analyst,
  desk: WindowDesk,
): Promise<void> {
  await desk.flush();
  expectAppliedOnce(computer);
  computer.mirror.cycle();
  await desk.flush();
  for (const key of analyst.kept.keys()) await expectAgreed(computer, analyst, desk, key);
  expect(new Set(computer.world.triggered).size).toBe(computer.world.triggered.length);
  expect(computer.world.triggered).toEqual(expect.arrayContaining([...analyst.actions]));
  const left = await computer.peek((db) => db.log.toArray());
  expect(left.filter(({ key }) => !isDisputed(computer, analyst, key))).toEqual([]);
  expect(await computer.peek((db) => db.overlay.toArray())).toEqual([]);
}

async function expectAgreed(
  computer: Computer,
  analyst: Analyst,
  desk: WindowDesk,
  key: string,
): Promise<void> {
  const ledger = computer.mirror.ledger("variables", key);
  const shown = await recordNow(desk, key);
  if (isUnseenInAirflow(computer, analyst, key)) return;
  expect(analyst.allowed(key), key).toContain(shown?.deleted ? undefined : shown?.fields["value"]);
  if (isDisputed(computer, analyst, key)) return;
  expect(ledger?.conflict ?? null, key).toBeNull();
  expect(shown?.state ?? "clean", key).toBe("clean");
  expect(computer.world.read("variables", key)?.["value"], key).toBe(shown?.fields["value"]);
}

/**
 * A record that was created and deleted here again leaves nothing to send. What Airflow has under its key, from before or
 * through a mirror that was lost before it could say so, was never shown: it stays, rather than be deleted unseen.
 */
function isUnseenInAirflow(computer: Computer, analyst: Analyst, key: string): boolean {
  const there = computer.world.read("variables", key)?.["value"];
  if (!analyst.allowed(key).includes(undefined) || there === undefined) return false;
  return analyst.blind.has(key) || (computer.mirrorsLost > 0 && isOurs(there));
}

/**
 * A conflict is a right end where others wrote too: `description` is theirs in these plays, and a delete clashes with any
 * of it. Nobody else writes `value`, so a clash there means that an edit was lost, doubled or out of order.
 */
function isDisputed(computer: Computer, analyst: Analyst, key: string): boolean {
  const conflict = computer.mirror.ledger("variables", key)?.conflict;
  if (!conflict) return false;
  return analyst.blind.has(key) || conflict.fields.every((field) => field.name !== "value" || isEcho(field));
}

/** A value of our own that Airflow got from a mirror that was lost before it could say so. */
function isEcho({ against, airflow }: ConflictField): boolean {
  return against === "airflow" && isOurs(airflow);
}

function isOurs(value: unknown): boolean {
  return typeof value === "string" && value.startsWith("typed-");
}

export function expectAppliedOnce(computer: Computer): void {
  const applied = computer.mirror.applications();
  expect(applied).toEqual([...new Set(applied)]);
}
