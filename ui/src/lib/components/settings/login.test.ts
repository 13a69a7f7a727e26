// @vitest-environment happy-dom
// The start at login: off until it is asked for, and what is shown is what is there.
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import type { Problem } from "$lib/bindings";
import { emptyWorld, memoryPlatform, type World } from "$lib/platform/memory";
import { App, type Stores } from "$lib/state/app.svelte";
import StartAtLogin from "./StartAtLogin.svelte";

let open: Record<string, unknown> | undefined;
afterEach(async () => {
  if (open) await unmount(open);
  open = undefined;
});

const find = (testid: string) => document.querySelector<HTMLElement>(`[data-testid="${testid}"]`);
const box = () => find("start-at-login") as HTMLInputElement;

async function shown(login: boolean | null): Promise<{ app: App; world: World }> {
  const world = { ...emptyWorld(), login };
  const app = new App(memoryPlatform(world), {} as unknown as Stores);
  open = mount(StartAtLogin, { target: document.body, props: { app } });
  await new Promise((done) => setTimeout(done));
  flushSync();
  return { app, world };
}

it("is off until it is asked for, and off again", async () => {
  const { world } = await shown(false);
  expect(box().checked).toBe(false);
  box().click();
  await vi.waitFor(() => expect(world.login).toBe(true));
  await vi.waitFor(() => expect(box().disabled).toBe(false));
  expect(box().checked).toBe(true);
  box().click();
  await vi.waitFor(() => expect(world.login).toBe(false));
});

it("shows what is there after it could not be changed, and why", async () => {
  const { app } = await shown(false);
  const refused: Problem = {
    ...{ code: "storage", what: "The entry could not be written.", retry: true },
    ...{ meaning: "Leeward starts at login as it did before.", next: "Look whether the folder is yours." },
  };
  app.platform.loginStartSet = () => Promise.reject(refused);
  box().click();
  await vi.waitFor(() => expect(find("start-at-login-problem")?.textContent).toContain(refused.next));
  flushSync();
  expect(box().checked).toBe(false);
});

it("is not offered where the system has no such start", async () => {
  await shown(null);
  expect(find("start-at-login")).toBeNull();
  expect(document.body.textContent).not.toContain("At login");
});

it("speaks of the tray only where there is one", async () => {
  const { app } = await shown(true);
  expect(document.body.textContent).toContain("Start Leeward when I log in, in the tray alone");
  app.hasTray = false;
  flushSync();
  expect(document.body.textContent).not.toContain("tray");
});
