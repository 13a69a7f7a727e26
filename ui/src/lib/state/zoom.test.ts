// @vitest-environment happy-dom
import { beforeEach, expect, it } from "vitest";
import { Zoom } from "./zoom.svelte";

beforeEach(() => localStorage.clear());

function zoom() {
  const applied: number[] = [];
  const one = new Zoom((factor) => Promise.resolve(void applied.push(factor)));
  one.start();
  return { one, applied };
}

const ctrl = (key: string) => new KeyboardEvent("keydown", { key, ctrlKey: true, cancelable: true });

it("goes from 80 to 200 per cent and no further", () => {
  const { one, applied } = zoom();
  for (let step = 0; step < 20; step++) one.onkey(ctrl("+"));
  expect(one.percent).toBe(200);
  for (let step = 0; step < 20; step++) one.onkey(ctrl("-"));
  expect(one.percent).toBe(80);
  expect(Math.max(...applied)).toBe(2);
  expect(Math.min(...applied)).toBe(0.8);
});

it("is there again after a restart, and the usual size is too", () => {
  zoom().one.onkey(ctrl("+"));
  const next = zoom();
  expect(next.one.percent).toBe(110);
  expect(next.applied).toEqual([1.1]);
  next.one.onkey(ctrl("0"));
  expect(zoom().one.percent).toBe(100);
});

it("leaves other keys alone, and takes its own from the webview", () => {
  const { one } = zoom();
  const other = ctrl("s");
  expect(one.onkey(other)).toBe(false);
  expect(other.defaultPrevented).toBe(false);
  const mine = ctrl("=");
  expect(one.onkey(mine)).toBe(true);
  expect(mine.defaultPrevented).toBe(true);
});

it("does not believe a kept size that none can be", () => {
  localStorage.setItem("leeward-zoom", "9000");
  expect(zoom().one.percent).toBe(200);
  localStorage.setItem("leeward-zoom", "x");
  expect(zoom().one.percent).toBe(100);
});
