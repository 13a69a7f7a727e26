// @vitest-environment happy-dom
// The screen on which one connects: what is said at each field, before anything is sent.
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import type { Problem } from "$lib/bindings";
import { settle } from "$lib/db/testing/computer";
import { emptyWorld, memoryPlatform } from "$lib/platform/memory";
import type { VaultState } from "$lib/bindings";
import { App, type Stores } from "$lib/state/app.svelte";
import { goto } from "../testing/router.svelte";
import Screen from "../testing/Screen.svelte";

vi.mock("$app/navigation", () => import("../testing/router.svelte"));
vi.mock("$app/state", () => import("../testing/router.svelte"));

let screen: Record<string, unknown> | undefined;
afterEach(async () => {
  if (screen) await unmount(screen);
  screen = undefined;
});

const find = (testid: string) => document.querySelector<HTMLElement>(`[data-testid=${testid}]`);
const words = (testid: string) => find(testid)?.textContent.replace(/\s+/g, " ").trim();

async function open(vault: VaultState = "keychain", tray = true) {
  const platform = memoryPlatform({ ...emptyWorld(), vault, tray });
  const app = new App(platform, { leftOvers: () => Promise.resolve([]) } as unknown as Stores);
  await app.start();
  await goto("/connect");
  screen = mount(Screen, { target: document.body, props: { app } });
  flushSync();
  return { app, probe: vi.spyOn(platform, "environmentProbe") };
}

function type(testid: string, text: string): void {
  const field = find(testid) as HTMLInputElement;
  field.focus();
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  flushSync();
}

async function check(address: string): Promise<void> {
  type("connect-url", address);
  find("connect-probe")?.click();
  await vi.waitUntil(() => find("connect-version") ?? find("problem"));
  flushSync();
}

it("begins in the address, and tries the scheme that it lacks", async () => {
  const { probe } = await open();
  expect(document.activeElement).toBe(find("connect-url"));
  await check("airflow.example.org");
  expect(probe).toHaveBeenCalledExactlyOnceWith("https://airflow.example.org");
  expect(words("connect-version")).toContain("https://airflow.example.org");
});

it("goes on in the next field after the address was checked from there", async () => {
  await open();
  await check("airflow.example.org");
  await vi.waitUntil(() => document.activeElement === find("connect-username"));
});

it("takes the focus from no other place once the address is checked", async () => {
  await open();
  type("connect-url", "airflow.example.org");
  find("connect-probe")?.click();
  find("connect-url")?.blur();
  await vi.waitUntil(() => find("connect-version"));
  await settle();
  expect(document.activeElement).toBe(document.body);
});

it("tells why it could not connect below what one clicks next", async () => {
  const { app } = await open();
  vi.spyOn(app, "connect").mockRejectedValue(new Error("not now"));
  await check("airflow.example.org");
  type("connect-username", "ada");
  type("connect-password", "s");
  find("connect-submit")?.click();
  await vi.waitUntil(() => find("problem"));
  const after = [...document.querySelectorAll("button, input, [data-testid=problem]")].slice(-1);
  expect(after).toEqual([find("problem")]);
});

it("says at the address what is wrong with it, once it is left", async () => {
  await open();
  type("connect-url", "ftp://x");
  expect(words("connect-url-note")).not.toContain("begins with https://");
  find("connect-url")?.blur();
  flushSync();
  expect(words("connect-url-note")).toContain("begins with https://");
});

it("offers the address that would work as a button", async () => {
  const { probe } = await open();
  const instead: Problem = {
    ...{ code: "not_airflow", what: "A web page.", meaning: "Nothing was stored.", retry: false },
    next: "Use https://airflow.example.org.",
  };
  probe.mockRejectedValueOnce(instead);
  await check("https://airflow.example.org/home");
  find("connect-instead")?.click();
  await vi.waitUntil(() => find("connect-version"));
  expect(probe).toHaveBeenLastCalledWith("https://airflow.example.org");
});

it("says at the name what is wrong with it, and connects to nothing so", async () => {
  await open();
  await check("airflow.example.org");
  type("connect-username", "ada");
  type("connect-password", "s");
  expect(find("connect-submit")?.hasAttribute("disabled")).toBe(false);
  type("connect-name", "my airflow");
  expect(words("connect-name-note")).toContain("without spaces");
  expect(find("connect-submit")?.hasAttribute("disabled")).toBe(true);
});

it("marks production as such", async () => {
  const { app } = await open();
  const connect = vi.spyOn(app, "connect").mockRejectedValue(new Error("not now"));
  await check("airflow.example.org");
  type("connect-username", "ada");
  type("connect-password", "s");
  find("connect-production")?.click();
  flushSync();
  find("connect-submit")?.click();
  await vi.waitUntil(() => connect.mock.calls.length > 0);
  expect(connect.mock.calls[0]?.[0]).toMatchObject({ production: true });
});

it.each([
  ["keychain", "goes to this computer's keychain"],
  ["file_open", "encrypted under your passphrase"],
] as const)("promises for the password what applies: %s", async (vault, promise) => {
  await open(vault);
  await check("airflow.example.org");
  expect(words("connect-vault")).toContain(promise);
});

it("says where the desktop has no tray", async () => {
  await open("keychain", false);
  expect(words("no-tray")).toContain("sync stops");
});

it("has what was typed when one comes back, but the secret", async () => {
  await open();
  await check("airflow.example.org");
  type("connect-username", "ana");
  type("connect-password", "s3cret");
  await goto("/settings");
  flushSync();
  expect(find("connect-url")).toBeNull();
  await goto("/connect");
  flushSync();
  expect((find("connect-url") as HTMLInputElement).value).toBe("airflow.example.org");
  find("connect-probe")?.click();
  await vi.waitUntil(() => find("connect-version"));
  flushSync();
  expect((find("connect-username") as HTMLInputElement).value).toBe("ana");
  expect((find("connect-password") as HTMLInputElement).value).toBe("");
});
