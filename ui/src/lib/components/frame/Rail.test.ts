// @vitest-environment happy-dom
import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { App } from "$lib/state/app.svelte";
import type { Session } from "$lib/state/session.svelte";
import Rail from "./Rail.svelte";

const { goto } = vi.hoisted(() => ({ goto: vi.fn(() => Promise.resolve()) }));
vi.mock("$app/navigation", () => ({ goto }));
vi.mock("$app/state", () => ({ page: { url: new URL("http://window/variables") } }));

let rail: Record<string, unknown>;
let app: { hasTray: boolean | null; lookForTray: () => Promise<void> };

function open(hasTray: boolean | null, more: Partial<Session> = {}) {
  app = { hasTray, lookForTray: vi.fn(() => Promise.resolve()) };
  const session = {
    names: ["variables", "pools"],
    pending: [],
    conflicts: [],
    violations: [],
    pendingCount: 0,
    refused: [],
    refusedRuns: [],
    records: [],
    openActions: [],
    actions: [],
    modelDrafts: new Map(),
    ...more,
  };
  const props = { app: app as unknown as App, session: session as unknown as Session };
  rail = mount(Rail, { target: document.body, props });
  flushSync();
}

const find = (testid: string) => document.querySelector<HTMLElement>(`[data-testid=${testid}]`);
beforeEach(() => goto.mockClear());
afterEach(() => unmount(rail));

// The router waits for a frame, up to 100 ms, before it acts on a link; where frames were slow a second click was lost.
it("goes where it was clicked at once, each time", () => {
  open(true);
  find("rail-pending")?.click();
  find("rail-settings")?.click();
  expect(goto.mock.calls.map(([to]: unknown[]) => to)).toEqual(["/pending", "/settings"]);
});

it("counts nothing before the counts are known", () => {
  open(true, { isCounted: false });
  const counts = ["rail-pending-count", "rail-conflicts-count"];
  expect(counts.map((count) => find(count)?.textContent.trim())).toEqual(["–", "–"]);
  void unmount(rail);
  open(true, { isCounted: true, pendingCount: 3 });
  expect(counts.map((count) => find(count)?.textContent.trim())).toEqual(["3", "0"]);
});

it("counts what was refused among the pending, and says so", () => {
  open(true, { isCounted: true, pendingCount: 3, refused: [{}] } as unknown as Partial<Session>);
  expect(find("rail-pending-count")?.textContent.trim()).toBe("4");
  expect(find("rail-pending-count")?.dataset["tip"]).toBe("3 waiting to be sent, 1 refused");
});

it("counts broken rules with the conflicts, and tells them apart", () => {
  const violations = [{}, {}] as unknown as Session["violations"];
  const conflicts = [{}] as unknown as Session["conflicts"];
  open(true, { isCounted: true, conflicts, violations });
  expect(find("rail-conflicts-count")?.textContent.trim()).toBe("3");
  expect(find("rail-conflicts-count")?.dataset["tip"]).toBe("1 conflict, 2 broken rules");
});

it("says that closing ends the sync only where it does", () => {
  open(true);
  expect(find("no-tray")).toBeNull();
  void unmount(rail);
  open(null);
  expect(find("no-tray")).toBeNull();
  void unmount(rail);
  open(false);
  expect(find("no-tray")?.textContent).toContain("sync stops when this window is closed");
});

it("looks for a tray again when the window comes back", () => {
  open(false);
  window.dispatchEvent(new Event("focus"));
  expect(app.lookForTray).toHaveBeenCalledTimes(1);
});

it("marks what the account may not read", () => {
  open(true, { status: { not_allowed: ["variables"] } } as unknown as Partial<Session>);
  expect(find("rail-variables-locked")?.dataset["tip"]).toContain("may not read");
  expect(find("rail-pools-locked")).toBeNull();
});
