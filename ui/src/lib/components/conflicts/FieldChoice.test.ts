// @vitest-environment happy-dom
// One clashing field, as it is shown before anything is decided and as a side is used.
import { EditorView } from "@codemirror/view";
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import type { Conflict, ConflictField } from "$lib/bindings";
import { exact } from "$lib/words/time";
import type { Choice } from "$lib/conflicts/resolution";
import { Box } from "../testing/box.svelte";
import FieldChoice from "./FieldChoice.svelte";

let open: Record<string, unknown> | undefined;
afterEach(async () => {
  if (open) await unmount(open);
  open = undefined;
});

const SHOWN_AT = "2026-11-22T14:00:00Z";
const FIELD: ConflictField = {
  ...{ name: "value", paths: ["/emea/low"], against: "airflow" },
  base: '{"emea": {"low": 1.10}, "apac": {"low": 3}}',
  mine: '{"emea": {"low": 1.20}, "apac": {"low": 3}}',
  airflow: '{"emea": {"low": 1.30}, "apac": {"low": 4}}',
};
const conflict = { kind: "fields", mine_deleted: false, airflow_deleted: false } as unknown as Conflict;

/** What is chosen comes back into the field, as on the screen. */
function shown(field = FIELD, asOf: string | null = null) {
  const box = new Box<Choice | undefined>(undefined);
  const props = {
    collection: "variables",
    ...{ conflict, field, asOf, locked: false },
    get choice() {
      return box.value;
    },
    onchoose: vi.fn((choice: Choice) => (box.value = choice)),
    ontype: vi.fn((text: string) => (box.value = { side: "edited", text })),
  };
  open = mount(FieldChoice, { target: document.body, props });
  flushSync();
  return props;
}

const find = (testid: string) => document.querySelector<HTMLElement>(`[data-testid=${testid}]`);
const result = () => EditorView.findFromDOM(find("conflict-result") as HTMLElement)?.state.sliceDoc();

it("starts from the merge, and uses a side for what clashes only", () => {
  shown();
  expect(result()).toBe('{"emea": {"low": 1.20}, "apac": {"low": 4}}');
  find("conflict-take-airflow")?.click();
  flushSync();
  expect(result()).toBe('{"emea": {"low": 1.30}, "apac": {"low": 4}}');
  find("conflict-take-mine")?.click();
  flushSync();
  expect(result()).toBe('{"emea": {"low": 1.20}, "apac": {"low": 4}}');
});

it("says of which time the other side is, where it is older than what is there now", () => {
  shown(FIELD, SHOWN_AT);
  expect(document.body.textContent).toContain(`Airflow, as of ${exact(SHOWN_AT).slice(11, 16)}`);
  expect(document.body.textContent).not.toContain("Airflow now");
});

it("shows JSON of one long line on lines, and leaves what is typed as it is", () => {
  const line = (n: number) =>
    JSON.stringify({ n, ...Object.fromEntries("abcdefgh".split("").map((x) => [x, [1]])) });
  const field = { ...FIELD, base: line(1), mine: line(2), airflow: line(3), paths: ["/n"] };
  const { ontype } = shown(field);
  expect(
    document.querySelector("[aria-label=Before]")?.textContent.trim().split("\n").length,
  ).toBeGreaterThan(20);
  expect(result()?.split("\n").length).toBeGreaterThan(20);
  ontype(line(4));
  flushSync();
  expect(result()).toBe(line(4));
});

it("can be scrolled by keys wherever it scrolls", () => {
  shown();
  const bodies = [...document.querySelectorAll<HTMLElement>(".body")];
  expect(bodies).toHaveLength(3);
  for (const body of bodies) expect([body.tabIndex, body.getAttribute("role")]).toEqual([0, "group"]);
});
