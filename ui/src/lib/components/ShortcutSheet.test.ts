// @vitest-environment happy-dom
import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import ShortcutSheet from "./ShortcutSheet.svelte";

let sheet: Record<string, unknown>;
beforeEach(() => {
  sheet = mount(ShortcutSheet, { target: document.body, props: { open: false } });
  flushSync();
});
afterEach(() => unmount(sheet));

const dialog = () => document.querySelector<HTMLElement>("[data-testid=shortcut-sheet]");

function press(target: EventTarget | null, key: string) {
  target?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  flushSync();
}

it("opens by its key, but not while a text is typed", () => {
  const field = document.body.appendChild(document.createElement("input"));
  press(field, "?");
  expect(dialog()).toBeNull();
  press(document.body, "?");
  expect(dialog()?.getAttribute("role")).toBe("dialog");
  field.remove();
});

it("keeps Escape from what is open under it", async () => {
  press(document.body, "?");
  const under = vi.fn();
  window.addEventListener("keydown", under);
  press(dialog(), "a");
  press(dialog(), "Escape");
  window.removeEventListener("keydown", under);
  await vi.waitUntil(() => dialog() === null);
  expect(under.mock.calls.map(([event]: KeyboardEvent[]) => event?.key)).toEqual(["a"]);
});

it("tells every command that the window listens to", () => {
  press(document.body, "?");
  const told = dialog()?.textContent ?? "";
  for (const words of ["Search this list", "Larger", "Resolve", "Save"]) expect(told).toContain(words);
});
