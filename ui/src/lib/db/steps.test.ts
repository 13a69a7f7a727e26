import { beforeEach, expect, test } from "vitest";
import type { RecordView } from "$lib/bindings";
import { addStep, STEPS_MAX, wayOf } from "./steps";
import type { WindowDb } from "./schema";
import { Computer, now, recordsNow } from "./testing/computer";
import type { WindowDesk } from "./window-desk";

const POOLS = "pools";
const FIELDS = { slots: 4, description: null };

let computer: Computer;
let desk: WindowDesk;

beforeEach(async () => {
  computer = new Computer();
  computer.world.write(POOLS, "etl", FIELDS);
  computer.mirror.cycle();
  desk = await computer.start();
  await desk.flush();
});

const record = async (key = "etl") => (await recordsNow(desk, POOLS)).find((one) => one.key === key);
const steps = () => now(desk.steps(POOLS));
const edit = (from: number, to: number) =>
  desk.change(POOLS, [{ kind: "edit", key: "etl", fields: { slots: { from, to } } }], {
    label: "edit",
    changed: [{ key: "etl", before: { slots: from }, after: { slots: to } }],
  });

async function go(direction: "undo" | "redo"): Promise<string[] | undefined> {
  const way = await desk.retrace(POOLS, direction);
  await desk.flush();
  return way?.moved;
}

async function restart(): Promise<void> {
  computer.kill(desk);
  desk = await computer.start();
  await desk.flush();
}

test("a step is undone and done again, also after a restart", async () => {
  await edit(4, 8);
  await edit(8, 16);
  await restart();
  expect(await go("undo")).toEqual([]);
  expect((await record())?.fields["slots"]).toBe(8);
  await go("undo");
  expect(await record()).toMatchObject({ state: "clean", fields: FIELDS });
  expect((await steps()).undo).toBeNull();
  await restart();
  await go("redo");
  await go("redo");
  expect((await record())?.fields["slots"]).toBe(16);
  expect((await steps()).redo).toBeNull();
});

test("a new step takes the place of what was undone", async () => {
  await edit(4, 8);
  await go("undo");
  await edit(4, 2);
  expect((await steps()).redo).toBeNull();
  await go("undo");
  expect((await steps()).undo).toBeNull();
});

test("a step goes with its work: a kill leaves both or neither", async () => {
  computer.kill(desk);
  for (let at = 1; at < 30; at++) {
    desk = await computer.start(at).catch(() => desk);
    await Promise.race([edit(4, 8), computer.fuse.dead]).catch(() => undefined);
    computer.kill(desk);
    const [log, rows] = await computer.peek(async (db) => [await db.log.count(), await db.steps.count()]);
    expect(rows, `killed at ${at}`).toBe(log);
    if (log > 0) return;
  }
  throw new Error("it was never kept");
});

test("a record that another changed meanwhile is left as it is", async () => {
  await edit(4, 8);
  await desk.edit(POOLS, "etl", { slots: { from: 8, to: 9 } });
  await desk.flush();
  expect(await go("undo")).toEqual(["etl"]);
  expect((await record())?.fields["slots"]).toBe(9);
});

test("a deleted record comes back by undo, before it was sent and after", async () => {
  for (const isSent of [false, true]) {
    const seen = (await record())?.fields ?? {};
    await desk.change(POOLS, [{ kind: "delete", key: "etl", seen }], {
      label: "delete",
      changed: [{ key: "etl", before: seen, after: null }],
    });
    await desk.flush();
    if (isSent) computer.mirror.cycle();
    await desk.flush();
    expect((await record())?.deleted ?? true).toBe(true);
    await go("undo");
    computer.mirror.cycle();
    await desk.flush();
    expect(computer.world.read(POOLS, "etl"), `sent: ${isSent}`).toEqual(FIELDS);
    await go("redo");
    computer.mirror.cycle();
    expect(computer.world.read(POOLS, "etl")).toBeUndefined();
    computer.world.write(POOLS, "etl", FIELDS);
    computer.mirror.cycle();
    await desk.flush();
  }
});

test("a record that was made goes by undo, unless it is another by now", async () => {
  const made = { slots: 2, description: null };
  const changed = [{ key: "new", before: null, after: made }];
  const fields = { slots: { to: 2 }, description: { to: null } };
  await desk.change(POOLS, [{ kind: "edit", key: "new", fields }], { label: "paste", changed });
  await desk.flush();
  const is = (slots: number) =>
    ({ deleted: false, state: "pending", fields: { ...made, slots } }) as Partial<RecordView> as RecordView;
  expect(wayOf(changed, "undo", () => is(3))).toEqual({ works: [], moved: ["new"] });
  await go("undo");
  computer.mirror.cycle();
  await desk.flush();
  expect(await record("new")).toBeUndefined();
});

test("only so many steps are kept", async () => {
  await computer.peek(async (db: WindowDb) => {
    for (let at = 0; at < STEPS_MAX + 3; at++) await addStep(db, POOLS, { label: String(at), changed: [] });
    const rows = await db.steps.orderBy("id").toArray();
    expect([rows.length, rows[0]?.label]).toEqual([STEPS_MAX, "3"]);
  });
});
