// @vitest-environment happy-dom
// What records break together, on the real screens and stores: told beside the conflicts, in the grid and on Pending, and
// settled by an edit of any of them.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Violation } from "$lib/bindings";
import { ruleAddress, ruleId, ruleInShort, ruleStory } from "$lib/conflicts/violations";
import { Computer } from "$lib/db/testing/computer";
import { emptyWorld, type World } from "$lib/platform/memory";
import { CURRENCIES, FX, viewOf } from "../testing/typed";
import { TestWindow } from "../testing/window";
import { page } from "../testing/router.svelte";

vi.mock("$app/navigation", () => import("../testing/router.svelte"));
vi.mock("$app/state", () => import("../testing/router.svelte"));

let computer: Computer;
let window: TestWindow;

/** No two currencies may have the same name, and the analyst gave the dollar the euro's. */
beforeEach(async () => {
  computer = new Computer();
  const world: World = { ...emptyWorld(), collections: [viewOf(FX), viewOf(CURRENCIES)] };
  Object.defineProperty(world, "violations", { get: () => computer.mirror.violations() });
  for (const [code, name] of Object.entries({ EUR: "Euro", USD: "Dollar", CHF: "Franc" }))
    computer.world.write("currencies", code, { code, name });
  computer.world.write("variables", "rate", { value: "1", description: null });
  computer.mirror.holdUnique("currencies", "name");
  computer.mirror.cycle();
  window = await TestWindow.open(computer, world);
  await rename("USD", "Euro");
});

afterEach(() => window.close());

const airflow = (key: string) => computer.world.read("currencies", key)?.["name"];
const all = (testid: string) => [...document.querySelectorAll<HTMLElement>(`[data-testid="${testid}"]`)];
const said = (element: Element | undefined) => (element?.textContent ?? "").replace(/\s+/g, " ").trim();

/** As an analyst does in the form of a record; the window is told then what is broken. */
async function rename(key: string, name: string): Promise<void> {
  await window.goto(`/c/currencies?key=${key}`);
  window.type("field-name", name);
  await window.press("s", { ctrlKey: true });
  await told();
}

/** The app says which parts of the mirror have changed; here the rules are read again by hand. */
async function told(): Promise<void> {
  await window.platform.syncNow("test");
  await window.rest();
  await window.rest();
}

async function sync(): Promise<void> {
  await window.sync();
  await told();
}

/** Follows a link, as the router would. */
async function follow(link: HTMLElement): Promise<void> {
  await window.goto(link.getAttribute("href") ?? "");
  await window.rest();
}

it("stands beside the conflicts, with the records that take part and the rule in plain words", async () => {
  await window.goto("/conflicts");
  expect(window.words("conflict-count")).toBe("1 broken rule");
  expect(said(all("rule-row")[0])).toBe("Same Name: “Euro” 2 records of Currencies");
  expect(window.words("violation-title")).toBe(
    "2 records of Currencies have the same Name: “Euro”. No two may.",
  );
  expect(all("violation-record").map(({ dataset }) => [dataset["key"], dataset["mine"]])).toEqual([
    ["USD", "true"],
    ["EUR", "false"],
  ]);
  expect(said(all("violation-record")[0])).toContain("Changed here, not sent");
  expect(said(all("violation-record")[1])).toContain("Name: Euro");
  expect(all("violation-takeback")).toHaveLength(1);
});

it("is sent once an edit of either settled it, and not before", async () => {
  await sync();
  expect(airflow("USD")).toBe("Dollar");
  await window.goto("/conflicts");
  const edit = all("violation-open")[1] as HTMLElement;
  await follow(edit);
  expect(window.words("panel-rule")).toContain("Same Name: “Euro”");
  expect(document.activeElement).toBe(window.get("field-name"));
  window.type("field-name", "Euro (old)");
  await window.press("s", { ctrlKey: true });
  await told();
  expect(window.find("panel-rule")).toBeNull();
  expect(window.words("panel-rule-settled")).toContain("The rule holds again");
  await sync();
  expect([airflow("USD"), airflow("EUR")]).toEqual(["Euro", "Euro (old)"]);
  await follow(window.get("panel-rule-settled").querySelector("a") as HTMLElement);
  expect(document.body.textContent).toContain("No conflicts");
});

it("is settled by taking back", async () => {
  await window.goto("/conflicts");
  await window.click("violation-takeback");
  await told();
  expect(window.words("conflict-over")).toContain("This rule is no longer broken.");
  await window.click("conflict-go-on");
  expect(document.body.textContent).toContain("No conflicts");
  expect(window.session.unsentCount).toBe(0);
});

it("leads from the record back to the rule", async () => {
  await window.goto("/c/currencies?key=EUR");
  expect(window.find("panel-takeback")).toBeNull();
  await follow(window.get("panel-rule-records"));
  expect(window.words("violation-title")).toContain("have the same Name");
});

it("goes from the conflicts to the rules and back by keys, and to the record that was changed", async () => {
  await window.open("rate");
  window.type("editor-value", "2");
  await window.press("s", { ctrlKey: true });
  computer.world.write("variables", "rate", { value: "3" });
  await sync();
  await window.goto("/conflicts");
  expect(window.words("conflict-count")).toBe("1 variable to resolve · 1 broken rule");
  expect(window.words("conflict-key")).toBe("rate");
  (document.activeElement as HTMLElement).blur();
  await window.press("j");
  expect(window.words("violation-title")).toContain("have the same Name");
  expect(page.url.searchParams.has("rule")).toBe(true);
  const opened = vi.fn<(event: Event) => void>((event) => event.preventDefault());
  all("violation-open")[0]?.addEventListener("click", opened);
  await window.press("e");
  expect(opened).toHaveBeenCalledOnce();
  await window.press("k");
  expect(window.words("conflict-key")).toBe("rate");
});

it("stays where a sync ends it, and no key acts on the conflict that is next", async () => {
  await window.open("rate");
  window.type("editor-value", "2");
  await window.press("s", { ctrlKey: true });
  computer.world.write("variables", "rate", { value: "3" });
  await sync();
  await window.goto("/conflicts");
  (document.activeElement as HTMLElement).blur();
  await window.press("j");
  all("violation-takeback")[0]?.focus();
  computer.world.write("currencies", "EUR", { code: "EUR", name: "Euro (old)" });
  await sync();
  expect(window.session.violations).toEqual([]);
  expect(window.words("conflict-over")).toContain("This rule is no longer broken.");
  for (const letter of ["2", "e", "1"]) await window.press(letter);
  await window.press("Enter", { ctrlKey: true });
  expect(window.words("violation-title")).toContain("have the same Name");
  expect(window.session.conflicts.map(({ key }) => key)).toEqual(["rate"]);
  expect(window.variables.conflictDrafts.size).toBe(0);
  await window.click("conflict-go-on");
  expect(window.words("conflict-key")).toBe("rate");
});

it("is on Pending as what cannot be sent, and counted there once", async () => {
  await window.goto("/pending");
  expect(window.words("pending-rules")).toContain("1 broken rule needs you");
  expect(window.words("pending-rules")).toContain("1 change cannot be sent before");
  expect(all("pending-row").map(({ dataset }) => [dataset["key"], dataset["state"]])).toEqual([
    ["USD", "violation"],
  ]);
  expect(window.session.pendingCount).toBe(0);
  expect(window.session.unsentCount).toBe(1);
  await follow(window.get("pending-rule"));
  expect(window.words("violation-title")).toContain("have the same Name");
});

it("is marked in the grid, in the cells of the rule", async () => {
  await window.goto("/c/currencies");
  const cells = all("cell-name").map((cell) => [
    cell.textContent.trim().slice(0, 4),
    cell.classList.contains("breaks"),
  ]);
  expect(cells).toEqual([
    ["Fran", false],
    ["Euro", true],
    ["Euro", true],
  ]);
  const states = all("record-row").map(({ dataset }) => [dataset["key"], dataset["state"]]);
  expect(states).toContainEqual(["EUR", "violation"]);
  expect(said(all("cell-name")[1])).toContain("Breaks a rule. Another record");
});

it("says what is referred to, and whether it was deleted here", () => {
  const rule: Violation = {
    ...{ collection: "fx", rule: "reference", keys: ["a"], fields: ["base"], values: ["USD"] },
    ...{ refers_to: "currencies", why: "" },
  };
  expect(ruleInShort(rule)).toBe("Base: “USD” is missing");
  expect(ruleStory(rule, false).title).toBe(
    "1 record of Exchange-rate overrides refers to “USD” of Currencies, and there is no such record.",
  );
  expect(ruleStory(rule, true).title).toContain("which you deleted here");
  expect(ruleAddress(ruleId(rule))).toContain("/conflicts?rule=%5B%22fx%22");
});
