// A seeded play of the screens: an analyst who opens, types, leaves, comes back, keeps, discards and settles, and whose
// app is killed, while others write into Airflow. Checked on the way:
// - what is said to be kept is in the log, exactly as it was typed, and nothing else is;
// - what was typed and not discarded is there when one comes back;
// - broken JSON is kept only where the analyst said that it is plain text;
// - a run is queued once, as it was typed, and is typed no more from then on.
import { expect } from "vitest";
import type { DagView, Entry } from "$lib/bindings";
import { Computer } from "$lib/db/testing/computer";
import { dice } from "$lib/db/testing/dice";
import { emptyWorld } from "$lib/platform/memory";
import { expectTyped, Memory, type Typed } from "./memory";
import { TestWindow } from "./window";

const SHARED = { rate: "1.10", regions: '["eu"]', note: "first\r\nsecond\r\n" };
const DAGS = ["load", "report"];
const WORLD = {
  ...emptyWorld(),
  dags: DAGS.map(
    (dag_id) => ({ dag_id, name: dag_id, description: null, tags: [], params: {} }) as unknown as DagView,
  ),
};
const STEPS = 16;

export class Play {
  private readonly computer = new Computer();
  private readonly memory: Memory;
  private readonly below: (sides: number) => number;
  private window!: TestWindow;
  private number = 0;
  /** The variable whose form is open; empty for a new one's, null on another screen. */
  private at: string | null = null;
  /** The DAG that is open; null on another screen. */
  private dag: string | null = null;

  constructor(seed: number) {
    this.below = dice(seed);
    for (const [key, value] of Object.entries(SHARED)) this.write(key, value);
    this.computer.mirror.cycle();
    this.memory = new Memory(this.computer);
  }

  async run(): Promise<void> {
    this.window = await TestWindow.open(this.computer, WORLD);
    const steps = this.steps();
    try {
      for (let step = 0; step < STEPS; step++) await steps[this.below(steps.length)]?.();
      await this.comeBackToAll();
    } finally {
      await this.window.kill();
    }
  }

  /** Each as often as it is to come up. */
  private steps(): (() => Promise<void>)[] {
    const type = () => this.typeValue();
    const keep = () => this.keep();
    return [
      ...[() => this.open(), () => this.open(), () => this.make(), type, type, type, keep, keep, keep],
      ...[() => this.describe(), () => this.undo(), () => this.keepAsText(), () => this.discard()],
      ...[() => this.askDelete(), () => this.news(), () => this.news(), () => this.kill()],
      ...[() => this.lookAtConflicts(), () => this.lookAtConflicts()],
      ...[() => this.lookAtRuns(), () => this.lookAtRuns(), () => this.lookAtRuns()],
    ];
  }

  // The form of a variable.

  private async open(): Promise<void> {
    const records = this.window.records;
    await this.show(records[this.below(records.length)]?.key ?? "");
  }

  private async make(): Promise<void> {
    await this.show("");
    if (this.memory.forms.has("")) return;
    this.window.type("editor-key", `new-${(this.number += 1)}`);
    this.memory.type("", {});
  }

  private async show(key: string): Promise<void> {
    this.at = key;
    this.dag = null;
    await this.window.open(key === "" ? null : key);
    this.expectForm();
  }

  private async typeValue(): Promise<void> {
    if (this.isForm()) await this.typeInto("value", this.someText());
  }

  private async describe(): Promise<void> {
    if (this.isForm()) await this.typeInto("description", `said ${(this.number += 1)}`);
  }

  private async typeInto(field: "value" | "description", text: string): Promise<void> {
    // The key is typed first: with the form that has none yet, nothing else is known of it.
    if (this.at === "" && !this.memory.forms.has("")) return;
    await this.window.point(`editor-${field}`);
    const clicked = this.window.get(`editor-${field}`);
    expect(clicked.contains(document.activeElement), `the focus is in the ${field}`).toBe(true);
    this.window.type(`editor-${field}`, text);
    this.memory.type(this.at ?? "", { [field]: this.window.text(`editor-${field}`) });
    expect(this.window.text(`editor-${field}`).replaceAll("\r\n", "\n")).toBe(text.replaceAll("\r\n", "\n"));
  }

  private async undo(): Promise<void> {
    if (!this.isForm() || this.typed().value === undefined) return;
    this.window.editor("editor-value").focus();
    await this.window.press("z", { ctrlKey: true });
    const value = this.window.text("editor-value");
    const shown = this.window.variables.get(this.at ?? "")?.fields["value"];
    // Back at what is there, nothing is typed any more: the form goes along with the next news.
    if (value === shown && this.typed().description === undefined) this.memory.forms.delete(this.at ?? "");
    else this.memory.type(this.at ?? "", { value });
  }

  private async keep(): Promise<void> {
    if (!this.isForm()) return;
    const inValue = this.below(2) === 0;
    if (inValue) this.window.editor("editor-value").focus();
    else this.window.get("editor-description").focus();
    await this.window.press(this.below(2) === 0 ? "s" : "Enter", { ctrlKey: true });
    this.expectKept();
  }

  private async keepAsText(): Promise<void> {
    if (!this.isForm() || !this.window.find("editor-keep-as-text")) return;
    await this.window.click("editor-keep-as-text");
    this.memory.type(this.at ?? "", { asText: true });
    this.window.get("editor-description").focus();
    await this.window.press("s", { ctrlKey: true });
    this.expectKept();
  }

  private async discard(): Promise<void> {
    if (!this.isForm() || !this.window.find("editor-drop")) return;
    await this.window.click("editor-drop");
    this.memory.forms.delete(this.at ?? "");
    this.expectForm();
  }

  private async askDelete(): Promise<void> {
    if (!this.window.find("editor-delete")) return;
    await this.window.click("editor-delete");
    await this.window.press("Enter");
    this.expectForm();
    expect(this.memory.kept()).toEqual([]);
  }

  // Conflicts.

  private async lookAtConflicts(): Promise<void> {
    this.at = this.dag = null;
    await this.window.goto("/conflicts");
    for (let moves = this.below(4); moves > 0; moves--) {
      (document.activeElement as HTMLElement | null)?.blur();
      await this.window.press(this.below(2) === 0 ? "j" : "k");
      this.expectResult();
    }
    const key = this.window.words("conflict-key");
    if (key) await this.workOn(key);
  }

  private async workOn(key: string): Promise<void> {
    const work = this.below(4);
    if (work < 2) {
      this.window.type("conflict-result", this.someText());
      this.memory.typeResult(key, this.window.text("conflict-result"));
    } else if (work === 2) {
      await this.window.click(this.below(2) === 0 ? "conflict-take-mine" : "conflict-take-airflow");
      this.memory.results.delete(key);
    } else await this.settle(key);
  }

  private async settle(key: string): Promise<void> {
    if (this.window.find("conflict-show-now")) await this.window.click("conflict-show-now");
    this.expectResult();
    const button = this.window.get("conflict-resolve") as HTMLButtonElement;
    if (button.disabled) return;
    const shown = this.window.text("conflict-result");
    await this.window.click("conflict-resolve");
    const entries = this.memory.kept();
    expect(entries).toHaveLength(1);
    expect(entries[0]?.key).toBe(key);
    expect(entries[0]?.fields["value"]?.to).toBe(shown);
    this.memory.results.delete(key);
  }

  // Runs.

  private async lookAtRuns(): Promise<void> {
    await this.showRun(DAGS[this.below(DAGS.length)] ?? "");
    const work = this.below(4);
    if (work < 2) await this.typeRun();
    else if (this.memory.runs.has(this.dag ?? "")) await (work === 2 ? this.discardRun() : this.queueRun());
  }

  private async showRun(dag: string): Promise<void> {
    this.at = null;
    this.dag = dag;
    await this.window.goto(`/dags?dag=${dag}`);
    await this.window.rest();
    this.expectRun();
  }

  private async typeRun(): Promise<void> {
    if (this.window.find("dag-trigger")) await this.window.click("dag-trigger");
    const one = (this.number += 1);
    const typed = { conf: this.below(3) === 0 ? `{"n": ${one},}` : `{"n": ${one}}`, note: `said ${one}` };
    this.window.type("trigger-conf", typed.conf);
    this.window.type("trigger-note", typed.note);
    this.memory.runs.set(this.dag ?? "", typed);
  }

  private async discardRun(): Promise<void> {
    await this.window.click("trigger-drop");
    this.memory.runs.delete(this.dag ?? "");
    this.expectRun();
  }

  private async queueRun(): Promise<void> {
    const typed = this.memory.runs.get(this.dag ?? "");
    await this.window.click("trigger-submit");
    await this.window.rest();
    const entries = this.memory.kept();
    if (this.window.find("trigger-problem")) return expect(entries).toEqual([]);
    expect(entries.map(whatOf)).toEqual([
      {
        kind: "trigger_run",
        dag_id: this.dag,
        conf: JSON.parse(typed?.conf ?? "") as unknown,
        note: typed?.note,
      },
    ]);
    this.memory.runs.delete(this.dag ?? "");
    this.expectRun();
  }

  // Others, and accidents.

  private async news(): Promise<void> {
    const keys = Object.keys(SHARED);
    this.write(keys[this.below(keys.length)] ?? "", this.someText());
    await this.window.sync();
    this.expectForm();
    expect(this.memory.kept()).toEqual([]);
  }

  /** Now and then in the midst of keeping: then that may be done or not. */
  private async kill(): Promise<void> {
    await this.window.rest();
    const isKeeping = this.isForm() && this.below(3) === 0;
    if (isKeeping) this.window.strike("s", { ctrlKey: true });
    const isQueueing = this.window.find("trigger-submit") !== null && this.below(3) > 0;
    if (isQueueing) await this.strikeQueue();
    await this.window.kill();
    this.window = await TestWindow.open(this.computer, WORLD);
    this.memory.afterKill(isKeeping ? this.at : null, isQueueing ? this.dag : null);
    this.at = this.dag = null;
  }

  /** Queues, and waits for it or not. */
  private async strikeQueue(): Promise<void> {
    this.window.get("trigger-submit").click();
    for (let turns = this.below(8); turns > 0; turns--) await Promise.resolve();
  }

  private write(key: string, value: string): void {
    this.computer.world.write("variables", key, { value, description: null });
  }

  private someText(): string {
    const one = (this.number += 1);
    const texts = [
      `${one}.0`,
      `{"n": ${one}}`,
      `["x", ${one}]`,
      `["x", ${one},]`,
      `a ${one}\nb\n`,
      `{{ ${one} }}`,
    ];
    return texts[this.below(texts.length)] ?? "";
  }

  // The checks.

  private isForm(): boolean {
    return this.at !== null && this.window.find("editor-value") !== null;
  }

  private typed(): Typed {
    return this.memory.forms.get(this.at ?? "") ?? {};
  }

  /** The form shows what was typed and, where nothing was, what is known of the variable. */
  private expectForm(): void {
    if (!this.isForm()) return;
    const fields = this.window.variables.get(this.at ?? "")?.fields ?? {};
    const { value, description } = this.typed();
    // Beside something typed, the rest stays as it was when the form was opened.
    const isUntouched = !this.memory.forms.has(this.at ?? "");
    if (value !== undefined || isUntouched)
      expect(this.window.text("editor-value"), this.at ?? "").toBe(value ?? fields["value"] ?? "");
    if (description !== undefined || isUntouched)
      expect(this.window.text("editor-description")).toBe(description ?? fields["description"] ?? "");
  }

  private expectResult(): void {
    const typed = this.memory.results.get(this.window.words("conflict-key"));
    if (typed !== undefined) expect(this.window.text("conflict-result")).toBe(typed);
  }

  /** The form of a run is open where something was typed in it, and shows that. */
  private expectRun(): void {
    const typed = this.memory.runs.get(this.dag ?? "");
    const conf = this.window.find("trigger-conf") ? this.window.text("trigger-conf") : undefined;
    const note = this.window.find("trigger-note") ? this.window.text("trigger-note") : undefined;
    expect({ conf, note }, `the run of ${this.dag ?? ""}`).toEqual({ conf: typed?.conf, note: typed?.note });
  }

  private expectKept(): void {
    const entries = this.memory.kept();
    const typed = this.memory.forms.get(this.at ?? "");
    if (!typed || this.window.find("editor-problem")) return expect(entries).toEqual([]);
    expect(entries.length, "entries").toBeLessThanOrEqual(1);
    const isOver = this.window.find("editor-drop") === null;
    expect(isOver, "nothing is left unkept").toBe(true);
    expectTyped(entries[0], typed);
    this.memory.forms.delete(this.at ?? "");
    if (this.at === "") this.at = entries[0]?.key ?? "";
    this.expectShown(typed);
    // A text that was typed back to what it was leaves nothing to keep.
    if (entries.length > 0 && this.isForm()) expect(this.window.find("editor-kept")).not.toBeNull();
  }

  /** What was kept is what the window shows as the analyst's side. */
  private expectShown(typed: Typed): void {
    const record = this.window.variables.get(this.at ?? "");
    const clash = record?.conflict?.fields.find(({ name }) => name === "value");
    const mine = clash ? clash.mine : record?.fields["value"];
    if (typed.value !== undefined) expect(mine).toBe(typed.value);
  }

  private async comeBackToAll(): Promise<void> {
    for (const key of this.memory.forms.keys()) await this.show(key);
    for (const dag of this.memory.runs.keys()) await this.showRun(dag);
    for (const key of this.memory.results.keys()) {
      this.at = null;
      await this.window.openConflict(key);
      this.expectResult();
    }
  }
}

const whatOf = ({ action }: Entry) => action?.what;
