// @vitest-environment happy-dom
// The window around the screens: what it does wherever one is.
import Dexie from "dexie";
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { createRawSnippet, flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { emptyWorld, memoryPlatform } from "$lib/platform/memory";
import type { Platform } from "$lib/platform/platform";
import { goto } from "$lib/components/testing/router.svelte";
import Layout from "./+layout.svelte";

vi.mock("$app/navigation", () => import("$lib/components/testing/router.svelte"));
vi.mock("$app/state", () => import("$lib/components/testing/router.svelte"));

let layout: Record<string, unknown>;
let platform: Platform;

beforeEach(async () => {
  Object.assign(Dexie.dependencies, { indexedDB: new IDBFactory(), IDBKeyRange });
  localStorage.clear();
  platform = memoryPlatform(emptyWorld());
  await platform.environmentAdd({
    ...{ name: "One", url: "http://one", username: "ana", secret: "s", colour: null, production: false },
  });
  await goto("/variables");
  const children = createRawSnippet(() => ({ render: () => "<div><button>Do it</button></div>" }));
  layout = mount(Layout, { target: document.body, props: { data: { platform }, children } });
  await vi.waitUntil(() => document.querySelector("main button"));
});
afterEach(() => unmount(layout));

it("is enlarged by Ctrl and plus", async () => {
  const zoom = vi.spyOn(platform, "windowZoom");
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "+", ctrlKey: true, bubbles: true }));
  await vi.waitUntil(() => zoom.mock.calls.length > 0);
  expect(zoom).toHaveBeenCalledWith(1.1);
});

it("has the focus where a button went away with it", async () => {
  const button = document.querySelector<HTMLElement>("main button");
  button?.focus();
  button?.remove();
  flushSync();
  await vi.waitUntil(() => document.activeElement?.tagName === "MAIN");
});
