// @vitest-environment happy-dom
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, it } from "vitest";
import type { ProblemCode } from "$lib/bindings";
import ProblemBox from "./ProblemBox.svelte";

let open: Record<string, unknown> | undefined;
afterEach(async () => {
  if (open) await unmount(open);
  open = undefined;
});

it.each([
  ["unreachable", "offline", "cloud-off"],
  ["rejected", "failed", "octagon-x"],
] as const)("shows %s as %s", (code: ProblemCode, tone, icon) => {
  const problem = { code, what: "a", meaning: "b", next: "c", retry: true };
  open = mount(ProblemBox, { target: document.body, props: { problem } });
  flushSync();
  const box = document.querySelector("[data-testid=problem]");
  expect(box?.classList).toContain(tone);
  expect(box?.querySelector(`.lucide-${icon}`)).not.toBeNull();
});
