// @vitest-environment happy-dom
// Plays of the grid made of dice. A failure names its seed; SEED=n plays that one alone.
import { afterEach, expect, test, vi } from "vitest";
import * as steps from "$lib/db/steps";
import { FieldsDraft } from "$lib/state/fields-draft.svelte";
import { Session } from "$lib/state/session.svelte";
import { GridPlay } from "./grid-play";

vi.mock("$app/navigation", () => import("./router.svelte"));
vi.mock("$app/state", () => import("./router.svelte"));
vi.mock("$lib/db/steps", { spy: true });

const PLAYS = Number(process.env["PLAYS"] ?? 20);
const BATCH = 10;

async function play(seed: number): Promise<void> {
  try {
    await new GridPlay(seed).run();
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
  for (let seed = 0; seed < 30; seed++) {
    const failed = await play(seed).then(
      () => null,
      (error: Error) => error.message,
    );
    if (failed !== null) return failed;
  }
  return "none";
}

afterEach(() => vi.restoreAllMocks());

test("the checks see a text that is dropped on the way out", { timeout: 180_000 }, async () => {
  vi.spyOn(Session.prototype, "bringBackTyped").mockResolvedValue();
  expect(await failure()).toMatch(/SEED=\d+: typed in .*/);
});

test("the checks see a save that forgets what means nothing", { timeout: 180_000 }, async () => {
  vi.spyOn(FieldsDraft.prototype, "typed").mockReturnValue(undefined);
  expect(await failure()).toMatch(/SEED=\d+: /);
});

test("the checks see a step that undoes nothing", { timeout: 180_000 }, async () => {
  const { retraceStep } = await vi.importActual<typeof steps>("$lib/db/steps");
  vi.mocked(steps.retraceStep).mockImplementation(async (...step) => {
    const way = await retraceStep(...step);
    return way && { ...way, works: [] };
  });
  expect(await failure()).toMatch(/SEED=\d+: (undone|redone)/);
});
