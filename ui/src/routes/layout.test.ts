// @vitest-environment happy-dom
// The window around the screens: what it does wherever one is.
import Dexie from "dexie";
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { createRawSnippet, flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { emptyWorld, memoryPlatform } from "$lib/platform/memory";
import type { Platform } from "$lib/platform/platform";
import { App } from "$lib/state/app.svelte";
import type { Session } from "$lib/state/session.svelte";
import { clickBy } from "$lib/components/testing/point";
import { goto, page } from "$lib/components/testing/router.svelte";
import Layout from "./+layout.svelte";

vi.mock("$app/navigation", () => import("$lib/components/testing/router.svelte"));
vi.mock("$app/state", () => import("$lib/components/testing/router.svelte"));

let layout: Record<string, unknown>;
let platform: Platform;
let askToClose: () => void;
let held: MockInstance<App["holdSecret"]>;

beforeEach(async () => {
  Object.assign(Dexie.dependencies, { indexedDB: new IDBFactory(), IDBKeyRange });
  localStorage.clear();
  platform = memoryPlatform(emptyWorld());
  held = vi.spyOn(App.prototype, "holdSecret");
  platform.onClosingAsked = (run) => {
    askToClose = run;
    return Promise.resolve(() => undefined);
  };
  await platform.environmentAdd(
    { name: "One", url: "http://one", username: "ana", colour: null, production: false },
    "s",
  );
  await goto("/variables");
  const children = createRawSnippet(() => ({ render: () => "<div><button>Do it</button></div>" }));
  layout = mount(Layout, { target: document.body, props: { data: { platform }, children } });
  await vi.waitUntil(() => document.querySelector("main button"), { timeout: 30_000 });
});
afterEach(() => unmount(layout));

it("is enlarged by Ctrl and plus", async () => {
  const zoom = vi.spyOn(platform, "windowZoom");
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "+", ctrlKey: true, bubbles: true }));
  await vi.waitUntil(() => zoom.mock.calls.length > 0);
  expect(zoom).toHaveBeenCalledWith(1.1);
});

it("has the focus where a button went away with it", async () => {
  const button = document.querySelector<HTMLElement>("main button");
  button?.focus();
  button?.remove();
  flushSync();
  await vi.waitUntil(() => document.activeElement?.tagName === "MAIN");
});

describe("Escape in a field", () => {
  const escape = (html: string, at: string) => {
    const main = document.querySelector("main") as HTMLElement;
    main.insertAdjacentHTML("beforeend", html);
    const field = main.querySelector<HTMLElement>(at) as HTMLElement;
    field.focus();
    expect(document.activeElement).toBe(field);
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true }));
  };

  it.each(["<input>", "<textarea></textarea>", '<div class="cm-editor" tabindex="0"></div>'])(
    "leaves it to the screen: %s",
    (html) => {
      escape(html, ":scope > :last-child");
      expect(document.activeElement?.tagName).toBe("MAIN");
    },
  );

  it("leaves it to the panel that it stands in", () => {
    escape('<section tabindex="-1" data-focus-home id="panel"><input id="in"></section>', "#in");
    expect(document.activeElement?.id).toBe("panel");
  });

  it("is left to a question that it closes", () => {
    escape('<div role="dialog"><input id="in"></div>', "#in");
    expect(document.activeElement?.id).toBe("in");
  });
});

describe("Ctrl+A outside a field", () => {
  const press = (at: Element) => {
    const event = new KeyboardEvent("keydown", { key: "a", ctrlKey: true, bubbles: true, cancelable: true });
    at.dispatchEvent(event);
    return event.defaultPrevented;
  };
  const put = (html: string) => {
    const main = document.querySelector("main") as HTMLElement;
    main.insertAdjacentHTML("beforeend", html);
    return main.lastElementChild as HTMLElement;
  };

  it("marks nothing", () => {
    expect(press(document.body)).toBe(true);
    expect(document.getSelection()?.toString()).toBe("");
  });

  it("marks the text to be copied that the caret is in", () => {
    const text = put('<p class="selectable">one <b>two</b></p>');
    document.getSelection()?.collapse(text.querySelector("b")?.firstChild ?? null, 1);
    expect(press(document.body)).toBe(true);
    expect(document.getSelection()?.toString()).toBe("one two");
  });

  it("is left to a field and an editor", () => {
    expect(press(put("<input>"))).toBe(false);
    expect(press(put('<div class="cm-editor"></div>'))).toBe(false);
  });
});

it("tells below the screen of a sync that could not be done, so that nothing in it moves", async () => {
  const what = "one cannot be reached.";
  platform.syncNow = () => Promise.reject({ code: "unreachable", what, meaning: "", next: "" });
  document.querySelector<HTMLElement>("[data-testid=sync-now]")?.click();
  await vi.waitUntil(() => document.querySelector("[data-testid=problem]"));
  const told = document.querySelector("[data-testid=problem]") as HTMLElement;
  expect(told.textContent).toContain(what);
  const main = document.querySelector("main") as HTMLElement;
  expect(main.compareDocumentPosition(told) & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy();
});

it.each(["sync-now", "sync-pause"])("leaves the focus where one types when %s is clicked", async (testid) => {
  document.querySelector("main")?.insertAdjacentHTML("beforeend", "<input>");
  const field = document.querySelector<HTMLInputElement>("main input");
  const button = document.querySelector<HTMLButtonElement>(`[data-testid=${testid}]`) as HTMLButtonElement;
  const synced = vi.spyOn(platform, testid === "sync-now" ? "syncNow" : "syncPause");
  field?.focus();
  await clickBy(button);
  expect(document.activeElement).toBe(field);
  await vi.waitUntil(() => synced.mock.calls.length > 0 && !button.disabled);
  expect(document.activeElement).toBe(field);
});

it("gives the focus to the screen that the rail opens", () => {
  const link = document.querySelector<HTMLElement>("[data-testid=rail-conflicts]");
  link?.focus();
  link?.click();
  expect(page.url.pathname).toBe("/conflicts");
  expect(document.activeElement?.tagName).toBe("MAIN");
});

it("asks before it is closed where a secret is half typed, and is told no more once that is sent", async () => {
  const holds = vi.spyOn(platform, "windowHoldsSecret");
  const end = vi.spyOn(platform, "appEnd");
  const find = (testid: string) => document.querySelector<HTMLElement>(`[data-testid=${testid}]`);
  const { session } = held.mock.contexts.at(-1) as App;
  const { secrets } = (session as Session).variables;
  secrets.set("db_password", "hunter2");
  await vi.waitUntil(() => holds.mock.lastCall?.[0] === true);
  askToClose();
  await vi.waitUntil(() => find("closing"));
  expect(find("closing")?.textContent).toContain("It is in the variable “db_password”.");
  expect(document.activeElement).toBe(find("closing-stay"));
  find("closing-stay")?.click();
  await vi.waitUntil(() => !find("closing"));
  expect(end).not.toHaveBeenCalled();
  askToClose();
  await vi.waitUntil(() => find("closing-end"));
  find("closing-end")?.click();
  await vi.waitUntil(() => end.mock.calls.length > 0);
  secrets.clear();
  await vi.waitUntil(() => holds.mock.lastCall?.[0] === false);
});

it("asks on the screen on which another environment is connected, too", async () => {
  const { session } = held.mock.contexts.at(-1) as App;
  (session as Session).variables.secrets.set("db_password", "hunter2");
  await goto("/connect");
  askToClose();
  await vi.waitUntil(() => document.querySelector("[data-testid=closing-stay]"));
});
