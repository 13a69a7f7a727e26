// @vitest-environment happy-dom
// What is typed in the editor, on the real screen: never lost, never mixed with a command, kept as it is then.
import { flushSync } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Computer, ENV, settle } from "$lib/db/testing/computer";
import type { UnsavedForm } from "$lib/db/unsaved";
import { TestWindow } from "../testing/window";

vi.mock("$app/navigation", () => import("../testing/router.svelte"));
vi.mock("$app/state", () => import("../testing/router.svelte"));

let computer: Computer;
let window: TestWindow;

beforeEach(async () => {
  computer = new Computer();
  computer.world.write("variables", "regions", { value: '["eu"]', description: null });
  computer.world.write("variables", "rate", { value: "1.10", description: null });
  computer.mirror.cycle();
  window = await TestWindow.open(computer);
});

afterEach(() => window.close());

const save = () => window.press("s", { ctrlKey: true });
/** The buttons in the panel that are marked as the next step. */
const primary = () =>
  [...window.get("side-panel").querySelectorAll(".btn.primary")].map(({ textContent }) => textContent.trim());
const airflow = (key: string) => computer.world.read("variables", key)?.["value"];

describe("a value that Airflow holds and JSON does not know", () => {
  it("is marked as nobody's mistake, and says what it is", async () => {
    computer.world.write("variables", "big_ids", { value: '{"a": Infinity, "b": 1}', description: null });
    await window.sync();
    await window.open("big_ids");
    expect(window.words("editor-held")).toContain("no mistake of yours. Line 1: Infinity");
    expect(window.get("editor-value").querySelector(".cm-gutter-lint")).toBeNull();
    window.type("editor-value", '{"a": Infinity, "b": 2}');
    await save();
    expect(window.find("editor-problem")).toBeNull();
    await window.sync();
    expect(airflow("big_ids")).toBe('{"a": Infinity, "b": 2}');
  });
});

describe("coming back to a draft", () => {
  it("judges the text as it is now", async () => {
    await window.open("regions");
    window.type("editor-value", '["eu", "us"]');
    await window.open("rate");
    await window.open("regions");
    window.type("editor-value", '["eu", "us",]');
    await save();
    expect(window.words("editor-problem")).toContain("comma");
    expect(await computer.log()).toEqual([]);
  });

  it("keeps a draft that was broken when it was left, and is whole now", async () => {
    await window.open("regions");
    window.type("editor-value", '["eu",]');
    await window.open("rate");
    await window.open("regions");
    window.type("editor-value", '["eu", "us"]');
    await save();
    expect(window.find("editor-problem")).toBeNull();
    await window.sync();
    expect(airflow("regions")).toBe('["eu", "us"]');
  });

  it("keeps all that was typed, before and after", async () => {
    await window.open("rate");
    window.type("editor-description", "to the euro");
    await window.open("regions");
    await window.open("rate");
    window.type("editor-value", "1.25");
    await save();
    expect(window.text("editor-value")).toBe("1.25");
    await window.sync();
    expect(computer.world.read("variables", "rate")).toEqual({ value: "1.25", description: "to the euro" });
  });
});

describe("a reason that is typed first", () => {
  it("is there when one comes back, and when a sync brings another value", async () => {
    await window.open("rate");
    window.type("editor-reason", "agreed with finance");
    await window.open("regions");
    await window.open("rate");
    expect(window.text("editor-reason")).toBe("agreed with finance");
    computer.world.write("variables", "rate", { value: "1.20", description: null });
    await window.sync();
    expect(window.text("editor-value")).toBe("1.20");
    expect(window.text("editor-reason")).toBe("agreed with finance");
    expect(window.find("editor-moved")).toBeNull();
    await window.click("editor-drop");
    expect(window.text("editor-reason")).toBe("");
    expect(window.variables.drafts.size).toBe(0);
  });
});

describe("what was typed and has to make room", () => {
  const form = () => ["editor-value", "editor-description", "editor-reason"].map((id) => window.text(id));
  const typed = ["1.25", "to the euro", "agreed"];

  beforeEach(async () => {
    const item = {
      id: "h",
      at: "2026-01-01T00:00:00Z",
      source: "airflow" as const,
      author: null,
      reason: null,
    };
    const items = ["1.10", "1.05"].map((value) => ({
      ...item,
      fields: { value, description: null },
      run: null,
    }));
    vi.spyOn(window.platform, "history").mockResolvedValue(items);
    await window.open("rate");
    window.type("editor-value", "1.25");
    window.type("editor-description", "to the euro");
    window.type("editor-reason", "agreed");
  });

  const ways: [string, () => Promise<void>][] = [
    ["discarding", () => window.click("editor-drop")],
    ["putting an older value back", () => window.click("history-put-back")],
    [
      "discarding it for a newer value",
      async () => {
        computer.world.write("variables", "rate", { value: "1.20", description: null });
        await window.sync();
        await window.click("editor-start-again");
      },
    ],
  ];

  it.each(ways)("comes back after %s, whole, and where one looked elsewhere meanwhile", async (_, act) => {
    await act();
    expect(form()).not.toContain("1.25");
    await window.open("regions");
    expect(window.find("editor-undo")).toBeNull();
    await window.open("rate");
    await window.click("editor-undo");
    expect(form()).toEqual(typed);
    expect(window.find("editor-undo")).toBeNull();
  });

  it.each(ways)("comes back by the key of undoing after %s", async (_, act) => {
    await act();
    window.editor("editor-value").focus();
    await window.press("z", { ctrlKey: true });
    expect(form()).toEqual(typed);
  });

  it.each([
    ["value", () => window.type("editor-value", "2")],
    ["reason", () => window.type("editor-reason", "why")],
  ])("is offered until something else is typed, as a %s", async (_, type) => {
    await window.click("editor-drop");
    expect(document.activeElement).toBe(window.get("editor-undo"));
    type();
    await window.rest();
    expect(window.find("editor-undo")).toBeNull();
  });

  it("is offered until what took its place is saved", async () => {
    await window.click("history-put-back");
    await window.click("history-put-back");
    expect(window.find("editor-undo")).not.toBeNull();
    await window.click("editor-save");
    expect(window.find("editor-undo")).toBeNull();
  });

  it("gives way to an older value that was there before Airflow changed, and outlives a kill", async () => {
    const items = ["1.20", "1.10"].map((value) => ({
      ...{ id: value, at: "2026-01-01T00:00:00Z", source: "airflow" as const, author: null, reason: null },
      ...{ fields: { value, description: null }, run: null },
    }));
    vi.spyOn(window.platform, "history").mockResolvedValue(items);
    computer.world.write("variables", "rate", { value: "1.20", description: null });
    await window.sync();
    await window.click("history-put-back");
    expect(form().slice(0, 2)).toEqual(["1.10", ""]);
    expect(window.find("editor-moved")).toBeNull();
    await settle(20);
    await window.kill();
    window = await TestWindow.open(computer);
    await window.open("rate");
    expect(form().slice(0, 2)).toEqual(["1.10", ""]);
    await window.click("editor-undo");
    expect(form()).toEqual(typed);
    expect(window.find("editor-moved")).not.toBeNull();
    await window.click("editor-drop");
    vi.spyOn(window.platform, "history").mockResolvedValue(items);
    await window.open("regions");
    await window.open("rate");
    await window.click("history-put-back");
    await save();
    await window.sync();
    expect(airflow("rate")).toBe("1.10");
    expect(window.session.conflicts).toEqual([]);
  });

  it("comes back after two steps that nobody typed in", async () => {
    await window.click("history-put-back");
    await window.click("editor-drop");
    await window.click("editor-undo");
    expect(form()).toEqual(typed);
  });
});

it("moves no field when Airflow changes while one types", async () => {
  await window.open("rate");
  window.type("editor-value", "1.25");
  const fields = () => [...window.get("editor-save").closest(".edit")!.children].slice(0, 4);
  const before = fields();
  computer.world.write("variables", "rate", { value: "1.20", description: null });
  await window.sync();
  expect(window.find("editor-moved")).not.toBeNull();
  expect(fields()).toEqual(before);
});

it("brings a discarded form of a new variable back with its key", async () => {
  await window.open(null);
  window.type("editor-key", "fresh");
  window.type("editor-value", "1");
  await window.click("editor-drop");
  await window.click("editor-undo");
  expect([window.text("editor-key"), window.text("editor-value")]).toEqual(["fresh", "1"]);
  expect(window.variables.drafts.size).toBe(1);
});

describe("a variable that is deleted in Airflow while one types", () => {
  const row = (key: string) => document.querySelector(`[data-key="${key}"]`);

  beforeEach(async () => {
    await window.open("rate");
    window.type("editor-value", "1.25");
    window.type("editor-reason", "agreed");
    computer.world.erase("variables", "rate");
    await window.sync();
  });

  it("leaves the text where it is, in the list too, and is made again by saving", async () => {
    expect(window.find("editor-gone")).not.toBeNull();
    expect(window.text("editor-value")).toBe("1.25");
    await window.open("regions");
    expect(row("rate")?.textContent).toContain("Unsaved");
    await window.open("rate");
    expect(window.text("editor-value")).toBe("1.25");
    await window.click("editor-save");
    expect(window.find("editor-gone")).toBeNull();
    expect(window.text("editor-value")).toBe("1.25");
    await window.sync();
    expect(airflow("rate")).toBe("1.25");
    expect(window.variables.drafts.size).toBe(0);
  });

  it("outlives a kill", async () => {
    await window.kill();
    window = await TestWindow.open(computer);
    expect(row("rate")?.textContent).toContain("Unsaved");
    await window.open("rate");
    expect(window.text("editor-value")).toBe("1.25");
  });

  it("goes with the text when that is discarded, and only then", async () => {
    await window.click("editor-drop");
    expect(window.text("editor-value")).toBe("1.25");
    await window.click("editor-drop-yes");
    expect(window.find("editor-value")).toBeNull();
    expect(row("rate")).toBeNull();
  });
});

it("says on the button what becomes of a change", async () => {
  await window.open("rate");
  expect(window.words("editor-save")).toBe("Save and send");
  window.session.environment = { ...window.session.environment, review: true };
  await window.rest();
  expect(window.words("editor-save")).toBe("Save");
});

describe("what was kept", () => {
  beforeEach(async () => {
    await window.open("rate");
    window.type("editor-value", "1.2");
    await save();
    expect(window.words("editor-kept")).toBe("Kept on this computer");
  });

  it("is not said of what was discarded", async () => {
    await window.sync();
    window.type("editor-value", "1.25");
    await window.click("editor-drop");
    expect(window.text("editor-value")).toBe("1.2");
    expect(window.find("editor-kept")).toBeNull();
  });

  it("is said to be sent where it arrived while one typed on, and took that back", async () => {
    window.type("editor-value", "1.25");
    await window.sync();
    expect(window.find("editor-kept")).toBeNull();
    window.type("editor-value", "1.2");
    expect(window.words("panel-standing")).toContain("Same as in Airflow");
    expect(window.words("editor-kept")).toMatch(/^Sent to Airflow, /);
    window.type("editor-value", "1.3");
    await save();
    expect(window.words("editor-kept")).toBe("Kept on this computer");
  });

  it("is not said again when one comes back", async () => {
    await window.sync();
    expect(window.words("editor-kept")).toMatch(/^Sent to Airflow, /);
    await window.open("regions");
    await window.open("rate");
    expect(window.find("editor-kept")).toBeNull();
  });

  it("is not said, nor that it was sent, of what was taken back", async () => {
    await window.click("panel-takeback");
    expect(window.text("editor-value")).toBe("1.10");
    expect(window.find("editor-kept")).toBeNull();
  });
});

it("goes on from what Airflow holds when the change before is taken back", async () => {
  await window.open("rate");
  window.type("editor-value", "1.2");
  window.type("editor-description", "to the euro");
  await save();
  window.type("editor-value", "1.25");
  await window.click("panel-takeback");
  expect(window.find("editor-moved")).toBeNull();
  expect(window.text("editor-value")).toBe("1.25");
  expect(window.text("editor-description")).toBe("");
  await window.click("editor-save");
  await window.sync();
  expect(window.session.conflicts).toEqual([]);
  expect(computer.world.read("variables", "rate")).toEqual({ value: "1.25", description: null });
});

describe("a conflict that comes while one types", () => {
  const caret = () => window.editor("editor-value").state.selection.main.head;

  beforeEach(async () => {
    await window.open("rate");
    window.type("editor-value", "1.2");
    await save();
    window.type("editor-value", "1.25");
    computer.world.write("variables", "rate", { value: "9" });
  });

  it("leaves the editor where it is, with the caret, and says where both are compared", async () => {
    const before = window.editor("editor-value");
    const at = caret();
    await window.sync();
    expect(window.session.conflicts).toHaveLength(1);
    expect(window.editor("editor-value")).toBe(before);
    expect(document.activeElement).toBe(before.contentDOM);
    expect(caret()).toBe(at);
    window.type("editor-value", "1.2");
    await window.rest();
    window.type("editor-value", "1.255");
    await window.rest();
    expect(window.editor("editor-value")).toBe(before);
    expect(window.get("panel-conflict").querySelector("a")?.getAttribute("href")).toBe("/conflicts?key=rate");
    await window.openConflict("rate");
    expect(window.words("conflict-unsaved")).toContain("unsaved text");
    await window.open("rate");
    expect(window.text("editor-value")).toBe("1.255");
  });

  it("has the editor's place once the text is discarded", async () => {
    await window.sync();
    await window.click("editor-drop");
    expect(window.find("editor-value")).toBeNull();
    expect(window.find("panel-conflict")).toBeNull();
    await window.openConflict("rate");
    expect(window.find("conflict-unsaved")).toBeNull();
  });

  it("leaves the text to be saved when it is settled", async () => {
    await window.sync();
    const before = window.editor("editor-value");
    await window.session.desk.resolve("variables", "rate", { value: { from: "9", to: "9" } }, false);
    await window.sync();
    expect(window.editor("editor-value")).toBe(before);
    expect(window.text("editor-value")).toBe("1.25");
    expect(window.find("panel-conflict")).toBeNull();
  });
});

describe("a variable that is deleted here while something is typed for it", () => {
  beforeEach(async () => {
    await window.open("rate");
    await window.click("editor-delete");
    expect(window.words("side-panel")).not.toContain("What you typed");
    await window.click("editor-delete-no");
    window.type("editor-value", "1.25");
    window.type("editor-reason", "agreed");
    await window.click("editor-delete");
    expect(window.words("side-panel")).toContain("What you typed is discarded, too.");
    await window.click("editor-delete-yes");
  });

  it("takes it along", async () => {
    expect(window.words("side-panel")).toContain("It will be deleted in Airflow");
    expect(document.querySelector(`[data-key="rate"]`)?.textContent).not.toContain("Unsaved");
    await window.sync();
    expect(airflow("rate")).toBeUndefined();
    expect(document.querySelector(`[data-key="rate"]`)).toBeNull();
    expect(window.variables.drafts.size).toBe(0);
  });

  it("has it again when the delete is taken back, as yet unsaved", async () => {
    await window.click("panel-takeback");
    expect(window.text("editor-value")).toBe("1.25");
    expect(window.text("editor-reason")).toBe("agreed");
    await window.click("editor-save");
    await window.sync();
    expect(airflow("rate")).toBe("1.25");
  });

  it("leaves what is typed after that where others delete it", async () => {
    await window.click("panel-takeback");
    computer.world.erase("variables", "rate");
    await window.sync();
    expect(window.find("editor-gone")).not.toBeNull();
    expect(window.text("editor-value")).toBe("1.25");
  });
});

it("takes what was typed along when a variable is deleted that was never sent", async () => {
  await window.open(null);
  window.type("editor-key", "fresh");
  window.type("editor-value", "1");
  await save();
  window.type("editor-value", "12");
  await window.click("editor-delete");
  await window.click("editor-delete-yes");
  await window.sync();
  expect(document.querySelector(`[data-key="fresh"]`)).toBeNull();
  expect(window.variables.drafts.size).toBe(0);
});

describe("the form of a new variable", () => {
  beforeEach(async () => {
    await window.open(null);
    window.type("editor-key", "fresh");
    window.type("editor-value", "1");
  });

  it.each([
    ["opened again", () => window.open("rate").then(() => window.open(null))],
    ["given another key", () => Promise.resolve(window.type("editor-key", "fresher"))],
    [
      "closed in its key",
      () => Promise.resolve(window.get("editor-key").focus()).then(() => window.open("rate")),
    ],
  ])("outlives a kill when it was %s", async (_, act) => {
    await act();
    await window.rest();
    await window.kill();
    window = await TestWindow.open(computer);
    await window.open(null);
    expect(window.text("editor-key")).toBe("fresh");
    expect(window.text("editor-value")).toBe("1");
  });

  it("is in the list, marked as what is typed for others, and opened from there", async () => {
    const row = () => document.querySelector<HTMLElement>('[data-key=""]');
    expect(row()?.textContent).toMatch(/fresh.*Unsaved/s);
    expect(row()?.textContent).not.toContain("1");
    await window.open("rate");
    expect(row()?.getAttribute("aria-selected")).toBe("false");
    window.type("variable-search", "fres");
    expect([...document.querySelectorAll("[data-testid=variable-row]")]).toEqual([row()]);
    row()?.click();
    await window.rest();
    expect(row()?.getAttribute("aria-selected")).toBe("true");
    expect(window.text("editor-key")).toBe("fresh");
    expect(window.text("editor-value")).toBe("1");
    await save();
    expect(row()).toBeNull();
  });

  it("is in the list with the key of another, and apart from that", async () => {
    window.type("editor-key", "rate");
    await window.open("regions");
    const rows = [...document.querySelectorAll<HTMLElement>("[data-testid=variable-row]")];
    expect(rows.map((row) => [row.dataset["key"], row.textContent.includes("Unsaved")])).toEqual([
      ["", true],
      ["rate", false],
      ["regions", false],
    ]);
    await window.open("rate");
    expect(window.text("editor-value")).toBe("1.10");
  });

  it("is emptied by discarding it", async () => {
    await window.click("editor-drop");
    expect(window.text("editor-key")).toBe("");
    expect(window.text("editor-value")).toBe("");
    expect(window.variables.drafts.size).toBe(0);
  });
});

describe("typing on while it is saved", () => {
  it("keeps what came after, as the next change", async () => {
    await window.open("rate");
    window.type("editor-value", "1.2");
    window.strike("s", { ctrlKey: true });
    window.type("editor-value", "1.25");
    window.type("editor-description", "to the euro");
    await window.rest();
    await window.sync();
    expect(airflow("rate")).toBe("1.2");
    expect(window.text("editor-value")).toBe("1.25");
    expect(window.find("editor-moved")).toBeNull();
    expect(window.find("editor-kept")).toBeNull();
    await save();
    await window.sync();
    expect(computer.world.read("variables", "rate")).toEqual({ value: "1.25", description: "to the euro" });
  });

  it("keeps it where another variable is opened meanwhile", async () => {
    await window.open("rate");
    window.type("editor-value", "1.2");
    window.strike("s", { ctrlKey: true });
    window.type("editor-value", "1.25");
    await window.open("regions");
    await window.sync();
    await window.open("rate");
    expect(window.text("editor-value")).toBe("1.25");
    expect(window.find("editor-moved")).toBeNull();
  });

  it("keeps it in the form of a variable that is new", async () => {
    await window.open(null);
    window.type("editor-key", "fresh");
    window.type("editor-value", "1");
    window.strike("s", { ctrlKey: true });
    window.type("editor-value", "12");
    await window.rest();
    await window.sync();
    expect(airflow("fresh")).toBe("1");
    expect(window.text("editor-value")).toBe("12");
    await window.open(null);
    expect(window.text("editor-key")).toBe("");
    expect(window.text("editor-value")).toBe("");
  });
});

describe("a new variable that gets its key while one types on", () => {
  beforeEach(async () => {
    await window.open(null);
    window.type("editor-key", "fresh");
    window.type("editor-description", "said");
    window.type("editor-value", '["a", "b"]');
  });

  it("leaves the caret in the value, what is typed at it, and the way back", async () => {
    const before = window.editor("editor-value");
    before.dispatch({ selection: { anchor: 3 } });
    window.strike("s", { ctrlKey: true });
    await window.typeOn("0123456789");
    expect(window.words("panel-standing")).not.toBe("");
    expect(window.editor("editor-value")).toBe(before);
    expect(before.hasFocus).toBe(true);
    expect(window.text("editor-value")).toBe('["a0123456789", "b"]');
    await save();
    await window.sync();
    expect(airflow("fresh")).toBe('["a0123456789", "b"]');
    for (let step = 0; step < 20; step++) await window.press("z", { ctrlKey: true });
    expect(window.text("editor-value")).toBe("");
  });

  it("leaves the caret in the description", async () => {
    const field = window.get("editor-description") as HTMLInputElement;
    field.focus();
    field.setSelectionRange(2, 2);
    window.strike("s", { ctrlKey: true });
    await window.typeOn("0123456789");
    expect(window.get("editor-description")).toBe(field);
    expect(document.activeElement).toBe(field);
    expect(field.value).toBe("sa0123456789id");
  });

  it("is gone on with in the value by who was in the key, or at the button", async () => {
    window.get("editor-key").focus();
    await save();
    expect(window.editor("editor-value").hasFocus).toBe(true);
  });

  it("leaves the next new one a form of its own", async () => {
    await save();
    await window.click("variable-new");
    expect([window.text("editor-key"), window.text("editor-value")]).toEqual(["", ""]);
    await window.open("fresh");
    expect(window.text("editor-value")).toBe('["a", "b"]');
  });

  it("closes with the variable", async () => {
    await save();
    await window.click("panel-takeback");
    expect(window.find("side-panel")).toBeNull();
  });
});

it("leaves the caret in a text whose variable is made again", async () => {
  await window.open("rate");
  window.type("editor-value", "1.25");
  computer.world.erase("variables", "rate");
  await window.sync();
  const before = window.editor("editor-value");
  await save();
  expect(window.find("editor-gone")).toBeNull();
  expect(window.editor("editor-value")).toBe(before);
  expect(before.hasFocus).toBe(true);
});

describe.each([
  ["broken JSON", '["eu",]'],
  ["a secret", '{"password": "hunter2"}'],
])("a click on another field beside a value that is refused, as %s", (_, text) => {
  it.each(["editor-reason", "editor-description", "variable-search"])("types into %s", async (field) => {
    await window.open("regions");
    await window.point("editor-value");
    window.type("editor-value", text);
    await window.point(field);
    await window.typeOn("why");
    expect(window.find("editor-problem")).not.toBeNull();
    expect([window.text(field), window.text("editor-value")]).toEqual(["why", text]);
  });
});

it("leaves the caret where it is when the value was merged with Airflow's change", async () => {
  const text = (a: number, b: string, c: number) => `{\n  "a": ${a},\n  "b": "${b}",\n  "c": ${c}\n}`;
  computer.world.write("variables", "regions", { value: text(1, "x", 3), description: null });
  await window.sync();
  await window.open("regions");
  const caret = text(1, "xy", 3).indexOf("xy") + 2;
  window.type("editor-value", text(1, "xy", 3));
  window.editor("editor-value").dispatch({ selection: { anchor: caret } });
  await save();
  // Stands in for the engine, which merges by the paths of JSON.
  computer.world.write("variables", "regions", { value: text(1, "xy", 3), description: null });
  await window.sync();
  computer.world.write("variables", "regions", { value: text(100, "xy", 300), description: null });
  await window.sync();
  expect(window.editor("editor-value").hasFocus).toBe(true);
  await window.typeOn("z");
  expect(window.text("editor-value")).toBe(text(100, "xyz", 300));
});

describe("a command's key", () => {
  it.each(["Enter", "s"])("%s with Ctrl keeps the text, and types nothing", async (key) => {
    await window.open("rate");
    window.type("editor-value", "hello");
    await window.press(key, { ctrlKey: true });
    expect(window.text("editor-value")).toBe("hello");
    await window.sync();
    expect(airflow("rate")).toBe("hello");
  });

  it("s with Ctrl keeps the text with the focus outside of the form, too", async () => {
    await window.open("rate");
    window.type("editor-value", "hello");
    await window.press("Escape");
    const kept = vi.spyOn(window.session.desk, "edit");
    await window.press("s", { ctrlKey: true });
    expect(window.find("editor-kept")).not.toBeNull();
    expect(kept).toHaveBeenCalledTimes(1);
    await window.sync();
    expect(airflow("rate")).toBe("hello");
  });

  it("types nothing, whichever it is", async () => {
    await window.open("rate");
    window.type("editor-value", "a\nb");
    for (const key of ["Enter", ..."abcefgjkmnopqrst0123456789+-,.?"]) {
      for (const held of [{ ctrlKey: true }, { metaKey: true }]) {
        window.strike(key, held);
        expect(window.text("editor-value"), key).toBe("a\nb");
      }
    }
  });
});

describe("a secret", () => {
  it("takes the text along that was typed as a value", async () => {
    const replaced = vi.spyOn(window.platform, "secretReplace");
    await window.open("regions");
    const text = '{"user": "ana",\n"password": "hunter2"}';
    window.type("editor-value", text);
    window.type("editor-description", "the warehouse");
    await save();
    await window.click("editor-use-secret");
    expect(window.find("secret-value")).toBeNull();
    expect(window.find("editor-problem")).toBeNull();
    expect(primary()).toEqual(["Save as a secret"]);
    await window.click("secret-save");
    const description = { from: null, to: "the warehouse" };
    expect(replaced).toHaveBeenCalledWith(ENV.id, "variables", "regions", text, { description }, null);
    expect(window.text("editor-description")).toBe("the warehouse");
    expect(window.variables.drafts.size).toBe(0);
    expect(JSON.stringify(await computer.log())).not.toContain("hunter2");
  });

  it("that is new is made from the form, with its description and reason", async () => {
    const replaced = vi.spyOn(window.platform, "secretReplace");
    await window.open(null);
    window.type("editor-key", "api_key");
    window.type("editor-value", "hunter2");
    window.type("editor-description", "for the mail");
    window.type("editor-reason", "agreed");
    await save();
    await window.click("editor-use-secret");
    await window.click("secret-save");
    const sent = ["hunter2", { description: { from: undefined, to: "for the mail" } }, "agreed"] as const;
    expect(replaced).toHaveBeenCalledWith(ENV.id, "variables", "api_key", ...sent);
    expect(window.variables.drafts.size).toBe(0);
    computer.world.write("variables", "api_key", { description: "for the mail" });
    await window.sync();
    expect(window.text("editor-description")).toBe("for the mail");
    expect(window.find("editor-moved")).toBeNull();
    expect(window.find("editor-drop")).toBeNull();
    await window.open(null);
    expect(window.text("editor-value")).toBe("");
  });

  it("does not take the place of one that is there", async () => {
    const replaced = vi.spyOn(window.platform, "secretReplace");
    await window.open(null);
    window.type("editor-key", "api_key");
    window.type("editor-value", '{"password": "hunter2"}');
    await save();
    await window.click("editor-use-secret");
    window.type("editor-key", "regions");
    await save();
    expect(window.get("secret-save")).toHaveProperty("disabled", true);
    expect(window.words("editor-problem")).toContain("There is a variable regions already");
    expect(window.find("editor-use-secret")).toBeNull();
    expect(replaced).not.toHaveBeenCalled();
  });

  it("leaves what is typed while it is sent, and calls its own arrival no news", async () => {
    let sent = () => undefined as void;
    vi.spyOn(window.platform, "secretReplace").mockReturnValue(new Promise((done) => (sent = done)));
    await window.open("regions");
    window.type("editor-value", '{"password": "hunter2"}');
    window.type("editor-description", "the warehouse");
    await save();
    await window.click("editor-use-secret");
    await window.click("secret-save");
    window.type("editor-description", "the new warehouse");
    sent();
    await window.rest();
    computer.world.write("variables", "regions", { description: "the warehouse" });
    await window.sync();
    expect(window.text("editor-description")).toBe("the new warehouse");
    expect(window.find("editor-moved")).toBeNull();
  });

  it("does not write over a description that was changed in Airflow meanwhile", async () => {
    const replaced = vi.spyOn(window.platform, "secretReplace");
    computer.world.write("variables", "smtp_password", { description: "the mail server" });
    await window.sync();
    await window.open("smtp_password");
    window.type("editor-description", "mine");
    await window.click("secret-replace");
    window.type("secret-value", "hunter2");
    computer.world.write("variables", "smtp_password", { description: "theirs" });
    await window.sync();
    await window.click("secret-save");
    expect(replaced).toHaveBeenCalledWith(...[ENV.id, "variables", "smtp_password", "hunter2", {}, null]);
    expect(window.text("editor-description")).toBe("mine");
    expect(window.variables.drafts.get("smtp_password")?.shown.description).toBe("the mail server");
  });

  it("says that it was sent once it was", async () => {
    computer.world.write("variables", "smtp_password", { description: "the mail server" });
    await window.sync();
    await window.open("smtp_password");
    await window.click("secret-replace");
    expect(primary()).toEqual(["Save and send"]);
    window.type("secret-value", "hunter2");
    expect(primary()).toEqual(["Replace secret"]);
    await window.click("secret-save");
    expect(window.words("secret-kept")).toBe("Kept on this computer");
    // Stands in for the mirror, which enters the secret itself.
    await window.session.desk.edit("variables", "smtp_password", {
      description: { from: "the mail server", to: "the mail" },
    });
    await window.rest();
    await window.sync();
    expect(window.words("secret-kept")).toMatch(/^Sent to Airflow, /);
  });
});

describe("a secret that is half typed", () => {
  const row = (key: string) => document.querySelector(`[data-key="${key}"]`);

  beforeEach(async () => {
    computer.world.write("variables", "smtp_password", { description: "the mail server" });
    await window.sync();
    await window.open("smtp_password");
    await window.click("secret-replace");
    expect(document.activeElement).toBe(window.get("secret-value"));
    window.type("secret-value", "hunter2\nhunt");
  });

  it("is there when one comes back, as hidden as before, and takes no focus", async () => {
    await window.open("rate");
    const mark = row("smtp_password")?.querySelector(
      '[data-tip="Typed here, unsaved: a secret is kept only until Leeward is closed"]',
    );
    expect(mark?.textContent).toContain("Only while open");
    expect(row("smtp_password")?.textContent).not.toContain("Unsaved");
    const list = document.querySelector<HTMLElement>("[role=listbox]");
    list?.focus();
    await window.open("smtp_password");
    expect(window.text("secret-value")).toBe("hunter2\nhunt");
    expect(window.get("secret-value").classList).toContain("hidden-text");
    expect(document.activeElement).toBe(list);
  });

  it("is sent as it was gone on with, and then forgotten", async () => {
    const replaced = vi.spyOn(window.platform, "secretReplace");
    await window.open("rate");
    await window.open("smtp_password");
    window.type("secret-value", "hunter2\nhunter3");
    await window.click("secret-save");
    expect(replaced).toHaveBeenCalledExactlyOnceWith(
      ENV.id,
      "variables",
      "smtp_password",
      "hunter2\nhunter3",
      {},
      null,
    );
    expect(window.variables.secrets.size).toBe(0);
    await window.open("rate");
    await window.open("smtp_password");
    expect(window.find("secret-value")).toBeNull();
  });

  it("comes back with the rest that was discarded", async () => {
    window.type("editor-description", "x");
    await window.click("editor-drop");
    await window.click("editor-undo");
    expect(window.text("editor-description")).toBe("x");
    expect(window.text("secret-value")).toBe("hunter2\nhunt");
  });

  it("comes back after Cancel, with what Airflow changed meanwhile still told", async () => {
    computer.world.write("variables", "smtp_password", { description: "the new mail server" });
    await window.sync();
    await window.click("secret-cancel");
    expect(window.find("secret-value")).toBeNull();
    await window.click("editor-undo");
    expect(window.text("secret-value")).toBe("hunter2\nhunt");
    expect(window.find("secret-moved")).not.toBeNull();
    expect(window.find("editor-undo")).toBeNull();
  });

  it("leaves nothing to bring back where none was typed", async () => {
    window.type("secret-value", "");
    await window.click("secret-cancel");
    expect(window.find("editor-undo")).toBeNull();
  });

  it("is told that Airflow changed the variable meanwhile, before it is sent", async () => {
    await window.rest();
    expect(window.find("secret-moved")).toBeNull();
    computer.world.write("variables", "smtp_password", { description: "the new mail server" });
    await window.sync();
    expect(window.words("secret-moved")).toContain("changed in Airflow while you were typing, by grace");
    await window.open("rate");
    await window.open("smtp_password");
    expect(window.find("secret-moved")).not.toBeNull();
    expect(window.text("secret-value")).toBe("hunter2\nhunt");
    await window.click("secret-cancel");
    await window.click("secret-replace");
    window.type("secret-value", "hunter3");
    await window.rest();
    expect(window.find("secret-moved")).toBeNull();
  });

  it("takes no more letters while it is sent", async () => {
    vi.spyOn(window.platform, "secretReplace").mockReturnValue(new Promise(() => undefined));
    await window.click("secret-save");
    window.type("secret-value", "hunter3");
    expect(window.text("secret-value")).toBe("hunter2\nhunt");
  });

  it.each([
    ["cancelled", () => Promise.resolve(window.get("secret-cancel").click())],
    ["discarded with the rest", () => (window.type("editor-description", "x"), window.click("editor-drop"))],
    [
      "deleted with its variable",
      async () => {
        await window.click("editor-delete");
        await window.click("editor-delete-yes");
        await window.sync();
      },
    ],
  ])("is forgotten when it is %s", async (_, act) => {
    await act();
    expect(window.variables.secrets.size).toBe(0);
  });

  describe("beside a description", () => {
    beforeEach(() => {
      window.type("editor-description", "the mail of Oslo");
      window.type("editor-reason", "rotated");
    });

    it("is said not to be kept, whatever else is unsaved", async () => {
      await window.rest();
      expect(window.words("panel-standing")).toContain("Only while open");
      expect(row("smtp_password")?.textContent).toContain("Only while open");
      expect(window.words("panel-standing")).not.toContain("Unsaved");
    });

    it.each([
      ["by the key in the description", "editor-description", "s"],
      ["by the key in the secret", "secret-value", "s"],
      ["by the other key in the secret", "secret-value", "Enter"],
      ["by the form's button", "editor-save", null],
    ])("is sent with it %s", async (_, field, key) => {
      const replaced = vi.spyOn(window.platform, "secretReplace");
      window.get(field).focus();
      if (key) await window.press(key, { ctrlKey: true });
      else await window.click(field);
      const description = { from: "the mail server", to: "the mail of Oslo" };
      expect(replaced).toHaveBeenCalledExactlyOnceWith(
        ...[ENV.id, "variables", "smtp_password", "hunter2\nhunt", { description }, "rotated"],
      );
      expect(window.variables.secrets.size).toBe(0);
      expect(window.variables.drafts.size).toBe(0);
      expect(await computer.log()).toEqual([]);
    });

    it("is still there, and nothing said to be kept, where it could not be sent", async () => {
      vi.spyOn(window.platform, "secretReplace").mockRejectedValue(new Error("no keychain"));
      await save();
      expect(window.text("secret-value")).toBe("hunter2\nhunt");
      expect(window.text("editor-description")).toBe("the mail of Oslo");
      expect(window.find("editor-kept") ?? window.find("secret-kept")).toBeNull();
      expect(window.words("panel-standing")).toContain("Only while open");
    });
  });

  it("has no tick of its own once a description is saved after it, and none beside one that is typed", async () => {
    await window.click("secret-save");
    expect(window.find("secret-kept")).not.toBeNull();
    window.type("editor-description", "x");
    await save();
    expect(window.find("secret-kept")).toBeNull();
    expect(window.find("editor-kept")).not.toBeNull();
    await window.click("secret-replace");
    window.type("secret-value", "hunter3");
    await window.rest();
    expect(window.find("editor-kept")).toBeNull();
  });

  it("is on no disk, and gone after a kill", async () => {
    window.type("editor-description", "the mail server of Oslo");
    await window.rest();
    const { unsaved } = window.session.desk;
    await vi.waitUntil(async () => (await unsaved.read()).length > 0);
    const disk = JSON.stringify([await computer.backup(), await unsaved.read()]);
    expect(disk).toContain("Oslo");
    expect(disk).not.toContain("hunt");
    await window.kill();
    window = await TestWindow.open(computer);
    await window.open("smtp_password");
    expect(window.text("editor-description")).toBe("the mail server of Oslo");
    expect(window.find("secret-value")).toBeNull();
  });

  const restart = async () => {
    await settle(20);
    await window.kill();
    window = await TestWindow.open(computer);
  };

  it.each([
    ["alone", false],
    ["beside a description", true],
  ])("is said to be lost after a restart, typed %s, until another is typed", async (_, hasMore) => {
    if (hasMore) window.type("editor-description", "the mail of Oslo");
    // Twice: it is still known after a start in which nothing was typed, and after one looked.
    for (let start = 0; start < 2; start++) {
      await restart();
      expect(JSON.stringify(await window.session.desk.unsaved.read())).not.toContain("hunt");
      expect(row("smtp_password")?.textContent).toContain("Lost, type again");
      expect(window.session.unsavedCount).toBe(hasMore ? 1 : 0);
      await window.open("smtp_password");
      expect(window.words("editor-secret-lost")).toBe("The secret was not kept; type it again.");
      expect(window.words("panel-standing")).toContain("Lost, type again");
      expect(window.text("editor-description")).toBe(hasMore ? "the mail of Oslo" : "the mail server");
    }
    // News of the variable do not take it away.
    computer.world.write("variables", "smtp_password", { description: "elsewhere" });
    await window.sync();
    expect(window.find("editor-secret-lost")).not.toBeNull();
    await window.click("secret-replace");
    expect(window.find("editor-secret-lost")).not.toBeNull();
    window.type("secret-value", "hunter3");
    await window.rest();
    expect(window.find("editor-secret-lost")).toBeNull();
    await window.click("secret-save");
    await restart();
    await window.open("smtp_password");
    expect(window.find("editor-secret-lost")).toBeNull();
    expect(row("smtp_password")?.textContent.includes("Lost, type again")).toBe(false);
  });

  it.each([
    ["discarded", ["editor-drop"]],
    ["cancelled when it was asked for again", ["secret-replace", "secret-cancel"]],
  ])("is spoken of no more once what was lost is %s", async (_, buttons) => {
    await restart();
    await window.open("smtp_password");
    expect(window.find("editor-secret-lost")).not.toBeNull();
    for (const button of buttons) await window.click(button);
    expect(window.find("editor-secret-lost")).toBeNull();
    await restart();
    expect(row("smtp_password")?.textContent).not.toContain("Lost, type again");
    expect((await window.session.desk.unsaved.read()).filter(({ kind }) => kind === "form")).toEqual([]);
  });

  it("is said to be lost when what was discarded with it comes back after a restart", async () => {
    window.type("editor-description", "x");
    await window.click("editor-drop");
    await restart();
    expect(JSON.stringify(await window.session.desk.unsaved.read())).not.toContain("hunt");
    await window.open("smtp_password");
    await window.click("editor-undo");
    expect(window.text("editor-description")).toBe("x");
    expect(window.find("editor-secret-lost")).not.toBeNull();
  });
});

it("says beside a secret, before anything is typed, that nobody sees whether it was changed in Airflow", async () => {
  computer.world.write("variables", "smtp_password", { description: "the mail server" });
  await window.sync();
  await window.open("smtp_password");
  const said = () => window.words("secret-locked").match(/changed in Airflow[^.]*/g);
  expect(said()).toEqual(["changed in Airflow since it was last set here, Leeward cannot see"]);
  await window.click("secret-replace");
  expect(said()).toHaveLength(1);
});

it("says that the secret of a new variable was not kept, and saves nothing in its place", async () => {
  await window.open(null);
  window.type("editor-key", "api_key");
  window.type("editor-value", "hunter2");
  window.type("editor-description", "for the mail");
  await window.rest();
  // Twice: what is lacking is still known after a start in which nothing was typed.
  for (let start = 0; start < 2; start++) {
    const { unsaved } = window.session.desk;
    await vi.waitUntil(
      async () => ((await unsaved.read())[0]?.form as Partial<UnsavedForm>)?.description === "for the mail",
    );
    await window.kill();
    window = await TestWindow.open(computer);
    await window.open(null);
    expect([window.text("editor-key"), window.text("editor-value")]).toEqual(["api_key", ""]);
    expect(window.words("editor-secret-lost")).toBe("The secret was not kept; type it again.");
    expect(window.get("editor-save")).toHaveProperty("disabled", true);
  }
  await save();
  expect(await computer.log()).toEqual([]);
  window.type("editor-value", "hunter2");
  expect(window.find("editor-secret-lost")).toBeNull();
  expect(window.get("editor-save")).toHaveProperty("disabled", false);
});

describe("a secret that is typed into an ordinary value", () => {
  const row = (key: string) => document.querySelector(`[data-key="${key}"]`)?.textContent;
  const text = '{"token": "hunter2"}';

  async function restart() {
    await settle(20);
    await window.kill();
    window = await TestWindow.open(computer);
  }

  it("is said not to be kept while it is typed, wherever that is marked", async () => {
    await window.open("regions");
    window.type("editor-value", '{"tok": "hunter2"}');
    expect(window.find("editor-not-kept")).toBeNull();
    window.type("editor-value", text);
    await window.rest();
    expect(window.editor("editor-value").hasFocus).toBe(true);
    expect(window.words("editor-not-kept")).toContain("Only while open");
    expect(window.words("panel-standing")).toContain("Only while open");
    expect(row("regions")).toContain("Only while open");
    window.type("editor-description", "said");
    await window.open("rate");
    expect(row("regions")).toContain("Only while open");
    await window.open("regions");
    expect(window.words("panel-standing")).toContain("Only while open");
    expect(window.words("panel-standing")).not.toContain("Unsaved");
  });

  it.each([
    ["alone", false],
    ["beside something else", true],
  ])("is said to be lost after a restart, typed %s", async (_, hasMore) => {
    await window.open("regions");
    window.type("editor-value", text);
    if (hasMore) window.type("editor-description", "said");
    // Twice: it is still known after a start in which nothing was typed, and after one looked.
    for (let start = 0; start < 2; start++) {
      await restart();
      expect(row("regions")).toContain("Lost, type again");
      expect(JSON.stringify(await window.session.desk.unsaved.read())).not.toContain("hunter2");
      await window.open("regions");
      await window.rest();
      expect(window.text("editor-value")).toBe('["eu"]');
      expect(window.words("editor-secret-lost")).toContain("was not kept");
      expect(window.words("panel-standing")).toContain("Lost, type again");
    }
    if (hasMore) {
      await save();
      await window.sync();
      expect(computer.world.read("variables", "regions")).toEqual({ value: '["eu"]', description: "said" });
      expect(window.find("editor-secret-lost")).not.toBeNull();
    }
    computer.world.write("variables", "regions", { value: '["us"]' });
    await window.sync();
    expect(window.text("editor-value")).toBe('["us"]');
    expect(window.find("editor-secret-lost")).not.toBeNull();
    await window.click("editor-drop");
    expect(window.find("editor-secret-lost")).toBeNull();
    expect(row("regions")).not.toContain("Lost, type again");
  });

  it("is refused for what it is, and leads to no button that is not there", async () => {
    await window.open("regions");
    window.type("editor-value", '{"password": "hunter2",}');
    await save();
    expect(window.words("editor-problem")).not.toContain("***");
    expect(window.words("editor-problem")).not.toContain("Save as a secret…");
    expect(window.words("editor-problem")).toContain("Line 1, column 23: remove the extra comma");
    window.type("editor-value", '["***",]');
    expect(window.words("editor-problem")).toContain("***");
    await window.open(null);
    window.type("editor-key", "template");
    window.type("editor-value", '{"password": "{{ x }}",}');
    await save();
    expect(window.find("editor-keep-as-text")).toBeNull();
    await window.click("editor-use-secret");
    expect(window.find("secret-save")).not.toBeNull();
  });

  it("is said to be lost in the form of a new variable, where nothing else was typed", async () => {
    await window.open(null);
    window.type("editor-value", text);
    await window.rest();
    expect(window.words("editor-not-kept")).toContain("Only while open");
    expect(row("")).toContain("Only while open");
    await restart();
    expect(row("")).toContain("Lost, type again");
    await window.open(null);
    expect(window.find("editor-secret-lost")).not.toBeNull();
  });
});

it("has the focus in the key when a new variable is asked for again", async () => {
  await window.open(null);
  window.type("editor-key", "fresh");
  window.get("variable-new").focus();
  await window.click("variable-new");
  expect(document.activeElement).toBe(window.get("editor-key"));
  expect(window.text("editor-key")).toBe("fresh");
});

it("says that a new variable was begun before, until it is typed back", async () => {
  await window.open(null);
  expect(window.find("panel-begun")).toBeNull();
  window.type("editor-key", "fresh");
  expect(window.find("panel-begun")).toBeNull();
  await window.open("rate");
  await window.click("variable-new");
  expect(window.words("panel-begun")).toContain("Save or discard it to begin another");
  window.type("editor-key", "");
  await window.rest();
  expect(window.find("panel-begun")).toBeNull();
});

describe("JSON on one long line", () => {
  const line = JSON.stringify(Object.fromEntries("abcdefgh".split("").map((name) => [name, [1, 2]])));

  it("is shown on lines, and stays as it is where only the description changes", async () => {
    computer.world.write("variables", "regions", { value: line });
    await window.sync();
    await window.open("regions");
    expect(window.text("editor-value").split("\n").length).toBeGreaterThan(20);
    window.type("editor-description", "on one line");
    await save();
    await window.sync();
    expect(computer.world.read("variables", "regions")).toEqual({ value: line, description: "on one line" });
  });

  it("is told about by its path", async () => {
    await window.open("regions");
    window.type("editor-value", '[{"name": "eu",}]');
    await save();
    expect(window.words("editor-problem")).toContain("remove the extra comma before }. In 0");
  });
});

describe("line ends", () => {
  const text = "first\r\nsecond\r\n";
  const into = (testid: string, pasted: string) => {
    const event = new Event("paste", { bubbles: true, cancelable: true });
    window.get(testid).dispatchEvent(Object.assign(event, { clipboardData: { getData: () => pasted } }));
    flushSync();
  };

  beforeEach(async () => {
    computer.world.write("variables", "rate", { value: text, description: text });
    await window.sync();
    await window.open("rate");
  });

  it("are CRLF after an edit elsewhere in the text, and of a description, too", async () => {
    expect(window.words("editor-value-ends")).toContain("CRLF");
    const view = window.editor("editor-value");
    view.dispatch({ changes: { from: 5, insert: "!" }, userEvent: "input.type" });
    expect(window.text("editor-description")).toBe("first\nsecond\n");
    window.type("editor-description", "first!\nsecond\n");
    await save();
    await window.sync();
    const edited = "first!\r\nsecond\r\n";
    expect(computer.world.read("variables", "rate")).toEqual({ value: edited, description: edited });
  });

  it("are kept of a description that nobody touches", async () => {
    window.type("editor-value", "1.2");
    await save();
    await window.sync();
    expect(computer.world.read("variables", "rate")).toEqual({ value: "1.2", description: text });
  });

  it("are kept as they are pasted into a new value, also over a kill", async () => {
    await window.open(null);
    window.type("editor-key", "fresh");
    window.get("editor-key").blur();
    const view = window.editor("editor-value");
    const event = new Event("paste", { bubbles: true, cancelable: true });
    view.contentDOM.dispatchEvent(Object.assign(event, { clipboardData: { getData: () => text } }));
    flushSync();
    expect(window.words("editor-value-ends")).toContain("CRLF");
    await settle(20);
    await window.kill();
    window = await TestWindow.open(computer);
    await window.open(null);
    await save();
    await window.sync();
    expect(airflow("fresh")).toBe(text);
  });

  it("become LF in a secret, which is said", async () => {
    computer.world.write("variables", "smtp_password", { description: null });
    await window.sync();
    await window.open("smtp_password");
    await window.click("secret-replace");
    into("secret-value", "a\nb");
    window.type("secret-value", "a\nb");
    expect(window.find("secret-ends")).toBeNull();
    into("secret-value", "a\r\nb");
    window.type("secret-value", "a\nb");
    expect(window.words("secret-ends")).toContain("became LF");
    window.type("secret-value", "");
    expect(window.find("secret-ends")).toBeNull();
  });

  it("make a field of several lines, which Escape leaves before it closes the panel", async () => {
    window.get("editor-description").focus();
    await window.press("Escape");
    expect(document.activeElement?.getAttribute("role")).toBe("listbox");
    expect(window.find("side-panel")).not.toBeNull();
  });
});

describe("the focus", () => {
  it("leaves the value by Escape, and then the panel is closed by it", async () => {
    await window.open("rate");
    window.type("editor-value", "1.25");
    await window.press("Escape");
    expect(document.activeElement?.getAttribute("role")).toBe("listbox");
    await window.press("Escape");
    expect(window.find("editor-value")).toBeNull();
    await window.open("rate");
    expect(window.text("editor-value")).toBe("1.25");
  });

  it("is in the value of a variable that was just made", async () => {
    await window.open(null);
    window.type("editor-key", "fresh");
    window.type("editor-value", "1");
    await save();
    expect(window.editor("editor-value").hasFocus).toBe(true);
    expect(window.text("editor-value")).toBe("1");
    expect(window.find("editor-kept")).not.toBeNull();
  });
});

it("shows values in the history, and offers nothing that does nothing", async () => {
  const items = ["1.10", "1.05"].map((value, index) => ({
    ...{
      id: `h${index}`,
      at: "2026-01-01T00:00:00Z",
      source: "airflow" as const,
      author: null,
      reason: null,
    },
    ...{ fields: { value, description: null }, run: null },
  }));
  const sealed = items.map((item) => ({ ...item, fields: { description: null } }));
  vi.spyOn(window.platform, "history").mockResolvedValueOnce(items).mockResolvedValueOnce(sealed);
  await window.open("rate");
  expect(window.words("history-value")).toBe("1.10");
  expect(window.find("history-put-back")).not.toBeNull();
  await window.open("regions");
  expect(window.find("history-item")).not.toBeNull();
  expect(window.find("history-put-back")).toBeNull();
  expect(window.words("history-value")).toBe("secret, never shown");
  const before = { ...items[1]!, fields: { description: "before" } };
  vi.spyOn(window.platform, "history").mockResolvedValueOnce([sealed[0]!, before]);
  await window.open("rate");
  expect(window.words("history-value")).toBe("secret, never shown, Description: before → none");
  expect(window.words("history-put-back")).toBe("Put its description back");
});

it("tells a take-back as one, of a new variable too", async () => {
  const item = { id: "h1", at: "2026-01-01T00:00:00Z", author: "window", reason: null, run: null };
  const taken = { ...item, source: "taken_back" as const, fields: null };
  vi.spyOn(window.platform, "history").mockResolvedValueOnce([taken]);
  await window.open("rate");
  expect(window.words("history-item")).toContain("Taken back by you");
});

it("asks about a delete with the focus on the way out", async () => {
  await window.open("rate");
  window.type("editor-value", "1.10x");
  await window.click("editor-delete");
  await window.press("Enter");
  expect(window.text("editor-value")).toBe("1.10x");
  expect(window.find("editor-delete-yes")).toBeNull();
  expect(document.activeElement).toBe(window.get("editor-delete"));
  await window.sync();
  expect(airflow("rate")).toBe("1.10");
});

it("offers no other way to save while the key is what is wrong", async () => {
  await window.open(null);
  window.type("editor-key", "regions");
  window.type("editor-value", "{{ x }}");
  await save();
  expect(window.words("editor-problem")).toContain("There is a variable regions already");
  expect(window.find("editor-keep-as-text")).toBeNull();
  window.type("editor-key", "template");
  expect(window.find("editor-keep-as-text")).not.toBeNull();
  expect(window.words("editor-problem")).not.toContain("cannot be saved");
});

it("says what is wrong below the buttons, which stay under the pointer", async () => {
  await window.open("regions");
  window.type("editor-value", '["eu",]');
  await save();
  const place = window.get("editor-save").compareDocumentPosition(window.get("editor-problem"));
  expect(place & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy();
});
