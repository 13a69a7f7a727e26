// @vitest-environment happy-dom
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import type { Status } from "$lib/bindings";
import { emptyWorld, memoryPlatform } from "$lib/platform/memory";
import type { App } from "$lib/state/app.svelte";
import { sessionOf } from "../testing/session";
import TopBar from "./TopBar.svelte";

let open: Record<string, unknown> | undefined;
afterEach(async () => {
  if (open) await unmount(open);
  open = undefined;
});

const find = (testid: string) => document.querySelector<HTMLElement>(`[data-testid=${testid}]`);

async function bar(status: Partial<Status>) {
  const platform = memoryPlatform({ ...emptyWorld(), status });
  const syncPause = vi.spyOn(platform, "syncPause");
  const syncStop = vi.spyOn(platform, "syncStop");
  const session = sessionOf({}, {}, platform);
  await session.start();
  const app = { environments: [] } as unknown as App;
  open = mount(TopBar, { target: document.body, props: { app, session } });
  flushSync();
  return { session, syncPause, syncStop };
}

it("says nothing of in sync before this window has taken over what is there", async () => {
  const status = {
    line: "In sync, just now",
    tray: "in_sync",
    last_complete_observation: "2026-01-01T00:00:00Z",
  };
  const platform = memoryPlatform({ ...emptyWorld(), status: status as Partial<Status> });
  let done: () => void = () => undefined;
  const session = sessionOf({}, { flush: () => new Promise((resolve) => (done = resolve)) }, platform);
  await session.start();
  const app = { environments: [] } as unknown as App;
  open = mount(TopBar, {
    target: document.body,
    props: { app, session },
  });
  flushSync();
  expect(find("status-line")?.textContent).toBe("Reading what Airflow holds…");
  done();
  await vi.waitUntil(() => !session.isReading);
  flushSync();
  expect(find("status-line")?.textContent.trim()).toBe("In sync, just now");
});

it("says how things stand in the status's own words, all of them", async () => {
  const { syncPause } = await bar({ line: "1 run was refused, paused", tray: "error", paused: true });
  expect(find("status-line")?.textContent.trim()).toBe("1 run was refused, paused");
  expect(find("sync-pause")?.getAttribute("aria-label")).toBe("Resume sync");
  find("sync-pause")?.click();
  expect(syncPause).toHaveBeenCalledWith("One", false);
});

it("offers to stop a sync that takes long, and says that it is stopping", async () => {
  vi.useFakeTimers();
  try {
    const syncing = { tray: "syncing", syncing: true, paused: false } as const;
    const { session, syncStop } = await bar({ ...syncing, line: "Syncing: sent 100 of 500…" });
    expect(find("status-line")?.textContent.trim()).toBe("Syncing: sent 100 of 500…");
    vi.advanceTimersByTime(999);
    flushSync();
    expect(find("sync-stop")).toBeNull();
    vi.advanceTimersByTime(1);
    flushSync();
    expect(find("sync-stop")?.getAttribute("aria-label")).toBe("Stop this sync");
    find("sync-stop")?.click();
    flushSync();
    expect(syncStop).toHaveBeenCalledWith("One");
    expect(find("sync-stop")?.getAttribute("aria-label")).toBe("Stopping the sync");

    // It has ended; the app waits until it is asked, which the button beside it offers.
    const line = "Stopped until you sync again, 400 changes kept here";
    session.status = { ...(session.status as Status), line, syncing: false, paused: true, tray: "paused" };
    flushSync();
    expect(find("sync-stop")).toBeNull();
    expect(find("status-line")?.textContent.trim()).toBe(line);
    expect(find("sync-pause")?.getAttribute("aria-label")).toBe("Resume sync");

    // The next one is stopped anew.
    session.status = { ...session.status, ...syncing };
    flushSync();
    vi.advanceTimersByTime(1000);
    flushSync();
    expect(find("sync-stop")?.getAttribute("aria-label")).toBe("Stop this sync");
  } finally {
    vi.useRealTimers();
  }
});

it("offers no stop of a sync that ends soon", async () => {
  vi.useFakeTimers();
  try {
    const { session } = await bar({ line: "Syncing…", tray: "syncing", syncing: true });
    vi.advanceTimersByTime(900);
    session.status = { ...(session.status as Status), syncing: false };
    flushSync();
    vi.advanceTimersByTime(5000);
    flushSync();
    expect(find("sync-stop")).toBeNull();
  } finally {
    vi.useRealTimers();
  }
});
