// @vitest-environment happy-dom
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import type { ActionView, RecordView } from "$lib/bindings";
import ActionRow from "./ActionRow.svelte";
import { sessionOf } from "./testing/session";

let open: Record<string, unknown> | undefined;
afterEach(async () => {
  if (open) await unmount(open);
  open = undefined;
});

const action = (more: Partial<ActionView>): ActionView => ({
  action: {
    id: "01A",
    what: { kind: "trigger_run", dag_id: "load", conf: { region: "XX" }, note: null },
    after_edits: true,
  },
  ...{ state: "queued", note: null, reason: null, queued_at: "2026-11-22T14:00:00Z", waits_for: [] },
  ...{ run_id: null, run_state: null },
  ...more,
});

function row(view: ActionView, records: RecordView[] = []) {
  const takeBackAction = vi.fn(() => Promise.resolve());
  const session = sessionOf({ records, actions: [view] }, { takeBackAction });
  open = mount(ActionRow, { target: document.body, props: { session, view } });
  flushSync();
  const find = (testid: string) => document.querySelector<HTMLElement>(`[data-testid=${testid}]`);
  return { find, takeBackAction };
}

it("offers to correct a refused run, and to dismiss it", () => {
  const { find, takeBackAction } = row(action({ state: "rejected", note: "region must be EU or US." }));
  expect(find("action-again")?.getAttribute("href")).toBe("/dags?dag=load&again=01A");
  expect(find("action-takeback")).toBeNull();
  find("action-dismiss")?.click();
  expect(takeBackAction).toHaveBeenCalledWith("01A");
});

it.each([
  ["conflict", "/conflicts?key=x", "Resolve"],
  ["rejected", "/variables?key=x", "Fix the change"],
] as const)("leads from a run that waits to the %s that it waits for", (state, href, word) => {
  const conflict = state === "conflict" ? {} : null;
  const record = { collection: "variables", key: "x", state, conflict } as unknown as RecordView;
  const waits_for = [
    { collection: "variables", key: "arrived" },
    { collection: "variables", key: "x" },
  ];
  const { find } = row(action({ state: "held", note: "Waiting: x has a conflict.", waits_for }), [record]);
  expect(find("action-resolve")?.getAttribute("href")).toBe(href);
  expect(find("action-resolve")?.textContent).toContain(word);
  expect(find("action-release")?.textContent).toContain("Run without waiting");
});

it.each(["waiting", "held"] as const)(
  "says the same of a run that waits for edits where it is %s",
  (state) => {
    const waits_for = [{ collection: "variables", key: "x" }];
    const { find } = row(action({ state, waits_for }));
    expect(find("action-row")?.textContent).toContain("Waits for 1 edit");
    expect(find("action-release")?.textContent).toContain("Run without waiting");
  },
);

it("asks about a run that is held and waits for nothing", () => {
  const { find } = row(action({ state: "held" }));
  expect(find("action-row")?.textContent).toContain("Waits for you");
  expect(find("action-release")?.textContent).toContain("Run anyway");
});

it("does not wait for an edit that was taken back", () => {
  const of = (key: string, state: string) => ({ collection: "variables", key, state, conflict: null });
  const records = [of("x", "clean"), of("y", "pending")] as unknown as RecordView[];
  const waits_for = ["x", "y"].map((key) => ({ collection: "variables", key }));
  row(action({ state: "waiting", waits_for }), records);
  const words = document.querySelector("[data-testid=action-row] .more")?.textContent.replace(/\s+/g, " ");
  expect(words).toContain("After y has arrived");
});
