import Dexie from "dexie";
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { beforeEach, expect, it, vi } from "vitest";
import { forgetEnvironment, WindowDb } from "$lib/db/schema";
import { openDesk, type WindowDesk } from "$lib/db/window-desk";
import { emptyWorld, memoryPlatform, type World } from "$lib/platform/memory";
import { App } from "./app.svelte";

const ONE = { name: "One", url: "http://one", username: "ana", secret: "s", colour: null };

let world: World;
let app: App;
let desk: WindowDesk | null;

beforeEach(() => {
  Object.assign(Dexie.dependencies, { indexedDB: new IDBFactory(), IDBKeyRange });
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
  world = emptyWorld();
  desk = null;
  app = started();
});

/** A window that starts; the mirror never answers, so work stays where it was done. */
function started(): App {
  const platform = memoryPlatform(world);
  platform.mirrorHandshake = () => new Promise(() => undefined);
  const open = async (_platform: unknown, env: string) => (desk = await openDesk(env, platform));
  return new App(platform, open, forgetEnvironment);
}

/** Connects, and keeps an edit. */
async function atWork(): Promise<void> {
  await app.open(await app.connect(ONE));
  await desk?.edit("variables", "a", { value: { to: "1" } });
  expect(await kept("One")).toBe(1);
}

async function kept(env: string): Promise<number> {
  const db = new WindowDb(env);
  const count = await db.log.count();
  db.close();
  return count;
}

it("forgets the work on an environment that is removed, after the desk is closed", async () => {
  await atWork();
  const close = vi.spyOn(desk as WindowDesk, "close");
  await app.remove("One");
  expect(close).toHaveBeenCalled();
  expect(app.session).toBeNull();
  expect(await Dexie.exists("leeward/One")).toBe(false);
});

it("keeps the work and opens it again when the removal fails", async () => {
  await atWork();
  app.platform.environmentRemove = () => Promise.reject(new Error("locked"));
  await expect(app.remove("One")).rejects.toThrow("locked");
  expect(app.session?.env).toBe("One");
  expect(await kept("One")).toBe(1);
});

it("opens the next environment even when the store of a removed one cannot be deleted", async () => {
  await atWork();
  await app.connect({ ...ONE, name: "Two" });
  const broken = new App(
    app.platform,
    (_platform, env) => openDesk(env, app.platform),
    () => Promise.reject(new Error("blocked")),
  );
  await broken.start();
  await expect(broken.remove("One")).rejects.toThrow("blocked");
  expect(broken.session?.env).toBe("Two");
  broken.session?.close();
});

it("gives a new environment nothing of an earlier one of that name", async () => {
  await atWork();
  // leewardctl removes it; this window has it open still.
  world.environments = [];
  await app.connect({ ...ONE, url: "http://elsewhere" });
  expect(app.session).toBeNull();
  expect(await kept("One")).toBe(0);
});

it("forgets nothing of an environment whose name is taken", async () => {
  await atWork();
  app.environments = [];
  app.platform.environmentAdd = () => Promise.reject(new Error("taken"));
  await expect(app.connect(ONE)).rejects.toThrow("taken");
  expect(await kept("One")).toBe(1);
});
