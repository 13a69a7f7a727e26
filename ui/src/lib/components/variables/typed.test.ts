// @vitest-environment happy-dom
// What is typed in the editor, on the real screen: never lost, never mixed with a command, kept as it is then.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Computer } from "$lib/db/testing/computer";
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
const airflow = (key: string) => computer.world.read("variables", key)?.["value"];

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

describe("a command's key", () => {
  it.each(["Enter", "s"])("%s with Ctrl keeps the text, and types nothing", async (key) => {
    await window.open("rate");
    window.type("editor-value", "hello");
    await window.press(key, { ctrlKey: true });
    expect(window.text("editor-value")).toBe("hello");
    await window.sync();
    expect(airflow("rate")).toBe("hello");
  });

  it("types nothing, whichever it is", async () => {
    await window.open("rate");
    window.type("editor-value", "a\nb");
    for (const key of ["Enter", ..."abcefgjkmnopqrst0123456789+-,.?"]) {
      for (const held of [{ ctrlKey: true }, { metaKey: true }]) {
        await window.press(key, held);
        expect(window.text("editor-value"), key).toBe("a\nb");
      }
    }
  });
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
