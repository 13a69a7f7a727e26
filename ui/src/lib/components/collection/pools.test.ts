// @vitest-environment happy-dom
// A collection that is shown by its data model alone, on the real screens: pools.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { HistoryItem } from "$lib/bindings";
import { Computer } from "$lib/db/testing/computer";
import { TestWindow } from "../testing/window";

vi.mock("$app/navigation", () => import("../testing/router.svelte"));
vi.mock("$app/state", () => import("../testing/router.svelte"));

let computer: Computer;
let window: TestWindow;

beforeEach(async () => {
  computer = new Computer();
  computer.world.write("pools", "default_pool", {
    slots: 128,
    description: "Default",
    include_deferred: false,
  });
  computer.world.write("pools", "etl", { slots: 4, description: null, include_deferred: false });
  computer.world.write("variables", "etl", { value: "v", description: null });
  computer.mirror.cycle();
  window = await TestWindow.open(computer);
  await window.goto("/c/pools");
});

afterEach(() => window.close());

const open = (key: string | null) => window.goto(key === null ? "/c/pools?new" : `/c/pools?key=${key}`);
const save = () => window.press("s", { ctrlKey: true });
const airflow = (key: string) => computer.world.read("pools", key);
const row = (key: string) => document.querySelector(`[data-testid=pool-row][data-key=${key}]`);

it("lists the pools, a cell a field, and no variables", () => {
  expect(row("etl")?.textContent.replace(/\s+/g, " ").trim()).toMatch(/^etl 4\s*no/);
  expect(document.querySelectorAll("[data-testid=pool-row]")).toHaveLength(2);
  expect(window.words("pool-count")).toBe("2 pools");
});

it("says what is searched, and searches that: no yes or no", async () => {
  expect(window.get("pool-search").getAttribute("placeholder")).toBe("Search Pools");
  for (const [text, found] of [
    ["etl", ["etl"]],
    ["128", ["default_pool"]],
    ["defa", ["default_pool"]],
    ["false", []],
  ] as const) {
    window.type("pool-search", text);
    await window.rest();
    const rows = [...document.querySelectorAll<HTMLElement>("[data-testid=pool-row]")];
    expect(rows.map((one) => one.dataset["key"])).toEqual(found);
  }
});

it("sends the fields that were changed, as what they are", async () => {
  await open("etl");
  window.type("field-slots", "16");
  await window.click("field-include_deferred");
  await save();
  expect(window.words("editor-kept")).toContain("Kept");
  expect(await computer.log()).toMatchObject([
    {
      collection: "pools",
      fields: { slots: { from: 4, to: 16 }, include_deferred: { from: false, to: true } },
    },
  ]);
  await window.sync();
  expect(airflow("etl")).toEqual({ slots: 16, description: null, include_deferred: true });
  expect(computer.world.read("variables", "etl")).toEqual({ value: "v", description: null });
});

it.each(["", "4.5", "four", "-2", "99999999999"])(
  "keeps no slots that are “%s”, and says why",
  async (text) => {
    await open("etl");
    window.type("field-slots", text);
    await save();
    expect(window.words("editor-problem")).toContain("Slots");
    expect(window.text("field-slots")).toBe(text);
    expect(await computer.log()).toEqual([]);
  },
);

it("takes a number with blanks around it for that number", async () => {
  await open("etl");
  window.type("field-slots", " 6 ");
  await save();
  await window.sync();
  expect(airflow("etl")).toMatchObject({ slots: 6 });
  expect(window.words("panel-standing")).not.toContain("Unsaved");
  await save();
  expect(await computer.log()).toHaveLength(0);
});

it("makes a pool with what stands in its fields", async () => {
  await open(null);
  window.type("editor-key", "nightly");
  window.type("field-slots", "2");
  await save();
  await window.sync();
  expect(airflow("nightly")).toEqual({ slots: 2, description: null, include_deferred: false });
});

it("leaves a screen alone that one went to while a new pool was saved", async () => {
  await open(null);
  window.type("editor-key", "nightly");
  window.type("field-slots", "2");
  window.strike("S", { ctrlKey: true });
  await window.goto("/c/pools");
  await window.sync();
  expect(airflow("nightly")).toBeDefined();
  expect(window.find("side-panel")).toBeNull();
});

it("deletes a pool, but not the one that Airflow keeps", async () => {
  await open("default_pool");
  expect(window.find("editor-delete")).toBeNull();
  expect(window.words("editor-not-deleted")).toContain("Airflow keeps this pool");
  // A text, and no box that one could type into.
  expect(window.get("field-description").tagName).toBe("P");
  expect(window.words("field-description")).toBe("Default");
  await open("etl");
  await window.click("editor-delete");
  await window.click("editor-delete-yes");
  await window.sync();
  expect(airflow("etl")).toBeUndefined();
});

it("takes a saved change back to what it was", async () => {
  await open("etl");
  window.type("field-slots", "16");
  await save();
  await window.click("panel-takeback");
  expect(window.text("field-slots")).toBe("4");
});

it("has a change that was taken back again, and a new pool too", async () => {
  await open("etl");
  window.type("field-slots", "16");
  await save();
  await window.click("panel-takeback");
  await window.click("editor-undo");
  expect(window.text("field-slots")).toBe("16");
  await open(null);
  window.type("editor-key", "nightly");
  window.type("field-slots", "2");
  await save();
  await window.goto("/pending");
  window.get("pending-row").querySelector<HTMLElement>("[data-testid=pending-takeback]")?.click();
  await window.rest();
  await open(null);
  await window.click("editor-undo");
  expect([window.text("editor-key"), window.text("field-slots")]).toEqual(["nightly", "2"]);
});

it("tells in the history which fields changed, and puts them back", async () => {
  const history = [
    {
      at: "2026-01-02T00:00:00Z",
      source: "local",
      fields: { slots: 16, description: null, include_deferred: false },
    },
    {
      at: "2026-01-01T00:00:00Z",
      source: "airflow",
      fields: { slots: 4, description: null, include_deferred: false },
    },
  ] as unknown as HistoryItem[];
  vi.spyOn(window.platform, "history").mockResolvedValue(history);
  await open("etl");
  window.type("field-slots", "16");
  await save();
  await vi.waitUntil(() => window.find("history-value"));
  const values = [...document.querySelectorAll("[data-testid=history-value]")].map((one) => one.textContent);
  expect(values).toEqual(["Slots: 4 → 16", "Slots: 4, Include deferred: false"]);
  await window.click("history-put-back");
  expect(window.text("field-slots")).toBe("4");
});

it("puts back what Airflow has changed since one began to type", async () => {
  const fields = { slots: 4, description: null, include_deferred: false };
  const history = [
    { at: "2026-01-02T00:00:00Z", source: "airflow", fields: { ...fields, slots: 8 } },
    { at: "2026-01-01T00:00:00Z", source: "airflow", fields },
  ] as unknown as HistoryItem[];
  await open("etl");
  window.type("field-slots", "16");
  vi.spyOn(window.platform, "history").mockResolvedValue(history);
  computer.world.write("pools", "etl", { slots: 8 });
  await window.sync();
  await vi.waitUntil(() => window.find("history-put-back"));
  await window.click("history-put-back");
  expect(window.text("field-slots")).toBe("4");
  await save();
  await window.sync();
  expect(airflow("etl")).toMatchObject({ slots: 4 });
});

it("stands on Pending under its own collection", async () => {
  await open("etl");
  window.type("field-slots", "16");
  await save();
  await window.open("etl");
  window.type("editor-value", "w");
  await save();
  await window.goto("/pending");
  const heads = [...document.querySelectorAll("h2")].map((one) => one.textContent);
  expect(heads).toEqual(["1 variable", "1 pool"]);
});

describe("what is typed and not saved", () => {
  it("is there when one comes back, also after a kill, and not in the variable of that name", async () => {
    await open("etl");
    window.type("field-slots", "16");
    window.type("editor-reason", "month end");
    await window.goto("/variables?key=etl");
    expect(window.text("editor-value")).toBe("v");
    expect(window.text("editor-reason")).toBe("");
    await vi.waitUntil(async () => (await window.session.desk.unsaved.read()).length === 1);
    await window.kill();
    window = await TestWindow.open(computer);
    await open("etl");
    expect([window.text("field-slots"), window.text("editor-reason")]).toEqual(["16", "month end"]);
    await save();
    await window.sync();
    expect(airflow("etl")).toMatchObject({ slots: 16 });
  });

  it.each(["4x", ""])("is there when one comes back, also where it means nothing (“%s”)", async (text) => {
    await open("etl");
    window.type("field-slots", text);
    await window.goto("/variables");
    await open("etl");
    expect(window.text("field-slots")).toBe(text);
    expect(window.words("panel-standing")).toContain("Unsaved");
  });

  it("stays when a sync brings news, which is said, and the two are merged", async () => {
    await open("etl");
    window.type("field-slots", "16");
    computer.world.write("pools", "etl", { description: "from beside" });
    await window.sync();
    expect(window.text("field-slots")).toBe("16");
    expect(window.words("editor-moved")).toContain("It changed while you were typing");
    await save();
    await window.sync();
    expect(airflow("etl")).toEqual({ slots: 16, description: "from beside", include_deferred: false });
  });

  it("comes back by Undo after it was discarded", async () => {
    await open("etl");
    window.type("field-slots", "16");
    await window.click("editor-drop");
    expect(window.text("field-slots")).toBe("4");
    await window.click("editor-undo");
    expect(window.text("field-slots")).toBe("16");
  });
});

describe("a pool in conflict", () => {
  beforeEach(async () => {
    await open("etl");
    window.type("field-slots", "16");
    await save();
    computer.world.write("pools", "etl", { slots: 8 });
    await window.sync();
    await window.goto("/conflicts?c=pools&key=etl");
  });

  it("is settled by a side", async () => {
    expect(window.words("conflict-title")).toContain("You changed it");
    await window.press("1");
    await window.click("conflict-resolve");
    await window.sync();
    expect(airflow("etl")).toMatchObject({ slots: 16 });
  });

  it("is settled by a number that is typed, and by nothing that is none", async () => {
    window.type("conflict-result", "many");
    expect(window.words("conflict-problem")).toContain("is not a whole number");
    expect(window.words("conflict-effect")).toBe(
      "What changes in Airflow: Nothing until the result is fixed",
    );
    window.type("conflict-result", "12");
    expect(window.words("conflict-effect")).toContain("+ 12");
    await window.click("conflict-resolve");
    await window.sync();
    expect(airflow("etl")).toMatchObject({ slots: 12 });
  });
});
