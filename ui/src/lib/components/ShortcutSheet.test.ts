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

const dialog = () => document.querySelector<HTMLDialogElement>("[data-testid=shortcut-sheet]");

function press(target: EventTarget | null, key: string) {
  target?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  flushSync();
}

it("opens by its key, but not while a text is typed", () => {
  const field = document.body.appendChild(document.createElement("input"));
  press(field, "?");
  expect(dialog()?.open).toBe(false);
  press(document.body, "?");
  expect(dialog()?.open).toBe(true);
  field.remove();
});

it("keeps Escape from what is open under it", () => {
  const under = vi.fn();
  window.addEventListener("keydown", under);
  press(dialog(), "Escape");
  press(dialog(), "a");
  window.removeEventListener("keydown", under);
  expect(under.mock.calls.map(([event]: KeyboardEvent[]) => event?.key)).toEqual(["a"]);
});

it("tells every command that the window listens to", () => {
  const told = dialog()?.textContent ?? "";
  for (const words of ["Search this list", "Larger", "Resolve", "Save"]) expect(told).toContain(words);
});
