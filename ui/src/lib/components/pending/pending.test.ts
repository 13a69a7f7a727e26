// @vitest-environment happy-dom
// The screen of what waits to be sent: how each item stands, and what can be done about all of them.
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import type { ActionView, RecordView } from "$lib/bindings";
import { emptyWorld, memoryPlatform } from "$lib/platform/memory";
import type { App } from "$lib/state/app.svelte";
import { goto } from "../testing/router.svelte";
import Screen from "../testing/Screen.svelte";
import { sessionOf } from "../testing/session";

vi.mock("$app/navigation", () => import("../testing/router.svelte"));
vi.mock("$app/state", () => import("../testing/router.svelte"));

let open: Record<string, unknown> | undefined;
afterEach(async () => {
  if (open) await unmount(open);
  open = undefined;
});

const find = (testid: string) => document.querySelector<HTMLElement>(`[data-testid=${testid}]`);
const words = (testid: string) => find(testid)?.textContent?.replace(/\s+/g, " ");

const record = (more: Partial<RecordView> = {}): RecordView => ({
  ...{ collection: "variables", key: "rate", fields: { value: "2" }, base: { value: "1" }, sealed: [] },
  ...{ state: "pending", deleted: false, changed_at: "2026-01-01T10:00:00Z", conflict: null, ledger: null },
  ...more,
});

const run = (state: ActionView["state"]): ActionView => ({
  action: {
    id: "01A",
    what: { kind: "trigger_run", dag_id: "load", conf: {}, note: null },
    after_edits: false,
  },
  ...{ state, note: null, reason: null, queued_at: "2026-01-01T10:00:00Z", waits_for: [] },
  ...{ run_id: null, run_state: null },
});

async function screen(records: RecordView[], actions: ActionView[] = [], review = false) {
  const done = () => Promise.resolve();
  const desk = { flush: done, takeBack: vi.fn(done), takeBackAction: vi.fn(done) };
  const world = emptyWorld();
  world.status = { to_review: records.length + actions.length };
  const platform = memoryPlatform(world);
  const calls = { ...desk, syncSend: vi.spyOn(platform, "syncSend"), syncNow: vi.spyOn(platform, "syncNow") };
  const session = sessionOf({ records, actions }, desk, platform);
  session.environment = { ...session.environment, review };
  await session.start();
  await goto("/pending");
  const app = { session } as unknown as App;
  open = mount(Screen, { target: document.body, props: { app } });
  flushSync();
  return calls;
}

it("says that a change and a run wait for review, and sends what was looked at", async () => {
  const { syncSend, syncNow } = await screen([record()], [run("queued")], true);
  expect(words("pending-row")).toContain("Waits for review");
  expect(words("action-row")).toContain("Waits for review");
  find("pending-send")?.click();
  await vi.waitUntil(() => syncSend.mock.calls.length > 0);
  expect(syncNow).not.toHaveBeenCalled();
});

it("says that they wait to be sent where nothing is reviewed", async () => {
  const { syncSend, syncNow } = await screen([record()], [run("queued")]);
  expect(words("pending-row")).toContain("Waits to be sent");
  expect(words("action-row")).toContain("Waits to be sent");
  find("pending-send")?.click();
  await vi.waitUntil(() => syncNow.mock.calls.length > 0);
  expect(syncSend).not.toHaveBeenCalled();
});

it("says of a delete what will be, and not what is", async () => {
  await screen([record({ deleted: true })]);
  expect(words("pending-row")).toContain("will be deleted");
});

it("lists what was refused, runs too", async () => {
  await screen([record({ state: "rejected" })], [run("rejected")]);
  expect(find("pending-row")?.dataset["state"]).toBe("rejected");
  expect(find("action-row")?.dataset["state"]).toBe("rejected");
});

it("takes all back, with the focus on the screen's title", async () => {
  const { takeBack, takeBackAction } = await screen([record()], [run("queued")]);
  find("pending-takeback-all")?.click();
  flushSync();
  find("pending-takeback-all-yes")?.click();
  expect(document.activeElement?.tagName).toBe("H1");
  await vi.waitUntil(() => takeBack.mock.calls.length > 0);
  expect(takeBackAction).toHaveBeenCalledWith("01A");
});

it("takes one back by a double click, whose second half may meet the next row", async () => {
  const { takeBack } = await screen([record(), record({ key: "tax" })]);
  const [first, second] = document.querySelectorAll<HTMLElement>("[data-testid=pending-takeback]");
  const click = (detail: number) => new MouseEvent("click", { bubbles: true, detail });
  first?.dispatchEvent(click(1));
  second?.dispatchEvent(click(2));
  expect(takeBack).toHaveBeenCalledTimes(1);
});
