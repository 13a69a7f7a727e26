// @vitest-environment happy-dom
// Backups in the window: written, brought back, and what is said where that fails.
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import type { EnvironmentView, Problem } from "$lib/bindings";
import type { Desk } from "$lib/db/desk";
import { emptyWorld, memoryPlatform } from "$lib/platform/memory";
import { PART_BYTES } from "$lib/exchange/send";
import { App, type Stores } from "$lib/state/app.svelte";
import { page, goto } from "../testing/router.svelte";
import { sessionOf } from "../testing/session";
import Screen from "../testing/Screen.svelte";

vi.mock("$app/navigation", () => import("../testing/router.svelte"));
vi.mock("$app/state", () => import("../testing/router.svelte"));

let open: Record<string, unknown> | undefined;
afterEach(async () => {
  if (open) await unmount(open);
  open = undefined;
  localStorage.clear();
});

const ONE = {
  ...{
    id: "01",
    is_from_before: false,
    name: "One",
    url: "http://one",
    sign_in: "password",
    username: "ana",
  },
  ...{ colour: "#0f766e", interval_s: 60, production: false, review: false },
} as EnvironmentView;

const find = (testid: string) => document.querySelector<HTMLElement>(`[data-testid="${testid}"]`);
const words = (testid: string) => (find(testid)?.textContent ?? "").replace(/\s+/g, " ").trim();

async function settings(desk: Partial<Desk> = {}): Promise<App> {
  const platform = memoryPlatform({ ...emptyWorld(), environments: [ONE] });
  const app = await appOn(platform);
  app.session = sessionOf({}, desk, platform);
  await show(app, "/settings");
  return app;
}

async function appOn(platform = memoryPlatform(emptyWorld())): Promise<App> {
  const opened = sessionOf({}, {}, platform);
  const stores = { leftOvers: () => Promise.resolve([]), unsavedIn: () => Promise.resolve(0) };
  const app = new App(platform, stores as unknown as Stores);
  vi.spyOn(app, "open").mockImplementation((environment) => {
    opened.environment = environment;
    app.session = opened;
    return Promise.resolve(opened);
  });
  app.environments = await platform.environments();
  app.started = true;
  return app;
}

async function show(app: App, address: string): Promise<void> {
  await goto(address);
  open = mount(Screen, { target: document.body, props: { app } });
  flushSync();
}

function choose(file: File): void {
  const input = find("backup-restore-file") as HTMLInputElement;
  Object.defineProperty(input, "files", { value: [file], configurable: true });
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

it("writes everything that was kept here by then, and says where it is", async () => {
  const done: string[] = [];
  const app = await settings({ flush: () => Promise.resolve(void done.push("flushed")) });
  const save = app.platform.backupSave;
  app.platform.backupSave = () => (done.push("saved"), save());
  find("backup-save")?.click();
  await vi.waitFor(() => expect(find("backup-saved")).not.toBeNull());
  expect(done).toEqual(["flushed", "saved"]);
  expect(words("backup-saved")).toBe("One in Leeward backup 2026-02-03.zip, in Downloads.");
});

it("hands the file over in parts, whatever its name, and asks to sign in", async () => {
  const app = await settings();
  const parts: string[] = [];
  app.platform.restorePart = (file, part) => Promise.resolve(void parts.push(`${file} ${part.length}`));
  choose(new File([new Uint8Array(PART_BYTES + 3)], "leeward.backup"));
  await vi.waitFor(() => expect(find("backup-restored")).not.toBeNull());
  expect(parts).toEqual([`backup ${(PART_BYTES / 3) * 4}`, "backup 4"]);
  expect(words("backup-restored")).toBe(
    "backed-up is here again. No password was in the backup: sign in again.",
  );
  const shown = [...document.querySelectorAll<HTMLElement>("[data-testid=environment-row]")];
  expect(shown.map((row) => row.dataset["environment"])).toEqual(["One", "backed-up"]);
});

it("says why nothing was restored, and what next", async () => {
  const app = await settings();
  const there: Problem = {
    ...{ code: "bad_input", what: "There is an environment One already.", retry: false },
    ...{ meaning: "Nothing was restored, and nothing was changed.", next: "Remove that environment first." },
  };
  app.platform.restoreEnd = () => Promise.reject(there);
  choose(new File(["x"], "a.zip"));
  await vi.waitFor(() => expect(find("backup-problem")).not.toBeNull());
  for (const told of [there.what, there.meaning, there.next]) expect(words("backup-problem")).toContain(told);
  expect(find("backup-restored")).toBeNull();
  expect((find("backup-restore") as HTMLButtonElement).disabled).toBe(false);
});

it("takes the place of connecting on a computer where nothing is yet", async () => {
  const app = await appOn();
  await show(app, "/connect");
  choose(new File(["x"], "a.zip"));
  await vi.waitFor(() => expect(app.session?.environment.name).toBe("backed-up"));
  await vi.waitFor(() => expect(page.url.pathname).toBe("/settings"));
});
