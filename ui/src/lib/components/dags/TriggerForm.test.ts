// @vitest-environment happy-dom
import { flushSync, mount, tick, unmount } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import type { ActionView, DagView } from "$lib/bindings";
import type { NewAction } from "$lib/db/desk";
import { emptyWorld, memoryPlatform } from "$lib/platform/memory";
import { sessionOf } from "../testing/session";
import TriggerForm from "./TriggerForm.svelte";

let open: Record<string, unknown> | undefined;
afterEach(async () => {
  if (open) await unmount(open);
  open = undefined;
});

const PARAMS = { region: { value: "EU", schema: { enum: ["EU", "US"] } } };
const DAG = { dag_id: "load", params: PARAMS } as unknown as DagView;
const find = (testid: string) => document.querySelector<HTMLElement>(`[data-testid=${testid}]`);

function form(again?: ActionView) {
  const platform = memoryPlatform(emptyWorld());
  const confCheck = vi.fn((_env: string, _dag: string, conf: Record<string, unknown>) =>
    Promise.resolve(conf["region"] === "XX" ? [{ param: "region", says: "region must be EU or US" }] : []),
  );
  platform.confCheck = confCheck;
  const act = vi.fn(({ id }: NewAction) => Promise.resolve(id ?? ""));
  const takeBackAction = vi.fn(() => Promise.resolve());
  const session = sessionOf({ actions: again ? [again] : [] }, { act, takeBackAction }, platform);
  open = mount(TriggerForm, { target: document.body, props: { session, dag: DAG, params: PARAMS, again } });
  flushSync();
  return { act, takeBackAction, confCheck, session };
}

const refused = (region: string): ActionView =>
  ({
    action: {
      id: "01OLD",
      what: { kind: "trigger_run", dag_id: "load", conf: { region }, note: "month end" },
      after_edits: true,
    },
    ...{ state: "rejected", note: "region must be EU or US.", waits_for: [] },
  }) as unknown as ActionView;

it("queues nothing that the DAG does not take, and says why at the field", async () => {
  const { act, takeBackAction } = form(refused("XX"));
  find("trigger-submit")?.click();
  await vi.waitUntil(() => find("trigger-faults"));
  expect(find("trigger-faults")?.textContent).toContain("region must be EU or US");
  expect(act).not.toHaveBeenCalled();
  expect(takeBackAction).not.toHaveBeenCalled();
});

it("puts a corrected run in the place of the refused one", async () => {
  const { act, takeBackAction } = form(refused("US"));
  find("trigger-submit")?.click();
  await vi.waitUntil(() => find("trigger-kept"));
  const what = { kind: "trigger_run", dag_id: "load", conf: { region: "US" }, note: "month end" };
  expect(act).toHaveBeenCalledWith({ id: expect.any(String) as string, what, after_edits: true });
  expect(takeBackAction).toHaveBeenCalledWith("01OLD");
});

it("says of a run that it is kept here until it was sent", async () => {
  const { act, session } = form();
  find("dag-trigger")?.click();
  flushSync();
  find("trigger-submit")?.click();
  await vi.waitUntil(() => find("trigger-kept"));
  const told = (state: ActionView["state"]) => {
    session.actions = [{ action: { id: act.mock.lastCall?.[0].id }, state } as unknown as ActionView];
    flushSync();
    return find("trigger-kept")?.textContent.trim();
  };
  expect(told("queued")).toBe("Kept on this computer");
  expect(told("done")).toMatch(/^Sent to Airflow, /);
});

it("keeps the focus where the next key makes sense", async () => {
  const { takeBackAction } = form();
  find("dag-trigger")?.click();
  flushSync();
  expect(document.activeElement?.closest("[data-testid=trigger-conf]")).not.toBeNull();
  find("trigger-submit")?.click();
  await vi.waitUntil(() => find("trigger-kept"));
  await tick();
  expect(document.activeElement?.getAttribute("href")).toBe("/runs");
  expect(takeBackAction).not.toHaveBeenCalled();
});
