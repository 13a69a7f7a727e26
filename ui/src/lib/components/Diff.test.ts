// @vitest-environment happy-dom
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, it } from "vitest";
import Diff from "./Diff.svelte";

let open: Record<string, unknown> | undefined;
afterEach(async () => {
  if (open) await unmount(open);
  open = undefined;
});

const text = (word: string) => {
  const lines = Array.from({ length: 400 }, (_, index) => `line ${index}`);
  lines[200] = word;
  return lines.join("\n");
};

it("folds what did not change around a change, and shows it when asked", () => {
  open = mount(Diff, { target: document.body, props: { before: text("mine"), after: text("theirs") } });
  flushSync();
  const shown = () => document.body.textContent;
  const fold = () => document.querySelector<HTMLElement>("[data-testid=diff-fold]");
  expect(shown()).toContain("+theirs");
  expect(shown()).toContain("line 199");
  expect(shown()).not.toContain("line 100\n");
  expect(fold()?.textContent).toMatch(/\d+ unchanged lines/);
  fold()?.click();
  flushSync();
  expect(shown()).toContain("line 100\n");
  expect(fold()).toBeNull();
});
