// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { point } from "$lib/components/testing/point";
import { keepFocus } from "./keeper";

let stop: () => void;
beforeEach(() => {
  document.body.innerHTML = `<main tabindex="-1" data-focus-home id="screen">
    <button id="other"></button>
    <section tabindex="-1" data-focus-home id="panel"><button id="inner"></button></section>
  </main>`;
  stop = keepFocus(document.body);
});
afterEach(() => stop());

const at = (id: string) => document.getElementById(id) as HTMLButtonElement;
const focused = () => document.activeElement?.id;

/** As WebKit does: what is removed leaves the focus to the page. */
function remove(id: string) {
  at(id).remove();
  if (document.activeElement !== document.body) (document.activeElement as HTMLElement).blur();
}

it("gives the focus of what went away to the part that it stood in", async () => {
  at("inner").focus();
  remove("inner");
  await vi.waitUntil(() => focused() === "panel");
});

it("gives it to the next part out when that went away too", async () => {
  at("inner").focus();
  remove("panel");
  await vi.waitUntil(() => focused() === "screen");
});

it("gives it back to a button that was switched off while its work ran", async () => {
  at("inner").focus();
  at("inner").disabled = true;
  at("inner").blur();
  await new Promise((done) => setTimeout(done, 5));
  at("inner").disabled = false;
  await vi.waitUntil(() => focused() === "inner");
});

it("leaves the page alone when somebody left the field on purpose", async () => {
  at("inner").focus();
  at("inner").blur();
  await new Promise((done) => setTimeout(done, 5));
  at("panel").remove();
  await new Promise((done) => setTimeout(done, 5));
  expect(document.activeElement).toBe(document.body);
});

it("stays where it is when a button that is switched off is clicked", () => {
  at("inner").disabled = true;
  at("inner").append(document.createElement("span"));
  const click = () => {
    const down = new MouseEvent("mousedown", { bubbles: true, cancelable: true });
    return at("inner").firstElementChild?.dispatchEvent(down);
  };
  expect(click()).toBe(false);
  at("inner").disabled = false;
  expect(click()).toBe(true);
});

it("takes the focus back from nobody who left the field for another, whatever changes at that", async () => {
  at("inner").focus();
  at("inner").addEventListener("focusout", () => at("panel").append("a problem"));
  await point(at("other"));
  expect(focused()).toBe("other");
});

it("is in nobody's way when what was left goes away at that", async () => {
  at("inner").focus();
  at("inner").addEventListener("blur", () => queueMicrotask(() => at("inner").remove()));
  await point(at("other"));
  expect(focused()).toBe("other");
});

it("gives it to the part around when what it was on its way to went away, too", async () => {
  at("inner").focus();
  const gone = at("other");
  at("inner").addEventListener("blur", () =>
    queueMicrotask(() => [at("inner"), gone].forEach((one) => one.remove())),
  );
  await point(gone);
  await vi.waitUntil(() => focused() === "panel");
});

it("takes it back from nobody who left the field for nothing, whatever changes at that", async () => {
  at("inner").focus();
  at("inner").addEventListener("focusout", () => at("panel").append("a problem"));
  at("inner").blur();
  await new Promise((done) => setTimeout(done, 5));
  expect(document.activeElement).toBe(document.body);
});
