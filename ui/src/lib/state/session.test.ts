import { expect, it, vi } from "vitest";
import type { ActionView, EnvironmentView, RecordView } from "$lib/bindings";
import type { Desk, Live } from "$lib/db/desk";
import { emptyWorld, memoryPlatform } from "$lib/platform/memory";
import { Session } from "./session.svelte";

const constant = <T>(value: T): Live<T> => ({
  subscribe(run) {
    run(value);
    return () => undefined;
  },
});

const record = (key: string, state: RecordView["state"]) =>
  ({ key, state, conflict: state === "conflict" ? {} : null }) as unknown as RecordView;
const action = (state: ActionView["state"]) => ({ state }) as unknown as ActionView;
const environment = (name: string) => ({ id: "01", name, colour: "#0f766e" }) as unknown as EnvironmentView;

function session(records: RecordView[], actions: ActionView[], platform = memoryPlatform(emptyWorld())) {
  const desk = {
    ...{ env: "One", records: () => constant(records), actions: () => constant(actions) },
    ...{ trouble: () => constant(null), close: () => undefined },
  } as unknown as Desk;
  return new Session(platform, desk, environment("One"));
}

it("counts as pending what has not reached Airflow, conflicts and refusals included", () => {
  const records = [record("a", "clean"), record("b", "pending"), record("c", "conflict")];
  const one = session(
    [...records, record("d", "rejected")],
    [action("waiting"), action("done"), action("cancelled"), action("held")],
  );
  expect(one.pending.map(({ key }) => key)).toEqual(["b", "c", "d"]);
  expect(one.conflicts.map(({ key }) => key)).toEqual(["c"]);
  expect(one.pendingCount).toBe(5);
});

it("follows its own environment's status and no other's", async () => {
  const platform = memoryPlatform(emptyWorld());
  const one = session([], [], platform);
  await one.start();
  await platform.syncNow("Two");
  expect(one.status?.environment).toBe("One");
  await one.syncNow();
  expect(one.status?.environment).toBe("One");
  expect(one.sync.problem).toBeNull();
});

it("keeps what it knew when an answer fails", async () => {
  const world = emptyWorld();
  const run = { dag_id: "a", run_id: "r" } as unknown as (typeof world.runs)[number];
  const platform = memoryPlatform({ ...world, runs: [run] });
  const one = session([], [], platform);
  await one.readAgain();
  platform.runs = () => Promise.reject(new Error("locked"));
  await one.readAgain();
  expect(one.runs).toEqual([run]);
});

it("asks once more, and not once a call, for events that come while it reads", async () => {
  const platform = memoryPlatform(emptyWorld());
  const one = session([], [], platform);
  const asked: (() => void)[] = [];
  platform.runs = () => new Promise((answer) => asked.push(() => answer([])));
  const all = [one.readAgain(), one.readAgain(), one.readAgain()];
  await Promise.resolve();
  expect(asked).toHaveLength(1);
  asked[0]?.();
  await Promise.all(all.slice(1));
  await vi.waitUntil(() => asked.length === 2);
  asked[1]?.();
  await all[0];
  expect(asked).toHaveLength(2);
});

it("says what went wrong with a sync", async () => {
  const platform = memoryPlatform(emptyWorld());
  platform.syncNow = () => Promise.reject(new Error("away"));
  const one = session([], [], platform);
  await one.syncNow();
  expect(one.sync.problem?.what).toContain("away");
  expect(one.sync.running).toBe(false);
});

it("sends what was looked at only once the mirror has it", async () => {
  const platform = memoryPlatform(emptyWorld());
  const one = session([], [], platform);
  const steps: string[] = [];
  one.desk.flush = () => Promise.resolve(void steps.push("flush"));
  const sent = platform.syncSend.bind(platform);
  platform.syncSend = (id) => (steps.push(`send ${id}`), sent(id));
  await one.send();
  expect(steps).toEqual(["flush", "send 01"]);
});
