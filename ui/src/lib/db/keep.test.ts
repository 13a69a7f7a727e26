import type { MirrorPlatform } from "$lib/platform/platform";
import { IDBDatabase, IDBFactory, IDBKeyRange, IDBObjectStore } from "fake-indexeddb";
import { beforeEach, expect, test, vi } from "vitest";
import { keep, keepAll } from "./keep";
import type { Draft } from "./log";
import { isProblem } from "./problem";
import { rowsOf } from "./rows";
import { WindowDb } from "./schema";
import { openDesk } from "./window-desk";

let db: WindowDb;
let factory: IDBFactory;

beforeEach(() => {
  factory = new IDBFactory();
  db = new WindowDb("keep", { indexedDB: factory, IDBKeyRange });
});

function draft(id: string, to: unknown, from: unknown = "old"): Draft {
  return {
    id,
    kind: "edit",
    collection: "variables",
    key: "rate",
    fields: { value: { from, to } },
    at: "2026-01-01T00:00:00Z",
  };
}

test("an edit is a log entry with the next seq and an overlay row", async () => {
  await keep(db, draft("a", "1"));
  const second = await keep(db, draft("b", "2"));
  expect(second.seq).toBe(2);
  expect((await db.log.toArray()).map(({ seq, id }) => [seq, id])).toEqual([
    [1, "a"],
    [2, "b"],
  ]);
  expect((await db.overlay.get(["variables", "rate"]))?.entries).toEqual(await db.log.toArray());
});

test("only work on what is neither pulled nor pending makes a record", async () => {
  const made = await keep(db, { ...draft("a", "1"), fields: { value: { to: "1" } } });
  const again = await keep(db, { ...draft("b", "2"), fields: { note: { to: "2" } } });
  const pulled = { collection: "variables", key: "pulled" };
  await rowsOf(db).change([{ ...pulled, record: { state: "clean", text: "{}\n{}" } }], []);
  const emptied = await keep(db, { ...draft("c", "3"), ...pulled, fields: { value: { to: "3" } } });
  const shown = await keep(db, { ...draft("d", "4"), key: "shown" });
  expect([made, again, emptied, shown].map(({ creates }) => creates)).toEqual([
    true,
    undefined,
    undefined,
    undefined,
  ]);
});

test("edits made at once get different places", async () => {
  const kept = await Promise.all(["a", "b", "c", "d"].map((id) => keep(db, draft(id, id))));
  expect(kept.map(({ seq }) => seq).sort()).toEqual([1, 2, 3, 4]);
});

test("work on several records of several collections is kept in its order, more than once on one of them", async () => {
  await keep(db, draft("a", "1"));
  const pool = { collection: "pools", key: "wide" };
  await keepAll(db, () =>
    Promise.resolve([
      { ...draft("b", "2"), kind: "take_back" as const, fields: {} },
      { ...draft("c", "3"), ...pool, fields: { slots: { to: 3 } } },
      draft("d", "4"),
      { ...draft("e", "5"), ...pool, fields: { slots: { to: 5 } } },
    ]),
  );
  const entries = await db.log.toArray();
  expect(entries.map(({ id, seq, creates }) => [id, seq, creates])).toEqual([
    ["a", 1, undefined],
    ["b", 2, undefined],
    ["c", 3, true],
    ["d", 4, undefined],
    ["e", 5, undefined],
  ]);
  const ids = async (id: [string, string]) => (await db.overlay.get(id))?.entries.map((one) => one.id);
  expect(await ids(["variables", "rate"])).toEqual(["a", "b", "d"]);
  expect(await ids(["pools", "wide"])).toEqual(["c", "e"]);
});

test("it is kept with strict durability, asked for the way that WebKit knows", async () => {
  const transaction = vi.spyOn(IDBDatabase.prototype, "transaction");
  await keep(db, draft("a", "1"));
  expect(transaction).toHaveBeenCalledWith(["meta", "log", "pages", "overlay"], "readwrite", {
    durability: "strict",
  });
});

test("the promise waits for the transaction to be complete", async () => {
  let held = true;
  begins((transaction) => {
    if (transaction.mode === "readwrite") holdOpen(transaction, () => held);
  });
  let kept = false;
  const keeping = keep(db, draft("a", "1")).then(() => (kept = true));
  await later(100);
  expect(kept).toBe(false);
  held = false;
  await keeping;
  expect(kept).toBe(true);
});

/** Every write has succeeded, but the transaction is not complete while requests follow each other. */
function holdOpen(transaction: IDBTransaction, held: () => boolean): void {
  const request = transaction.objectStore("meta").get("none");
  request.onsuccess = () => held() && holdOpen(transaction, held);
}

function later(turns: number): Promise<void> {
  return new Promise((resolve) => setImmediate(() => resolve(turns > 0 ? later(turns - 1) : undefined)));
}

test("a missing side stays missing, null stays null, and proxies are stored as what they show", async () => {
  const to = new Proxy({ deep: [1, { x: null }] }, {});
  const entry = await keep(db, { ...draft("a", ""), fields: { value: { from: undefined, to } } });
  const stored = await db.log.get(entry.seq);
  expect(stored?.fields).toEqual({ value: { to: { deep: [1, { x: null }] } } });
  expect(stored?.fields["value"]).not.toHaveProperty("from");
});

test("an abort without an error means the quota: said plainly, and nothing is kept", async () => {
  await keep(db, draft("a", "1"));
  // WebKit lets every request succeed, and then aborts with a null error.
  abortAfterPuts();
  const failure: unknown = await keep(db, draft("b", "2")).catch((error: unknown) => error);
  vi.restoreAllMocks();
  expect(failure).toMatchObject({ code: "storage", what: "The disk quota of this window is full." });
  expect((failure as Error).message).toContain("your text is still in the editor");
  expect((await db.log.toArray()).map(({ id }) => id)).toEqual(["a"]);
  expect((await db.overlay.get(["variables", "rate"]))?.entries).toHaveLength(1);
  expect((await keep(db, draft("c", "3"))).seq).toBe(2);
});

function begins(run: (transaction: IDBTransaction) => void): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
  const real = IDBDatabase.prototype.transaction;
  vi.spyOn(IDBDatabase.prototype, "transaction").mockImplementation(function (this: IDBDatabase, ...args) {
    const transaction = real.apply(this, args);
    run(transaction);
    return transaction;
  });
}

function abortAfterPuts(): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
  const real = IDBObjectStore.prototype.put;
  vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(function (this: IDBObjectStore, ...args) {
    const request = real.apply(this, args);
    if (this.name === "meta") request.addEventListener("success", () => this.transaction.abort());
    return request;
  });
}

test("any other failure is a problem too", async () => {
  db.close();
  const failure: unknown = await keep(db, draft("a", "1")).catch((error: unknown) => error);
  expect(isProblem(failure)).toBe(true);
  expect(failure).toMatchObject({ code: "storage", meaning: expect.stringContaining("not kept") as string });
});

test("a secret typed into an ordinary edit never reaches the disk", async () => {
  const silent = { onMirrorChanged: () => Promise.resolve(() => undefined) } as unknown as MirrorPlatform;
  const never = { after: () => () => undefined, random: () => 0 };
  const environment = { id: "01KB0000000000000000000001", name: "keep", is_from_before: false };
  const desk = await openDesk(environment, silent, {
    dexie: { indexedDB: factory, IDBKeyRange },
    pace: never,
  });
  const secret = JSON.stringify({ host: "db", password: "hunter2" });
  const refused = desk.edit("variables", "warehouse", { value: { to: secret } });
  await expect(refused).rejects.toMatchObject({
    code: "bad_input",
    what: expect.stringContaining("/password") as string,
  });
  await expect(refused).rejects.not.toThrow(/hunter2/);
  await expect(desk.edit("variables", "api_key", { value: { to: "abc" } })).rejects.toMatchObject({
    code: "bad_input",
  });
  expect(await db.log.count()).toBe(0);
  desk.close();
});
