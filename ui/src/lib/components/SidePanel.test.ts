// @vitest-environment happy-dom
import { createRawSnippet, flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, it } from "vitest";
import SidePanel from "./SidePanel.svelte";

let panel: Record<string, unknown>;

function open() {
  const children = createRawSnippet(() => ({ render: () => "<p>inside</p>" }));
  panel = mount(SidePanel, { target: document.body, props: { label: "One", children } });
  flushSync();
}

const edge = () => document.querySelector<HTMLElement>("[data-testid=panel-edge]");
const width = () => Number(edge()?.getAttribute("aria-valuenow"));

function pointer(type: string, clientX: number) {
  edge()?.dispatchEvent(new PointerEvent(type, { clientX, pointerId: 1, bubbles: true }));
  flushSync();
}

beforeEach(() => {
  localStorage.clear();
  // There is no layout here: the panel's right edge is the window's.
  HTMLElement.prototype.getBoundingClientRect = () => ({ right: 1280 }) as DOMRect;
  HTMLElement.prototype.setPointerCapture = () => undefined;
});
afterEach(() => unmount(panel));

it("is 380 pixels wide until somebody says otherwise", () => {
  open();
  expect(width()).toBe(380);
});

it("follows its edge, within bounds, and stays so", async () => {
  open();
  pointer("pointerdown", 900);
  pointer("pointermove", 780);
  pointer("pointerup", 780);
  pointer("pointermove", 100);
  expect(width()).toBe(500);
  await unmount(panel);
  open();
  expect(width()).toBe(500);
  pointer("pointerdown", 780);
  pointer("pointermove", 1270);
  expect(width()).toBe(320);
});

it("moves by arrow keys, and by two clicks to the usual width", () => {
  localStorage.setItem("leeward-panel", "500");
  open();
  const section = document.querySelector<HTMLElement>("[data-testid=side-panel]");
  Object.defineProperty(section, "offsetWidth", { get: () => width() });
  const press = (key: string) => {
    edge()?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    flushSync();
  };
  press("ArrowLeft");
  expect(width()).toBe(516);
  press("ArrowRight");
  press("ArrowRight");
  expect(width()).toBe(484);
  edge()?.dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
  flushSync();
  expect(width()).toBe(380);
});
