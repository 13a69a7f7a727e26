import { IDBFactory, IDBIndex, IDBKeyRange, IDBObjectStore } from "fake-indexeddb";
import Dexie from "dexie";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { PackedRecord, RecordView } from "$lib/bindings";
import { changed, emptyPage, markOf, pack, PAGE_MAX, type RecordRow, unpack } from "./page";
import { marksOf, rowsOf } from "./rows";
import { newRev, WindowDb } from "./schema";
import { SnapshotReader } from "./snapshot";
import PACKED from "./testing/packed.json";

function row(collection: string, key: string, value = "1", state: RecordView["state"] = "clean"): RecordRow {
  const record = {
    ...{ collection, key, fields: { value }, base: { value }, sealed: [], state, deleted: false },
    ...{ changed_at: null, conflict: null, ledger: null },
  } as RecordView;
  return { collection, key, record, includedSeq: 3 };
}

const change = (db: WindowDb, rows: RecordRow[], removed: [string, string][] = []) => {
  const put = rows.map((row) => ({ collection: row.collection, key: row.key, record: pack(row) }));
  return db.transaction("rw", db.pages, db.marks, async () => rowsOf(db).change(put, removed));
};

const all = async (db: WindowDb) =>
  (await rowsOf(db).after(null, 1e9)).map(({ collection, key }) => `${collection}/${key}`);

beforeEach(() => {
  Object.assign(Dexie.dependencies, { indexedDB: new IDBFactory(), IDBKeyRange });
});

describe("a packed record", () => {
  it("is the same record once it is unpacked", () => {
    for (const base of [{ value: "1" }, { value: "2" }, {}, null]) {
      const before = row("variables", "a");
      before.record.base = base;
      expect(unpack("variables", "a", pack(before).text)).toEqual(before);
    }
  });

  it("is what the mirror packed", () => {
    for (const { view, packed } of PACKED as unknown as { view: RecordView; packed: PackedRecord }[]) {
      const { record, includedSeq } = unpack(view.collection, view.key, packed.text);
      expect({ ...record, ledger: null }).toEqual({ ...view, ledger: null });
      expect(includedSeq).toBe(6);
      // Packed again, for a test, it is the same but for the order of members.
      expect(unpack(view.collection, view.key, pack({ ...record, record, includedSeq }).text).record).toEqual(
        record,
      );
      expect(packed.state).toBe(view.state);
    }
  });

  it("keeps a base apart that differs by the order of its members alone", () => {
    const before = row("typed", "a");
    before.record.fields = { value: { x: 1, y: 2 } };
    before.record.base = { value: { y: 2, x: 1 } };
    const { record } = unpack("typed", "a", pack(before).text);
    expect(JSON.stringify(record.base)).toBe(JSON.stringify(before.record.base));
  });
});

describe("the pages of a collection", () => {
  it("hold what was put and not removed, in order, however it came", async () => {
    const db = new WindowDb("one");
    const there = new Set<string>();
    let seed = 1;
    const dice = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
    for (let turn = 0; turn < 40; turn++) {
      const put = Array.from({ length: dice(400) }, () =>
        row(dice(3) ? "variables" : "pools", `k${dice(6000)}`),
      );
      const removed = [...there].filter(() => dice(5) === 0).map((id) => id.split("/") as [string, string]);
      await change(db, put, removed);
      for (const id of removed) there.delete(id.join("/"));
      for (const { collection, key } of put) there.add(`${collection}/${key}`);
      expect(await rowsOf(db).count()).toBe(there.size);
    }
    expect(await all(db)).toEqual([...there].sort());
    for (const { size, collection, start } of await marksOf(db)) {
      const page = await db.pages.get([collection, start]);
      expect(page?.keys.length).toBe(size);
      expect(size).toBeGreaterThan(0);
      expect(size).toBeLessThanOrEqual(PAGE_MAX);
    }
    expect(await marksOf(db)).toEqual((await db.pages.toArray()).map(markOf));
  });

  it("are found by their marks at once, not one by one", async () => {
    const db = new WindowDb("one");
    await change(
      db,
      Array.from({ length: 9000 }, (_, n) => row("variables", `k${n}`)),
    );
    const cursors = [
      vi.spyOn(IDBObjectStore.prototype, "openCursor"),
      vi.spyOn(IDBObjectStore.prototype, "openKeyCursor"),
      vi.spyOn(IDBIndex.prototype, "openCursor"),
      vi.spyOn(IDBIndex.prototype, "openKeyCursor"),
    ];
    expect((await marksOf(db)).length).toBeGreaterThan(5);
    for (const cursor of cursors) expect(cursor).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });

  it("find each record, and nothing where there is none", async () => {
    const db = new WindowDb("one");
    await change(
      db,
      Array.from({ length: 4000 }, (_, n) => row("variables", `k${n}`, `${n}`)),
    );
    expect(await marksOf(db)).toHaveLength(4);
    for (const n of [0, 999, 1000, 2500, 3999]) {
      expect((await rowsOf(db).get(["variables", `k${n}`]))?.record.fields).toEqual({ value: `${n}` });
    }
    expect(await rowsOf(db).get(["variables", "k10x"])).toBeUndefined();
    expect(await rowsOf(db).get(["pools", "k1"])).toBeUndefined();
  });

  it("take a key before their first one, after the first page was emptied", async () => {
    const db = new WindowDb("one");
    await change(
      db,
      Array.from({ length: 3000 }, (_, n) => row("variables", `k${1000 + n}`)),
    );
    const [first] = await marksOf(db);
    const keys = (await db.pages.get(["variables", first?.start ?? ""]))?.keys ?? [];
    await change(
      db,
      [],
      keys.map((key) => ["variables", key]),
    );
    await change(db, [row("variables", "a")]);
    expect((await rowsOf(db).get(["variables", "a"]))?.key).toBe("a");
    expect((await all(db))[0]).toBe("variables/a");
  });
});

describe("a store of the release before", () => {
  /** One row a record, as it was stored then. */
  async function before(rows: RecordRow[]): Promise<void> {
    const old = new Dexie("leeward/prod");
    old.version(1).stores({
      ...{ meta: "name", log: "seq, id, [collection+key]", records: "[collection+key]" },
      ...{ overlay: "[collection+key]", actions: "id" },
    });
    await old.table("records").bulkPut(rows.map((one) => ({ ...one, feed: 7 })));
    await old.table("meta").put({ name: "lastSeq", value: 12 });
    await old.table("log").put({ seq: 12, id: "e12", kind: "edit", collection: "variables", key: "k7" });
    await old.table("overlay").put({ collection: "variables", key: "k7", entries: [{ seq: 12 }] });
    old.close();
  }

  it("is taken over whole", async () => {
    const rows = [
      ...Array.from({ length: 2300 }, (_, n) => row("variables", `k${n}`, `${n}`)),
      row("variables", "waiting", "2", "pending"),
    ];
    await before(rows);
    const db = new WindowDb("leeward/prod");
    expect(await rowsOf(db).after(null, 1e9)).toEqual(rows.toSorted((a, b) => (a.key < b.key ? -1 : 1)));
    expect(await db.log.toArray()).toMatchObject([{ seq: 12, id: "e12" }]);
    expect(await db.overlay.count()).toBe(1);
    expect(await db.meta.get("lastSeq")).toMatchObject({ value: 12 });
    expect(db.backendDB().objectStoreNames.contains("records")).toBe(false);
    expect(await rowsOf(db).count()).toBe(rows.length);
  });

  it("is taken over whole where it has pages already", async () => {
    const old = new Dexie("leeward/pages");
    old.version(3).stores({
      ...{ meta: "name", log: "seq, id, [collection+key]", overlay: "[collection+key]", actions: "id" },
      pages: "[collection+start], [collection+start+rev+size]",
    });
    const changes = new Map(Array.from({ length: 2000 }, (_, n) => [`k${n}`, pack(row("pools", `k${n}`))]));
    const pages = changed(emptyPage("pools", ""), changes, newRev);
    await old.table("pages").bulkPut(pages);
    old.close();
    const db = new WindowDb("leeward/pages");
    expect(await db.pages.toArray()).toEqual(pages);
    expect(await marksOf(db)).toEqual(pages.map(markOf));
  });
});

describe("a snapshot", () => {
  it("reads again only the pages that changed, and gives the same rows for the others", async () => {
    const db = new WindowDb("one");
    await change(
      db,
      Array.from({ length: 4000 }, (_, n) => row("variables", `k${n}`)),
    );
    const reader = new SnapshotReader(db);
    const first = (await reader.read()).collections.get("variables");
    await change(db, [row("variables", "k3999", "new")]);
    const second = (await reader.read()).collections.get("variables");
    expect(second?.get("k3999")?.fields).toEqual({ value: "new" });
    const kept = second?.rows.filter((one, at) => one === first?.rows[at]).length;
    expect(kept).toBeGreaterThanOrEqual(2000);
    expect(kept).toBeLessThan(4000);
    expect((await reader.read()).collections.get("variables")).toBe(second);
  });

  it("tells what is open in every collection, the work on top included", async () => {
    const db = new WindowDb("one");
    await change(db, [
      row("variables", "a"),
      row("pools", "a", "1", "conflict"),
      row("variables", "b", "1", "rejected"),
    ]);
    const entry = {
      id: "e",
      seq: 1,
      kind: "edit",
      collection: "variables",
      key: "new",
      fields: { value: { to: "x" } },
    };
    await db.overlay.put({ collection: "variables", key: "new", entries: [{ ...entry, at: "" } as never] });
    const { open, collections } = await new SnapshotReader(db).read();
    expect(open.map(({ collection, key, state }) => [collection, key, state])).toEqual([
      ["pools", "a", "conflict"],
      ["variables", "b", "rejected"],
      ["variables", "new", "pending"],
    ]);
    expect(collections.get("variables")?.rows.map(({ key }) => key)).toEqual(["a", "b", "new"]);
  });

  it("forgets a page that is gone", async () => {
    const db = new WindowDb("one");
    await change(db, [row("variables", "a")]);
    const reader = new SnapshotReader(db);
    await reader.read();
    await change(db, [], [["variables", "a"]]);
    expect((await reader.read()).collections.get("variables")).toBeUndefined();
  });
});
