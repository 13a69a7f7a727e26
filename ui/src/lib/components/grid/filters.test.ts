// @vitest-environment happy-dom
// Filters and saved views on the real screens and stores.
import { flushSync } from "svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { USUAL } from "$lib/collections/order";
import { orderOf } from "$lib/collections/order-now.svelte";
import { Computer, settle } from "$lib/db/testing/computer";
import { emptyWorld, type World } from "$lib/platform/memory";
import { FX, viewOf } from "../testing/typed";
import { TestWindow } from "../testing/window";

vi.mock("$app/navigation", () => import("../testing/router.svelte"));
vi.mock("$app/state", () => import("../testing/router.svelte"));

let computer: Computer;
let world: World;
let window: TestWindow;

beforeEach(async () => {
  computer = new Computer();
  world = { ...emptyWorld(), collections: [viewOf(FX)] };
  for (const [currency, rate] of Object.entries({ CHF: "0.99", EUR: "1.085", USD: "10" }))
    computer.world.write("fx", keyOf(currency), { currency, valid_from: "2026-11-01", rate, base: "EUR" });
  computer.mirror.cycle();
  await start();
});

afterEach(async () => {
  if (!window.find("filter-clear")) await window.click("grid-filter");
  await window.click("filter-clear");
  await window.close();
  orderOf("fx").now = USUAL;
});

async function start(): Promise<void> {
  window = await TestWindow.open(computer, world);
  await window.goto("/c/fx");
}

const keyOf = (currency: string) => JSON.stringify([currency, "2026-11-01"]);
const grid = () => document.querySelector<HTMLElement>("[role=grid]") as HTMLElement;
const rows = () => [...document.querySelectorAll<HTMLElement>("[data-testid=record-row]")];
const currencies = () => rows().map((row) => (JSON.parse(row.dataset["key"] ?? "[]") as string[])[0] ?? "");
const cell = (currency: string, column: string) =>
  rows()
    .find((row) => row.dataset["key"] === keyOf(currency))
    ?.querySelector(`[data-testid=cell-${column}]`) as HTMLElement;

function pointAt(currency: string, column: string): void {
  cell(currency, column).dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, button: 0 }));
  grid().focus();
  flushSync();
}

/** Opens the filter on the rate, at least so much. */
async function rateAtLeast(rate: string): Promise<void> {
  pointAt(currencies()[0] ?? "", "rate");
  await window.press("l", { ctrlKey: true, shiftKey: true });
  await settle(2);
  flushSync();
  await choose("filter-test", "is at least");
  window.type("filter-value", rate);
  await settle(2);
  flushSync();
}

async function choose(testid: string, words: string): Promise<void> {
  const trigger = window.get(testid);
  trigger.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, button: 0, pointerType: "mouse" }));
  await settle(5);
  flushSync();
  const choices = [...document.querySelectorAll<HTMLElement>(`[data-testid=${testid}-choice]`)];
  const choice = choices.find((one) => one.textContent.trim() === words);
  if (!choice) throw new Error(`no choice ${words} of ${choices.map((one) => one.textContent).join("|")}`);
  choice.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, button: 0 }));
  choice.dispatchEvent(new PointerEvent("pointerup", { bubbles: true, button: 0 }));
  await settle(5);
  flushSync();
}

it("opens on the column that one is in, and shows what passes", async () => {
  await rateAtLeast("1.085");
  expect(window.get("filter-column").dataset["value"]).toBe("rate");
  expect(currencies()).toEqual(["EUR", "USD"]);
  expect(window.words("record-count")).toBe("2 of 3 records");
  await window.press("Escape");
  expect(document.activeElement).toBe(grid());
  expect(window.find("filter-value")).toBeNull();
  expect(currencies()).toEqual(["EUR", "USD"]);
});

it("says what means nothing, and filters by nothing then", async () => {
  await rateAtLeast("many");
  expect(window.words("filter-problem")).toContain("must be a decimal number");
  expect(currencies()).toHaveLength(3);
});

it("keeps an edited row in view until it has arrived", async () => {
  await rateAtLeast("5");
  expect(currencies()).toEqual(["USD"]);
  pointAt("USD", "rate");
  await window.press("F2");
  window.type("cell-editor", "2");
  await window.press("Enter");
  await window.rest();
  expect(currencies()).toEqual(["USD"]);
  await window.sync();
  expect(computer.world.read("fx", keyOf("USD"))).toMatchObject({ rate: "2" });
  expect(currencies()).toEqual([]);
  expect(document.body.textContent).toContain("None of them passes the filter.");
});

it("has a view again after a restart, with its order", async () => {
  await window.click("sort-rate");
  await window.click("sort-rate");
  await rateAtLeast("1");
  window.type("view-name", "Large");
  await window.click("view-save");
  expect(window.get("view-choose").dataset["value"]).toBe("Large");
  await window.click("filter-clear");
  await window.click("sort-key");
  expect(currencies()).toEqual(["CHF", "EUR", "USD"]);
  await window.kill();
  await start();
  await choose("view-choose", "Large");
  expect(currencies()).toEqual(["USD", "EUR"]);
  if (!window.find("view-remove")) await window.click("grid-filter");
  await window.click("view-remove");
  expect(window.find("view-choose")).toBeNull();
  expect(currencies()).toEqual(["USD", "EUR"]);
});

/** A rate is edited so that its row passes no more once it has arrived; the focus is in the grid. */
async function rowGoesFromView(): Promise<void> {
  await rateAtLeast("1");
  expect(currencies()).toEqual(["EUR", "USD"]);
  pointAt("USD", "rate");
  await window.press("F2");
  window.type("cell-editor", "0.5");
  await window.press("Enter", { shiftKey: true });
  pointAt("USD", "base");
  await window.rest();
  await window.sync();
  expect(currencies()).toEqual(["EUR"]);
}

it.each(["Delete", "Backspace"])(
  "writes into no other row by %s where the active one went from view",
  async (key) => {
    await rowGoesFromView();
    pressIn(grid(), key);
    pressIn(grid(), "d", { ctrlKey: true });
    // What is done next is done after that.
    pointAt("EUR", "rate");
    await window.press("F2");
    window.type("cell-editor", "1.5");
    await window.press("Enter");
    await vi.waitUntil(async () => (await computer.log()).some(({ fields }) => "rate" in fields));
    const written = (await computer.log()).flatMap(({ fields }) => Object.keys(fields));
    expect(written).toEqual(["rate"]);
  },
);

function pressIn(at: HTMLElement, key: string, held: KeyboardEventInit = {}): void {
  at.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...held }));
  flushSync();
}

it("replaces in the rows that were marked, wherever they stand by then", async () => {
  pointAt("EUR", "rate");
  cell("USD", "rate").dispatchEvent(
    new PointerEvent("pointerdown", { bubbles: true, button: 0, shiftKey: true }),
  );
  grid().focus();
  await window.press("h", { ctrlKey: true });
  window.type("find-text", "0");
  window.type("find-other", "2");
  await window.rest();
  await window.click("sort-rate");
  expect(currencies()).toEqual(["CHF", "EUR", "USD"]);
  await window.click("sort-rate");
  expect(currencies()).toEqual(["USD", "EUR", "CHF"]);
  await window.click("find-replace");
  await window.sync();
  const rates = ["CHF", "EUR", "USD"].map((one) => computer.world.read("fx", keyOf(one))?.["rate"]);
  expect(rates).toEqual(["0.99", "1.285", "12"]);
  await window.click("find-close");
});
