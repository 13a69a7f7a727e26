// @vitest-environment happy-dom
// Plays of the screens made of dice. A failure names its seed; SEED=n plays that one alone.
import { SvelteMap } from "svelte/reactivity";
import { afterEach, expect, test, vi } from "vitest";
import { Draft } from "$lib/state/draft.svelte";
import { Session } from "$lib/state/session.svelte";
import { Play } from "./play";

vi.mock("$app/navigation", () => import("./router.svelte"));
vi.mock("$app/state", () => import("./router.svelte"));

const PLAYS = Number(process.env["PLAYS"] ?? 40);
const BATCH = 10;

async function play(seed: number): Promise<void> {
  try {
    await new Play(seed).run();
  } catch (error) {
    throw new Error(`SEED=${seed}: ${(error as Error).message}`, { cause: error });
  }
}

const only = process.env["SEED"];
const batches = only ? [Number(only)] : Array.from({ length: PLAYS / BATCH }, (_, batch) => batch * BATCH);

test.each(batches)("plays from seed %i", { timeout: 180_000 }, async (first) => {
  const seeds = only ? [first] : Array.from({ length: BATCH }, (_, index) => first + index);
  for (const seed of seeds) await play(seed);
  expect(seeds.length).toBeGreaterThan(0);
});

/** The first seed whose play fails. */
async function failure(): Promise<string> {
  for (let seed = 0; seed < 60; seed++) {
    const failed = await play(seed).then(
      () => null,
      (error: Error) => error.message,
    );
    if (failed !== null) return failed;
  }
  return "none";
}

afterEach(() => vi.restoreAllMocks());

test("the checks see a draft that is judged by an older text", { timeout: 180_000 }, async () => {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
  const real = Object.getOwnPropertyDescriptor(Draft.prototype, "gate")?.get as (
    this: Draft,
  ) => Draft["gate"];
  const first = new WeakMap<Draft, Draft["gate"]>();
  vi.spyOn(Draft.prototype, "gate", "get").mockImplementation(function (this: Draft) {
    const gate = first.get(this) ?? real.call(this);
    first.set(this, gate);
    return gate;
  });
  expect(await failure()).toMatch(/SEED=\d+: .*broken JSON was kept/);
});

test("the checks see what is typed and lost", { timeout: 180_000 }, async () => {
  vi.spyOn(SvelteMap.prototype, "get").mockReturnValue(undefined);
  expect(await failure()).toMatch(/SEED=\d+: .*expected '.*' to be '.*'/s);
});

test("the checks see what a kill takes along", { timeout: 180_000 }, async () => {
  vi.spyOn(Session.prototype, "bringBackTyped").mockResolvedValue();
  expect(await failure()).toMatch(/SEED=\d+: .*expected .* to (?:be|deeply equal) .*/s);
});

test("the checks see a run that is typed and lost", { timeout: 180_000 }, async () => {
  vi.spyOn(Session.prototype, "runDraft").mockReturnValue(undefined);
  expect(await failure()).toMatch(/SEED=\d+: the run of \w+: expected /);
});
