// @vitest-environment happy-dom
import { EditorView } from "@codemirror/view";
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import type { ActionView, DagView } from "$lib/bindings";
import { emptyWorld, memoryPlatform } from "$lib/platform/memory";
import type { App } from "$lib/state/app.svelte";
import { goto } from "../testing/router.svelte";
import Screen from "../testing/Screen.svelte";
import { sessionOf } from "../testing/session";

vi.mock("$app/navigation", () => import("../testing/router.svelte"));
vi.mock("$app/state", () => import("../testing/router.svelte"));

let open: Record<string, unknown> | undefined;
afterEach(async () => {
  if (open) await unmount(open);
  open = undefined;
});

it("opens the refused run that is to be corrected", async () => {
  const dag = { dag_id: "load", name: "load", description: null, tags: [], params: {} } as unknown as DagView;
  const what = { kind: "trigger_run", dag_id: "load", conf: { region: "XX" }, note: null };
  const refused = {
    action: { id: "01A", what, after_edits: false },
    state: "rejected",
  } as unknown as ActionView;
  const session = sessionOf({ actions: [refused] }, {}, memoryPlatform({ ...emptyWorld(), dags: [dag] }));
  await session.start();
  await goto("/dags?dag=load&again=01A");
  const app = { session } as unknown as App;
  open = mount(Screen, { target: document.body, props: { app } });
  flushSync();
  const form = () => document.querySelector<HTMLElement>("[data-testid=trigger-conf]");
  await vi.waitUntil(form);
  expect(EditorView.findFromDOM(form() as HTMLElement)?.state.sliceDoc()).toContain('"XX"');
});
