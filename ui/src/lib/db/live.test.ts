// How often a query is run again while what it reads keeps changing.
import Dexie from "dexie";
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Paced } from "./live";
import { WindowDb } from "./schema";

const where = { indexedDB: new IDBFactory(), IDBKeyRange };
// Live queries stand still where the global IndexedDB is missing, as in Node, whatever factory a database was given.
Object.assign(Dexie.dependencies, where);

let db: WindowDb;
/** Ends the rests that were asked for. */
let wakers: (() => void)[];
let seen: number[];
let failures: unknown[];
let read: Paced<number>;
let stop: () => void;

const count = () => db.overlay.count();
const put = (key: string) => db.overlay.put({ collection: "variables", key, entries: [] });

function follow(query: () => Promise<number>): void {
  const rest = () => new Promise<void>((resolve) => wakers.push(resolve));
  read = new Paced(
    () => db.overlay.toArray(),
    query,
    (error) => failures.push(error),
    rest,
  );
  stop = read.subscribe((value) => seen.push(value));
}

/** A rest is asked for after the last reading, and is over then. */
async function restEnds(): Promise<void> {
  await vi.waitFor(() => expect(wakers).toHaveLength(1));
  wakers.splice(0).forEach((wake) => wake());
}

beforeEach(() => {
  db = new WindowDb("paced", where);
  [wakers, seen, failures] = [[], [], []];
});

afterEach(async () => {
  stop();
  wakers.forEach((wake) => wake());
  await db.delete();
});

test("what changes while the page rests is read once, and whole", async () => {
  follow(count);
  await vi.waitFor(() => expect(wakers).toHaveLength(1));
  for (const key of ["a", "b", "c"]) await put(key);
  expect(seen).toEqual([0]);
  await restEnds();
  await vi.waitFor(() => expect(seen).toEqual([0, 3]));
  await restEnds();
  await put("d");
  await vi.waitFor(() => expect(seen).toEqual([0, 3, 4]));
});

test("a reading that failed is told, and the next change is read", async () => {
  let isBroken = true;
  follow(async () => {
    if (isBroken) throw new Error("The disk does not answer.");
    return count();
  });
  await vi.waitFor(() => expect(failures).toHaveLength(1));
  isBroken = false;
  await put("a");
  await restEnds();
  await vi.waitFor(() => expect(seen).toEqual([1]));
});

test("what somebody did is read at once", async () => {
  follow(count);
  await vi.waitFor(() => expect(wakers).toHaveLength(1));
  await put("a");
  read.hurry();
  await vi.waitFor(() => expect(seen).toEqual([0, 1]));
});

test("what somebody did during a reading is read right after it", async () => {
  let goOn: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  follow(async () => {
    const there = await count();
    await held;
    return there;
  });
  await put("a");
  read.hurry();
  goOn();
  await vi.waitFor(() => expect(seen.at(-1)).toBe(1));
});

test("nothing is told to whoever looks no more, nor read for them", async () => {
  follow(count);
  await vi.waitFor(() => expect(seen).toEqual([0]));
  await put("a");
  stop();
  await put("b");
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(seen).toEqual([0]);
});
