// @vitest-environment happy-dom
// Files into a collection and out of it, on the real screens and stores. What is in a file, the platform says.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { flushSync } from "svelte";
import type { ImportWork } from "$lib/bindings";
import { Computer, recordsNow, settle } from "$lib/db/testing/computer";
import { emptyImport, type MemoryImport } from "$lib/platform/memory-files";
import { emptyWorld } from "$lib/platform/memory";
import { PART_BYTES, sendFile } from "$lib/exchange/send";
import { TestWindow } from "../testing/window";

vi.mock("$app/navigation", () => import("../testing/router.svelte"));
vi.mock("$app/state", () => import("../testing/router.svelte"));

let computer: Computer;
let window: TestWindow;
let file: MemoryImport;

beforeEach(async () => {
  computer = new Computer();
  write("etl", 4);
  write("load", 8);
  computer.mirror.cycle();
  file = prices();
  window = await TestWindow.open(computer, { ...emptyWorld(), import: file });
  await window.goto("/import?c=pools");
});

afterEach(() => window.close());

function write(key: string, slots: number): void {
  computer.world.write("pools", key, { slots, description: null, include_deferred: false });
}

/** A file that adds a pool, changes one, lacks one, and has a row that is refused. */
function prices(): MemoryImport {
  const before = (slots: number) => ({ slots, description: null, include_deferred: false });
  const line = { row: 2, key: "etl", fields: [{ name: "slots", from: "4", to: "5" }], why: null };
  const edit = (key: string, fields: ImportWork["fields"], was: ImportWork["before"]): ImportWork => ({
    ...{ kind: "edit", key, fields, before: was },
  });
  const { preview } = emptyImport();
  return {
    preview: {
      ...{ ...preview, added: 1, changed: 1, unchanged: 3, refused: 1, rest: 1 },
      ...{ notes: ["The encoding was guessed."], rest_notes: ["1 of the records stays."] },
    },
    rows: {
      added: [{ row: 3, key: "new", fields: [{ name: "slots", from: null, to: "1" }], why: null }],
      changed: [line],
      refused: [
        { row: 4, key: null, fields: [{ name: "slots", from: null, to: "many" }], why: "It is no number." },
      ],
      rest: [{ row: null, key: "load", fields: [], why: null }],
    },
    works: [
      edit("etl", { slots: { from: 4, to: 5 } }, before(4)),
      edit("new", { slots: { to: 1 }, description: { to: null }, include_deferred: { to: false } }, null),
    ],
    rest: [{ kind: "delete", key: "load", fields: { slots: { from: 8 } }, before: before(8) }],
  };
}

async function choose(name = "pools.csv"): Promise<void> {
  const input = window.get("import-choose-file") as HTMLInputElement;
  Object.defineProperty(input, "files", { value: [new File(["key,slots\n"], name)], configurable: true });
  input.dispatchEvent(new Event("change", { bubbles: true }));
  await window.rest();
  await settle(5);
  flushSync();
}

const phase = () => window.get("import").dataset["phase"];
const lines = () => [...document.querySelectorAll("[data-testid=import-line]")].map((one) => one.textContent);
const isKeepable = () => !(window.get("import-keep") as HTMLButtonElement).disabled;

/** Keeps what is shown, and goes on once the import stands there. */
async function keep(until = "kept"): Promise<void> {
  await window.click("import-keep");
  for (let turn = 0; turn < 500 && phase() !== until; turn++) {
    await settle(1);
    flushSync();
  }
  expect(phase()).toBe(until);
}

/** A list of choices opens and moves in a moment of its own. */
async function press(key: string): Promise<void> {
  await window.press(key);
  await new Promise((done) => setTimeout(done, 20));
  flushSync();
}

async function tick(testid: string): Promise<void> {
  (window.get(testid) as HTMLInputElement).click();
  await window.rest();
}

/** Pools as they are shown, by key: slots, and whether one is to be deleted. */
async function pools(): Promise<Record<string, unknown>> {
  const desk = window.session.desk;
  const mine = await recordsNow(desk, "pools");
  return Object.fromEntries(
    mine.map(({ key, fields, deleted }) => [key, deleted ? "gone" : fields["slots"]]),
  );
}

describe("an import", () => {
  it("shows what is refused first, and keeps nothing of a file with such rows unasked", async () => {
    await choose();
    expect(phase()).toBe("shown");
    expect(window.words("import-name")).toBe("pools.csv");
    expect(window.words("import-part-refused")).toBe("Refused 1");
    expect(window.words("import-unchanged")).toBe("Unchanged 3");
    expect(lines()[0]).toContain("It is no number.");
    expect(window.words("import-notes")).toBe("The encoding was guessed.");
    expect(isKeepable()).toBe(false);
    await tick("import-keep-good");
    expect(isKeepable()).toBe(true);
    expect(window.words("import-keep")).toBe("Save 2 changes");
  });

  it("keeps nothing of a preview that records have changed since, and shows it anew", async () => {
    await choose();
    await tick("import-keep-good");
    await tick("import-delete-rest");
    const line = { row: 2, key: "etl", fields: [{ name: "slots", from: "7", to: "5" }], why: null };
    const [, added] = file.works;
    const etl: ImportWork = { ...(file.works[0] as ImportWork), fields: { slots: { from: 7, to: 5 } } };
    const rows = { ...file.rows, changed: [line] };
    file.since = { ...file, rows, works: [etl, added as ImportWork] };
    await keep("shown");
    expect(window.words("import-anew")).toContain("nothing was kept");
    expect(await computer.log()).toEqual([]);
    expect(isKeepable()).toBe(false);
    await window.click("import-part-changed");
    expect(lines()[0]).toContain("7");
    await tick("import-keep-good");
    await keep();
    expect(window.words("import-kept")).toContain("2 pools kept");
    expect((await computer.log())[0]?.fields).toEqual({ slots: { from: 7, to: 5 } });
  });

  it("is kept as work of the window, which one undo takes back", async () => {
    await choose();
    await tick("import-keep-good");
    await keep();
    expect(window.words("import-kept")).toContain("2 pools kept from pools.csv");
    expect(await pools()).toMatchObject({ etl: 5, new: 1, load: 8 });
    await window.sync();
    expect(computer.world.read("pools", "etl")).toMatchObject({ slots: 5 });
    await window.goto("/c/pools");
    expect(window.get("grid-undo").getAttribute("aria-label")).toBe("Undo import of pools.csv");
    await window.click("grid-undo");
    await window.rest();
    expect(await pools()).toMatchObject({ etl: 4, new: "gone" });
  });

  it("deletes the rest only where that was said, with its number beside it", async () => {
    file.preview.refused = 0;
    await choose();
    const box = window.get("import-delete-rest").closest("label");
    expect(box?.textContent?.replace(/\s+/g, " ")).toContain(
      "Delete the rest: 1 pool that is not in the file",
    );
    await tick("import-delete-rest");
    expect(window.words("import-keep")).toBe("Save 3 changes");
    await keep();
    expect(await pools()).toMatchObject({ etl: 5, load: "gone" });
  });

  it("deletes what its author saw: the mirror makes a conflict of what was changed since", async () => {
    file.preview.refused = 0;
    file.rest = [
      {
        ...{ kind: "delete", key: "load", fields: { slots: { from: 8 }, description: { from: null } } },
        before: { slots: 9, description: null, include_deferred: false },
      },
    ];
    const push = vi.spyOn(computer.mirror, "mirrorPush");
    await choose();
    await tick("import-delete-rest");
    await keep();
    await window.rest();
    const entries = push.mock.calls.flatMap((told) => told[4]);
    const gone = entries.find(({ kind }) => kind === "delete");
    expect(gone).toMatchObject({ key: "load", fields: { slots: { from: 8 }, description: { from: null } } });
    expect(Object.keys(gone?.fields ?? {})).toEqual(["slots", "description"]);
  });

  it("is shown part by part", async () => {
    await choose();
    await window.click("import-part-changed");
    await settle(2);
    flushSync();
    const [line] = lines();
    expect(line?.replace(/\s+/g, " ")).toContain("etl Slots 4 5");
    await window.click("import-part-rest");
    await settle(2);
    flushSync();
    expect(lines()[0]).toContain("load");
  });

  it("keeps nothing where it is cancelled in the midst", async () => {
    file.preview.refused = 0;
    let answer: (works: ImportWork[]) => void = () => undefined;
    window.platform.importWorks = () => new Promise((resolve) => (answer = resolve));
    await choose();
    await window.click("import-keep");
    expect(phase()).toBe("keeping");
    await window.click("import-cancel");
    answer(file.works);
    await settle(5);
    flushSync();
    expect(phase()).toBe("choosing");
    expect(await pools()).toEqual({ etl: 4, load: 8 });
  });

  it("is not cancelled or replaced any more while it is written", async () => {
    file.preview.refused = 0;
    await choose();
    const { desk } = window.session;
    const change = desk.change.bind(desk);
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    vi.spyOn(desk, "change").mockImplementation((...told) => held.then(() => change(...told)));
    await keep("writing");
    expect(window.find("import-cancel")).toBeNull();
    expect((window.get("import-choose") as HTMLButtonElement).disabled).toBe(true);
    goOn();
    await settle(5);
    await window.rest();
    expect(window.words("import-kept")).toContain("2 pools kept from pools.csv");
  });

  it("leaves another file alone that was taken while it was written", async () => {
    file.preview.refused = 0;
    await choose();
    const { desk } = window.session;
    const change = desk.change.bind(desk);
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    vi.spyOn(desk, "change").mockImplementation((...told) => held.then(() => change(...told)));
    await keep("writing");
    const ended = vi.spyOn(window.platform, "importEnd");
    window.platform.importBegin = () => Promise.resolve("other");
    await choose("others.csv");
    goOn();
    await settle(5);
    await window.rest();
    expect(await pools()).toMatchObject({ etl: 5, new: 1 });
    expect(phase()).toBe("shown");
    expect(window.words("import-name")).toBe("others.csv");
    expect(ended.mock.calls).toEqual([["file"]]);
    await window.goto("/c/pools");
    expect(window.get("grid-undo").getAttribute("aria-label")).toBe("Undo import of pools.csv");
  });

  it("lets go of the file where its screen is left", async () => {
    const ended = vi.spyOn(window.platform, "importEnd");
    await choose();
    await window.goto("/pending");
    await settle(2);
    expect(ended).toHaveBeenCalledWith("file");
  });

  it("says what is wrong with a file, asks what it is, and takes another", async () => {
    const { importPlan } = window.platform;
    const problem = { code: "bad_input", what: "The file is a PDF.", meaning: "", next: "", retry: false };
    window.platform.importPlan = () => Promise.reject(problem);
    await choose("scan.pdf");
    expect(window.words("import-problem")).toContain("The file is a PDF.");
    expect(window.find("import-encoding")).not.toBeNull();
    expect(window.find("import-keep")).toBeNull();
    window.platform.importPlan = importPlan;
    await choose("pools.csv");
    expect(window.find("import-problem")).toBeNull();
    expect(phase()).toBe("shown");
  });

  it("is read again where something of the file is told", async () => {
    await choose();
    const plan = vi.spyOn(window.platform, "importPlan");
    window.get("import-decimal").focus();
    await press("ArrowDown");
    const choices = [...document.querySelectorAll("[data-testid=import-decimal-choice]")];
    expect(choices.map((one) => one.textContent.trim())).toEqual(["Detected: none", "1,234.50", "1.234,50"]);
    for (const key of ["ArrowDown", "ArrowDown", "Enter"]) await press(key);
    await settle(5);
    expect(plan.mock.calls.at(-1)?.[2]).toMatchObject({ decimal: ",", format: null });
  });

  it("saves the refused rows, and says where", async () => {
    await choose();
    await window.click("import-save-refused");
    await settle(2);
    flushSync();
    expect(window.words("import-saved")).toBe("Saved as pools refused.csv in Downloads");
  });
});

describe("an export", () => {
  it("says which file was written, and that secrets are not in it", async () => {
    await window.goto("/export?c=pools");
    const saved = { name: "pools (2).csv", folder: "Downloads", rows: 2, left_out: 1 };
    const save = vi.spyOn(window.platform, "exportSave").mockResolvedValue(saved);
    await window.click("export-csv");
    await window.click("export-write");
    await settle(5);
    flushSync();
    expect(save).toHaveBeenCalledWith(window.session.id, "pools", "csv", false);
    expect(window.words("export-saved")).toBe(
      "2 pools in pools (2).csv, in Downloads. Left out: 1 that holds a secret.",
    );
  });
});

describe("a file on its way", () => {
  it("arrives byte for byte, in parts", async () => {
    const bytes = Uint8Array.from({ length: PART_BYTES * 2 + 5 }, (_, at) => (at * 31) % 256);
    const parts: string[] = [];
    const shares: number[] = [];
    const send = (part: string) => Promise.resolve(void parts.push(part));
    const isDone = await sendFile(new Blob([bytes]), send, (share) => shares.push(share) > 0);
    const arrived = parts.flatMap((part) => [...atob(part)].map((letter) => letter.charCodeAt(0)));
    expect(isDone).toBe(true);
    expect(arrived.length).toBe(bytes.length);
    expect(arrived.every((byte, at) => byte === bytes[at])).toBe(true);
    expect(shares.at(-1)).toBe(1);
  });

  it("goes no further where it is cancelled", async () => {
    const parts: string[] = [];
    const send = (part: string) => Promise.resolve(void parts.push(part));
    const blob = new Blob([new Uint8Array(PART_BYTES * 3)]);
    expect(await sendFile(blob, send, () => false)).toBe(false);
    expect(parts).toHaveLength(1);
  });
});
