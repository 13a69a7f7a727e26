// @vitest-environment happy-dom
// What is typed for a run, on the real screen: there when one comes back, and after a kill, until it is queued or dropped.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { DagView } from "$lib/bindings";
import { Computer, settle } from "$lib/db/testing/computer";
import { emptyWorld } from "$lib/platform/memory";
import { RunDraft } from "$lib/state/run-draft.svelte";
import { TestWindow } from "../testing/window";

vi.mock("$app/navigation", () => import("../testing/router.svelte"));
vi.mock("$app/state", () => import("../testing/router.svelte"));

const dag = (dag_id: string, params: Record<string, unknown>) =>
  ({ dag_id, name: dag_id, description: null, tags: [], schedule: null, params }) as unknown as DagView;

const REGION = { region: { value: "EU", schema: { enum: ["EU", "US"] } } };
const TYPED = '{"region": "US"}';
const DEFAULT = '{\n  "region": "EU"\n}';

let computer: Computer;
let window: TestWindow;

const world = (params: Record<string, unknown> = REGION) => ({
  ...emptyWorld(),
  dags: [dag("load", params), dag("other", {})],
});

beforeEach(async () => {
  computer = new Computer();
  window = await TestWindow.open(computer, world());
});

afterEach(() => window.close());

async function openDag(dagId: string): Promise<void> {
  await window.goto(`/dags?dag=${dagId}`);
  await window.rest();
}

async function openForm(dagId: string): Promise<void> {
  await openDag(dagId);
  await window.click("dag-trigger");
}

async function typed(): Promise<void> {
  await openForm("load");
  window.type("trigger-conf", TYPED);
  window.type("trigger-note", "month end");
}

async function restart(params?: Record<string, unknown>): Promise<void> {
  await window.rest();
  await settle(20);
  await window.kill();
  window = await TestWindow.open(computer, world(params));
}

function expectTyped(): void {
  expect(window.text("trigger-conf")).toBe(TYPED);
  expect(window.text("trigger-note")).toBe("month end");
}

const row = (dagId: string) => document.querySelector(`[data-dag="${dagId}"]`)?.textContent;

it("is there when one comes back from another DAG and another screen", async () => {
  await typed();
  await openDag("other");
  expect(window.find("trigger-conf")).toBeNull();
  expect(row("load")).toContain("Unsaved");
  expect(row("other")).not.toContain("Unsaved");
  await openDag("load");
  expectTyped();
  await window.goto("/variables");
  await openDag("load");
  expectTyped();
});

it("is there after a kill, and leaves the focus where it is", async () => {
  await typed();
  await window.click("trigger-after-edits");
  await restart();
  await window.goto("/dags");
  expect(row("load")).toContain("Unsaved");
  await openDag("load");
  expectTyped();
  expect((window.get("trigger-after-edits") as HTMLInputElement).checked).toBe(false);
  expect(document.activeElement?.closest("[data-testid=trigger-conf]")).toBeNull();
});

it("is gone when it was discarded", async () => {
  await typed();
  expect(window.words("trigger-drop")).toBe("Discard");
  await window.click("trigger-drop");
  expect(row("load")).not.toContain("Unsaved");
  await window.click("dag-trigger");
  expect(window.text("trigger-conf")).toBe(DEFAULT);
  expect(window.text("trigger-note")).toBe("");
  expect(window.words("trigger-drop")).toBe("Cancel");
  await restart();
  await openDag("load");
  expect(window.find("trigger-conf")).toBeNull();
});

it("comes back by a click after it was discarded, until something else is typed", async () => {
  await typed();
  await window.click("trigger-drop");
  expect(document.activeElement).toBe(window.get("trigger-undo"));
  await openDag("other");
  expect(window.find("trigger-undo")).toBeNull();
  await openDag("load");
  await window.click("dag-trigger");
  expect(window.text("trigger-conf")).toBe(DEFAULT);
  await window.click("trigger-undo");
  expectTyped();
  expect(window.find("trigger-undo")).toBeNull();
  expect(row("load")).toContain("Unsaved");
  await window.click("trigger-drop");
  await window.click("trigger-undo");
  expectTyped();
  await window.click("trigger-drop");
  await window.click("dag-trigger");
  window.type("trigger-note", "another");
  expect(window.find("trigger-undo")).toBeNull();
  await window.click("trigger-drop");
  await window.click("trigger-undo");
  expect(window.text("trigger-note")).toBe("another");
  expect(window.text("trigger-conf")).toBe(DEFAULT);
});

it("offers nothing back where nothing was typed", async () => {
  await openForm("load");
  await window.click("trigger-drop");
  expect(window.find("trigger-undo")).toBeNull();
  expect(document.activeElement).toBe(window.get("dag-trigger"));
});

it("is gone when the run is queued", async () => {
  await typed();
  await window.click("trigger-submit");
  await vi.waitUntil(() => window.find("trigger-kept"));
  expect(window.session.runDrafts.size).toBe(0);
  expect(row("load")).not.toContain("Unsaved");
  await restart();
  await openForm("load");
  expect(window.text("trigger-conf")).toBe(DEFAULT);
});

it("is gone when the run is queued while one looks elsewhere", async () => {
  await typed();
  const { desk } = window.session;
  const act = desk.act.bind(desk);
  let goOn: (() => void) | undefined;
  desk.act = async (action) => {
    await new Promise<void>((resolve) => (goOn = resolve));
    return act(action);
  };
  await window.click("trigger-submit");
  await vi.waitUntil(() => goOn);
  await openDag("other");
  goOn?.();
  await settle(20);
  await openDag("load");
  expect(window.find("trigger-conf")).toBeNull();
});

it("is not asked for again where the app was killed just after the run was queued", async () => {
  await typed();
  await settle(20);
  const { runDrafts, desk } = window.session;
  const id = runDrafts.get("load")?.id ?? "";
  const what = { kind: "trigger_run" as const, dag_id: "load", conf: { region: "US" }, note: "month end" };
  await desk.act({ id, what, after_edits: true });
  await restart();
  await openDag("load");
  expect(window.find("trigger-conf")).toBeNull();
  expect(window.session.runDrafts.size).toBe(0);
});

it("keeps a conf that holds a secret in this page's memory only", async () => {
  await openForm("load");
  window.type("trigger-conf", '{"password": "hunter2"}');
  window.type("trigger-note", "month end");
  await openDag("other");
  await openDag("load");
  expect(window.text("trigger-conf")).toContain("hunter2");
  await restart();
  const rows = JSON.stringify(await window.session.desk.unsaved.read());
  expect(rows).toContain("month end");
  expect(rows).not.toContain("hunter2");
  await openDag("load");
  expect(window.text("trigger-conf")).toBe(DEFAULT);
  expect(window.text("trigger-note")).toBe("month end");
});

it.each([
  ["alone", ""],
  ["beside a note", "month end"],
])("says that a conf that held a secret was lost, typed %s, until another is typed", async (_, note) => {
  await openForm("load");
  window.type("trigger-conf", '{"password": "hunter2"}');
  window.type("trigger-note", note);
  await window.goto("/dags");
  expect(row("load")).toContain("Only while open");
  for (let start = 0; start < 2; start++) {
    await restart({ region: { value: start === 0 ? "EU" : "APAC" } });
    expect(JSON.stringify(await window.session.desk.unsaved.read())).not.toContain("hunter2");
    await window.goto("/dags");
    expect(row("load")).toContain("Lost, type again");
    await openDag("load");
    expect(window.words("trigger-secret-lost")).toContain("was not kept; type it again");
    expect(window.text("trigger-note")).toBe(note);
  }
  window.type("trigger-conf", TYPED);
  expect(window.find("trigger-secret-lost")).toBeNull();
  await window.click("trigger-drop");
  await restart();
  await openDag("load");
  expect(window.find("trigger-conf")).toBeNull();
});

it("warns of a secret in the conf before the run is queued, and queues it all the same", async () => {
  await openForm("load");
  expect(window.find("trigger-secret")).toBeNull();
  window.type("trigger-conf", '{"db": {"PASSWORD": "hunter2"}, "token": "x"}');
  const said = window.words("trigger-secret");
  expect(said).toContain("db › PASSWORD, token look like secrets, and a conf hides none.");
  expect(said).toContain("Airflow and Leeward keep it in clear");
  expect(said).toContain("closing Leeward loses it");
  await window.click("trigger-submit");
  await vi.waitUntil(() => window.find("trigger-kept"));
  expect(window.session.runDrafts.size).toBe(0);
});

it("warns of a secret that the DAG's own params hold, which no restart loses", async () => {
  await restart({ api_key: { value: "hunter2" } });
  await openForm("load");
  expect(window.words("trigger-secret")).toContain("api_key looks like a secret");
  expect(window.words("trigger-secret")).not.toContain("loses it");
});

it("says at once what the DAG no longer takes", async () => {
  await typed();
  await restart({ region: { value: "EU", schema: { enum: ["EU"] } } });
  window.platform.confCheck = (_env, _dag, conf) =>
    Promise.resolve(conf["region"] === "US" ? [{ param: "region", says: "region must be EU" }] : []);
  await openDag("load");
  expectTyped();
  await vi.waitUntil(() => window.find("trigger-faults"));
  expect(window.words("trigger-faults")).toBe("region must be EU");
});

it("is there where the refused run that it corrects is gone", async () => {
  const draft = new RunDraft("load", "01A").shownFrom({ conf: "{}", note: "", afterEdits: true });
  draft.conf = TYPED;
  draft.note = "month end";
  window.session.runDrafts.set(draft.slot, draft);
  await openDag("load");
  expectTyped();
  await window.click("trigger-drop");
  expect(window.session.runDrafts.size).toBe(0);
});

it("says what a run would wait for, and what it would not", async () => {
  for (const key of ["rate", "limit"])
    computer.world.write("variables", key, { value: "1", description: null });
  await window.sync();
  await openForm("load");
  const words = () =>
    document.querySelector("[data-testid=trigger-after-edits]")?.closest("label, div")?.textContent;
  expect(words()).toContain("(none now)");
  await window.session.desk.edit("variables", "rate", { value: { from: "1", to: "2" } });
  await window.session.desk.edit("variables", "limit", { value: { from: "1", to: "2" } });
  computer.world.write("variables", "rate", { value: "3" });
  await window.rest();
  computer.mirror.reject("variables", "limit", "no");
  await window.sync();
  await window.open("rate");
  await window.open("limit");
  window.type("editor-description", "said");
  await openForm("load");
  expect(words()).toContain(
    "(2 edits now, of which 1 in conflict and 1 refused; it does not wait for 1 unsaved text)",
  );
});

it("says of no run that it was not queued which nobody queued", async () => {
  await openForm("load");
  window.type("trigger-conf", '{"id": 12345678901234567890}');
  await openDag("other");
  await openDag("load");
  expect(window.words("trigger-problem")).toContain("Line 1: 12345678901234567890 is too long");
  expect(window.words("trigger-problem")).not.toContain("was not queued");
  expect(window.words("trigger-problem")).not.toContain("has to be a JSON object");
  window.type("trigger-conf", '{"discount": 1.0}');
  await window.rest();
  expect(window.words("trigger-problem")).toContain("1.0 would arrive as the whole number 1");
});

it("is there again when the run is taken back, for another run", async () => {
  await typed();
  await window.click("trigger-submit");
  const { id } = (await computer.log())[0]?.action ?? {};
  await window.goto("/pending");
  await window.click("action-takeback");
  await openDag("load");
  expect(window.text("trigger-conf")).toBe('{\n  "region": "US"\n}');
  expect(window.text("trigger-note")).toBe("month end");
  await window.click("trigger-submit");
  const queued = (await computer.log()).filter(({ kind }) => kind === "act").map(({ action }) => action?.id);
  expect(queued.at(-1)).not.toBe(id);
});
