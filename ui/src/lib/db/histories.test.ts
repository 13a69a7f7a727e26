// Histories made of dice: edits, deletes, runs, cycles, other people's writes, kills, lost and restored stores, in any
// order. The check after each: what was kept arrived, once. A failure names its seed; SEED=n plays that one alone.
import { expect, test } from "vitest";
import { Analyst, expectAllArrived, expectAppliedOnce } from "./testing/analyst";
import { Computer, settle, type Profile } from "./testing/computer";
import { dice } from "./testing/dice";
import { PULL_LIMIT } from "./pull";
import type { WindowDesk } from "./window-desk";

const HISTORIES = 200;
const BATCH = 50;
const STEPS = 14;
const KEYS = ["a", "b", "c", "d"];

class History {
  readonly #computer = new Computer();
  readonly #analyst = new Analyst(this.#computer);
  readonly #roll: (sides: number) => number;
  #desk: WindowDesk | undefined;
  #profile: Profile | undefined;

  constructor(seed: number) {
    this.#roll = dice(seed);
    // Some take everything over in one pull, and some in many.
    this.#computer.pullLimit = [1, 2, 3, PULL_LIMIT][seed % 4] as number;
  }

  async play(): Promise<void> {
    for (const key of KEYS.slice(0, 2)) this.#computer.world.write("variables", key, { value: `${key}1` });
    this.#computer.mirror.cycle();
    for (let step = 0; step < STEPS; step++) await this.#step();
    await this.#restart(Infinity);
    await expectAllArrived(this.#computer, this.#analyst, this.#desk as WindowDesk);
    this.#desk?.close();
  }

  async #step(): Promise<void> {
    if (!this.#desk || this.#computer.fuse.blown) return this.#restart(this.#fuseLength());
    const moves = this.#moves();
    const move = moves[this.#roll(moves.length)] as (typeof moves)[number];
    await move(this.#desk);
    expectAppliedOnce(this.#computer);
  }

  #moves(): ((desk: WindowDesk) => Promise<unknown>)[] {
    const { world, mirror } = this.#computer;
    const editOf = (desk: WindowDesk, key: string) => this.#lives(this.#analyst.edit(desk, key));
    const edit = (desk: WindowDesk) => editOf(desk, this.#key());
    const flush = (desk: WindowDesk) => this.#lives(desk.flush());
    // Cycles are run while the window has taken everything over, or else a lost mirror would meet its own late echo.
    const cycle = async (desk: WindowDesk) => (await flush(desk)) && mirror.cycle();
    return [
      ...[edit, edit, edit, edit, flush, flush, cycle, cycle],
      (desk) => Promise.all([editOf(desk, "a"), editOf(desk, "c"), flush(desk)]),
      (desk) => this.#lives(this.#analyst.remove(desk, this.#key())),
      (desk) => this.#lives(this.#analyst.trigger(desk)),
      () =>
        Promise.resolve(world.write("variables", this.#key(), { description: `other-${this.#roll(1000)}` })),
      () => this.#restart(this.#fuseLength()),
      () => this.#loseMirror(),
      (desk) => this.#loseWindow(desk),
      (desk) => this.#backUp(desk),
      (desk) => this.#restore(desk),
    ];
  }

  /** Whether the work came through; false when the process died (or had died before). */
  #lives(work: Promise<unknown>): Promise<boolean> {
    const came = work.then(
      () => true,
      (error: unknown) => {
        if (!this.#computer.fuse.blown) throw error;
        return false;
      },
    );
    return Promise.race([came, this.#computer.fuse.dead.then(() => false)]);
  }

  #key(): string {
    return KEYS[this.#roll(KEYS.length)] as string;
  }

  /** One start in three dies somewhere within its first steps. */
  #fuseLength(): number {
    return this.#roll(3) === 0 ? 1 + this.#roll(60) : Infinity;
  }

  async #kill(): Promise<void> {
    this.#computer.kill(this.#desk);
    this.#desk = undefined;
    await settle();
  }

  async #restart(steps: number): Promise<void> {
    await this.#kill();
    this.#desk = await this.#computer.start(steps).catch(() => undefined);
  }

  /** At any moment: what the window holds is enough. */
  async #loseMirror(): Promise<void> {
    await this.#kill();
    this.#computer.wipeMirror();
    // A profile from before belongs to a mirror that is gone: two losses at once are more than is promised.
    this.#profile = undefined;
    // Until the window has given everything back, it is the only copy: no further loss before that.
    await this.#untilFlushed();
  }

  /** Once the mirror has everything (milliseconds after it was kept). */
  async #loseWindow(desk: WindowDesk): Promise<void> {
    if (!(await this.#lives(desk.flush()))) return;
    await this.#kill();
    this.#computer.wipeWindow();
    await this.#untilFlushed();
  }

  async #backUp(desk: WindowDesk): Promise<void> {
    if (!(await this.#lives(desk.flush()))) return;
    await this.#kill();
    this.#profile = await this.#computer.backup();
    await this.#restart(Infinity);
  }

  async #restore(desk: WindowDesk): Promise<void> {
    if (!this.#profile) return;
    if (!(await this.#lives(desk.flush()))) return;
    await this.#kill();
    await this.#computer.restore(this.#profile);
    await this.#untilFlushed();
  }

  /** Starts, perhaps more than once, until one start has come through. */
  async #untilFlushed(): Promise<void> {
    for (let start = 0; start < 20; start++) {
      await this.#restart(start < 3 ? this.#fuseLength() : Infinity);
      if (this.#desk && (await this.#lives(this.#desk.flush()))) return;
    }
    throw new Error("No start comes through.");
  }
}

async function play(seed: number): Promise<void> {
  try {
    await new History(seed).play();
  } catch (error) {
    throw new Error(`SEED=${seed}: ${(error as Error).message}`, { cause: error });
  }
}

const only = process.env["SEED"];
const batches = only
  ? [Number(only)]
  : Array.from({ length: HISTORIES / BATCH }, (_, batch) => batch * BATCH);

test.each(batches)("histories from seed %i", { timeout: 180_000 }, async (first) => {
  const seeds = only ? [first] : Array.from({ length: BATCH }, (_, index) => first + index);
  for (const seed of seeds) await play(seed);
  expect(seeds.length).toBeGreaterThan(0);
});
