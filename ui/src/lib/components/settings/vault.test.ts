// @vitest-environment happy-dom
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import { emptyWorld, memoryPlatform } from "$lib/platform/memory";
import { App, type Stores } from "$lib/state/app.svelte";
import { goto } from "../testing/router.svelte";
import Screen from "../testing/Screen.svelte";

vi.mock("$app/navigation", () => import("../testing/router.svelte"));
vi.mock("$app/state", () => import("../testing/router.svelte"));

let open: Record<string, unknown> | undefined;
afterEach(async () => {
  if (open) await unmount(open);
  open = undefined;
});

it.each([
  ["keychain", "in this computer's keychain"],
  ["file_open", "in a file on this computer, encrypted under your passphrase"],
] as const)("says where passwords are kept: %s", async (vault, words) => {
  const platform = memoryPlatform({ ...emptyWorld(), vault });
  const app = new App(platform, { leftOvers: () => Promise.resolve([]) } as unknown as Stores);
  await app.start();
  await goto("/settings");
  open = mount(Screen, { target: document.body, props: { app } });
  flushSync();
  expect(document.querySelector("[data-testid=vault]")?.textContent).toBe(words);
});
