// Somebody at work, who remembers what was shown as kept; and the check that all of it came through.
import { expect } from "vitest";
import type { WindowDesk } from "../window-desk";
import { type Computer, recordNow } from "./computer";

export class Analyst {
  /** The value last shown as kept, by key; undefined where the record was kept as deleted. */
  readonly kept = new Map<string, string | undefined>();
  /** Values that were typed, but never shown as kept: they may be there or not. */
  readonly unsure = new Map<string, (string | undefined)[]>();
  readonly actions = new Set<string>();
  #typed = 0;

  /** Opens the record, types something new, and saves. */
  async edit(desk: WindowDesk, key: string): Promise<void> {
    const shown = await recordNow(desk, key);
    const value = `typed-${(this.#typed += 1)}`;
    const before = shown && !shown.deleted && "value" in shown.fields ? { from: shown.fields["value"] } : {};
    await this.#keeping(key, value, desk.edit("variables", key, { value: { ...before, to: value } }));
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
  const left = await computer.peek(async (db) => [await db.log.toArray(), await db.overlay.toArray()]);
  expect(left).toEqual([[], []]);
}

async function expectAgreed(
  computer: Computer,
  analyst: Analyst,
  desk: WindowDesk,
  key: string,
): Promise<void> {
  const ledger = computer.mirror.ledger("variables", key);
  const shown = await recordNow(desk, key);
  expect(analyst.allowed(key), key).toContain(shown?.fields["value"]);
  expect(ledger?.conflict ?? null, key).toBeNull();
  expect(shown?.state ?? "clean", key).toBe("clean");
  expect(computer.world.read("variables", key)?.["value"], key).toBe(shown?.fields["value"]);
}

export function expectAppliedOnce(computer: Computer): void {
  const applied = computer.mirror.applications();
  expect(applied).toEqual([...new Set(applied)]);
}
