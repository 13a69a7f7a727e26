// @vitest-environment happy-dom
import { createRawSnippet, flushSync, mount, tick, unmount } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import { Box } from "./testing/box.svelte";
import VirtualList from "./VirtualList.svelte";

let open: Record<string, unknown> | undefined;
afterEach(async () => {
  if (open) await unmount(open);
  open = undefined;
});

const listbox = () => document.querySelector<HTMLElement>("[role=listbox]");
const rows = () => [...document.querySelectorAll<HTMLElement>("[data-testid=row]")];

async function rest() {
  for (let turn = 0; turn < 5; turn++) await tick();
  flushSync();
}

async function list(count: number, chosen: string | null = null) {
  const items = new Box(Array.from({ length: count }, (_, index) => `item ${index}`));
  const selected = new Box(chosen);
  const onopen = vi.fn();
  const props = {
    get items() {
      return items.value;
    },
    get selected() {
      return selected.value;
    },
    ...{ id: (one: string) => one, label: "Items", testid: "row", onopen },
    row: createRawSnippet((one: () => string) => ({ render: () => `<span>${one()}</span>` })),
    data: (one: string) => ({ "data-key": one }),
    onselect: (one: string) => (selected.value = one),
  };
  open = mount(VirtualList<string>, { target: document.body, props });
  await rest();
  return { items, selected, onopen };
}

async function press(key: string) {
  listbox()?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  await rest();
}

it("draws of 100,000 rows those in view, and a few beyond", async () => {
  await list(100_000);
  expect(rows()[0]?.textContent).toBe("item 0");
  expect(rows().length).toBeGreaterThan(600 / 32);
  expect(rows().length).toBeLessThan(40);
  expect(rows()[3]?.getAttribute("aria-posinset")).toBe("4");
  expect(rows()[3]?.getAttribute("aria-setsize")).toBe("100000");
});

it("has the selected row in the document wherever it is, for who hears it read", async () => {
  await list(100_000, "item 70000");
  const id = listbox()?.getAttribute("aria-activedescendant");
  const named = document.getElementById(id ?? "");
  expect(named?.dataset["key"]).toBe("item 70000");
  expect(named?.getAttribute("aria-selected")).toBe("true");
});

it("moves by arrows, pages and ends, and opens by Enter", async () => {
  const { selected, onopen } = await list(50);
  const at: (string | null)[] = [];
  for (const key of ["ArrowDown", "ArrowDown", "PageDown", "ArrowUp", "End", "ArrowDown", "Home"]) {
    await press(key);
    at.push(selected.value);
  }
  expect(at).toEqual([0, 1, 13, 12, 49, 49, 0].map((index) => `item ${index}`));
  await press("Enter");
  expect(onopen).toHaveBeenCalledExactlyOnceWith("item 0");
});

it("brings a row that was selected elsewhere into view, once", async () => {
  const { selected, items } = await list(1000);
  const seen = vi.spyOn(HTMLElement.prototype, "scrollTo");
  selected.value = "item 500";
  await rest();
  expect(seen.mock.lastCall?.[0]).toMatchObject({ top: 501 * 32 - 600 });
  seen.mockClear();
  items.value = items.value.slice(1);
  await rest();
  expect(seen).not.toHaveBeenCalled();
});

it("opens with the selected row in view", async () => {
  const seen = vi.spyOn(HTMLElement.prototype, "scrollTo");
  await list(1000, "item 500");
  expect(seen.mock.lastCall?.[0]).toMatchObject({ top: 501 * 32 - 600 });
});

it("shows other rows where the list became another one", async () => {
  const { items } = await list(1000);
  items.value = ["a", "b"];
  await rest();
  expect(rows().map(({ textContent }) => textContent)).toEqual(["a", "b"]);
  items.value = [];
  await rest();
  expect(rows()).toEqual([]);
});
