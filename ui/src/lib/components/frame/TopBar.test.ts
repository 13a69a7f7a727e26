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
  const session = sessionOf({}, {}, platform);
  await session.start();
  const app = { environments: [] } as unknown as App;
  open = mount(TopBar, { target: document.body, props: { app, session } });
  flushSync();
  return { syncPause };
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
