// @vitest-environment happy-dom
// The grid of a collection on the real screens and stores: pools.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { flushSync } from "svelte";
import type { HistoryItem } from "$lib/bindings";
import { STEPS_MAX } from "$lib/db/steps";
import { Computer, recordsNow, settle } from "$lib/db/testing/computer";
import { clickBy, point } from "../testing/point";
import { TestWindow } from "../testing/window";

vi.mock("$app/navigation", () => import("../testing/router.svelte"));
vi.mock("$app/state", () => import("../testing/router.svelte"));

let computer: Computer;
let window: TestWindow;

beforeEach(async () => {
  computer = new Computer();
  write("default_pool", 128);
  write("etl", 4);
  write("load", 8);
  computer.mirror.cycle();
  await start();
});

afterEach(() => window.close());

function write(key: string, slots: number, description: string | null = null): void {
  computer.world.write("pools", key, { slots, description, include_deferred: false });
}

async function start(): Promise<void> {
  window = await TestWindow.open(computer);
  await window.goto("/c/pools");
}

async function restart(): Promise<void> {
  await vi.waitUntil(async () => {
    await settle(5);
    return true;
  });
  await window.kill();
  await start();
}

const airflow = (key: string) => computer.world.read("pools", key);
const grid = () => document.querySelector<HTMLElement>("[role=grid]") as HTMLElement;
const row = (key: string) => document.querySelector<HTMLElement>(`[data-testid=pool-row][data-key="${key}"]`);
const cell = (key: string, column: string) =>
  row(key)?.querySelector<HTMLElement>(`[data-testid=cell-${column}]`) as HTMLElement;
const shown = (key: string, column: string) => cell(key, column).querySelector(".ellipsis")?.textContent;
const editor = () => window.find("cell-editor") as HTMLInputElement | null;
const problems = () => window.words("grid-misfits");
const active = () => document.getElementById(grid().getAttribute("aria-activedescendant") ?? "");

function pointAt(key: string, column: string, held: PointerEventInit = {}): void {
  cell(key, column).dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, button: 0, ...held }));
  grid().focus();
  flushSync();
}

/** Every letter is a key of its own, in whatever has the focus by then. */
async function type(text: string): Promise<void> {
  for (const letter of text) {
    const before = document.activeElement;
    window.strike(letter);
    await settle(1);
    flushSync();
    if (before === document.activeElement) await window.typeOn(letter);
  }
}

async function put(key: string, column: string, text: string): Promise<void> {
  pointAt(key, column);
  await type(text);
  await window.press("Enter");
  await window.rest();
}

async function clipboard(kind: "copy" | "paste", text = ""): Promise<string> {
  const clipboardData = new DataTransfer();
  if (kind === "paste") clipboardData.setData("text/plain", text);
  const event = new Event(kind, { bubbles: true, cancelable: true });
  Object.assign(event, { clipboardData });
  grid().dispatchEvent(event);
  await window.rest();
  await window.rest();
  return clipboardData.getData("text/plain");
}

const undo = () => window.press("z", { ctrlKey: true });
const redo = () => window.press("y", { ctrlKey: true });

describe("a cell", () => {
  it("is edited by typing, saved by Enter, and sent as what it is", async () => {
    await put("etl", "slots", "16");
    expect(editor()).toBeNull();
    expect(active()).toBe(cell("load", "slots"));
    expect(shown("etl", "slots")).toBe("16");
    expect(cell("etl", "slots").dataset["tip"]).toBe("Before: 4");
    expect(await computer.log()).toMatchObject([
      { collection: "pools", key: "etl", fields: { slots: { from: 4, to: 16 } } },
    ]);
    await window.sync();
    expect(airflow("etl")).toMatchObject({ slots: 16 });
  });

  it("opens by Enter and F2 with its text, and goes on to the right by Tab", async () => {
    pointAt("etl", "slots");
    await window.press("F2");
    expect(editor()?.value).toBe("4");
    await window.press("Tab");
    expect(active()).toBe(cell("etl", "description"));
    await window.press("Enter");
    await type("nightly");
    await window.press("s", { ctrlKey: true });
    expect(document.activeElement).toBe(grid());
    await window.sync();
    expect(airflow("etl")).toMatchObject({ slots: 4, description: "nightly" });
  });

  it("is not left by the Enter that takes up what an input method composed", async () => {
    pointAt("etl", "description");
    await type("毎晩");
    for (const composing of [{ isComposing: true }, { keyCode: 229 }])
      for (const key of ["Enter", "Tab", "Escape"]) await window.press(key, composing);
    expect(editor()?.value).toBe("毎晩");
    expect(await computer.log()).toEqual([]);
    await window.press("Enter");
    expect(shown("etl", "description")).toBe("毎晩");
    expect(await computer.log()).toHaveLength(1);
  });

  it("keeps what means nothing, says why, and saves nothing", async () => {
    pointAt("etl", "slots");
    await type("4x");
    await window.press("Enter");
    expect(window.words("cell-problem")).toContain("is not a whole number");
    expect(editor()?.value).toBe("4x");
    await window.goto("/variables");
    await window.goto("/c/pools");
    expect(shown("etl", "slots")).toBe("4x");
    expect(cell("etl", "slots").getAttribute("aria-invalid")).toBe("true");
    expect(await computer.log()).toEqual([]);
  });

  it("drops what is typed by Escape, and has it again in the panel", async () => {
    pointAt("etl", "slots");
    await type("16");
    await window.press("Escape");
    expect(shown("etl", "slots")).toBe("4");
    await window.goto("/c/pools?key=etl");
    await window.click("editor-undo");
    expect(window.text("field-slots")).toBe("16");
  });

  it("saves on the way to another cell, and stays typed on the way out of the grid", async () => {
    pointAt("etl", "slots");
    await type("16");
    editor()?.dispatchEvent(new FocusEvent("blur", { relatedTarget: grid() }));
    await window.rest();
    expect((await computer.log()).length).toBe(1);
    pointAt("load", "slots");
    await type("9");
    window.get("pool-search").focus();
    await window.rest();
    expect((await computer.log()).length).toBe(1);
    expect([editor(), shown("load", "slots")]).toEqual([null, "9"]);
    expect(cell("load", "slots").dataset["tip"]).toBe("Typed here, not saved yet");
  });

  it("gives way to the field that is clicked: what is typed next stands there", async () => {
    await window.goto("/c/pools?key=load");
    for (const field of ["pool-search", "editor-reason", "field-description"]) {
      pointAt("load", "slots");
      await type("9");
      await window.point(field);
      expect(document.activeElement, field).toBe(window.get(field));
      await window.typeOn("lo");
      expect([editor(), window.text(field)]).toEqual([null, "lo"]);
      expect([shown("load", "slots"), (await computer.log()).length]).toEqual(["9", 0]);
      window.type(field, "");
    }
  });

  it("gives way to the head that is clicked, and to another cell", async () => {
    pointAt("load", "slots");
    await type("9");
    await clickBy(window.get("sort-description"));
    expect(document.activeElement).toBe(window.get("sort-description"));
    pointAt("load", "slots");
    await type("9");
    cell("etl", "slots").dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, button: 0 }));
    await point(grid());
    expect(document.activeElement).toBe(grid());
    expect(active()?.dataset["column"]).toBe("1");
    // The order outlives the screen.
    await window.click("sort-key");
  });

  it("turns yes and no by the space bar", async () => {
    pointAt("etl", "include_deferred");
    await window.press(" ");
    await window.sync();
    expect(airflow("etl")).toMatchObject({ include_deferred: true });
    expect(shown("etl", "include_deferred")).toBe("yes");
  });

  it("saves two edits in a row without a word of the store between them", async () => {
    pointAt("etl", "slots");
    await type("16");
    window.strike("Enter", { shiftKey: true });
    pointAt("etl", "slots");
    await type("17");
    await window.press("Enter");
    await window.rest();
    expect((await computer.log()).map(({ fields }) => fields["slots"])).toEqual([
      { from: 4, to: 16 },
      { from: 16, to: 17 },
    ]);
  });

  it("has no editor where it cannot be changed", async () => {
    for (const [key, column] of [
      ["etl", "key"],
      ["etl", "state"],
      ["default_pool", "description"],
    ] as const) {
      pointAt(key, column);
      await type("x");
      expect(editor(), `${key} ${column}`).toBeNull();
    }
  });
});

describe("what is typed", () => {
  it("is there after a kill, in the cell and in the panel", async () => {
    pointAt("etl", "slots");
    await type("16");
    await vi.waitUntil(async () => (await window.session.desk.unsaved.read()).length === 1);
    await window.kill();
    await start();
    expect(shown("etl", "slots")).toBe("16");
    await window.goto("/c/pools?key=etl");
    expect(window.text("field-slots")).toBe("16");
  });

  it("stands in the panel beside it as one types, and the other way round", async () => {
    await window.goto("/c/pools?key=etl");
    pointAt("etl", "slots");
    await type("16");
    expect(window.text("field-slots")).toBe("16");
    await window.press("s", { ctrlKey: true });
    window.type("field-description", "from the panel");
    await window.rest();
    expect(shown("etl", "description")).toBe("from the panel");
    await window.rest();
    expect(window.text("field-slots")).toBe("16");
    expect((await computer.log()).length).toBe(1);
  });

  it("stays under news, sorting and a search that no longer finds it", async () => {
    window.type("pool-search", "etl");
    pointAt("etl", "description");
    await type("e");
    const before = editor();
    write("etl", 99, "no match");
    computer.world.erase("pools", "load");
    await window.sync();
    expect(editor()).toBe(before);
    expect(editor()?.value).toBe("e");
    await window.press("Enter");
    await window.sync();
    // Both sides changed it: that is asked about, and nothing is lost.
    const [pool] = (await recordsNow(window.session.desk, "pools")).filter(({ key }) => key === "etl");
    expect(pool?.conflict?.fields.map(({ mine, airflow }) => [mine, airflow])).toEqual([["e", "no match"]]);
  });

  it("says what Airflow has now where it is in conflict, and not that it was so before", async () => {
    await put("etl", "slots", "16");
    write("etl", 7);
    await window.sync();
    expect(row("etl")?.dataset["state"]).toBe("conflict");
    expect(cell("etl", "slots").dataset["tip"]).toBe("Airflow now: 7");
  });
});

describe("undo", () => {
  it("takes a step back, and again forth, also after a restart", async () => {
    await put("etl", "slots", "16");
    await put("etl", "slots", "17");
    await restart();
    grid().focus();
    await undo();
    expect(shown("etl", "slots")).toBe("16");
    await undo();
    expect([shown("etl", "slots"), row("etl")?.dataset["state"]]).toEqual(["4", "clean"]);
    expect(window.get("grid-undo").hasAttribute("disabled")).toBe(true);
    await restart();
    grid().focus();
    await redo();
    await redo();
    await window.sync();
    expect(airflow("etl")).toMatchObject({ slots: 17 });
  });

  it("leaves alone what changed since, and says so", async () => {
    await put("etl", "slots", "16");
    await window.sync();
    write("etl", 5);
    await window.sync();
    await undo();
    expect(problems()).toContain("etl: It was changed since");
    expect(shown("etl", "slots")).toBe("5");
  });

  it("is fast typed: each stroke is a step of its own", async () => {
    await put("etl", "slots", "16");
    await put("load", "slots", "17");
    grid().focus();
    window.strike("z", { ctrlKey: true });
    window.strike("z", { ctrlKey: true });
    await window.rest();
    await window.rest();
    expect([shown("etl", "slots"), shown("load", "slots")]).toEqual(["4", "8"]);
  });
});

describe("the clipboard", () => {
  it("copies what is marked, as it is", async () => {
    pointAt("etl", "key");
    await window.press("ArrowDown", { shiftKey: true });
    await window.press("End", { shiftKey: true });
    expect(await clipboard("copy")).toBe("etl\t4\t\tfalse\nload\t8\t\tfalse");
  });

  it("pastes from a cell on, as one step", async () => {
    pointAt("etl", "slots");
    await clipboard("paste", '16\t"two\nlines"\tTRUE\r\n17\tx\tfalse\r\n');
    expect([shown("etl", "description"), shown("load", "slots")]).toEqual(["two lines", "17"]);
    await window.sync();
    expect(airflow("etl")).toEqual({ slots: 16, description: "two\nlines", include_deferred: true });
    await undo();
    await window.sync();
    expect(airflow("etl")).toEqual({ slots: 4, description: null, include_deferred: false });
    expect(airflow("load")).toMatchObject({ slots: 8, description: null });
  });

  it("makes and changes records by their keys, pasted into the first column", async () => {
    pointAt("etl", "key");
    await clipboard("paste", "load\t80\nnightly\t2\tnew one\nnightly2\t3");
    await window.sync();
    expect(airflow("load")).toMatchObject({ slots: 80 });
    expect(airflow("nightly")).toEqual({ slots: 2, description: "new one", include_deferred: false });
    expect(airflow("etl")).toMatchObject({ slots: 4 });
    await undo();
    await window.sync();
    expect([airflow("nightly"), airflow("nightly2"), airflow("load")?.["slots"]]).toEqual([
      undefined,
      undefined,
      8,
    ]);
  });

  it("says which cells do not fit and why, and keeps them typed", async () => {
    pointAt("etl", "slots");
    await clipboard("paste", "16\tfine\nmany\tfine too\n1\nstill more");
    expect(problems()).toContain("load · Slots: “many” is not a whole number");
    expect(problems()).toContain("There is no row for it.");
    expect([shown("etl", "slots"), shown("load", "slots")]).toEqual(["16", "many"]);
    await window.sync();
    expect(airflow("load")).toMatchObject({ slots: 8, description: "fine too" });
    await window.goto("/variables");
    await window.goto("/c/pools?key=load");
    expect(window.text("field-slots")).toBe("many");
  });

  it("takes the words by which a cell shows a boolean", async () => {
    pointAt("etl", "key");
    await clipboard("paste", "etl\t4\t\tYes\ngood\t1\t\tno\nload\t8\t\tmaybe");
    expect(problems()).toContain("“maybe” is neither yes nor no");
    await window.sync();
    expect([airflow("etl")?.["include_deferred"], airflow("good")?.["include_deferred"]]).toEqual([
      true,
      false,
    ]);
  });

  it("makes no record by half", async () => {
    pointAt("etl", "key");
    await clipboard("paste", "good\t1\nbad\tmany\ngood\t2\n\t3");
    expect(problems()).toContain("bad: Slots: “many” is not a whole number");
    expect(problems()).toContain("good: There is a pool good already");
    await window.sync();
    expect([airflow("good")?.["slots"], airflow("bad")]).toEqual([1, undefined]);
    expect(window.find("grid-copy-lost")).not.toBeNull();
  });

  it("keeps what it left out until it is closed: over a command, another screen, and a restart", async () => {
    pointAt("etl", "key");
    await clipboard("paste", 'good\t1\nbad\tmany\t"two\nlines"\tmaybe\tmore\n..\t3');
    const said = problems();
    expect(said).toContain("2 rows do not fit.");
    expect(said).toContain("bad: Slots: “many” is not a whole number");
    expect(said).toContain("Include deferred: “maybe” is neither yes nor no");
    expect(said).toContain("There is no column for it.");
    expect(said).toContain("in this notice alone, also after a restart, until you close it");
    await put("etl", "slots", "5");
    await undo();
    await window.rest();
    await window.goto("/variables");
    await window.goto("/c/pools");
    expect(problems()).toBe(said);
    expect(window.session.unsavedCount).toBe(2);
    await restart();
    expect(problems()).toBe(said);
    const copied = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    await window.click("grid-copy-lost");
    expect(copied).toHaveBeenCalledWith('bad\tmany\t"two\nlines"\tmaybe\tmore\n..\t3');
    window.get("grid-misfits-close").focus();
    await window.press("Escape");
    expect([problems(), document.activeElement]).toEqual([said, grid()]);
    await window.click("grid-misfits-close");
    await restart();
    expect(window.find("grid-misfits")).toBeNull();
  });

  it("stores no line of a text that holds a secret, where the line alone does not say so", async () => {
    pointAt("load", "description");
    await clipboard("paste", '{\n  "password": "hunter2",\n  "user": "etl"\n}');
    expect(problems()).toContain("what holds a secret, until Leeward is closed");
    await settle(20);
    const left = (await window.session.desk.unsaved.read()).filter(({ kind }) => kind === "left out");
    expect(JSON.stringify(left)).not.toContain("hunter2");
  });

  it("says apart what stays in its cell, and stores nothing secret of what it left out", async () => {
    pointAt("etl", "key");
    await clipboard("paste", 'etl\tmany\nsealed\tx\t"{""password"": ""hunter2""}"\nbad\ty');
    expect(problems()).toContain("2 rows and 1 text do not fit. 1 of them stays in the cells, unsaved.");
    expect(problems()).toContain("what holds a secret, until Leeward is closed");
    expect(window.session.holdsSecret).toBe(true);
    expect(window.session.secretPlaces).toEqual(["what was left out of Pools"]);
    await restart();
    expect(problems()).toContain("1 row does not fit.");
    expect(JSON.stringify(await window.session.desk.unsaved.read())).not.toContain("hunter2");
  });

  it("fills what is marked with one cell, and down", async () => {
    pointAt("etl", "slots");
    await window.press("ArrowDown", { shiftKey: true });
    await clipboard("paste", "7");
    expect([shown("etl", "slots"), shown("load", "slots")]).toEqual(["7", "7"]);
    await put("etl", "slots", "11");
    pointAt("etl", "slots");
    await window.press("ArrowDown", { shiftKey: true });
    await window.press("d", { ctrlKey: true });
    await window.rest();
    expect(shown("load", "slots")).toBe("11");
  });

  it("empties what is marked, where that may be empty", async () => {
    await put("etl", "description", "x");
    pointAt("etl", "slots");
    await window.press("ArrowRight", { shiftKey: true });
    await window.press("Delete");
    await window.rest();
    expect(problems()).toContain("Slots is empty");
    await window.sync();
    expect(airflow("etl")).toMatchObject({ slots: 4, description: null });
  });

  it("keeps nothing of a paste that the store refuses, and says so", async () => {
    pointAt("etl", "slots");
    vi.spyOn(window.session.desk, "change").mockRejectedValueOnce(new Error("no room"));
    await clipboard("paste", "16");
    expect(window.words("grid-problem")).toContain("no room");
    expect(await computer.log()).toEqual([]);
    expect(cell("etl", "slots").dataset["tip"]).toBe("Typed here, not saved yet");
  });

  it("keeps what does not fit of a paste that the store refuses: in its cell, or in the notice", async () => {
    pointAt("load", "slots");
    await window.press("Delete", { ctrlKey: true });
    await window.click("grid-delete-yes");
    pointAt("etl", "key");
    vi.spyOn(window.session.desk, "change").mockRejectedValueOnce(new Error("no room"));
    await clipboard("paste", "etl\tmany\ndefault_pool\t16\nload\t20\nbad\tx\ngood\t1");
    expect(window.words("grid-problem")).toContain("no room");
    expect([shown("etl", "slots"), shown("default_pool", "slots")]).toEqual(["many", "16"]);
    for (const part of ["bad: Slots: “x” is not a whole number", "good: It was not kept", "load · Slots"])
      expect(problems()).toContain(part);
    await restart();
    expect(shown("etl", "slots")).toBe("many");
    expect(window.session.of("pools").leftOut.map(({ text }) => text)).toEqual(["20", "bad\tx", "good\t1"]);
  });

  it("keeps what is typed in a row while a paste into it is being saved, and where it is refused", async () => {
    for (const isRefused of [false, true]) {
      const { desk } = window.session;
      const change = desk.change.bind(desk);
      let go = () => {};
      const held = new Promise<void>((resolve) => (go = resolve));
      const late: typeof change = (...all) =>
        held.then(() => (isRefused ? Promise.reject(new Error("no room")) : change(...all)));
      vi.spyOn(desk, "change").mockImplementationOnce(late);
      pointAt("etl", "slots");
      await clipboard("paste", isRefused ? "17" : "16");
      pointAt("etl", "description");
      await type("mine");
      go();
      await settle(20);
      await window.rest();
      expect(editor()?.value).toBe("mine");
      await window.press("Enter");
      await window.rest();
      expect(shown("etl", "description")).toBe("mine");
      expect(shown("etl", "slots")).toBe(isRefused ? "17" : "16");
      pointAt("etl", "description");
      await window.press("Delete");
      await window.rest();
    }
    expect(cell("etl", "slots").dataset["tip"]).toBe("Typed here, not saved yet");
  });

  it("keeps the new rows of a paste that the store refuses", async () => {
    pointAt("etl", "key");
    vi.spyOn(window.session.desk, "change").mockRejectedValueOnce(new Error("no room"));
    await clipboard("paste", "nightly\t2");
    expect(window.words("grid-problem")).toContain("no room");
    await restart();
    expect(problems()).toContain("nightly: It was not kept");
  });
});

describe("undo after what did not fit", () => {
  const replaceSlots = async (from: string, to: string) => {
    await window.press("h", { ctrlKey: true });
    window.type("find-text", from);
    window.type("find-other", to);
    await window.click("find-replace");
    await window.rest();
    await window.press("Escape");
  };

  it("drops what was left typed, and leaves the steps before it", async () => {
    await put("load", "slots", "9");
    await replaceSlots("4", "four");
    expect(shown("etl", "slots")).toBe("four");
    expect(window.get("grid-undo").getAttribute("aria-label")).toContain("Undo replace");
    await undo();
    await window.rest();
    expect([shown("etl", "slots"), shown("load", "slots"), problems()]).toEqual(["4", "9", ""]);
    await undo();
    await window.rest();
    expect(shown("load", "slots")).toBe("8");
  });

  it("takes a command back as a whole: what it saved and what it left typed", async () => {
    await put("etl", "description", "nightly");
    pointAt("etl", "slots");
    await clipboard("paste", "five\n12");
    expect([shown("etl", "slots"), shown("load", "slots")]).toEqual(["five", "12"]);
    await undo();
    await window.rest();
    expect([shown("etl", "slots"), shown("load", "slots")]).toEqual(["4", "8"]);
    expect(shown("etl", "description")).toBe("nightly");
  });

  it("brings back what was typed in a cell before", async () => {
    pointAt("etl", "slots");
    await type("6y");
    await window.goto("/variables");
    await window.goto("/c/pools");
    pointAt("etl", "slots");
    await clipboard("paste", "7z");
    expect(shown("etl", "slots")).toBe("7z");
    await undo();
    await window.rest();
    expect(shown("etl", "slots")).toBe("6y");
  });
});

describe("a text that is typed and not saved", () => {
  const typeUnsaved = async (key: string, column: string, text: string) => {
    pointAt(key, column);
    await type(text);
    await window.goto("/variables");
    await window.goto("/c/pools");
    expect(shown(key, column)).toBe(text);
  };

  it("is what is copied and filled down", async () => {
    await typeUnsaved("etl", "slots", "77");
    pointAt("etl", "slots");
    pointAt("load", "slots", { shiftKey: true });
    expect(await clipboard("copy")).toBe("77\n8");
    await window.press("d", { ctrlKey: true });
    await window.rest();
    expect([shown("etl", "slots"), shown("load", "slots")]).toEqual(["77", "77"]);
    await window.sync();
    expect([airflow("etl")?.["slots"], airflow("load")?.["slots"]]).toEqual([4, 77]);
  });

  it("is what is found and replaced", async () => {
    await put("etl", "description", "kept here");
    await typeUnsaved("etl", "description", "typed there");
    grid().focus();
    await window.press("h", { ctrlKey: true });
    window.type("find-text", "kept");
    await window.rest();
    expect(window.words("find-count")).not.toContain("1 cell");
    window.type("find-text", "typed");
    window.type("find-other", "written");
    await window.rest();
    await window.click("find-replace");
    await window.rest();
    expect(shown("etl", "description")).toBe("written there");
    await window.click("grid-undo");
    await window.rest();
    expect(shown("etl", "description")).toBe("typed there");
  });

  it("is typed again when what took its place is undone", async () => {
    await typeUnsaved("etl", "description", "keep me");
    pointAt("etl", "description");
    await clipboard("paste", "pasted\npasted too");
    expect(shown("etl", "description")).toBe("pasted");
    await undo();
    await window.rest();
    expect([shown("etl", "description"), shown("load", "description")]).toEqual(["keep me", ""]);
    expect(cell("etl", "description").dataset["tip"]).toBe("Typed here, not saved yet");
  });
});

describe("Escape in a cell", () => {
  const unsaved = (key: string, column: string) => cell(key, column).dataset["tip"];
  const typedBefore = async () => {
    await put("load", "slots", "9");
    await window.goto("/c/pools?key=etl");
    window.type("field-description", "typed before");
    await window.rest();
    await restart();
    expect(shown("etl", "description")).toBe("typed before");
  };

  it("leaves the text that stood there unsaved, where one only looked", async () => {
    await typedBefore();
    pointAt("etl", "description");
    for (const key of ["Enter", "F2"]) {
      await window.press(key);
      expect(editor()?.value).toBe("typed before");
      await window.press("Escape");
      expect([editor(), shown("etl", "description")]).toEqual([null, "typed before"]);
      expect(unsaved("etl", "description")).toBe("Typed here, not saved yet");
    }
    expect(window.get("grid-undo").getAttribute("aria-label")).toBe("Undo edit Slots");
  });

  it("returns to it, and Undo brings back what was typed since before it undoes a step", async () => {
    await typedBefore();
    pointAt("etl", "description");
    await window.press("Enter");
    window.type("cell-editor", "typed since");
    await window.press("Escape");
    expect(shown("etl", "description")).toBe("typed before");
    pointAt("etl", "slots");
    await type("77");
    await window.press("Escape");
    expect(shown("etl", "slots")).toBe("4");
    await undo();
    expect([shown("etl", "slots"), shown("etl", "description")]).toEqual(["77", "typed before"]);
    await undo();
    expect([shown("etl", "description"), shown("load", "slots")]).toEqual(["typed since", "9"]);
    await undo();
    await window.rest();
    expect([shown("etl", "description"), shown("load", "slots")]).toEqual(["typed since", "8"]);
  });

  it("comes back as a change of what it was typed over: news of a sync are not overwritten", async () => {
    pointAt("etl", "slots");
    await type("16");
    await window.press("Escape");
    write("etl", 5);
    await window.sync();
    expect(shown("etl", "slots")).toBe("5");
    await undo();
    await window.rest();
    expect(shown("etl", "slots")).toBe("16");
    await window.press("Enter");
    await window.press("Enter");
    await window.rest();
    expect(await computer.log()).toMatchObject([{ key: "etl", fields: { slots: { from: 4, to: 16 } } }]);
    await window.sync();
    expect(airflow("etl")).toMatchObject({ slots: 5 });
    expect(window.session.conflicts.map(({ key }) => key)).toEqual(["etl"]);
  });

  it("comes back so as well where a command took its place", async () => {
    pointAt("etl", "slots");
    await type("5x");
    grid().focus();
    await settle(2);
    pointAt("etl", "slots");
    await clipboard("paste", "16");
    await window.sync();
    write("etl", 7);
    await window.sync();
    await undo();
    await window.rest();
    expect(shown("etl", "slots")).toBe("5x");
    await window.press("Enter");
    window.type("cell-editor", "5");
    await window.press("Enter");
    await window.rest();
    await window.sync();
    expect(airflow("etl")).toMatchObject({ slots: 7 });
    expect(window.session.conflicts.map(({ key }) => key)).toEqual(["etl"]);
  });

  it("is undone after the commands that came later", async () => {
    pointAt("etl", "description");
    await type("dropped");
    await window.press("Escape");
    await put("load", "slots", "9");
    await undo();
    await window.rest();
    expect([shown("load", "slots"), shown("etl", "description")]).toEqual(["8", ""]);
    await undo();
    expect(shown("etl", "description")).toBe("dropped");
  });
});

describe("find and replace", () => {
  it("goes from one to the next, and replaces all as one step", async () => {
    await put("etl", "description", "night load");
    await put("load", "description", "Night night");
    grid().focus();
    await window.press("h", { ctrlKey: true });
    window.type("find-text", "night");
    await window.rest();
    expect(window.words("find-count")).toBe("2 cells");
    await window.click("find-next");
    expect(active()).toBe(cell("etl", "description"));
    window.type("find-other", "day");
    await window.click("find-replace");
    await window.rest();
    expect([shown("etl", "description"), shown("load", "description")]).toEqual(["day load", "day day"]);
    await window.click("grid-undo");
    await window.rest();
    expect(shown("load", "description")).toBe("Night night");
    window.get("find-text").focus();
    await window.press("Escape");
    expect([window.find("find-text"), document.activeElement]).toEqual([null, grid()]);
  });

  it("says what a replacement does not fit", async () => {
    grid().focus();
    await window.press("h", { ctrlKey: true });
    window.type("find-text", "4");
    window.type("find-other", "four");
    await window.click("find-replace");
    await window.rest();
    expect(problems()).toContain("etl · Slots");
    expect(await computer.log()).toEqual([]);
  });
});

describe("rows", () => {
  it("are deleted after a question, and come back by undo", async () => {
    pointAt("default_pool", "slots");
    await window.press("ArrowDown", { shiftKey: true });
    await window.press("Delete", { ctrlKey: true });
    expect(document.activeElement).toBe(window.get("grid-delete-no"));
    await window.click("grid-delete-yes");
    await window.rest();
    expect(problems()).toContain("default_pool: Airflow keeps this pool");
    await window.sync();
    expect([airflow("etl"), airflow("default_pool")?.["slots"]]).toEqual([undefined, 128]);
    await undo();
    await window.sync();
    expect(airflow("etl")).toEqual({ slots: 4, description: null, include_deferred: false });
  });

  it("are deleted with what is typed in them, which is said before, and undone with it", async () => {
    for (const isSent of [false, true]) {
      await window.goto("/c/pools?key=etl");
      window.type("field-slots", "5x");
      await window.goto("/c/pools");
      grid().focus();
      pointAt("etl", "slots");
      await window.press("Delete", { ctrlKey: true });
      expect(document.querySelector("[aria-label=Delete]")?.textContent).toContain("goes with it: Slots.");
      await window.click("grid-delete-yes");
      await window.rest();
      if (isSent) {
        await window.sync();
        expect([row("etl"), airflow("etl"), window.session.unsavedCount]).toEqual([null, undefined, 0]);
        await restart();
        grid().focus();
      }
      await undo();
      await window.rest();
      await window.sync();
      expect(airflow("etl")).toMatchObject({ slots: 4 });
      expect([shown("etl", "slots"), cell("etl", "slots").getAttribute("aria-invalid")]).toEqual([
        "5x",
        "true",
      ]);
    }
  });

  it("leave no text behind once nothing undoes their deletion any more, nor where they went while the app was closed", async () => {
    const asides = async () => {
      await settle(20);
      const rows = await window.session.desk.unsaved.read();
      return rows.filter(({ kind }) => kind === "aside").map(({ key }) => key);
    };
    await window.goto("/c/pools?key=etl");
    window.type("field-slots", "5x");
    await window.goto("/c/pools?key=load");
    window.type("field-slots", "6x");
    await window.click("editor-drop");
    await window.goto("/c/pools");
    pointAt("etl", "slots");
    await window.press("Delete", { ctrlKey: true });
    await window.click("grid-delete-yes");
    await window.sync();
    expect(await asides()).toHaveLength(2);
    const { desk } = window.session;
    for (let at = 0; at < STEPS_MAX; at++) await desk.change("pools", [], { label: "edit", changed: [] });
    await put("default_pool", "slots", "7");
    await window.sync();
    expect(await asides()).toHaveLength(1);
    await window.kill();
    computer.world.erase("pools", "load");
    await start();
    await window.sync();
    await restart();
    expect(await asides()).toEqual([]);
  });

  it("keep what is typed in them once a deletion was undone, whoever deletes them then", async () => {
    await window.goto("/c/pools?key=etl");
    window.type("field-slots", "5x");
    await window.goto("/c/pools");
    pointAt("etl", "slots");
    await window.press("Delete", { ctrlKey: true });
    await window.click("grid-delete-yes");
    await window.rest();
    await undo();
    await window.rest();
    computer.world.erase("pools", "etl");
    await window.sync();
    expect(shown("etl", "slots")).toBe("5x");
  });

  it("open beside the grid, and the panel goes along", async () => {
    pointAt("etl", "key");
    await window.press("Enter");
    expect(window.text("field-slots")).toBe("4");
    await window.press("ArrowDown");
    await window.rest();
    expect(window.text("field-slots")).toBe("8");
    expect(document.activeElement).toBe(grid());
  });

  it("begin with a form by Insert", async () => {
    grid().focus();
    await window.press("Insert");
    expect(document.activeElement).toBe(window.get("editor-key"));
  });
});

it("says what it is: a grid of so many rows and columns, and which cell is the active one", async () => {
  grid().focus();
  await window.press("ArrowDown");
  expect(grid().getAttribute("aria-rowcount")).toBe("4");
  expect(grid().getAttribute("aria-colcount")).toBe("6");
  expect(active()?.getAttribute("role")).toBe("gridcell");
  expect(document.querySelectorAll("[role=columnheader]")).toHaveLength(6);
  await window.click("sort-slots");
  expect(document.querySelector("[data-head='1']")?.getAttribute("aria-sort")).toBe("ascending");
});

describe("the history of a cell", () => {
  const item = (at: string, fields: Record<string, unknown>, more = {}) => ({
    ...{ id: at, at: `2026-01-0${at}T00:00:00Z`, source: "airflow", author: "bob", reason: null, run: null },
    ...{ fields: { slots: 4, description: null, include_deferred: false, ...fields } },
    ...more,
  });

  beforeEach(async () => {
    vi.spyOn(window.platform, "history").mockResolvedValue([
      item("4", { slots: 9, description: "third" }, { run: "manual__1" }),
      item("3", { slots: 8, description: "third" }),
      item("2", { slots: 8, description: "second" }, { author: "window", source: "local", reason: "agreed" }),
      item("1", { slots: 8, description: "first" }),
    ] as unknown as HistoryItem[]);
    write("etl", 9, "third");
    await window.sync();
    pointAt("etl", "description");
    await window.press("h", { ctrlKey: true, shiftKey: true });
    await vi.waitUntil(() => window.find("history-value"));
  });

  const lines = (testid: string) =>
    [...document.querySelectorAll(`[data-testid=${testid}]`)].map((one) =>
      one.textContent.replace(/\s+/g, " ").trim(),
    );

  it("tells its values, who, when and why, and nothing of other cells", () => {
    expect(window.get("history-of").dataset["value"]).toBe("description");
    expect(lines("history-value")).toEqual(["second → third", "first → second", "first"]);
    expect(lines("history-item")[1]).toMatch(/^Saved here by you .*“agreed”$/);
    expect(lines("history-run")).toEqual([]);
  });

  it("follows from cell to cell, and tells the run that a change was for", async () => {
    pointAt("etl", "slots");
    await window.press("h", { ctrlKey: true, shiftKey: true });
    expect(lines("history-value")).toEqual(["8 → 9", "8"]);
    expect(lines("history-run")).toEqual(["for the run manual__1"]);
  });

  it("puts the cell back, and leaves the others", async () => {
    const buttons = [...document.querySelectorAll<HTMLElement>("[data-testid=history-put-back]")];
    expect(buttons).toHaveLength(2);
    buttons[1]?.click();
    await window.rest();
    expect(window.text("field-description")).toBe("first");
    expect(window.text("field-slots")).toBe("9");
    await window.press("s", { ctrlKey: true });
    await window.sync();
    expect(airflow("etl")).toMatchObject({ slots: 9, description: "first" });
  });
});
