// @vitest-environment happy-dom
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import { Box } from "../testing/box.svelte";
import Select from "./Select.svelte";

let open: Record<string, unknown> | undefined;
afterEach(async () => {
  if (open) await unmount(open);
  open = undefined;
});

const trigger = () => document.querySelector<HTMLElement>("[data-testid=one]");
const choices = () => [...document.querySelectorAll<HTMLElement>("[data-testid=one-choice]")];

function select() {
  const value = new Box("a");
  const onchoose = vi.fn();
  const words = [
    { value: "a", words: "Amber" },
    { value: "b", words: "Blue" },
  ];
  const props = {
    get value() {
      return value.value;
    },
    ...{ label: "Colour", testid: "one", choices: words, onchoose },
  };
  open = mount(Select, { target: document.body, props });
  flushSync();
  return { value, onchoose };
}

async function press(key: string) {
  const at = document.activeElement ?? document.body;
  at.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  flushSync();
  await new Promise((done) => setTimeout(done, 20));
}

it("says what it is of, and what is chosen", () => {
  const { value } = select();
  expect(trigger()?.getAttribute("aria-label")).toBe("Colour: Amber");
  value.value = "b";
  flushSync();
  expect(trigger()?.textContent.trim()).toBe("Blue");
});

it("opens and chooses by keys", async () => {
  const { onchoose } = select();
  trigger()?.focus();
  await press("ArrowDown");
  expect(choices().map(({ textContent }) => textContent.trim())).toEqual(["Amber", "Blue"]);
  await press("ArrowDown");
  await press("Enter");
  expect(onchoose).toHaveBeenCalledExactlyOnceWith("b");
});

it("keeps Escape to itself, and chooses nothing by it", async () => {
  const { onchoose } = select();
  const prevented: boolean[] = [];
  const under = (event: KeyboardEvent) => prevented.push(event.defaultPrevented);
  window.addEventListener("keydown", under);
  trigger()?.focus();
  await press("ArrowDown");
  prevented.length = 0;
  await press("Escape");
  window.removeEventListener("keydown", under);
  expect(choices()).toEqual([]);
  expect(prevented).toEqual([true]);
  expect(onchoose).not.toHaveBeenCalled();
});
