import Dexie from "dexie";
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { beforeEach, expect, it, vi } from "vitest";
import type { EnvironmentView, Handshake } from "$lib/bindings";
import { greet } from "$lib/db/greet";
import { forgetLeftOver, leftOvers } from "$lib/db/left-over";
import { databaseOf, forgetEnvironment, unsavedIn } from "$lib/db/own-store";
import { WindowDb } from "$lib/db/schema";
import { unsavedName } from "$lib/db/unsaved";
import { openDesk, type WindowDesk } from "$lib/db/window-desk";
import { emptyWorld, memoryPlatform, type World } from "$lib/platform/memory";
import type { Platform } from "$lib/platform/platform";
import { App, type Stores } from "./app.svelte";
import { Draft } from "./draft.svelte";

const ONE = { name: "One", url: "http://one", username: "ana", colour: null, production: false };

let world: World;
let platform: Platform;
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
function started(stores: Partial<Stores> = {}): App {
  platform = memoryPlatform(world);
  platform.mirrorHandshake = () => new Promise(() => undefined);
  const open = async (_: unknown, one: EnvironmentView) => (desk = await openDesk(one, platform));
  const forget = forgetEnvironment;
  return new App(platform, { open, greet, forget, unsavedIn, leftOvers, forgetLeftOver, ...stores });
}

/** Connects, and keeps an edit. */
async function atWork(): Promise<EnvironmentView> {
  const one = await app.connect(ONE, "s");
  await app.open(one);
  await desk?.edit("variables", "a", { value: { to: "1" } });
  expect(await kept(one)).toBe(1);
  return one;
}

async function kept(environment: EnvironmentView): Promise<number> {
  const db = new WindowDb(await databaseOf(environment));
  const count = await db.log.count();
  db.close();
  return count;
}

/** `leewardctl` removes it, and adds another of its name. */
async function replacedBeside(): Promise<EnvironmentView> {
  world.environments = [];
  const again = await platform.environmentAdd({ ...ONE, url: "http://elsewhere" }, "s");
  await app.environmentsChanged();
  return again;
}

it("forgets the work on an environment that is removed, after the desk is closed", async () => {
  const one = await atWork();
  const close = vi.spyOn(desk as WindowDesk, "close");
  await app.remove(one);
  expect(close).toHaveBeenCalled();
  expect(app.session).toBeNull();
  expect(await Dexie.exists(await databaseOf(one))).toBe(false);
  expect(await Dexie.exists(unsavedName(await databaseOf(one)))).toBe(false);
});

it("leaves everything open as it is when the removal is refused", async () => {
  const one = await atWork();
  const { session } = app;
  app.platform.environmentRemove = () => Promise.reject(new Error("locked"));
  await expect(app.remove(one)).rejects.toThrow("locked");
  expect(app.session).toBe(session);
  expect(await kept(one)).toBe(1);
});

it("opens the next environment even when the store of a removed one cannot be deleted", async () => {
  const one = await atWork();
  await app.connect({ ...ONE, name: "Two" }, "s");
  const broken = started({
    forget: () => Promise.reject(new Error("blocked")),
    greet: () => Promise.resolve(),
  });
  await broken.start();
  await expect(broken.remove(one)).rejects.toThrow("blocked");
  expect(broken.session?.env).toBe("Two");
  broken.session?.close();
});

it("says so when the open environment was removed and added again, and mixes nothing", async () => {
  const one = await atWork();
  const again = await replacedBeside();
  expect(app.session?.gone).toBe(true);
  expect(app.session?.id).toBe(one.id);
  expect(await kept(again)).toBe(0);
  await app.leaveGone();
  expect(app.session?.id).toBe(again.id);
  expect(await kept(one)).toBe(1);
  expect(app.leftOvers).toMatchObject([{ name: "One", unsent: 1 }]);
  expect(app.leftOvers[0]?.text).toContain('"value": "1"');
});

it("tells what is left over with every digit, as it was typed", async () => {
  await atWork();
  await desk?.edit("fx", "EUR", { limits: { to: { $leeward_json: '{"ids":[9007199254740993]}' } } });
  await replacedBeside();
  await app.leaveGone();
  const text = app.leftOvers[0]?.text ?? "";
  expect(text).toContain("9007199254740993");
  expect(text).not.toContain("$leeward_json");
  expect(JSON.parse(text)).toMatchObject({
    variables: [{ key: "a", value: "1" }],
    fx: [{ key: "EUR", limits: { ids: [Number("9007199254740993")] } }],
    runs: [],
  });
});

it("forgets what is left over only when told", async () => {
  const one = await atWork();
  await replacedBeside();
  await app.leaveGone();
  const [left] = app.leftOvers;
  if (left) await app.forgetLeftOver(left);
  expect(app.leftOvers).toEqual([]);
  expect(await Dexie.exists(await databaseOf(one))).toBe(false);
});

it("forgets by itself what is left over with nothing unsent in it", async () => {
  const one = await app.connect(ONE, "s");
  await app.open(one);
  await replacedBeside();
  await app.leaveGone();
  expect(app.leftOvers).toEqual([]);
  expect(await Dexie.exists(await databaseOf(one))).toBe(false);
});

it("takes nothing for left over while no environment is listed", async () => {
  const one = await atWork();
  app.session?.close();
  world.environments = [];
  await started().start();
  expect(await kept(one)).toBe(1);
});

it("speaks at its start with the mirrors of those that it does not show, too", async () => {
  const environments = [await app.connect(ONE, "s"), await app.connect({ ...ONE, name: "Two" }, "s")];
  app = started();
  const heard: Handshake[] = [];
  platform.mirrorHandshake = (_, hello) => {
    heard.push(hello);
    return new Promise(() => undefined);
  };
  await app.start();
  await vi.waitFor(() => expect(heard).toHaveLength(2));
  expect(new Set(heard.map(({ environment }) => environment))).toEqual(
    new Set(environments.map(({ id }) => id)),
  );
  app.session?.close();
});

it("counts what was typed and not saved, whether the environment is open or not", async () => {
  const one = await atWork();
  const { session } = app;
  session?.of("variables").drafts.set("a", Object.assign(new Draft(), { key: "a", value: "2" }));
  session?.of("variables").secrets.set("b", "hunter2");
  expect(await app.unsavedIn(one)).toBe(2);
  await session?.desk.unsaved.write([{ kind: "form", key: "a" }]);
  session?.close();
  app.session = null;
  // A secret is kept by nothing.
  expect(await app.unsavedIn(one)).toBe(1);
  expect(await app.unsavedIn({ ...one, id: "01KB000000000000000000000Z" })).toBe(0);
});

it("says after a wrong password that one is not signed in, and that the work is untouched", async () => {
  const one = await app.connect(ONE, "s");
  const refused = { code: "sign_in_needed", what: "No.", meaning: "Nothing was saved.", next: "Check it." };
  platform.environmentSignIn = () => Promise.reject(refused);
  await expect(app.signIn(one.name, "ana", "x")).rejects.toMatchObject({
    ...{ what: "No.", next: "Check it." },
    meaning: "You are not signed in yet. Your work here is untouched.",
  });
});
