// A seeded play of the grid: an analyst who types into cells, leaves, comes back, pastes, undoes and redoes, and whose app is
// killed, while others write into Airflow. Checked on the way:
// - what is saved is in the log, as it was typed or as it was before an undo, and nothing else is;
// - what was typed and neither saved nor dropped stands in its cell when one comes back, whatever was played since;
// - where nobody else wrote, undoing every step leads to what was there at first, and redoing them to what was made of it.
import { flushSync } from "svelte";
import { expect } from "vitest";
import { Computer, recordsNow, settle } from "$lib/db/testing/computer";
import { dice } from "$lib/db/testing/dice";
import { Memory } from "./memory";
import { TestWindow } from "./window";

const KEYS = ["a", "b", "c", "d"];
const COLUMNS = ["slots", "description"] as const;
const STEPS = 14;

type Place = `${string}/${(typeof COLUMNS)[number]}`;

export class GridPlay {
  private readonly computer = new Computer();
  private readonly memory: Memory;
  private readonly below: (sides: number) => number;
  /** What was typed and neither saved nor dropped. */
  private readonly typed = new Map<Place, string>();
  /** What was dropped by Escape and not brought back, the last one last, with what the cell showed then. */
  private readonly dropped: { place: Place; text: string; before: string | undefined }[] = [];
  private window!: TestWindow;
  private number = 0;
  private isAlone = true;

  constructor(seed: number) {
    this.below = dice(seed);
    for (const [at, key] of KEYS.entries()) this.write(key, at + 1);
    this.computer.mirror.cycle();
    this.memory = new Memory(this.computer);
    // What was there is put back by undo.
    for (const [at] of KEYS.entries()) this.memory.ever.add(at + 1);
  }

  async run(): Promise<void> {
    await this.start();
    const steps = this.steps();
    try {
      for (let step = 0; step < STEPS; step++) {
        await steps[this.below(steps.length)]?.();
        await this.check();
      }
      if (this.isAlone) await this.undoAndRedoAll();
    } finally {
      await this.window.kill();
    }
  }

  /** Each as often as it is to come up. */
  private steps(): (() => Promise<void>)[] {
    const type = () => this.type();
    return [
      ...[type, type, type, type, () => this.paste(), () => this.paste(), () => this.fill()],
      ...[() => this.undo("z"), () => this.undo("z"), () => this.undo("y"), () => this.leave()],
      ...[() => this.news(), () => this.kill(), () => this.window.sync(), () => this.sort()],
    ];
  }

  private async start(): Promise<void> {
    this.dropped.length = 0;
    this.window = await TestWindow.open(this.computer);
    await this.window.goto("/c/pools");
  }

  // What the analyst does.

  private async type(): Promise<void> {
    const [key, column] = this.somewhere();
    if (!this.canEdit(key)) return;
    await this.point(key, column);
    await this.window.press("Enter");
    const text = column === "slots" ? this.someNumber() : this.someText();
    this.window.type("cell-editor", text);
    this.ever(text);
    const before = this.typed.get(`${key}/${column}`);
    this.typed.set(`${key}/${column}`, text);
    await this.end(key, column, text, before);
  }

  private async end(
    key: string,
    column: (typeof COLUMNS)[number],
    text: string,
    before: string | undefined,
  ): Promise<void> {
    const way = this.below(6);
    if (way < 3) {
      await this.window.press(["Enter", "Tab", "s"][way] as string, { ctrlKey: way === 2 });
      if (isGood(column, text)) this.typed.delete(`${key}/${column}`);
      else expect(this.window.find("cell-problem"), "it is said why").not.toBeNull();
    } else if (way === 3) {
      await this.window.press("Escape");
      this.typed.delete(`${key}/${column}`);
      if (before !== undefined) this.typed.set(`${key}/${column}`, before);
      this.dropped.push({ place: `${key}/${column}`, text, before });
    } else if (way === 4) await this.leave();
    else this.window.get("pool-search").focus();
    await this.window.rest();
  }

  private async paste(): Promise<void> {
    const [key] = this.somewhere();
    await this.point(key, "slots");
    const from = Number(this.row(key)?.dataset["at"]);
    const lines = [0, 1].map(() => [this.someNumber(), this.someText()] as const);
    const rows = lines.map((_, line) => this.rows()[from + line]?.dataset["key"]);
    const editable = rows.map((one) => one !== undefined && this.canEdit(one));
    await this.clipboard(lines.map((cells) => cells.join("\t")).join("\n"));
    for (const [line, texts] of lines.entries()) {
      const one = rows[line];
      texts.forEach((text) => this.ever(text));
      if (one === undefined || editable[line] !== true) continue;
      for (const [at, column] of COLUMNS.entries()) {
        const text = texts[at] as string;
        if (isGood(column, text)) this.typed.delete(`${one}/${column}`);
        else this.typed.set(`${one}/${column}`, text);
      }
    }
  }

  private async fill(): Promise<void> {
    await this.point("b", "description");
    if (this.row("b")?.dataset["at"] === "0" || !this.canEdit("b")) return;
    await this.window.press("d", { ctrlKey: true });
    await this.window.rest();
    this.typed.delete("b/description");
  }

  private async undo(letter: "z" | "y"): Promise<void> {
    this.grid().focus();
    const isDropped = letter === "z" && this.bringsBack;
    await this.window.press(letter, { ctrlKey: true });
    await this.window.rest();
    if (isDropped) this.broughtBack();
  }

  /** Undo would bring back what was dropped, and is no step. */
  private get bringsBack(): boolean {
    return this.window.get("grid-undo").getAttribute("aria-label") === "Undo discard";
  }

  /** What was dropped last stands in its cell again, unless something else was typed there since. */
  private broughtBack(): void {
    const last = this.dropped.pop();
    if (last && this.typed.get(last.place) === last.before && this.shownIn(last.place) === last.text)
      this.typed.set(last.place, last.text);
  }

  private async leave(): Promise<void> {
    await this.window.goto("/variables");
    // Undo knows of the drop no longer; the panel still does.
    this.dropped.length = 0;
    await this.window.goto("/c/pools");
  }

  private async sort(): Promise<void> {
    await this.window.click(this.below(2) === 0 ? "sort-slots" : "sort-key");
  }

  private async news(): Promise<void> {
    this.isAlone = false;
    this.write(KEYS[this.below(KEYS.length)] as string, 100 + (this.number += 1));
    this.memory.ever.add(100 + this.number);
    await this.window.sync();
  }

  /** Now and then in the midst of saving: then that may be done or not. */
  private async kill(): Promise<void> {
    await this.window.rest();
    const [key] = this.somewhere();
    const isSaving = this.below(2) === 0 && this.canEdit(key);
    if (isSaving) await this.strike(key);
    await this.window.kill();
    await this.start();
  }

  private async strike(key: string): Promise<void> {
    await this.point(key, "description");
    await this.window.press("Enter");
    const text = this.someText();
    this.ever(text);
    this.window.type("cell-editor", text);
    await this.window.rest();
    this.window.strike("Enter");
    for (let turns = this.below(8); turns > 0; turns--) await Promise.resolve();
    this.typed.delete(`${key}/description`);
  }

  private async undoAndRedoAll(): Promise<void> {
    const made = await this.values();
    let steps = 0;
    for (; !this.isOff("grid-undo"); await this.undo("z")) if (!this.bringsBack) steps++;
    const first = KEYS.map((key, at) => [key, at + 1, null]);
    expect(await this.values(), "undone").toEqual(first);
    for (; steps > 0; steps--) await this.undo("y");
    expect(await this.values(), "redone").toEqual(made);
  }

  // The checks.

  private async check(): Promise<void> {
    await this.window.rest();
    for (const { fields, kind } of this.memory.kept()) {
      expect(kind).toBe("edit");
      for (const { to } of Object.values(fields)) expect(this.memory.ever, "it was typed").toContain(to);
    }
    for (const [place, text] of this.typed) {
      const [key, column] = place.split("/") as [string, string];
      const editor = this.window.find("cell-editor") as HTMLInputElement | null;
      const isOpen = editor?.getAttribute("aria-label")?.toLowerCase() === `${column} of ${key}`;
      expect(isOpen ? editor?.value : this.shownIn(place), `typed in ${place}`).toBe(text);
    }
  }

  private shownIn(place: Place): string | null | undefined {
    const [key, column] = place.split("/") as [string, string];
    return this.row(key)?.querySelector(`[data-testid=cell-${column}] .ellipsis`)?.textContent;
  }

  private async values(): Promise<unknown[]> {
    const records = await recordsNow(this.window.session.desk, "pools");
    return records.map(({ key, fields }) => [key, fields["slots"], fields["description"] ?? null]);
  }

  // The screen.

  private grid(): HTMLElement {
    return document.querySelector("[role=grid]") as HTMLElement;
  }

  private rows(): HTMLElement[] {
    const rows = [...document.querySelectorAll<HTMLElement>("[data-testid=pool-row]")];
    return rows.sort((a, b) => Number(a.dataset["at"]) - Number(b.dataset["at"]));
  }

  private row(key: string): HTMLElement | undefined {
    return this.rows().find((row) => row.dataset["key"] === key);
  }

  private canEdit(key: string): boolean {
    return this.row(key)?.dataset["state"] !== "conflict";
  }

  private isOff(testid: string): boolean {
    return (this.window.get(testid) as HTMLButtonElement).disabled;
  }

  private async point(key: string, column: string): Promise<void> {
    const cell = this.row(key)?.querySelector(`[data-testid=cell-${column}]`);
    this.grid().focus();
    cell?.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, button: 0 }));
    flushSync();
    await this.window.rest();
  }

  private async clipboard(text: string): Promise<void> {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    const event = Object.assign(new Event("paste", { bubbles: true, cancelable: true }), { clipboardData });
    this.grid().dispatchEvent(event);
    await settle(5);
    await this.window.rest();
  }

  private write(key: string, slots: number): void {
    this.computer.world.write("pools", key, { slots, description: null, include_deferred: false });
  }

  private somewhere(): [key: string, column: (typeof COLUMNS)[number]] {
    return [KEYS[this.below(KEYS.length)] as string, COLUMNS[this.below(2)] ?? "slots"];
  }

  private ever(text: string): void {
    this.memory.ever.add(text);
    if (isGood("slots", text)) this.memory.ever.add(Number(text));
  }

  private someNumber(): string {
    const one = String((this.number += 1) + 10);
    return this.below(4) === 0 ? `${one}x` : one;
  }

  private someText(): string {
    return `said ${(this.number += 1)}`;
  }
}

function isGood(column: string, text: string): boolean {
  return column !== "slots" || /^\d+$/.test(text);
}
