// @vitest-environment happy-dom
// What the real screens read of the app's cache, and when.
import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { MirrorChanged, MirrorPart, RunView } from "$lib/bindings";
import Banners from "$lib/components/frame/Banners.svelte";
import { goto } from "$lib/components/testing/router.svelte";
import Screen from "$lib/components/testing/Screen.svelte";
import { sessionOf } from "$lib/components/testing/session";
import { emptyWorld, memoryPlatform, type World } from "$lib/platform/memory";
import type { App } from "./app.svelte";
import type { Session } from "./session.svelte";

vi.mock("$app/navigation", () => import("$lib/components/testing/router.svelte"));
vi.mock("$app/state", () => import("$lib/components/testing/router.svelte"));

const run = (run_id: string) =>
  ({ dag_id: "load", run_id, state: "success", mine: true }) as unknown as RunView;

const PARTS = ["dags", "runs", "brakes", "collections", "violations"] as const;
const byPart = (count: (part: MirrorPart) => number) =>
  Object.fromEntries(PARTS.map((part) => [part, count(part)])) as Record<MirrorPart, number>;
const NONE = byPart(() => 0);

let world: World;
let session: Session;
let window: Record<string, unknown>[];
let tell: (event: MirrorChanged) => void;
/** How often each was read. */
let count: () => Record<MirrorPart, number>;

beforeEach(async () => {
  world = { ...emptyWorld(), runs: [run("first")] };
  const platform = memoryPlatform(world);
  platform.onMirrorChanged = (listener) => {
    tell = listener;
    return Promise.resolve(() => undefined);
  };
  const spies = PARTS.map((part) => [part, vi.spyOn(platform, part)] as const);
  count = () => byPart((part) => spies.find(([name]) => name === part)?.[1].mock.calls.length ?? 0);
  session = sessionOf({}, {}, platform);
  const app = { session, vault: "keychain" } as unknown as App;
  await goto("/variables-of-nobody");
  const target = document.body;
  window = [mount(Banners, { target, props: { app, session } }), mount(Screen, { target, props: { app } })];
  flushSync();
  await session.start();
  await settled();
});
afterEach(() => Promise.all(window.map((part) => unmount(part))));

async function settled(): Promise<void> {
  await new Promise((done) => setTimeout(done));
  flushSync();
}

async function show(path: string): Promise<void> {
  await goto(path);
  flushSync();
  await settled();
}

/** How often each was read because of an event about these parts. */
async function readFor(...parts: MirrorPart[]): Promise<Record<MirrorPart, number>> {
  const before = count();
  tell({ env: "One", parts });
  await settled();
  const after = count();
  return byPart((part) => after[part] - before[part]);
}

const shownRuns = () =>
  [...document.querySelectorAll<HTMLElement>("[data-testid=run-row]")].map((row) => row.dataset["run"]);

it("reads what an event names and a screen shows, and nothing else", async () => {
  await show("/runs");
  world.runs = [run("second"), run("first")];
  expect(await readFor("runs")).toEqual({ ...NONE, runs: 1 });
  expect(shownRuns()).toEqual(["second", "first"]);
  expect(await readFor("dags")).toEqual(NONE);
  expect(await readFor()).toEqual(NONE);
});

it("reads nothing for a screen that is not open", async () => {
  expect(count()).toMatchObject({ dags: 0, runs: 0 });
  await show("/runs");
  await show("/dags");
  expect(await readFor("dags", "runs")).toEqual({ ...NONE, dags: 1 });
});

it("reads nothing when the status is told", async () => {
  await show("/runs");
  const before = count();
  await session.syncNow();
  await session.pause(true);
  await settled();
  expect(count()).toEqual(before);
});

it("is fresh on a screen that opens", async () => {
  await show("/runs");
  expect(shownRuns()).toEqual(["first"]);
  await show("/dags");
  world.runs = [run("second"), run("first")];
  await readFor("runs");
  await show("/runs");
  expect(shownRuns()).toEqual(["second", "first"]);
});

it("shows a brake on every screen, and takes it away when it is accepted", async () => {
  const brake = { collection: "variables", reason: "Why.", vanished: 2, known: 3, since: "" };
  world.brakes = [brake];
  await show("/dags");
  expect(await readFor("brakes")).toEqual({ ...NONE, brakes: 1 });
  const accept = document.querySelector<HTMLElement>("[data-testid=brake-accept]");
  accept?.click();
  await settled();
  expect(document.querySelector("[data-testid=brake-banner]")).toBeNull();
});
