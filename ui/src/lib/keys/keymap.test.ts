// @vitest-environment happy-dom
import { expect, it } from "vitest";
import { pressed, printed, SHORTCUTS, type ShortcutName } from "./keymap";

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
  expect(printed("ArrowUp", false)).toEqual(["↑"]);
});
