// What the entries of a record's history say, each beside the one before it.
import type { HistoryItem, RecordView } from "$lib/bindings";
import { same } from "$lib/db/same";
import { changeInShort, short } from "$lib/diff/short";
import { modelOf, wordFor } from "./models";

type Before = HistoryItem | undefined;

const SOURCES: Record<HistoryItem["source"], string> = {
  local: "Saved here",
  taken_back: "Taken back",
  first_read: "First read",
  airflow: "Changed in Airflow",
  merge: "Merged",
};

const valueOf = (item: Before, name: string): unknown => item?.fields?.[name];
const differs = (a: unknown, b: unknown) => !same(a ?? null, b ?? null);

export class HistoryWords {
  private readonly names: string[];
  /** The field that tells of itself without its name; where there is none, each field that changed is named. */
  readonly main: string | undefined;
  private readonly isSealed: boolean;

  constructor(private readonly record: RecordView) {
    const { fields } = modelOf(record.collection);
    this.names = fields.map(({ name }) => name);
    this.main = fields.find(({ kind }) => kind === "json_text")?.name;
    this.isSealed = this.main !== undefined && record.sealed.includes(this.main);
  }

  /** What was done. */
  what(item: HistoryItem, before: Before): string {
    if (!item.fields && item.source !== "taken_back") return "Deleted";
    return this.isAirflows(item, before) ? "Airflow’s taken" : SOURCES[item.source];
  }

  /** What came of it, in one line. */
  inShort(item: HistoryItem, before: Before): string {
    const { main } = this;
    // What Airflow had is told as it is: it is no change.
    const from = this.isAirflows(item, before) ? undefined : before;
    const changes = (names: string[]) => names.map((name) => this.changeOf(name, item, from));
    const changed = this.changed(item, from);
    if (this.isSecret(item)) {
      const others = from ? changed.filter((name) => name !== main) : [];
      return ["secret, never shown", ...changes(others)].join(", ");
    }
    if (main !== undefined && !from) return changeInShort(undefined, valueOf(item, main));
    return changes(changed).join(", ") || "Nothing changed";
  }

  /** What came of one field, in one line; null where nothing did. */
  ofField(name: string, item: HistoryItem, before: Before): string | null {
    const [from, to] = [valueOf(before, name), valueOf(item, name)];
    if (!differs(from, to)) return null;
    return before?.fields ? `${short(from)} → ${short(to)}` : short(to);
  }

  /** Whether a field's value of then can be put back by itself. */
  canPutBack(name: string, item: HistoryItem): boolean {
    return item.fields !== null && differs(valueOf(item, name), this.record.fields[name]);
  }

  /** The fields whose change is shown when it is opened, the main one first. */
  opened(item: HistoryItem, before: Before): string[] {
    const changed = this.changed(item, before);
    if (this.isSecret(item)) return changed.filter((name) => name !== this.main);
    return changed.length > 0 || this.main === undefined ? changed : [this.main];
  }

  /** What the way back to it is called; null where it leads nowhere. */
  putBack(item: HistoryItem): string | null {
    const { main, record } = this;
    if (!item.fields) return null;
    const others = this.names.some(
      (name) => name !== main && differs(valueOf(item, name), record.fields[name]),
    );
    const value = main !== undefined && !this.isSealed ? valueOf(item, main) : undefined;
    if (main !== undefined && typeof value === "string" && value !== record.fields[main])
      return others ? "Put back with description" : "Put this back";
    if (!others) return null;
    return main === undefined ? "Put this back" : "Put its description back";
  }

  /** Of what is secret no value is in the history, whatever the record says of itself at the moment. */
  isSecret(item: HistoryItem): boolean {
    const { main } = this;
    return main !== undefined && (this.isSealed || (item.fields !== null && !(main in item.fields)));
  }

  /** A conflict was settled by what Airflow had: nothing that is known changed by it. */
  private isAirflows(item: HistoryItem, before: Before): boolean {
    const isTheirs = before?.source === "airflow" || before?.source === "first_read";
    if (item.source !== "local" || !isTheirs || !item.fields || !before.fields) return false;
    return !this.isSecret(item) && this.changed(item, before).length === 0;
  }

  /** The fields in which it differs from the one before it, in order. */
  private changed(item: HistoryItem, before: Before): string[] {
    return this.names.filter((name) => differs(valueOf(item, name), valueOf(before, name)));
  }

  private changeOf(name: string, item: HistoryItem, before: Before): string {
    const [from, to] = [valueOf(before, name), valueOf(item, name)];
    if (name === this.main) return changeInShort(from, to);
    const word = wordFor(this.record.collection, name);
    return before?.fields ? `${word}: ${short(from)} → ${short(to)}` : `${word}: ${short(to)}`;
  }
}
