// The window and the mirror in plain weather: what goes down, what comes up, what the log may forget.
import { IDBObjectStore } from "fake-indexeddb";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { PULL_LIMIT } from "./pull";
import { rowsOf } from "./rows";
import { actionNow, Computer, recordNow } from "./testing/computer";
import { WindowProblem } from "./problem";
import type { WindowDesk } from "./window-desk";

/** For what hangs: a busy machine needs several times the usual second. */
const PATIENT = { timeout: 30_000 };

let computer: Computer;
let desk: WindowDesk;

beforeEach(async () => {
  computer = new Computer();
  computer.world.write("variables", "rate", { value: "1", description: null });
  computer.mirror.cycle();
  desk = await computer.start();
  await desk.flush();
});

const edit = (to: string, from: unknown = "1"): Promise<void> =>
  desk.edit("variables", "rate", { value: { from, to } });
const seqs = async () => (await computer.log()).map(({ seq }) => seq);
const trigger = {
  what: { kind: "trigger_run", dag_id: "rates", conf: {}, note: null },
  after_edits: false,
} as const;

/** The next push leaves an entry out, so that both sides shake hands again. */
function pushWithAGap(): void {
  const push = computer.mirror.mirrorPush.bind(computer.mirror);
  vi.spyOn(computer.mirror, "mirrorPush").mockImplementationOnce((env, name, epoch, fromSeq, entries) =>
    push(env, name, epoch, fromSeq + 1, entries),
  );
}

describe("pulling", () => {
  test("brings what is below, and what changes there later", async () => {
    expect(await recordNow(desk, "rate")).toMatchObject({ fields: { value: "1" }, state: "clean" });
    computer.world.write("variables", "rate", { value: "7" });
    computer.world.write("variables", "another", { value: "x" });
    computer.mirror.cycle();
    await desk.flush();
    expect(await recordNow(desk, "rate")).toMatchObject({ fields: { value: "7" } });
    expect(await recordNow(desk, "another")).toMatchObject({ fields: { value: "x" } });
    computer.world.erase("variables", "another");
    computer.mirror.cycle();
    await desk.flush();
    expect(await recordNow(desk, "another")).toBeUndefined();
  });

  test("takes part after part, and live reads follow", async () => {
    const many = 2 * PULL_LIMIT + 300;
    for (let n = 0; n < many; n++) computer.world.write("variables", `bulk-${n}`, { value: `${n}` });
    computer.mirror.cycle();
    const pulls = vi.spyOn(computer.mirror, "mirrorPull");
    await desk.flush();
    expect(await computer.peek((db) => rowsOf(db).count())).toBe(many + 1);
    expect(pulls.mock.calls.length).toBeGreaterThanOrEqual(3);
    const seen: number[] = [];
    const stop = desk
      .records()
      .subscribe(({ collections }) => seen.push(collections.get("variables")?.size ?? 0));
    await vi.waitFor(() => expect(seen.at(-1)).toBe(many + 1), PATIENT);
    await desk.edit("variables", "brand-new", { value: { to: "x" } });
    await vi.waitFor(() => expect(seen.at(-1)).toBe(many + 2), PATIENT);
    stop();
  });

  test("shows all of a first fill once it is there, however long the screens rest", async () => {
    const other = new Computer();
    other.rest = () => new Promise(() => undefined);
    for (let n = 0; n < PULL_LIMIT + 1; n++) other.world.write("variables", `bulk-${n}`, { value: `${n}` });
    other.mirror.cycle();
    const filled = await other.start();
    const seen: number[] = [];
    const stop = filled.records().subscribe(({ collections }) => {
      seen.push(collections.get("variables")?.size ?? 0);
    });
    await vi.waitFor(() => expect(seen.at(-1)).toBe(PULL_LIMIT + 1), PATIENT);
    stop();
    filled.close();
  });

  test("a first fill deletes nothing, row by row, of the work that is not there", async () => {
    for (let n = 0; n < 300; n++) computer.world.write("variables", `bulk-${n}`, { value: `${n}` });
    computer.mirror.cycle();
    const deletes = vi.spyOn(IDBObjectStore.prototype, "delete");
    await desk.flush();
    expect(await computer.peek((db) => rowsOf(db).count())).toBe(301);
    expect(deletes).not.toHaveBeenCalled();
  });

  test("an item older than a local edit is skipped, and the later one is applied", async () => {
    // The mirror answers a pull while an edit is being kept: the answer does not include it.
    const pull = computer.mirror.mirrorPull.bind(computer.mirror);
    let editMade = false;
    vi.spyOn(computer.mirror, "mirrorPull").mockImplementation(async (...args) => {
      const answer = await pull(...args);
      if (!editMade) {
        editMade = true;
        await edit("mine");
      }
      return answer;
    });
    computer.world.write("variables", "rate", { description: "from beside" });
    computer.mirror.cycle();
    let skipped: unknown;
    const push = computer.mirror.mirrorPush.bind(computer.mirror);
    vi.spyOn(computer.mirror, "mirrorPush").mockImplementation(async (...args) => {
      skipped = await computer.peek((db) => rowsOf(db).get(["variables", "rate"]));
      expect(await recordNow(desk, "rate")).toMatchObject({ fields: { value: "mine" }, state: "pending" });
      return push(...args);
    });
    await desk.flush();
    await desk.flush();
    expect(skipped).toMatchObject({ record: { fields: { value: "1", description: null } } });
    expect(await computer.peek((db) => db.overlay.count())).toBe(0);
    expect(await recordNow(desk, "rate")).toMatchObject({
      fields: { value: "mine", description: "from beside" },
      state: "pending",
    });
  });
});

describe("pushing", () => {
  test("goes in batches, in order, each entry once", async () => {
    desk.close();
    desk = await computer.start();
    const pushes = vi.spyOn(computer.mirror, "mirrorPush");
    const edits = Array.from({ length: 1201 }, (_, n) =>
      desk.edit("variables", `rate-${n}`, { value: { to: `${n}` } }),
    );
    await Promise.all(edits);
    await desk.flush();
    const sent = pushes.mock.calls.flatMap(([, , , , entries]) => entries.map(({ seq }) => seq));
    expect(sent).toEqual(Array.from({ length: 1201 }, (_, index) => index + 1));
    expect(Math.max(...pushes.mock.calls.map(([, , , , entries]) => entries.length))).toBeLessThanOrEqual(
      500,
    );
  });

  test("an answer that was lost is asked for again, and nothing is applied twice", async () => {
    const push = computer.mirror.mirrorPush.bind(computer.mirror);
    let lost = false;
    vi.spyOn(computer.mirror, "mirrorPush").mockImplementation(async (...args) => {
      const answer = await push(...args);
      if (lost) return answer;
      lost = true;
      throw storageTrouble();
    });
    await edit("2");
    await expect(desk.flush()).resolves.toBeUndefined();
    expect(lost).toBe(true);
    expect(computer.mirror.ledger("variables", "rate")?.applied).toHaveLength(1);
  });

  test("a gap leads to a new handshake, and goes on from what the mirror says", async () => {
    const handshakes = vi.spyOn(computer.mirror, "mirrorHandshake");
    pushWithAGap();
    await edit("2");
    await desk.flush();
    expect(handshakes).toHaveBeenCalledTimes(1);
    const pulledAt = handshakes.mock.calls[0]?.[1].pulled_at;
    expect(new Date(pulledAt ?? 0).getFullYear(), "it tells when it last pulled").toBeGreaterThan(2000);
    expect(computer.mirror.ledger("variables", "rate")?.local).toMatchObject({ value: "2" });
    expect(computer.mirror.client("window")?.acked).toBe(1);
  });

  test("what was entered elsewhere before the clock was set back counts as known", async () => {
    const later = "2999-01-01T00:00:00.123456789Z";
    const entered = [{ client: "leewardctl", epoch: 1, last_seq: 1, ids: ["01KE532D41Q012GMHESK2PHZQN"] }];
    const pull = computer.mirror.mirrorPull.bind(computer.mirror);
    vi.spyOn(computer.mirror, "mirrorPull").mockImplementation(async (...args) => ({
      ...(await pull(...args)),
      entered_until: later,
      entered,
    }));
    await edit("2");
    await desk.flush();
    const handshakes = vi.spyOn(computer.mirror, "mirrorHandshake");
    pushWithAGap();
    await edit("3");
    await desk.flush();
    expect(handshakes.mock.calls[0]?.[1]).toMatchObject({ pulled_at: later, entered });
  });

  test("trouble is said after the second failure, tried again after a pause, and unsaid", async () => {
    const said: (string | null)[] = [];
    desk.trouble().subscribe((trouble) => said.push(trouble));
    const push = vi.spyOn(computer.mirror, "mirrorPush").mockRejectedValue(storageTrouble());
    await edit("2");
    await vi.waitFor(() => expect(computer.pauses).toHaveLength(1));
    expect(said).toEqual([null]);
    computer.pauses[0]?.();
    await vi.waitFor(() => expect(said).toEqual([null, storageTrouble().message]));
    expect(await recordNow(desk, "rate")).toMatchObject({ fields: { value: "2" }, state: "pending" });
    push.mockRestore();
    computer.pauses[0]?.();
    await vi.waitFor(() => expect(said.at(-1)).toBeNull());
    expect(computer.mirror.ledger("variables", "rate")?.local).toMatchObject({ value: "2" });
  });

  test("both sides that never agree do not spin", async () => {
    const handshakes = vi.spyOn(computer.mirror, "mirrorHandshake");
    const refuse = new WindowProblem({ ...storageTrouble(), code: "handshake_needed" });
    vi.spyOn(computer.mirror, "mirrorPush").mockRejectedValue(refuse);
    await edit("2");
    await expect(desk.flush()).rejects.toMatchObject({ code: "handshake_needed" });
    expect(handshakes.mock.calls.length).toBeLessThan(10);
    expect(computer.pauses).toHaveLength(1);
  });
});

describe("the log forgets an entry only when its outcome is final", () => {
  test("acknowledged is not final, confirmed is", async () => {
    await edit("2");
    await desk.flush();
    expect(await seqs()).toEqual([1]);
    computer.mirror.cycle();
    await desk.flush();
    expect(await seqs()).toEqual([]);
    expect(await recordNow(desk, "rate")).toMatchObject({ fields: { value: "2" }, state: "clean" });
  });

  test("rejected is not, until it is taken back", async () => {
    await edit("2");
    await desk.flush();
    computer.mirror.reject("variables", "rate", "Too long.");
    await desk.flush();
    expect(await recordNow(desk, "rate")).toMatchObject({ state: "rejected", note: "Too long." });
    expect(await seqs()).toEqual([1]);
    await desk.takeBack("variables", "rate");
    await desk.flush();
    expect(await recordNow(desk, "rate")).toMatchObject({ fields: { value: "1" }, state: "clean" });
    expect(await seqs()).toEqual([]);
  });

  test("a conflict is not, until it is settled and has arrived", async () => {
    await edit("mine");
    await desk.flush();
    computer.world.write("variables", "rate", { value: "theirs" });
    computer.mirror.cycle();
    await desk.flush();
    expect(await recordNow(desk, "rate")).toMatchObject({ state: "conflict", fields: { value: "mine" } });
    await desk.resolve("variables", "rate", { value: { from: "theirs", to: "both" } }, false);
    expect(await recordNow(desk, "rate")).toMatchObject({ state: "pending", conflict: null });
    await desk.flush();
    expect(await seqs()).toEqual([1, 2]);
    computer.mirror.cycle();
    await desk.flush();
    expect(await seqs()).toEqual([]);
    expect(computer.world.read("variables", "rate")).toMatchObject({ value: "both" });
  });

  test("a take-back tells what was shown when it was decided", async () => {
    await edit("mine");
    await desk.flush();
    computer.world.write("variables", "rate", { value: "theirs" });
    computer.mirror.cycle();
    await desk.flush();
    await desk.takeBack("variables", "rate", await recordNow(desk, "rate"));
    expect((await computer.log()).at(-1)).toMatchObject({
      kind: "take_back",
      mine: { value: "mine" },
      fields: { value: { from: "theirs" } },
      deleted: false,
    });
  });

  test("a creation taken back, and a delete, end as no record", async () => {
    await desk.edit("variables", "new", { value: { to: "x" } });
    await desk.flush();
    await desk.takeBack("variables", "new");
    await desk.remove("variables", "rate", { value: "1", description: null });
    expect(await recordNow(desk, "rate")).toMatchObject({ deleted: true });
    await desk.flush();
    computer.mirror.cycle();
    await desk.flush();
    expect(await recordNow(desk, "new")).toBeUndefined();
    expect(await recordNow(desk, "rate")).toBeUndefined();
    expect(await seqs()).toEqual([]);
  });

  test("an action's entries stay until it is done or cancelled", async () => {
    const id = await desk.act(trigger, "month end");
    expect(await actionNow(desk, id)).toMatchObject({ state: "queued", reason: "month end" });
    await desk.flush();
    expect(await seqs()).toEqual([1]);
    const second = await desk.act(trigger);
    await desk.takeBackAction(second);
    await desk.flush();
    expect(await actionNow(desk, second)).toMatchObject({ state: "cancelled" });
    expect(await seqs()).toEqual([1]);
    computer.mirror.cycle();
    await desk.flush();
    expect(await actionNow(desk, id)).toMatchObject({ state: "done", run_id: `leeward__${id}` });
    expect(await seqs()).toEqual([]);
    expect(computer.world.triggered).toEqual([id]);
  });
});

function storageTrouble(): WindowProblem {
  return new WindowProblem({
    code: "storage",
    what: "The disk failed.",
    meaning: "Your work waits.",
    next: "Wait.",
    retry: true,
  });
}
