// Lost and restored stores, and kill -9 at every await on the way: nothing kept is lost, nothing is done twice.
import { describe, expect, test, vi } from "vitest";
import { rowsOf } from "./rows";
import { Analyst, expectAllArrived } from "./testing/analyst";
import { Computer, now, recordNow, settle } from "./testing/computer";
import { MemoryMirror, World } from "./testing/memory-mirror";
import type { WindowDesk } from "./window-desk";

interface Scene {
  computer: Computer;
  analyst: Analyst;
}

/** A computer with three records from Airflow, one of them with pending work. */
async function atWork(): Promise<Scene> {
  const computer = new Computer();
  const analyst = new Analyst(computer);
  for (const key of ["a", "b", "c"])
    computer.world.write("variables", key, { value: `${key}1`, description: null });
  computer.mirror.cycle();
  const desk = await computer.start();
  await desk.flush();
  await analyst.edit(desk, "a");
  await analyst.trigger(desk);
  await desk.flush();
  computer.kill(desk);
  return { computer, analyst };
}

/** The window dies before the mirror hears of this. */
async function unheard({ computer, analyst }: Scene, keys: string[]): Promise<void> {
  const desk = await computer.start();
  // A kept edit wakes the link in the same turn, so the door to the mirror is shut first.
  const silence = new Promise<never>(() => undefined);
  vi.spyOn(computer.mirror, "mirrorHandshake").mockReturnValue(silence);
  vi.spyOn(computer.mirror, "mirrorPush").mockReturnValue(silence);
  vi.spyOn(computer.mirror, "mirrorPull").mockReturnValue(silence);
  for (const key of keys) await analyst.edit(desk, key);
  computer.kill(desk);
  vi.restoreAllMocks();
}

/** The window's store is filled anew from the mirror: what is pending stands in its rows, and in no log. */
async function rowsOnly({ computer }: Scene): Promise<void> {
  computer.wipeWindow();
  const desk = await computer.start();
  await desk.flush();
  computer.kill(desk);
  expect(await computer.log()).toEqual([]);
}

/** More work, straight after a start: some of it before the handshake is through. */
async function goOn({ computer, analyst }: Scene, desk: WindowDesk): Promise<void> {
  await analyst.edit(desk, "fresh");
  await desk.flush();
  await analyst.edit(desk, "b");
  await desk.flush();
  computer.mirror.cycle();
  await desk.flush();
}

/** Plays the scene again and again, killed one step later each time, until it comes through. */
async function killedAtEachStep(prepare: () => Promise<Scene>): Promise<number> {
  for (let steps = 1; steps < 500; steps++) {
    const scene = await prepare();
    const survived = await playUntilKilled(scene, steps);
    const again = await scene.computer.start();
    await again.flush();
    await goOn(scene, again);
    await expectAllArrived(scene.computer, scene.analyst, again);
    again.close();
    if (survived) return steps;
  }
  throw new Error("The scene never ends.");
}

async function playUntilKilled(scene: Scene, steps: number): Promise<boolean> {
  const desk = await scene.computer.start(steps).catch(() => undefined);
  const { fuse } = scene.computer;
  if (desk) await Promise.race([goOn(scene, desk).catch(() => undefined), fuse.dead]);
  const survived = !fuse.blown;
  scene.computer.kill(desk);
  await settle();
  return survived;
}

const prepared = {
  plain: async () => {
    const scene = await atWork();
    await unheard(scene, ["b", "a"]);
    return scene;
  },
  "the window's store is lost": async () => {
    const scene = await atWork();
    scene.computer.wipeWindow();
    return scene;
  },
  "the window's store is lost, and work is done before the handshake": async () => {
    const scene = await atWork();
    scene.computer.wipeWindow();
    await unheard(scene, ["n", "m", "n"]);
    return scene;
  },
  "the mirror is lost, with work that it had and work that it had not": async () => {
    const scene = await atWork();
    await unheard(scene, ["a", "b", "n"]);
    scene.computer.wipeMirror();
    return scene;
  },
  "the mirror is lost, and another has records by then, for a window whose log was emptied": async () => {
    const scene = await atWork();
    await rowsOnly(scene);
    await unheard(scene, ["b"]);
    scene.computer.wipeMirror();
    scene.computer.mirror.cycle();
    scene.computer.mirror.editBeside("variables", "c", { description: "beside" });
    return scene;
  },
  "an older profile is restored": async () => {
    const scene = await atWork();
    const profile = await scene.computer.backup();
    const desk = await scene.computer.start();
    await scene.analyst.edit(desk, "c");
    await scene.analyst.edit(desk, "a");
    await desk.flush();
    scene.computer.kill(desk);
    await scene.computer.restore(profile);
    await unheard(scene, ["n", "m"]);
    return scene;
  },
};

describe("killed at every step", () => {
  test.each(Object.entries(prepared))("%s", { timeout: 180_000 }, async (_name, prepare) => {
    expect(await killedAtEachStep(prepare)).toBeGreaterThan(10);
  });
});

describe("the window's store is lost", () => {
  test("everything comes back under a new epoch, pending work too, and no delete is made", async () => {
    const scene = await prepared["the window's store is lost"]();
    const { computer, analyst } = scene;
    const desk = await computer.start();
    await desk.flush();
    expect(await recordNow(desk, "a")).toMatchObject({
      state: "pending",
      fields: { value: analyst.kept.get("a") },
    });
    expect(await recordNow(desk, "c")).toMatchObject({ state: "clean", fields: { value: "c1" } });
    expect(computer.mirror.client("window")).toMatchObject({ epoch: 2, acked: 0 });
    await analyst.edit(desk, "c");
    expect((await computer.log()).map(({ seq }) => seq)).toEqual([1]);
    await expectAllArrived(computer, analyst, desk);
    expect([...computer.world.records.keys()]).toHaveLength(3);
    desk.close();
  });
});

describe("the mirror is lost", () => {
  test("it is rebuilt in parts, with overlay and log intact", async () => {
    const scene = await atWork();
    const { computer, analyst } = scene;
    for (let n = 0; n < 2100; n++) computer.world.write("variables", `bulk-${n}`, { value: `${n}` });
    computer.mirror.cycle();
    let desk = await computer.start();
    await desk.flush();
    await analyst.edit(desk, "b");
    await desk.flush();
    computer.kill(desk);
    await unheard(scene, ["c"]);
    computer.wipeMirror();
    const before = await computer.peek((db) => db.log.toArray());
    const parts = vi.spyOn(computer.mirror, "mirrorRebuild");
    desk = await computer.start();
    await desk.flush();
    expect(parts.mock.calls.map(([, part]) => [part.records.length, part.last])).toEqual([
      [1000, false],
      [1000, false],
      [103, true],
    ]);
    expect(await computer.peek((db) => db.log.toArray())).toEqual(before);
    expect(computer.mirror.ledger("variables", "b")).toMatchObject({
      base: { value: "b1" },
      local: { value: analyst.kept.get("b") },
      conflict: null,
    });
    await expectAllArrived(computer, analyst, desk);
    desk.close();
  });

  test("what stands in the rows alone meets what another client did in the new one", async () => {
    const scene = await atWork();
    const { computer, analyst } = scene;
    await rowsOnly(scene);
    computer.wipeMirror();
    computer.mirror.cycle();
    computer.mirror.editBeside("variables", "a", { value: "beside" });
    computer.mirror.editBeside("variables", "c", { value: "beside" });
    const desk = await computer.start();
    await desk.flush();
    const clash = await recordNow(desk, "a");
    expect(clash?.conflict?.fields).toMatchObject([
      { base: "a1", mine: analyst.kept.get("a"), airflow: "beside", against: "local" },
    ]);
    expect((await recordNow(desk, "c"))?.fields).toMatchObject({ value: "beside" });
    computer.mirror.cycle();
    expect(computer.world.triggered).toEqual([...analyst.actions]);
    desk.close();
  });

  test("with an empty log, the numbering goes on where it was", async () => {
    const { computer, analyst } = await atWork();
    let desk = await computer.start();
    await desk.flush();
    computer.mirror.cycle();
    await desk.flush();
    computer.kill(desk);
    expect(await computer.log()).toEqual([]);
    computer.wipeMirror();
    desk = await computer.start();
    await desk.flush();
    await analyst.edit(desk, "c");
    expect((await computer.log()).map(({ seq }) => seq)).toEqual([3]);
    await expectAllArrived(computer, analyst, desk);
    desk.close();
  });

  test("records that the new mirror lacks are not deleted in Airflow", async () => {
    const { computer } = await atWork();
    computer.wipeMirror();
    const desk = await computer.start();
    await desk.flush();
    computer.mirror.cycle();
    await desk.flush();
    expect(computer.world.records.size).toBe(3);
    expect(await computer.peek((db) => rowsOf(db).count())).toBe(3);
    desk.close();
  });
});

describe("an older profile is restored", () => {
  test("a new epoch begins, known entries are dropped, unknown ones are numbered anew in their order", async () => {
    const scene = await prepared["an older profile is restored"]();
    const { computer, analyst } = scene;
    const restored = await computer.log();
    expect(restored.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    const desk = await computer.start();
    const handshakes = vi.spyOn(computer.mirror, "mirrorHandshake");
    await desk.flush();
    expect(handshakes.mock.calls.length).toBeLessThanOrEqual(1);
    expect(computer.mirror.client("window")).toMatchObject({ epoch: 2, acked: 2 });
    const left = await computer.log();
    expect(left.map(({ id, seq }) => [id, seq])).toEqual([
      [restored[2]?.id, 1],
      [restored[3]?.id, 2],
    ]);
    await expectAllArrived(computer, analyst, desk);
    desk.close();
  });

  test("without new work in it, the lost numbers are not used again", async () => {
    const { computer, analyst } = await atWork();
    const profile = await computer.backup();
    let desk = await computer.start();
    await analyst.edit(desk, "c");
    await desk.flush();
    computer.kill(desk);
    await computer.restore(profile);
    desk = await computer.start();
    await desk.flush();
    expect(computer.mirror.client("window")?.epoch).toBe(2);
    expect(await recordNow(desk, "c")).toMatchObject({ fields: { value: analyst.kept.get("c") } });
    await expectAllArrived(computer, analyst, desk);
    desk.close();
  });
});

test("a mirror restored from a backup is brought up to date by the window", async () => {
  const { computer, analyst } = await atWork();
  const old = structuredClone(await computer.backup());
  // The window's view of a newer state, against a mirror that only knows the older one under the same name.
  const place = old["meta"]?.find((row) => (row as { name: string }).name === "cursor");
  expect(place).toBeDefined();
  (place as { value: number }).value = 10_000;
  await computer.restore(old);
  const rebuilds = vi.spyOn(computer.mirror, "mirrorRebuild");
  const desk = await computer.start();
  await desk.flush();
  expect(rebuilds).toHaveBeenCalledTimes(1);
  await expectAllArrived(computer, analyst, desk);
  desk.close();
});

test("a page that comes for another agreement is not taken over", async () => {
  const { computer } = await atWork();
  const desk = await computer.start();
  await desk.flush();
  const pull = computer.mirror.mirrorPull.bind(computer.mirror);
  vi.spyOn(computer.mirror, "mirrorPull").mockImplementationOnce(async (...args) => {
    const answer = await pull(...args);
    await computer.peek((db) => db.meta.put({ name: "epoch", value: 7 }));
    return { ...answer, cursor: answer.cursor + 5 };
  });
  const handshakes = vi.spyOn(computer.mirror, "mirrorHandshake");
  await desk.flush();
  expect(handshakes).toHaveBeenCalled();
  expect(await computer.peek((db) => db.meta.get("cursor"))).not.toMatchObject({ value: 9 });
  desk.close();
});

describe("an environment that is removed and added again under its name", () => {
  /** Another environment's mirror takes the place of this one's. */
  function replaced(computer: Computer): MemoryMirror {
    const mirror = new MemoryMirror("mirror-9", new World());
    mirror.environment = "01KB0000000000000000000009";
    mirror.world.write("variables", "theirs", { value: "9", description: null });
    mirror.cycle();
    computer.mirror = mirror;
    return mirror;
  }

  async function expectApart({ computer, analyst }: Scene, desk: WindowDesk, mirror: MemoryMirror) {
    await analyst.edit(desk, "b");
    await expect(desk.flush()).rejects.toMatchObject({ code: "environment_gone" });
    expect(mirror.ledger("variables", "a")).toBeUndefined();
    expect(mirror.client("window")).toBeUndefined();
    expect(await recordNow(desk, "theirs")).toBeUndefined();
    expect(await recordNow(desk, "b")).toMatchObject({ state: "pending" });
    expect(await now(desk.trouble())).toContain("was removed from this computer");
    // It is not asked again: that environment does not come back.
    expect(computer.pauses).toEqual([]);
    desk.close();
  }

  test("mixes nothing with the next window", async () => {
    const scene = await atWork();
    const mirror = replaced(scene.computer);
    await expectApart(scene, await scene.computer.start(), mirror);
  });

  test("mixes nothing with the window that has it open", async () => {
    const scene = await atWork();
    const desk = await scene.computer.start();
    await desk.flush();
    await expectApart(scene, desk, replaced(scene.computer));
  });
});
