// @vitest-environment happy-dom
import { flushSync } from "svelte";
import { expect, it } from "vitest";
import { Box } from "$lib/components/testing/box.svelte";
import { Arrival } from "./arrival.svelte";

it("tells when it was sent, and not before it is known to have waited", () => {
  const unsent = new Box(false);
  let arrival!: Arrival;
  const stop = $effect.root(
    () =>
      void (arrival = new Arrival(
        () => unsent.value,
        () => false,
      )),
  );
  const sentOnce = (isUnsent: boolean) => {
    unsent.value = isUnsent;
    flushSync();
    return arrival.sentAt;
  };
  expect(sentOnce(false), "the screen does not know of the change yet").toBeNull();
  expect(sentOnce(true)).toBeNull();
  const at = sentOnce(false);
  expect(at).toMatch(/^\d{4}-/);
  expect(sentOnce(false)).toBe(at);
  arrival.keptAgain();
  expect(sentOnce(false), "kept again").toBeNull();
  expect(sentOnce(true)).toBeNull();
  expect(sentOnce(false)).not.toBeNull();
  stop();
});

it("tells that it was sent although no screen ever saw it wait", () => {
  const there = new Box(false);
  let arrival!: Arrival;
  const stop = $effect.root(
    () =>
      void (arrival = new Arrival(
        () => false,
        () => there.value,
      )),
  );
  flushSync();
  arrival.keptAgain();
  flushSync();
  expect(arrival.sentAt).toBeNull();
  there.value = true;
  flushSync();
  expect(arrival.sentAt).not.toBeNull();
  stop();
});
