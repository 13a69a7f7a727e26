// @vitest-environment happy-dom
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, it } from "vitest";
import type { LinkState, ProblemCode } from "$lib/bindings";
import type { App } from "$lib/state/app.svelte";
import type { Session } from "$lib/state/session.svelte";
import Problems from "./Problems.svelte";

let open: Record<string, unknown> | undefined;
afterEach(async () => {
  if (open) await unmount(open);
  open = undefined;
});

it.each([
  ["sign_in_needed", "sign_in_needed", 0],
  ["sign_in_needed", "unreachable", 1],
  ["online", "sign_in_needed", 1],
  ["not_allowed", "forbidden", 0],
  ["online", "forbidden", 1],
] as [LinkState, ProblemCode, number][])(
  "leaves to the bar above what that says: %s, a sync's %s",
  (link, code, told) => {
    const problem = { code, what: "What", meaning: "", next: "" };
    const session = { status: { link }, sync: { problem } } as unknown as Session;
    open = mount(Problems, { target: document.body, props: { app: {} as App, session } });
    flushSync();
    expect(document.querySelectorAll("[data-testid=problem]")).toHaveLength(told);
  },
);
