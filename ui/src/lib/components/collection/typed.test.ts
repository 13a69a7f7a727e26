// @vitest-environment happy-dom
// Typed collections on the real screens and stores: in the rail, in the grid, in the form, and over a restart.
import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Computer, settle } from "$lib/db/testing/computer";
import { orderOf } from "$lib/collections/order-now.svelte";
import { USUAL } from "$lib/collections/order";
import { emptyWorld, type World } from "$lib/platform/memory";
import type { App } from "$lib/state/app.svelte";
import Rail from "../frame/Rail.svelte";
import { CURRENCIES, FX, NOTES, viewOf, WORDS } from "../testing/typed";
import { TestWindow } from "../testing/window";

vi.mock("$app/navigation", () => import("../testing/router.svelte"));
vi.mock("$app/state", () => import("../testing/router.svelte"));

const EUR = '["EUR","2026-11-01"]';
const USD = '["USD","2026-11-01"]';

let computer: Computer;
let world: World;
let window: TestWindow;

beforeEach(async () => {
  computer = new Computer();
  world = { ...emptyWorld(), collections: [viewOf(FX), viewOf(CURRENCIES), viewOf(NOTES)] };
  write("fx", EUR, {
    ...{ currency: "EUR", valid_from: "2026-11-01", rate: "1.085", lots: "9007199254740993" },
    ...{ source: "ECB", approved: true, limits: { high: 2 } },
  });
  write("fx", USD, { currency: "USD", valid_from: "2026-11-01", rate: "0.99" });
  write("currencies", "EUR", { code: "EUR", name: "Euro" });
  write("currencies", "USD", { code: "USD" });
  computer.mirror.cycle();
  await start();
});

afterEach(async () => {
  await window.close();
  orderOf("fx").now = USUAL;
});

function write(collection: string, key: string, fields: Record<string, unknown>): void {
  computer.world.write(collection, key, fields);
}

async function start(at = "/c/fx"): Promise<void> {
  window = await TestWindow.open(computer, world);
  await window.goto(at);
}

const airflow = (key: string) => computer.world.read("fx", key);
const grid = () => document.querySelector<HTMLElement>("[role=grid]") as HTMLElement;
const rows = () => [...document.querySelectorAll<HTMLElement>("[data-testid=record-row]")];
const keys = () => rows().map((row) => row.dataset["key"]);
const cell = (key: string, column: string) =>
  rows()
    .find((row) => row.dataset["key"] === key)
    ?.querySelector(`[data-testid=cell-${column}]`) as HTMLElement;
const shown = (key: string, column: string) => cell(key, column).querySelector(".ellipsis")?.textContent;
const suggested = () =>
  [...document.querySelectorAll("[data-testid=suggestion]")].map((one) => one.textContent.trim());

function pointAt(key: string, column: string): void {
  cell(key, column).dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, button: 0 }));
  grid().focus();
  flushSync();
}

/** Opens the editor of a cell, and types over what stands in it. */
async function edit(key: string, column: string, text: string): Promise<void> {
  pointAt(key, column);
  await window.press("F2");
  window.type("cell-editor", text);
}

async function put(key: string, column: string, text: string): Promise<void> {
  await edit(key, column, text);
  await window.press("Enter");
  await window.rest();
}

async function paste(text: string): Promise<void> {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  const event = new Event("paste", { bubbles: true, cancelable: true });
  Object.assign(event, { clipboardData });
  grid().dispatchEvent(event);
  await window.rest();
  await window.rest();
}

describe("the screen", () => {
  it("has the columns of the data model, in its order, after the key", () => {
    const heads = [...document.querySelectorAll("[role=columnheader]")].map((one) => one.textContent.trim());
    expect(heads).toEqual([
      ...["Currency · Valid from", "Rate", "Lots", "Source", "Base", "Approved", "Seen at", "Limits"],
      ...["Changed", "State"],
    ]);
    expect(document.querySelector("h1")?.textContent).toBe("Exchange-rate overrides");
    expect(shown(EUR, "key")).toBe("EUR · 2026-11-01");
    expect(shown(EUR, "lots")).toBe("9007199254740993");
    expect(shown(EUR, "source")).toBe("European Central Bank");
    expect(shown(EUR, "approved")).toBe("yes");
    expect(shown(EUR, "limits")).toBe('{"high":2}');
    expect(shown(USD, "lots")).toBe("");
  });

  it("has the data model of the environment that is open, whatever an earlier one tells late", async () => {
    const { session } = window;
    const other = { ...world, collections: [viewOf(FX.replace("Exchange-rate overrides", "Other rates"))] };
    const second = await TestWindow.open(new Computer(), other);
    await second.goto("/c/fx");
    world.collections = [viewOf(FX.replace("Exchange-rate overrides", "Rates"))];
    await session.bringBackTyped();
    await second.rest();
    const titles = [...document.querySelectorAll("h1")].map((one) => one.textContent);
    await second.close();
    expect(titles.at(-1)).toBe("Other rates");
  });

  it("is found in the rail, with why it stands still", async () => {
    world.collections = [
      viewOf(FX, { trouble: "Airflow has an older version.", stands_still: true }),
      viewOf(CURRENCIES),
    ];
    await window.platform.syncNow("test");
    await window.rest();
    const target = document.body;
    const app = { hasTray: true, session: window.session } as unknown as App;
    const rail = mount(Rail, { target, props: { app, session: window.session } });
    flushSync();
    expect(window.words("rail-fx")).toBe("Exchange-rate overrides");
    expect(window.get("rail-fx").getAttribute("href")).toBe("/c/fx");
    expect(window.find("rail-notes")).toBeNull();
    expect(window.get("rail-fx-trouble").dataset["tip"]).toBe("Airflow has an older version.");
    expect(window.find("rail-currencies-trouble")).toBeNull();
    await unmount(rail);
    expect(window.words("collection-trouble")).toContain("Airflow has an older version.");
    expect((window.get("record-new") as HTMLButtonElement).disabled).toBe(true);
    pointAt(EUR, "rate");
    await window.press("F2");
    expect(window.find("cell-editor")).toBeNull();
    await paste("2");
    expect(await computer.log()).toEqual([]);
  });

  it("is edited although one of its rows cannot be published", async () => {
    world.collections = [viewOf(FX, { trouble: "One row is set aside." }), viewOf(CURRENCIES)];
    await window.platform.syncNow("test");
    await window.rest();
    expect(window.words("collection-trouble")).toContain(
      "One row is set aside. It can be edited all the same.",
    );
    expect((window.get("record-new") as HTMLButtonElement).disabled).toBe(false);
    pointAt(EUR, "rate");
    await paste("2");
    expect(await computer.log()).not.toEqual([]);
  });

  it("appears as soon as another desktop has made the collection, with its records", async () => {
    await window.goto("/c/late");
    expect(document.body.textContent).toContain("No such collection");
    write("late", "a", { code: "a" });
    await window.sync();
    world.collections = [viewOf(CURRENCIES.replace('"currencies"', '"late"').replace("Currencies", "Late"))];
    await window.platform.syncNow("test");
    await window.rest();
    expect(document.querySelector("h1")?.textContent).toBe("Late");
    expect(keys()).toEqual(["a"]);
  });

  it("sorts numbers by their worth, however long they are", async () => {
    write("fx", '["CHF","2026-11-01"]', {
      currency: "CHF",
      valid_from: "2026-11-01",
      rate: "10.5",
      lots: "-7",
    });
    write("fx", '["GBP","2026-11-01"]', {
      currency: "GBP",
      valid_from: "2026-11-01",
      rate: "1.25",
      lots: "-12",
    });
    await window.sync();
    const currencies = () => keys().map((key) => (JSON.parse(key ?? "[]") as string[])[0]);
    await window.click("sort-rate");
    expect(currencies()).toEqual(["USD", "EUR", "GBP", "CHF"]);
    await window.click("sort-lots");
    expect(currencies()).toEqual(["GBP", "CHF", "EUR", "USD"]);
  });
});

it("shows, sorts and edits fields that are called like its own columns", async () => {
  await window.close();
  world = { ...world, collections: [...world.collections, viewOf(WORDS)] };
  write("words", "a", { key: "a", state: "solid", changed: "often" });
  write("words", "b", { key: "b", state: "gas", changed: "never" });
  computer.mirror.cycle();
  await start("/c/words");
  const row = (key: string) => rows().find((one) => one.dataset["key"] === key);
  const texts = (key: string) =>
    [...(row(key)?.querySelectorAll(".cell .ellipsis") ?? [])].slice(0, 3).map((one) => one.textContent);
  expect(texts("a")).toEqual(["a", "solid", "often"]);
  await window.click("sort-changed");
  expect(keys()).toEqual(["b", "a"]);
  await window.click("sort-state");
  expect(keys()).toEqual(["b", "a"]);
  await edit("a", "state", "liquid");
  await window.press("Enter");
  await window.rest();
  expect(texts("a")).toEqual(["a", "liquid", "often"]);
  await window.sync();
  expect(computer.world.read("words", "a")).toEqual({ key: "a", state: "liquid", changed: "often" });
});

describe("a cell", () => {
  it("keeps numbers as the texts that they are, to Airflow and back", async () => {
    await put(EUR, "lots", "9223372036854775806");
    await put(EUR, "rate", "12345678901234567890.123450");
    await window.sync();
    expect(airflow(EUR)).toMatchObject({ lots: "9223372036854775806", rate: "12345678901234567890.12345" });
    expect(shown(EUR, "rate")).toBe("12345678901234567890.12345");
  });

  it("says what breaks a rule, and saves nothing of it", async () => {
    for (const [column, text, why] of [
      ["lots", "9223372036854775807", "It must be at most 9223372036854775806."],
      ["lots", "007", "It must be a whole number without leading zeros."],
      ["rate", "1,5", "It must be a decimal number such as 12.5."],
      ["rate", "", "Rate is empty."],
      ["seen_at", "2026-11-01 09:30", "It must be a date and time with zone"],
      ["source", "ecb", 'It must be one of "ECB", "treasury".'],
      ["limits", "[1]", "It must be an object."],
      ["limits", '{"a": 9007199254740993}', "It must be JSON without 9007199254740993"],
    ] as const) {
      await edit(EUR, column, text);
      await window.press("s", { ctrlKey: true });
      expect(window.words("cell-problem"), `${column}: ${text}`).toContain(why);
      await window.press("Escape");
    }
    expect(await computer.log()).toEqual([]);
  });

  it("has no value any more once it is emptied, and has it again by undo", async () => {
    await put(EUR, "lots", "");
    const [entry] = await computer.log();
    expect(entry?.fields).toEqual({ lots: { from: "9007199254740993" } });
    await window.sync();
    expect(airflow(EUR)).not.toHaveProperty("lots");
    grid().focus();
    await window.press("z", { ctrlKey: true });
    await window.rest();
    await window.sync();
    expect(airflow(EUR)).toMatchObject({ lots: "9007199254740993" });
  });

  it("shows JSON with a number that it would round by its text, and gives that back untouched", async () => {
    const text = '{"id":9007199254740993}';
    write("fx", EUR, { limits: { $leeward_json: text } });
    computer.mirror.cycle();
    await window.sync();
    expect(shown(EUR, "limits")).toBe(text);
    await put(EUR, "rate", "2");
    await put(EUR, "limits", text);
    expect((await computer.log()).map(({ fields }) => Object.keys(fields))).toEqual([["rate"]]);
    await put(EUR, "limits", "{}");
    grid().focus();
    await window.press("z", { ctrlKey: true });
    await window.rest();
    await window.sync();
    expect(airflow(EUR)).toMatchObject({ rate: "2", limits: { $leeward_json: text } });
  });

  it("takes another spelling of its value for no change", async () => {
    await put(EUR, "rate", "1.0850");
    expect(await computer.log()).toEqual([]);
  });

  it("offers the choices by their titles, and takes the one that is gone to", async () => {
    pointAt(USD, "source");
    await window.press("Enter");
    expect(suggested()).toEqual(["European Central Bank (ECB)", "treasury"]);
    window.type("cell-editor", "tre");
    expect(suggested()).toEqual(["treasury"]);
    await window.press("ArrowDown");
    await window.press("Enter");
    await window.rest();
    await window.sync();
    expect(airflow(USD)).toMatchObject({ source: "treasury" });
  });

  it("offers the keys of the collection that it refers to", async () => {
    pointAt(USD, "base");
    await window.press("Enter");
    expect(suggested()).toEqual(["EUR", "USD"]);
    document.querySelectorAll<HTMLElement>("[data-testid=suggestion]")[0]?.click();
    flushSync();
    expect(window.text("cell-editor")).toBe("EUR");
    await window.press("Enter");
    await window.rest();
    await window.sync();
    expect(airflow(USD)).toMatchObject({ base: "EUR" });
  });

  it("keeps its text over a restart", async () => {
    await edit(EUR, "rate", "1.x");
    await settle(20);
    await window.kill();
    await start();
    expect(shown(EUR, "rate")).toBe("1.x");
    expect(cell(EUR, "rate").getAttribute("aria-invalid")).toBe("true");
  });

  it.each(["in the same start", "in the one after"])(
    "keeps its text where the collection is not known at a start, and is %s",
    async (when) => {
      await edit(EUR, "rate", "1.x");
      await settle(20);
      await window.kill();
      const { collections } = world;
      world.collections = [];
      await start("/variables");
      // Something else is typed: all that is unsaved is written again.
      await window.open(null);
      window.type("editor-key", "other");
      await settle(20);
      world.collections = collections;
      if (when === "in the one after") {
        await window.kill();
        await start();
      } else await window.platform.syncNow("test");
      await window.rest();
      await window.goto("/c/fx");
      expect(shown(EUR, "rate")).toBe("1.x");
    },
  );

  it("refuses a secret, and stores nothing of it", async () => {
    await edit(EUR, "limits", '{"db_password": "hunter2"}');
    await window.press("s", { ctrlKey: true });
    expect(window.words("cell-problem")).toContain("It holds something secret.");
    await settle(20);
    await window.kill();
    await start();
    expect(shown(EUR, "limits")).toBe('{"high":2}');
    expect(await computer.log()).toEqual([]);
  });
});

describe("a new record", () => {
  it("is found by the fields of its key, and has no field that was left empty", async () => {
    await window.click("record-new");
    expect(document.activeElement).toBe(window.get("field-currency"));
    window.type("field-currency", "CHF");
    window.type("field-valid_from", "2026-12-01");
    window.type("field-rate", "0.90");
    await window.press("s", { ctrlKey: true });
    await window.rest();
    const [entry] = await computer.log();
    expect(entry).toMatchObject({ collection: "fx", key: '["CHF","2026-12-01"]' });
    await window.sync();
    expect(airflow('["CHF","2026-12-01"]')).toEqual({
      ...{ currency: "CHF", valid_from: "2026-12-01", rate: "0.9", approved: false },
    });
  });

  it("has what it gets where nothing was typed with every digit", async () => {
    const default_ = { $leeward_json: '{"id":9007199254740993}' };
    const model = FX.replace(
      '"limits": {"type": "object"}',
      '"limits": {"type": "object", "default": {"id": 1}}',
    );
    const view = viewOf(model);
    // As the app tells it.
    for (const field of view.collection.fields) if (field.name === "limits") field.default = default_;
    world.collections = [view, viewOf(CURRENCIES), viewOf(NOTES)];
    await window.kill();
    await start();
    pointAt(EUR, "key");
    await paste('["GBP","2026-12-01"]\t0.8');
    await window.click("record-new");
    expect(window.text("field-limits")).toContain("9007199254740993");
    window.type("field-currency", "CHF");
    window.type("field-valid_from", "2026-12-01");
    window.type("field-rate", "0.90");
    await window.press("s", { ctrlKey: true });
    await window.rest();
    const [pasted, typed] = await computer.log();
    for (const entry of [pasted, typed]) expect(entry?.fields?.["limits"]).toEqual({ to: default_ });
  });

  it("says what its key lacks, and that there is one of that key", async () => {
    await window.click("record-new");
    window.type("field-currency", "eur");
    await window.press("s", { ctrlKey: true });
    expect(window.words("editor-problem")).toContain("Currency: It must have the form ^[A-Z]{3}$.");
    window.type("field-currency", "EUR");
    window.type("field-valid_from", "2026-11-01");
    window.type("field-rate", "1");
    await window.press("s", { ctrlKey: true });
    expect(window.words("editor-problem")).toContain("There is a record EUR · 2026-11-01 already.");
    expect(await computer.log()).toEqual([]);
  });

  it("says what a text is to be as the data model describes it, before the pattern", async () => {
    const described = '"title": "Currency", "description": "ISO code, three capitals.",';
    world.collections = [
      viewOf(FX.replace('"title": "Currency",', described)),
      viewOf(CURRENCIES),
      viewOf(NOTES),
    ];
    await window.kill();
    await start();
    await window.click("record-new");
    window.type("field-currency", "eur");
    await window.press("s", { ctrlKey: true });
    expect(window.words("editor-problem")).toContain(
      "It must be as the data model describes it, “ISO code, three capitals”: ^[A-Z]{3}$.",
    );
  });

  it("keeps its key: the form shows the fields of it, and edits the others", async () => {
    await window.goto(`/c/fx?key=${encodeURIComponent(EUR)}`);
    expect(window.get("field-currency").tagName).toBe("P");
    window.type("field-rate", "2");
    await window.press("s", { ctrlKey: true });
    await window.rest();
    await window.sync();
    expect(airflow(EUR)).toMatchObject({ currency: "EUR", rate: "2" });
  });

  it("says in its form which fields are required, and in the grid what is typed of its key", async () => {
    const label = (name: string) =>
      window.get(`field-${name}`).closest(".field")?.querySelector(".label")?.textContent;
    await window.goto(`/c/fx?key=${encodeURIComponent(EUR)}`);
    expect(label("currency")).toBe("Currency Key; cannot be changed");
    await window.goto("/c/fx?new");
    expect(["currency", "rate", "lots"].map(label)).toEqual([
      ...["Currency required", "Rate required · up to 6 decimal places", "Lots "],
    ]);
    expect(window.get("field-rate").getAttribute("aria-required")).toBe("true");
    window.type("field-rate", "1");
    await window.rest();
    const keyCell = () => cell("", "key").querySelector(".ellipsis")?.textContent;
    expect(keyCell()).toBe("New record");
    window.type("field-currency", "eu");
    await window.rest();
    expect(keyCell()).toBe("eu");
    window.type("field-valid_from", "2026");
    await window.rest();
    expect(keyCell()).toBe("eu · 2026");
  });

  it("has a key of its own where keys are made with the records", async () => {
    await window.goto("/c/notes?new");
    expect(window.find("editor-key")).toBeNull();
    expect(window.session.unsavedCount).toBe(0);
    window.type("field-note", "first");
    await window.press("s", { ctrlKey: true });
    await window.rest();
    const [entry] = await computer.log();
    expect(entry?.key).toMatch(/^[0-7][0-9A-Z]{25}$/);
    expect(entry?.fields).toEqual({ note: { to: "first" } });
  });

  it("comes of a pasted row, by its key", async () => {
    pointAt(EUR, "key");
    await paste(`"[""CHF"",""2026-12-01""]"\t1.5\t7\nnothing\t2`);
    expect(window.words("grid-misfits")).toContain("this makes no key");
    await window.sync();
    expect(airflow('["CHF","2026-12-01"]')).toMatchObject({ currency: "CHF", rate: "1.5", lots: "7" });
    expect(rows()).toHaveLength(3);
  });
});

it("is told on Pending under its title, and can be taken back there", async () => {
  await put(EUR, "rate", "2");
  await window.goto("/pending");
  expect(document.querySelector("h2")?.textContent.trim()).toBe("1 record of Exchange-rate overrides");
  expect(window.words("pending-row")).toContain("EUR · 2026-11-01");
  await window.click("pending-takeback");
  await window.sync();
  expect(airflow(EUR)).toMatchObject({ rate: "1.085" });
});

it("says among the Variables which of them holds its data model", async () => {
  computer.world.write("variables", "fx.$model", { value: FX, description: null });
  computer.world.write("variables", "fx.other", { value: "1", description: null });
  await window.sync();
  await window.goto("/variables");
  await window.open("fx.other");
  expect(window.find("editor-data-model")).toBeNull();
  await window.open("fx.$model");
  expect(window.words("editor-data-model")).toContain(
    "holds the data model of the collection Exchange-rate overrides",
  );
  const link = window.get("editor-data-model").querySelector("a");
  expect(link?.getAttribute("href")).toBe("/model?collection=fx");
});
