// @vitest-environment happy-dom
// What was read for the first time is not told as changed: since when it is so, nobody knows.
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, it } from "vitest";
import type { ChangedBy, RecordView } from "$lib/bindings";
import RecordRow from "./RecordRow.svelte";
import StandingLine from "./StandingLine.svelte";

let open: ReturnType<typeof mount>[] = [];

afterEach(async () => {
  for (const one of open) await unmount(one);
  open = [];
});

/** What the row, and the line in the panel, say of a record that came by so. */
function told(changed_by: ChangedBy): [string, string] {
  const record = {
    ...{ collection: "variables", key: "rate", fields: { value: "1" }, base: { value: "1" }, sealed: [] },
    ...{ state: "clean", deleted: false, conflict: null, changed_at: new Date().toISOString(), changed_by },
  } as Partial<RecordView> as RecordView;
  const props = { record, typed: null, isToReview: false };
  const row = { target: document.createElement("div"), props };
  const line = {
    target: document.createElement("div"),
    props: { ...props, disabled: false, ontakeback: () => undefined },
  };
  open.push(mount(RecordRow, row), mount(StandingLine, line));
  flushSync();
  const words = (text: string | null | undefined) => text?.replace(/\s+/g, " ").trim() ?? "";
  return [words(row.target.querySelector(".changed")?.textContent), words(line.target.textContent)];
}

it("says when it was first read", () => {
  const [row, line] = told({ source: "first_read", author: null });
  expect(row).toBe("first read just now");
  expect(line).toContain("first read just now");
  expect(line).not.toContain("changed");
});

it("says when it was changed where that is known", () => {
  const [row, line] = told({ source: "airflow", author: "bob" });
  expect(row).toBe("just now · bob");
  expect(line).toContain("changed just now by bob");
});
