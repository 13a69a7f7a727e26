import Dexie from "dexie";
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { beforeEach, expect, it } from "vitest";
import { keep } from "./keep";
import { databaseOf, openStore } from "./own-store";
import { WindowDb } from "./schema";

const FIRST = { id: "01KB0000000000000000000001", name: "prod", is_from_before: true };
const AGAIN = { id: "01KB0000000000000000000002", name: "prod", is_from_before: false };

beforeEach(() => {
  Object.assign(Dexie.dependencies, { indexedDB: new IDBFactory(), IDBKeyRange });
});

/** A store as it was before environments had identities, with an edit in it. */
async function storeFromBefore(): Promise<void> {
  const db = new WindowDb("leeward/prod");
  await keep(db, {
    ...{ id: "e1", kind: "edit", collection: "variables", key: "a", fields: { value: { to: "1" } } },
    at: "2026-01-01T00:00:00Z",
  });
  db.close();
}

async function entries(owner: typeof FIRST): Promise<number> {
  const db = await openStore(owner);
  const count = await db.log.count();
  db.close();
  return count;
}

it("gives the first identity the store that is there", async () => {
  await storeFromBefore();
  expect(await entries(FIRST)).toBe(1);
  expect(await entries(FIRST)).toBe(1);
});

it("gives an environment that was added again a store of its own", async () => {
  await storeFromBefore();
  expect(await entries(AGAIN)).toBe(0);
  expect(await entries(FIRST)).toBe(1);
  // The list went back to a form without identities, and the name got another one.
  expect(await entries({ ...AGAIN, is_from_before: true })).toBe(0);
});

it("names a new store after the environment's identity", async () => {
  expect(await databaseOf(AGAIN)).toBe("leeward/prod/01KB0000000000000000000002");
  expect(await databaseOf(FIRST)).toBe("leeward/prod/01KB0000000000000000000001");
});

it("never opens another environment's store", async () => {
  const db = await openStore(AGAIN);
  await db.meta.put({ name: "environment", value: FIRST.id });
  db.close();
  await expect(openStore(AGAIN)).rejects.toMatchObject({ code: "environment_gone" });
});
