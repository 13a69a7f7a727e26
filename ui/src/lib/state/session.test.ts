import { expect, it } from "vitest";
import type { ActionView, RecordView } from "$lib/bindings";
import { sessionOf } from "$lib/components/testing/session";
import { emptyWorld, memoryPlatform } from "$lib/platform/memory";

const record = (key: string, state: RecordView["state"]) =>
  ({
    collection: "variables",
    key,
    state,
    conflict: state === "conflict" ? {} : null,
  }) as unknown as RecordView;
const action = (state: ActionView["state"]) => ({ state }) as unknown as ActionView;
const session = (records: RecordView[], actions: ActionView[], platform = memoryPlatform(emptyWorld())) =>
  sessionOf({ records, actions }, {}, platform);

it("counts as pending what waits and can be sent, and nothing twice", () => {
  const records = [record("a", "clean"), record("b", "pending"), record("c", "conflict")];
  const one = session(
    [...records, record("d", "rejected")],
    [action("waiting"), action("done"), action("cancelled"), action("held")],
  );
  expect(one.pending.map(({ key }) => key)).toEqual(["b"]);
  expect(one.conflicts.map(({ key }) => key)).toEqual(["c"]);
  expect(one.refused.map(({ key }) => key)).toEqual(["d"]);
  expect(one.held).toHaveLength(1);
  expect(one.pendingCount).toBe(2);
  expect(one.unsentCount).toBe(5);
});

it("tells what has not been looked at: what came after the last send, and after the last count", async () => {
  const at = (key: string, state: RecordView["state"], changed_at: string) => ({
    ...record(key, state),
    changed_at,
  });
  const run = { ...action("queued"), queued_at: "2026-01-01T10:03:00Z" };
  const items = [
    at("sent", "pending", "2026-01-01T10:01:00Z"),
    at("first", "pending", "2026-01-01T10:02:00Z"),
    at("doubt", "in_doubt", "2026-01-01T10:05:00Z"),
    at("just now", "pending", "2999-01-01T00:00:00Z"),
  ];
  const world = emptyWorld();
  const one = session(items, [run], memoryPlatform(world));
  const told = async (to_review: number) => {
    world.status = { to_review };
    await one.start();
    return [...items, run].map((item) => one.isToReview(item));
  };
  expect(await told(2)).toEqual([false, false, false, false, false]);
  one.environment = { ...one.environment, review: true };
  expect(await told(2)).toEqual([false, true, false, true, true]);
  expect(await told(0)).toEqual([false, false, false, true, false]);
});

it("knows no count before the local store has been read", () => {
  const never = { subscribe: () => () => undefined };
  const unread = sessionOf({}, { records: () => never, actions: () => never });
  expect(unread.isCounted).toBe(false);
  expect(session([], []).isCounted).toBe(true);
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

it("forgets half-typed secrets when its environment is left", () => {
  const one = session([], []);
  one.of("variables").secrets.set("smtp_password", "hunter2");
  one.close();
  expect(one.of("variables").secrets.size).toBe(0);
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
  expect(steps.slice(0, 2)).toEqual(["flush", "send 01"]);
});
