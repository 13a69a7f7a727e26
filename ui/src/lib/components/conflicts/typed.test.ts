// @vitest-environment happy-dom
// What is chosen and typed for a conflict, on the real screen: there until it is settled.
import { flushSync } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Computer } from "$lib/db/testing/computer";
import { TestWindow } from "../testing/window";

vi.mock("$app/navigation", () => import("../testing/router.svelte"));
vi.mock("$app/state", () => import("../testing/router.svelte"));

let computer: Computer;
let window: TestWindow;

/** Two variables that the analyst and somebody else changed. */
beforeEach(async () => {
  computer = new Computer();
  for (const key of ["rate", "tax"])
    computer.world.write("variables", key, { value: "1", description: null });
  computer.mirror.cycle();
  window = await TestWindow.open(computer);
  for (const key of ["rate", "tax"]) {
    await window.open(key);
    window.type("editor-value", "2");
    await window.press("s", { ctrlKey: true });
    computer.world.write("variables", key, { value: "3" });
  }
  await window.sync();
  expect(window.session.conflicts).toHaveLength(2);
  await window.goto("/conflicts");
});

afterEach(() => window.close());

/** As after a click beside the fields. */
const leaveFields = () => (document.activeElement as HTMLElement).blur();

it("keeps a result while others are looked at, here and on other screens", async () => {
  window.type("conflict-result", "2.5");
  window.type("conflict-reason", "as agreed");
  leaveFields();
  const first = window.words("conflict-key");
  await window.press("j");
  await window.press("k");
  await window.press("j");
  expect(window.words("conflict-key")).not.toBe(first);
  expect(window.text("conflict-result")).toBe("2");
  await window.press("k");
  expect(window.text("conflict-result")).toBe("2.5");
  await window.open("rate");
  await window.openConflict(first);
  expect(window.text("conflict-result")).toBe("2.5");
  expect(window.text("conflict-reason")).toBe("as agreed");
});

it("keeps a result through a sync's news, and sends it once it is settled", async () => {
  await window.openConflict("rate");
  window.type("conflict-result", "2.5");
  computer.world.write("variables", "rate", { value: "4" });
  await window.sync();
  await window.openConflict("tax");
  await window.openConflict("rate");
  expect(window.text("conflict-result")).toBe("2.5");
  expect(window.words("conflict-moved")).toContain("+4");
  expect(document.body.textContent).toMatch(/Airflow, as of \d\d:\d\d/);
  expect(window.words("conflict-wait")).toContain("compare with the new value");
  await window.click("conflict-show-now");
  expect(window.text("conflict-result")).toBe("2.5");
  await window.click("conflict-resolve");
  await window.sync();
  expect(computer.world.read("variables", "rate")?.["value"]).toBe("2.5");
  expect(window.session.conflictDrafts.size).toBe(0);
});

it("resolves by Enter in the reason, and goes on with the next", async () => {
  await window.openConflict("rate");
  leaveFields();
  await window.press("1");
  window.type("conflict-reason", "as agreed");
  await window.press("Enter");
  expect(window.words("conflict-kept")).toBe("rate: resolved");
  expect(window.words("conflict-key")).toBe("tax");
  expect(document.activeElement).toBe(window.get("conflict-key"));
  await window.sync();
  expect(computer.world.read("variables", "rate")?.["value"]).toBe("2");
});

it("says both sides in each row, and why nothing can be resolved yet", () => {
  expect(window.words("conflict-sides")).toBe("2 ↔ 3");
  expect(window.words("conflict-wait")).toContain("Use a side");
});

describe("once it is being resolved", () => {
  const typeOn = () => {
    window.type("conflict-result", "2.75");
    window.type("conflict-reason", "as agreed in Oslo");
    window.get("conflict-take-airflow").click();
    flushSync();
  };
  const expectNothingTyped = () => {
    expect(window.text("conflict-result")).toBe("2.5");
    expect(window.text("conflict-reason")).toBe("as agreed");
  };

  beforeEach(async () => {
    await window.openConflict("rate");
    window.type("conflict-reason", "as agreed");
    window.type("conflict-result", "2.5");
  });

  it("takes no letters that would go with the pane", async () => {
    window.strike("Enter", { ctrlKey: true });
    expect(window.words("conflict-key")).toBe("rate");
    typeOn();
    expectNothingTyped();
    await vi.waitUntil(() => window.words("conflict-key") === "tax");
    await window.sync();
    expect(computer.world.read("variables", "rate")?.["value"]).toBe("2.5");
    expect(window.session.conflictDrafts.size).toBe(0);
  });

  it("takes none until the pane has closed, or shows another conflict", async () => {
    await window.openConflict("tax");
    await window.press("1");
    await window.press("Enter");
    await window.openConflict("rate");
    // As where the screen is not told yet.
    vi.spyOn(window.session.desk, "resolve").mockResolvedValue();
    window.editor("conflict-result").focus();
    await window.press("Enter", { ctrlKey: true });
    typeOn();
    expectNothingTyped();
    expect(window.session.conflictDrafts.size).toBe(0);
    computer.world.write("variables", "rate", { value: "4" });
    await window.sync();
    window.type("conflict-result", "2.75");
    expect(window.text("conflict-result")).toBe("2.75");
  });

  it("takes them again when that failed", async () => {
    vi.spyOn(window.session.desk, "resolve").mockRejectedValue(new Error("disk full"));
    await window.press("Enter", { ctrlKey: true });
    expectNothingTyped();
    window.type("conflict-result", "2.75");
    expect(window.text("conflict-result")).toBe("2.75");
  });
});

it("undoes a choice", async () => {
  window.type("conflict-result", "2.5");
  leaveFields();
  await window.press("2");
  expect(window.text("conflict-result")).toBe("3");
  await window.press("u");
  expect(window.text("conflict-result")).toBe("2.5");
});
