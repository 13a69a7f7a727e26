// @vitest-environment happy-dom
import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { reachable } from "./tips";
import Tooltips from "./Tooltips.svelte";

let tooltips: Record<string, unknown>;
let x = 0;

beforeEach(() => {
  vi.useFakeTimers();
  document.body.innerHTML = `
    <button id="pause" data-tip="Pause sync">‖</button>
    <button id="row"><span id="cut" data-tip-cut="a long identifier">a long…</span><time data-tip="12:00">now</time></button>
    <div id="list" role="listbox" tabindex="0" aria-activedescendant="two">
      <div id="two" role="option" aria-selected="true"><span data-tip-cut="whole">who…</span></div>
    </div>
    <span id="alone" data-tip="about a word">word</span>`;
  tooltips = mount(Tooltips, { target: document.body });
  flushSync();
});
afterEach(async () => {
  await unmount(tooltips);
  vi.useRealTimers();
});

const at = (id: string) => document.getElementById(id) as HTMLElement;
const shown = () => document.querySelector("[data-testid=tooltip]")?.textContent.trim() ?? null;

function cut(element: Element | null) {
  Object.defineProperty(element, "scrollWidth", { value: 120, configurable: true });
  Object.defineProperty(element, "clientWidth", { value: 80, configurable: true });
}

async function wait(ms = 600) {
  await vi.advanceTimersByTimeAsync(ms);
  flushSync();
}

function pointer(type: string, id: string, clientX = (x += 1)) {
  at(id).dispatchEvent(new PointerEvent(type, { bubbles: true, clientX, clientY: 5 }));
}

function press(key: string) {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  (document.activeElement ?? document.body).dispatchEvent(event);
  flushSync();
  return event;
}

it("says what the pointer rests on, until it goes elsewhere", async () => {
  pointer("pointermove", "pause");
  await wait(300);
  expect(shown()).toBeNull();
  await wait(300);
  expect(shown()).toBe("Pause sync");
  expect(at("pause").getAttribute("aria-describedby")).toBe(
    document.querySelector("[data-testid=tooltip]")?.id,
  );
  pointer("pointermove", "list");
  await wait(300);
  expect(shown()).toBeNull();
  expect(at("pause").hasAttribute("aria-describedby")).toBe(false);
});

it("stays where the pointer goes into it", async () => {
  pointer("pointermove", "pause");
  await wait();
  pointer("pointermove", "list");
  const tip = document.querySelector("[data-testid=tooltip]");
  tip?.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, clientX: 900 }));
  await wait(1000);
  expect(shown()).toBe("Pause sync");
});

it("says a whole text only where it is cut", async () => {
  pointer("pointermove", "cut");
  await wait();
  expect(shown()).toBeNull();
  cut(at("cut"));
  pointer("pointermove", "cut");
  await wait();
  expect(shown()).toBe("a long identifier");
});

it("says by keys what the pointer finds in a row", async () => {
  cut(at("cut"));
  at("row").focus();
  await wait();
  expect(shown()).toBe("a long identifier\n12:00");
  at("row").blur();
  await wait(50);
  expect(shown()).toBeNull();
});

it("leaves the focus where it goes", async () => {
  at("pause").focus();
  await wait();
  expect(shown()).toBe("Pause sync");
  at("row").focus();
  await wait(50);
  expect(document.activeElement?.id).toBe("row");
});

it("says it of the chosen row of a list when it is asked for, until the keys go on", async () => {
  cut(document.querySelector("#two span"));
  at("list").focus();
  await wait();
  expect(shown()).toBeNull();
  press("i");
  await wait(0);
  expect(shown()).toBe("whole");
  press("ArrowDown");
  await wait(50);
  expect(shown()).toBeNull();
});

it("says it of the chosen row also while the pointer rests on something else", async () => {
  cut(document.querySelector("#two span"));
  at("list").focus();
  pointer("pointermove", "pause");
  await wait();
  expect(shown()).toBe("Pause sync");
  press("i");
  await wait(0);
  expect(shown()).toBe("whole");
});

it("says it where a click left the focus, when it is asked for, and not to who types", async () => {
  at("pause").focus();
  at("pause").dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
  await wait();
  press("i");
  await wait(0);
  expect(shown()).toBe("Pause sync");
  press("i");
  await wait(50);
  expect(shown()).toBeNull();
  const field = Object.assign(document.createElement("input"), { id: "field" });
  field.dataset["tip"] = "a field";
  document.body.append(field);
  field.focus();
  field.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
  expect(press("i").defaultPrevented).toBe(false);
  await wait();
  expect(shown()).toBeNull();
});

it("lets keys come to what says something, and only once", () => {
  reachable(at("alone"));
  reachable(document.querySelector("#row time") as HTMLElement);
  expect(at("alone").tabIndex).toBe(0);
  expect(document.querySelector("#row time")?.hasAttribute("tabindex")).toBe(false);
});

it("goes by Escape, which closes nothing else", async () => {
  const under = vi.fn();
  window.addEventListener("keydown", under);
  pointer("pointermove", "pause");
  await wait();
  expect(press("Escape").defaultPrevented).toBe(true);
  await wait(50);
  expect(shown()).toBeNull();
  expect(under).not.toHaveBeenCalled();
  press("Escape");
  expect(under).toHaveBeenCalledOnce();
  window.removeEventListener("keydown", under);
});

it("does not come where something was clicked, nor for what then moves under the pointer", async () => {
  pointer("pointermove", "pause", 500);
  pointer("pointerdown", "pause", 500);
  await wait();
  expect(shown()).toBeNull();
  pointer("pointermove", "alone", 500);
  await wait();
  expect(shown()).toBeNull();
  pointer("pointermove", "alone", 501);
  await wait();
  expect(shown()).toBe("about a word");
});

it("goes with what it is of", async () => {
  pointer("pointermove", "alone");
  await wait();
  at("alone").remove();
  await wait();
  expect(shown()).toBeNull();
});
