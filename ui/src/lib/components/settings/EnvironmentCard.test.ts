// @vitest-environment happy-dom
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import type { EnvironmentView, Problem } from "$lib/bindings";
import { emptyWorld, memoryPlatform } from "$lib/platform/memory";
import { App } from "$lib/state/app.svelte";
import EnvironmentCard from "./EnvironmentCard.svelte";

let open: Record<string, unknown> | undefined;
afterEach(async () => {
  if (open) await unmount(open);
  open = undefined;
});

async function card(unsaved = 0): Promise<{ app: App; environment: EnvironmentView }> {
  const platform = memoryPlatform(emptyWorld());
  const none = {
    open: vi.fn(),
    greet: vi.fn(),
    forget: vi.fn(),
    unsavedIn: () => Promise.resolve(unsaved),
    leftOvers: vi.fn(),
    forgetLeftOver: vi.fn(),
  };
  const app = new App(platform, none);
  const one = {
    name: "One",
    url: "http://one",
    username: "ana",
    colour: null,
    production: true,
  };
  const environment = await app.connect(one, "s");
  open = mount(EnvironmentCard, { target: document.body, props: { app, environment } });
  flushSync();
  return { app, environment };
}

const element = (testid: string) => document.querySelector<HTMLElement>(`[data-testid="${testid}"]`);

it("says why a removal is refused, and the next step", async () => {
  const { app } = await card();
  const busy: Problem = {
    ...{ code: "busy", what: "One is being synchronised at the moment.", meaning: "It was not removed." },
    ...{ next: "Try again when that has ended.", retry: true },
  };
  app.platform.environmentRemove = () => Promise.reject(busy);
  element("environment-remove")?.click();
  flushSync();
  element("environment-remove-yes")?.click();
  await vi.waitFor(() => expect(element("problem")).not.toBeNull());
  expect(element("problem")?.textContent).toContain(busy.what);
  expect(element("problem")?.textContent).toContain(busy.next);
});

it("says how many unsaved texts go with an environment that is not open", async () => {
  await card(2);
  element("environment-remove")?.click();
  await vi.waitFor(() => expect(document.body.textContent).toContain("2 unsaved texts would be lost, too."));
});

it("marks production, where changes are reviewed unless that is switched off", async () => {
  const { app, environment } = await card();
  expect(environment.review).toBe(true);
  element("environment-review")?.click();
  await vi.waitFor(() => expect(app.environments[0]?.review).toBe(false));
  expect(app.environments[0]?.production).toBe(true);
});
