// @vitest-environment happy-dom
// Several conflicts decided at once, on the real screens and stores: selected, chosen by a rule, looked at, kept as one
// step, and undone as one.
import { type Mock, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Computer, settle } from "$lib/db/testing/computer";
import { TestWindow } from "../testing/window";
import { page } from "../testing/router.svelte";

vi.mock("$app/navigation", () => import("../testing/router.svelte"));
vi.mock("$app/state", () => import("../testing/router.svelte"));

const KEYS = ["a", "b", "c", "d", "e"];

let computer: Computer;
let window: TestWindow;

/** Each was 1; the analyst made it 2, and somebody else 3. */
beforeEach(async () => {
  computer = new Computer();
  for (const key of KEYS) write(key, "1");
  computer.mirror.cycle();
  window = await TestWindow.open(computer);
  for (const key of KEYS) await edit(key, { value: { from: "1", to: "2" } });
  for (const key of KEYS) write(key, "3");
  await window.sync();
  expect(conflicts()).toEqual(KEYS);
  await window.goto("/conflicts?several");
});

afterEach(() => window.close());

const write = (key: string, value: string, more: Record<string, unknown> = { description: null }) =>
  computer.world.write("variables", key, { value, ...more });
const edit = (key: string, fields: Record<string, { from?: unknown; to?: unknown }>) =>
  window.session.desk.edit("variables", key, fields);
const airflow = () => KEYS.map((key) => computer.world.read("variables", key)?.["value"]);
const conflicts = () => window.session.conflicts.map(({ key }) => key).sort();
const list = () => document.querySelector<HTMLElement>("[aria-label=Conflicts]") as HTMLElement;
const rows = () => [...document.querySelectorAll<HTMLElement>("[data-testid=conflict-row]")];
const row = (key: string) => rows().find(({ dataset }) => dataset["key"] === key) as HTMLElement;
const ticked = () =>
  rows()
    .filter((one) => one.getAttribute("aria-selected") === "true")
    .map(({ dataset }) => dataset["key"]);
const held = () =>
  [...document.querySelectorAll<HTMLElement>("[data-testid=held-row]")].map(({ dataset }) => [
    dataset["key"],
    dataset["side"],
  ]);
const words = (element: Element | null | undefined) =>
  (element?.textContent ?? "").replace(/\s+/g, " ").trim();
const heldRow = (key: string) => document.querySelector(`[data-testid=held-row][data-key="${key}"]`);
const left = () => [...document.querySelectorAll("[data-testid=together-left] li")].map(words);

async function clickIn(parent: Element | null, testid: string): Promise<void> {
  parent?.querySelector<HTMLElement>(`[data-testid=${testid}]`)?.click();
  await window.rest();
}

async function selectAll(): Promise<void> {
  list().focus();
  await window.press("a", { ctrlKey: true });
}

/** All by one key, and kept by another. */
async function keepAll(side: "1" | "2"): Promise<void> {
  await selectAll();
  await window.press(side);
  await window.press("Enter", { ctrlKey: true });
}

describe("selecting", () => {
  it("is done by keys: one, a range, all", async () => {
    list().focus();
    await window.press("Home");
    await window.press(" ");
    expect(ticked()).toEqual(["a"]);
    await window.press("ArrowDown", { shiftKey: true });
    await window.press("ArrowDown", { shiftKey: true });
    expect(ticked()).toEqual(["a", "b", "c"]);
    await window.press(" ");
    expect(ticked()).toEqual(["a", "b"]);
    await window.press("a", { ctrlKey: true });
    expect(ticked()).toEqual(KEYS);
    expect(window.words("together-selected")).toBe("5 of 5 conflicts selected.");
    expect(document.activeElement).toBe(list());
  });

  it("is done by the pointer, from the conflict that is looked at too", async () => {
    await window.openConflict("b");
    row("a").querySelector<HTMLElement>("[data-tick]")?.click();
    await window.rest();
    expect(page.url.searchParams.has("several")).toBe(true);
    row("d").dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: true }));
    await window.rest();
    expect(ticked()).toEqual(["a", "b", "c", "d"]);
    row("b").click();
    await window.rest();
    expect(ticked()).toEqual(["a", "c", "d"]);
  });

  it("leaves by Escape to the one that the keys are at, and is there when one comes back", async () => {
    list().focus();
    await window.press("Home");
    await window.press(" ");
    await window.press("ArrowDown");
    await window.press("Escape");
    expect(window.words("conflict-key")).toBe("b");
    await window.goto("/conflicts?several");
    expect(ticked()).toEqual(["a"]);
  });

  it("is of the conflicts that were there, and of no later one of the same record", async () => {
    await selectAll();
    computer.world.write("variables", "a", { value: "2" });
    await window.sync();
    expect(window.words("together-selected")).toBe("4 of 4 conflicts selected.");
    await edit("a", { value: { from: "2", to: "5" } });
    computer.world.write("variables", "a", { value: "6" });
    await window.sync();
    expect(window.words("together-selected")).toBe("4 of 5 conflicts selected.");
    expect(ticked()).toEqual(["b", "c", "d", "e"]);
    await window.press("2");
    expect(held().map(([key]) => key)).not.toContain("a");
    await window.press("a", { ctrlKey: true });
    expect(ticked()).toEqual(KEYS);
  });

  it("is of those that are listed", async () => {
    window.type("conflict-search", "b");
    await window.rest();
    expect(rows().map(({ dataset }) => dataset["key"])).toEqual(["b"]);
    await selectAll();
    window.type("conflict-search", "");
    await window.rest();
    expect(ticked()).toEqual(["b"]);
    window.type("conflict-search", "nobody");
    await window.rest();
    expect(window.words("conflict-none-listed")).toContain("None of 5 conflicts");
  });
});

describe("a rule", () => {
  it("shows what each would be, and keeps nothing", async () => {
    await selectAll();
    await window.press("2");
    expect(held()).toEqual(KEYS.map((key) => [key, "airflow"]));
    expect(words(heldRow("a"))).toContain("Value: stays 3");
    await window.press("1");
    expect(words(heldRow("a"))).toContain("Value: 3 → 2");
    await window.sync();
    expect(conflicts()).toEqual(KEYS);
    expect(airflow()).toEqual(["3", "3", "3", "3", "3"]);
    await window.press("u");
    expect(held()).toEqual(KEYS.map((key) => [key, "airflow"]));
    await window.press("u");
    expect(held()).toEqual([]);
    expect(window.variables.unsavedCount).toBe(0);
  });

  it("is kept as one step, with another choice for some", async () => {
    await selectAll();
    await window.press("2");
    await clickIn(heldRow("b"), "held-mine");
    await clickIn(heldRow("c"), "held-leave");
    expect(held()).toEqual([
      ["a", "airflow"],
      ["b", "mine"],
      ["d", "airflow"],
      ["e", "airflow"],
    ]);
    window.type("together-reason", "as agreed");
    const decide = vi.spyOn(window.session.desk, "decide");
    await window.press("Enter", { ctrlKey: true });
    expect(decide).toHaveBeenCalledOnce();
    const works = decide.mock.calls[0]?.[0].map(({ work }) => [work.key, work.reason]);
    expect(works).toEqual(["a", "b", "d", "e"].map((key) => [key, "as agreed"]));
    expect(window.words("conflict-kept")).toBe("4 decisions kept");
    await window.sync();
    expect(airflow()).toEqual(["3", "2", "3", "3", "3"]);
    expect(conflicts()).toEqual(["c"]);
  });

  it("is held over another screen and a restart, and dropped to what was chosen before", async () => {
    await window.openConflict("a");
    await window.click("conflict-take-mine");
    await window.goto("/conflicts?several");
    await selectAll();
    await window.press("2");
    await settle(20);
    await window.kill();
    window = await TestWindow.open(computer);
    await window.goto("/conflicts");
    expect(words(document.querySelector("[data-testid=together-review]"))).toBe("Look at 5 decisions");
    await window.goto("/conflicts?several");
    expect(held()).toEqual(KEYS.map((key) => [key, "airflow"]));
    await window.click("together-drop");
    await window.click("together-drop-yes");
    expect(held()).toEqual([]);
    await window.openConflict("a");
    expect(window.text("conflict-result")).toBe("2");
    expect(conflicts()).toEqual(KEYS);
  });

  it("leaves what needs a look of its own, and says why", async () => {
    await window.openConflict("a");
    window.type("conflict-result", "2.5");
    computer.world.erase("variables", "b");
    await window.goto("/variables");
    await window.session.desk.edit("variables", "f", { value: { to: "1" } });
    await window.sync();
    await edit("f", { value: { from: "1", to: "2" } });
    computer.world.erase("variables", "f");
    await window.sync();
    await window.goto("/conflicts?several");
    await selectAll();
    await window.press("2");
    expect(left()).toEqual(
      expect.arrayContaining(["a You typed a result of your own for it.", "f It was deleted in Airflow."]),
    );
    expect(held().map(([key]) => key)).not.toContain("a");
    await window.press("Enter", { ctrlKey: true });
    expect(conflicts()).toEqual(expect.arrayContaining(["a", "f"]));
    await window.openConflict("a");
    expect(window.text("conflict-result")).toBe("2.5");
  });

  it("is for one field where that is chosen, and the others are to be decided, too", async () => {
    write("g", "1", { description: "x" });
    await window.sync();
    await edit("g", { value: { from: "1", to: "2" }, description: { from: "x", to: "mine" } });
    write("g", "3", { description: "theirs" });
    await window.sync();
    await selectAll();
    window.session.together.choose({ side: "mine", field: "description" });
    await window.rest();
    expect(held()).toEqual([["g", ""]]);
    expect(words(heldRow("g"))).toContain("Description: theirs → mine (mine)");
    expect(words(heldRow("g"))).toContain("Value: not decided.");
    expect(left()).toContain("b That field is not in conflict here.");
    expect((window.get("together-keep") as HTMLButtonElement).disabled).toBe(true);
    expect(window.words("together-keep")).toMatch(/^Keep decisions/);
    window.session.together.choose({ side: "airflow", field: "value" });
    await window.rest();
    await window.press("Enter", { ctrlKey: true });
    await window.sync();
    expect(computer.world.read("variables", "g")).toEqual({ value: "3", description: "mine" });
  });

  describe("with a text of the analyst's own typed since", () => {
    beforeEach(async () => {
      await selectAll();
      await window.press("1");
      await window.openConflict("a");
      window.type("conflict-result", "2.5");
      await window.goto("/conflicts?several");
      expect(words(heldRow("a"))).toContain("3 → 2.5 (your own text)");
      expect(words(heldRow("a")?.querySelector("[data-testid=held-typed]"))).toContain("Your own text stays");
    });

    async function restart(): Promise<void> {
      await settle(20);
      await window.kill();
      window = await TestWindow.open(computer);
    }

    it("is undone but for that one, which is told", async () => {
      await window.press("u");
      expect(held()).toEqual([["a", "edited"]]);
      expect(left()).toEqual(["a You typed a result of your own for it."]);
      await restart();
      await window.openConflict("a");
      expect(window.text("conflict-result")).toBe("2.5");
    });

    it("is dropped, and the text stays with its conflict", async () => {
      await window.click("together-drop");
      await window.click("together-drop-yes");
      expect(held()).toEqual([]);
      await restart();
      await window.openConflict("a");
      expect(window.text("conflict-result")).toBe("2.5");
    });

    it("lets one go with its text", async () => {
      await clickIn(heldRow("a"), "held-leave");
      expect(held().map(([key]) => key)).toEqual(["b", "c", "d", "e"]);
      await window.openConflict("a");
      expect(window.text("conflict-result")).toBe("2.5");
    });

    it("gives the text back that a side was chosen in the place of, here and in the conflict", async () => {
      await clickIn(heldRow("a"), "held-airflow");
      expect(words(heldRow("a"))).toContain("The text that you typed was replaced.");
      await clickIn(heldRow("a"), "held-undo");
      expect(words(heldRow("a"))).toContain("3 → 2.5 (your own text)");
      await clickIn(heldRow("a"), "held-mine");
      await window.openConflict("a");
      await window.click("conflict-undo");
      expect(window.text("conflict-result")).toBe("2.5");
    });

    it("is kept with the text as that one's result", async () => {
      await window.press("Enter", { ctrlKey: true });
      await window.sync();
      expect(airflow()).toEqual(["2.5", "2", "2", "2", "2"]);
    });
  });

  it("takes nothing back that was chosen for one since", async () => {
    await selectAll();
    await window.press("1");
    await window.openConflict("a");
    await window.click("conflict-take-airflow");
    await window.goto("/conflicts?several");
    await window.press("u");
    expect(held()).toEqual([["a", "airflow"]]);
  });

  it("does not keep what Airflow changed since", async () => {
    await selectAll();
    await window.press("2");
    write("a", "4");
    await window.sync();
    expect(words(heldRow("a"))).toContain("It changed once more since");
    expect(window.words("together-not-ready")).toBe("1 is not ready, and stays.");
    await window.press("Enter", { ctrlKey: true });
    await window.sync();
    expect(conflicts()).toEqual(["a"]);
  });

  it("is held on where keeping failed", async () => {
    await selectAll();
    await window.press("2");
    vi.spyOn(window.session.desk, "decide").mockRejectedValueOnce(new Error("disk full"));
    await window.press("Enter", { ctrlKey: true });
    expect(held()).toHaveLength(5);
    await window.press("Enter", { ctrlKey: true });
    expect(conflicts()).toEqual([]);
  });
});

describe("while it is being kept", () => {
  /** Keeping waits until it is let go on, or fails. */
  async function keepSlowly(): Promise<{ goOn: () => void; fail: () => void; decided: Mock }> {
    const { desk } = window.session;
    const decide = desk.decide.bind(desk);
    let goOn = () => {};
    let fail = () => {};
    const gate = new Promise<void>((resolve, reject) => {
      goOn = resolve;
      fail = () => reject(new Error("disk full"));
    });
    const decided = vi.spyOn(desk, "decide").mockImplementationOnce(async (decisions) => {
      await gate;
      await decide(decisions);
    });
    await selectAll();
    await window.press("1");
    await window.press("Enter", { ctrlKey: true });
    return { goOn, fail, decided };
  }

  it("takes no text that would go with it, in the conflict either", async () => {
    const { goOn } = await keepSlowly();
    await window.openConflict("a");
    window.type("conflict-result", "2.5");
    expect(window.text("conflict-result")).toBe("2");
    expect((window.get("conflict-reason") as HTMLInputElement).readOnly).toBe(true);
    expect((window.get("conflict-resolve") as HTMLButtonElement).disabled).toBe(true);
    goOn();
    await window.rest();
    expect(conflicts()).toEqual([]);
    expect(window.variables.conflictDrafts.size).toBe(0);
    expect(window.variables.unsavedCount).toBe(0);
  });

  it("takes text again once it failed", async () => {
    const { fail } = await keepSlowly();
    await window.openConflict("a");
    fail();
    await window.rest();
    window.type("conflict-result", "2.5");
    expect(window.text("conflict-result")).toBe("2.5");
    await window.goto("/conflicts?several");
    expect(held()).toHaveLength(5);
    await window.press("Enter", { ctrlKey: true });
    await window.sync();
    expect(airflow()).toEqual(["2.5", "2", "2", "2", "2"]);
  });

  it("is neither changed nor kept twice by one who left and came back", async () => {
    const { goOn, decided } = await keepSlowly();
    await window.openConflict("a");
    await window.goto("/conflicts?several");
    await window.press("2");
    await window.press("u");
    await window.press("Enter", { ctrlKey: true });
    expect(held()).toEqual(KEYS.map((key) => [key, "mine"]));
    expect(decided).toHaveBeenCalledOnce();
    goOn();
    await window.rest();
    await window.sync();
    expect(airflow()).toEqual(["2", "2", "2", "2", "2"]);
  });
});

describe("an undo", () => {
  it("makes conflicts again of all that was decided, and nothing of it is sent", async () => {
    const before = window.session.conflicts.map(({ key, conflict }) => [key, conflict?.fields]);
    await edit("a", { description: { from: null, to: "more of mine" } });
    await window.rest();
    await keepAll("1");
    expect(conflicts()).toEqual([]);
    expect(window.words("together-last")).toContain("5 conflicts were decided together");
    await window.click("together-undo");
    await window.rest();
    expect(window.words("together-undone")).toContain("5 are conflicts again.");
    expect(window.session.conflicts.map(({ key, conflict }) => [key, conflict?.fields])).toEqual(before);
    await window.sync();
    expect(airflow()).toEqual(["3", "3", "3", "3", "3"]);
    expect(window.records.find(({ key }) => key === "a")?.fields["description"]).toBe("more of mine");
  });

  it("is there after a restart", async () => {
    await keepAll("2");
    await window.kill();
    window = await TestWindow.open(computer);
    await window.goto("/conflicts");
    await window.click("together-undo");
    await window.rest();
    expect(conflicts()).toEqual(KEYS);
  });

  it("leaves what was sent, and says so record by record", async () => {
    await selectAll();
    await window.press("2");
    await clickIn(heldRow("b"), "held-mine");
    await window.press("Enter", { ctrlKey: true });
    await window.sync();
    expect(airflow()).toEqual(["3", "2", "3", "3", "3"]);
    await edit("c", { value: { from: "3", to: "5" } });
    await window.rest();
    expect(window.words("together-last")).toContain("2 stay as decided");
    await window.click("together-undo");
    await window.rest();
    expect(conflicts()).toEqual(["a", "d", "e"]);
    const stays = [...document.querySelectorAll("[data-testid=together-stays]")].map(words);
    expect(stays).toEqual(["b It was sent to Airflow.", "c It was changed since."]);
    await window.sync();
    expect(airflow()).toEqual(["3", "2", "5", "3", "3"]);
  });

  it("leaves a record of which another field was edited since, and drops nothing of that", async () => {
    await edit("a", { description: { from: null, to: "first" } });
    await window.rest();
    await keepAll("1");
    await edit("a", { description: { from: "first", to: "second" } });
    await edit("b", { description: { from: null, to: "mine" } });
    await window.rest();
    await window.click("together-undo");
    await window.rest();
    expect(conflicts()).toEqual(["c", "d", "e"]);
    const stays = [...document.querySelectorAll("[data-testid=together-stays]")].map(words);
    expect(stays).toEqual(["a It was changed since.", "b It was changed since."]);
    await window.sync();
    expect(computer.world.read("variables", "a")).toEqual({ value: "2", description: "second" });
    expect(computer.world.read("variables", "b")).toEqual({ value: "2", description: "mine" });
  });

  it("says what was sent while it was undone", async () => {
    await keepAll("1");
    const undone = window.session.together.undo();
    computer.mirror.cycle();
    await undone;
    await window.sync();
    expect(airflow()).toEqual(["2", "2", "2", "2", "2"]);
    expect(conflicts()).toEqual([]);
    expect(window.words("together-undone")).toContain("0 are conflicts again. 5 stay as decided");
  });

  it("is over once it is dismissed, or something else was decided together", async () => {
    await keepAll("2");
    await window.click("together-forget");
    expect(window.find("together-last")).toBeNull();
    expect(await window.session.desk.undoDecided()).toEqual({ again: [], left: [] });
  });
});
