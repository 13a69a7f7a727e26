// @vitest-environment happy-dom
// The list of variables and the panel beside it: what each row says, the order, and what stays in its place.
import { mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Computer } from "$lib/db/testing/computer";
import { emptyWorld } from "$lib/platform/memory";
import { orderOf } from "$lib/collections/order-now.svelte";
import { USUAL } from "$lib/collections/order";
import { Session } from "$lib/state/session.svelte";
import { TestWindow } from "../testing/window";
import Tooltips from "../ui/Tooltips.svelte";
import { tipUnder } from "../ui/tips";

vi.mock("$app/navigation", () => import("../testing/router.svelte"));
vi.mock("$app/state", () => import("../testing/router.svelte"));

let computer: Computer;
let window: TestWindow;

beforeEach(async () => {
  computer = new Computer();
  computer.world.write("variables", "rate", { value: "1.10", description: "to the euro" });
  computer.world.write("variables", "limit", { value: "5", description: null });
  computer.mirror.cycle();
  window = await TestWindow.open(computer);
});

afterEach(async () => {
  await window.close();
  orderOf("variables").now = USUAL;
});

const rows = () => [...document.querySelectorAll<HTMLElement>("[data-testid=variable-row]")];
const keys = () => rows().map((row) => row.dataset["key"]);

it("has columns with heads, and sorts by the one that is clicked", async () => {
  const heads = document.querySelector("[aria-label=Columns]")?.textContent.replace(/\s+/g, " ");
  expect(heads).toMatch(/Key ?Value ?Description ?Changed ?State/);
  expect(keys()).toEqual(["limit", "rate"]);
  await window.click("sort-value");
  expect(keys()).toEqual(["rate", "limit"]);
  await window.click("sort-value");
  expect(keys()).toEqual(["limit", "rate"]);
});

it("says in the row what it is for, and who changed it", async () => {
  expect(rows()[1]?.textContent).toContain("to the euro");
  await window.open("rate");
  window.type("editor-value", "1.2");
  await window.press("s", { ctrlKey: true });
  expect(rows()[1]?.querySelector(".changed")?.textContent).toMatch(/· you$/);
});

it("says of a secret that it is never shown, as a tooltip where its cell cuts that", async () => {
  computer.world.write("variables", "smtp_password", { description: "the mail server" });
  await window.sync();
  const cell = document.querySelector<HTMLElement>('[data-key="smtp_password"] .cell.value');
  expect(cell?.textContent.trim()).toBe("secret, never shown");
  expect(cell?.dataset["tipCut"]).toBe("secret, never shown");
});

it("says in the row and in the panel that a change waits for review", async () => {
  await window.close();
  window = await TestWindow.open(computer, { ...emptyWorld(), status: { to_review: 1 } });
  window.session.environment = { ...window.session.environment, review: true };
  await window.open("rate");
  window.type("editor-value", "1.2");
  await window.press("s", { ctrlKey: true });
  expect(rows()[1]?.textContent).toContain("Waits for review");
  expect(window.words("panel-standing")).toContain("Waits for review");
});

it("says of a delete that it waits for review, before and after", async () => {
  await window.close();
  window = await TestWindow.open(computer, { ...emptyWorld(), status: { to_review: 1 } });
  window.session.environment = { ...window.session.environment, review: true };
  await window.open("rate");
  await window.click("editor-delete");
  expect(window.words("side-panel")).toContain("It waits for review until you send it.");
  await window.click("editor-delete-yes");
  expect(window.words("side-panel")).toContain("It waits for review");
  expect(window.words("side-panel")).not.toContain("with the next sync");
});

it("does not call the same as in Airflow what is typed over", async () => {
  await window.open("rate");
  expect(window.words("panel-standing")).toContain("Same as in Airflow");
  window.type("editor-value", "1.2");
  expect(window.words("panel-standing")).not.toContain("Same as in Airflow");
  expect(window.words("panel-standing")).toContain("Unsaved");
  await window.click("editor-drop");
  expect(window.words("panel-standing")).toContain("Same as in Airflow");
});

it("says of a secret only that nothing waits: whether it is the same nobody sees", async () => {
  computer.world.write("variables", "smtp_password", { description: "the mail server" });
  await window.sync();
  await window.open("smtp_password");
  expect(window.words("panel-standing")).toContain("Nothing of yours waits");
  expect(window.words("panel-standing")).not.toContain("Same as in Airflow");
});

it("says beside what waits that newer text is unsaved, and beside a text what changed", async () => {
  await window.open("rate");
  window.type("editor-value", "1.2");
  await window.press("s", { ctrlKey: true });
  window.type("editor-value", "1.25");
  expect(window.words("panel-standing")).toMatch(/^Waits to be sent Unsaved text/);
  await window.open("limit");
  window.type("editor-value", "6");
  computer.world.write("variables", "limit", { value: "7" });
  await window.sync();
  expect(window.words("panel-standing")).toMatch(/^Unsaved in Airflow, changed /);
});

it("counts what there is, and apart from it what is gone or not made yet", async () => {
  expect(window.words("variable-count")).toBe("2 variables");
  await window.open("rate");
  window.type("editor-value", "1.2");
  computer.world.erase("variables", "rate");
  await window.sync();
  await window.open(null);
  window.type("editor-key", "fresh");
  await window.rest();
  expect(rows()).toHaveLength(3);
  expect(window.words("variable-count")).toBe("1 variable · 1 new, unsaved · 1 no longer there");
  window.type("variable-search", "fresh");
  await window.rest();
  expect(rows()).toHaveLength(1);
  expect(window.words("variable-count")).toBe("0 of 1 variable · 1 new, unsaved");
  window.type("variable-search", "limit");
  await window.rest();
  expect(window.words("variable-count")).toBe("1 of 1 variable");
  window.type("variable-search", "");
  await window.click("editor-save");
  expect(window.words("variable-count")).toBe("2 variables · 1 no longer there");
});

it("says what is searched, and searches that", async () => {
  expect(window.get("variable-search").getAttribute("placeholder")).toBe("Search Variables");
  for (const text of ["rate", "1.10", "EURO"]) {
    window.type("variable-search", text);
    await window.rest();
    expect(keys()).toEqual(["rate"]);
  }
});

it("has the whole key under the pointer only where it is cut", async () => {
  const key = rows()[1]?.querySelector<HTMLElement>(".key");
  const widths = { scrollWidth: 80, clientWidth: 80 };
  for (const name of ["scrollWidth", "clientWidth"] as const)
    Object.defineProperty(key, name, { get: () => widths[name], configurable: true });
  expect(tipUnder(key ?? null)).toBeNull();
  widths.scrollWidth = 120;
  expect(tipUnder(key ?? null)).toMatchObject({ words: "rate" });
  await window.rest();
});

/** A click as a browser makes it: what takes the focus in it or around it has it then. */
async function clickRow(row: HTMLElement | undefined): Promise<void> {
  row?.closest<HTMLElement>("[tabindex], a, button, input")?.focus();
  row?.click();
  await window.rest();
}

it("hears its keys after a click on a row, wherever that row is by then", async () => {
  for (let one = 0; one < 60; one++) computer.world.write("variables", `v${one + 10}`, { value: "1" });
  await window.sync();
  await clickRow(rows()[0]);
  for (let step = 0; step < 6; step++) await window.press("PageDown");
  expect(document.activeElement?.getAttribute("role")).toBe("listbox");
  expect(document.querySelector("[aria-selected=true]")?.getAttribute("aria-posinset")).toBe("62");
  await window.press("Home");
  expect(document.querySelector("[aria-selected=true]")?.getAttribute("data-key")).toBe("limit");
});

it.each(["i", "I"])("says what is cut in the chosen row by %s, also after a click on it", async (key) => {
  const tooltips = mount(Tooltips, { target: document.body });
  await clickRow(rows()[1]);
  Object.defineProperty(rows()[1]?.querySelector(".description"), "scrollWidth", { value: 999 });
  await window.press(key);
  expect(window.words("tooltip")).toBe("to the euro");
  await window.press("Escape");
  await vi.waitUntil(() => window.find("tooltip") === null);
  expect(window.find("side-panel")).not.toBeNull();
  await unmount(tooltips);
});

it("keeps the editor in its place when a change is saved and when it arrives", async () => {
  await window.open("rate");
  const before = () => {
    const all = [...window.get("side-panel").querySelectorAll(".inside > *")];
    return all.slice(
      0,
      all.findIndex((one) => one.querySelector("[data-testid=editor-value]")),
    ).length;
  };
  const standing = window.get("panel-standing");
  const count = before();
  window.type("editor-value", "1.2");
  await window.press("s", { ctrlKey: true });
  expect([before(), window.find("panel-standing")]).toEqual([count, standing]);
  expect(standing.dataset["state"]).toBe("pending");
  await window.sync();
  expect([before(), window.find("panel-standing")]).toEqual([count, standing]);
});

it("says that it is still reading, and not that there is nothing, until it knows", async () => {
  await window.close();
  const reading = vi.spyOn(Session.prototype, "isReading", "get").mockReturnValue(true);
  window = await TestWindow.open(new Computer());
  expect(window.words("variables-reading")).toContain("Reading");
  expect(document.body.textContent).not.toContain("No variables yet");
  expect(window.words("variable-count")).toBe("");
  reading.mockRestore();
  await window.close();
  window = await TestWindow.open(new Computer());
  expect(document.body.textContent).toContain("No variables yet");
});

it("says that the account may not read them, and not that there are none", async () => {
  computer.world.erase("variables", "rate");
  computer.world.erase("variables", "limit");
  await window.sync();
  expect(document.body.textContent).toContain("No variables yet");
  const { status } = window.session;
  if (status) window.session.status = { ...status, not_allowed: ["variables"] };
  await window.rest();
  expect(document.body.textContent).toContain("Your account may not read Variables");
  expect(document.body.textContent).not.toContain("No variables yet");
});
