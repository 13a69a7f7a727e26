// @vitest-environment happy-dom
import { expect, it } from "vitest";
import { commandIn, isTyping, pressed, printed, sheetOf, SHORTCUTS, type ShortcutName } from "./keymap";

const key = (key: string, more: KeyboardEventInit = {}) => new KeyboardEvent("keydown", { key, ...more });

it("hears a command by each of its keys, and by no other", () => {
  expect(pressed(key("/"), "search")).toBe(true);
  expect(pressed(key("f", { ctrlKey: true }), "search")).toBe(true);
  expect(pressed(key("f", { metaKey: true }), "search")).toBe(true);
  expect(pressed(key("f"), "search")).toBe(false);
  expect(pressed(key("/", { ctrlKey: true }), "search")).toBe(false);
});

it("hears the larger of Ctrl and plus, with Shift or on the number pad", () => {
  expect(pressed(key("+", { ctrlKey: true, shiftKey: true }), "zoomIn")).toBe(true);
  expect(pressed(key("=", { ctrlKey: true }), "zoomIn")).toBe(true);
  expect(pressed(key("+"), "zoomIn")).toBe(false);
});

it("gives one key one meaning in one place", () => {
  const groups = new Map<string, ShortcutName>();
  for (const [name, { keys, group }] of Object.entries(SHORTCUTS)) {
    for (const chord of keys) {
      const place = `${group}: ${chord}`;
      expect(groups.get(place), place).toBeUndefined();
      groups.set(place, name as ShortcutName);
    }
  }
});

it("prints what stands on the keys", () => {
  expect(printed("Mod+f", false)).toEqual(["Ctrl", "F"]);
  expect(printed("Mod+f", true)).toEqual(["⌘", "F"]);
  expect(printed("Mod++", false)).toEqual(["Ctrl", "+"]);
  expect(printed("Mod+Shift+z", false)).toEqual(["Ctrl", "Shift", "Z"]);
  expect(printed("ArrowUp", false)).toEqual(["↑"]);
});

it("names the command of a place that a key is of", () => {
  expect(commandIn("In a conflict", key("k"))).toBe("previous");
  expect(commandIn("In a conflict", key("Enter"))).toBe("settle");
  expect(commandIn("In a conflict", key("Enter", { ctrlKey: true }))).toBe("settleTyped");
  expect(commandIn("In a list", key("k"))).toBeUndefined();
});

it("hears a letter with Ctrl whether Caps Lock is on or not, and not with Shift", () => {
  expect(pressed(key("S", { ctrlKey: true }), "keep")).toBe(true);
  expect(pressed(key("S", { ctrlKey: true, shiftKey: true }), "keep")).toBe(false);
  expect(pressed(key("Enter", { ctrlKey: true }), "keep")).toBe(true);
  expect(pressed(key("Enter", { ctrlKey: true, shiftKey: true }), "keep")).toBe(false);
});

it("hears a letter alone as it is printed, and with Caps Lock on", () => {
  for (const held of [{}, { shiftKey: true }]) expect(pressed(key("I", held), "tell")).toBe(true);
  expect(pressed(key("I", { ctrlKey: true }), "tell")).toBe(false);
  expect(commandIn("In a conflict", key("J"))).toBe("next");
  expect(pressed(key("ENTER"), "open")).toBe(false);
});

it("hears no command in what an input method composes", () => {
  for (const composing of [{ isComposing: true }, { keyCode: 229 }]) {
    for (const [name, { keys, group }] of Object.entries(SHORTCUTS)) {
      const [chord = ""] = keys;
      const event = key(chord.split("+").at(-1) ?? "", { ...composing, ctrlKey: chord.startsWith("Mod") });
      expect(pressed(event, name as ShortcutName), name).toBe(false);
      expect(commandIn(group, event), name).toBeUndefined();
    }
  }
});

it("tells commands of one kind in one line", () => {
  expect(sheetOf("In a conflict")[0]).toEqual({ words: "Next, previous", keys: ["j", "k"] });
});

it("takes for typing what finds a choice by its letters", () => {
  document.body.innerHTML = '<button aria-haspopup="listbox">One</button>';
  let typing: boolean | null = null;
  const listen = (event: KeyboardEvent) => (typing = isTyping(event));
  document.body.addEventListener("keydown", listen, { once: true });
  document.querySelector("button")?.dispatchEvent(key("?", { bubbles: true }));
  expect(typing).toBe(true);
});
