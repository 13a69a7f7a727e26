// @vitest-environment happy-dom
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, it } from "vitest";
import KeptMark from "./KeptMark.svelte";
import { Box } from "./testing/box.svelte";

let open: Record<string, unknown> | undefined;
afterEach(async () => {
  if (open) await unmount(open);
  open = undefined;
});

it("says that it was kept, and then when it was sent", () => {
  const box = new Box(false);
  const props = {
    get isUnsent() {
      return box.value;
    },
  };
  open = mount(KeptMark, { target: document.body, props });
  const words = () => {
    flushSync();
    return document.body.textContent?.trim();
  };
  expect(words(), "the screen does not know of the change yet").toBe("Kept on this computer");
  box.value = true;
  expect(words()).toBe("Kept on this computer");
  box.value = false;
  expect(words()).toMatch(/^Sent to Airflow, \d\d:\d\d$/);
  box.value = true;
  expect(words()).toBe("Kept on this computer");
});
