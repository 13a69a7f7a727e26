// The columns of the grid, by the data model: the key, each field, when it changed and how it stands.
import type { Field, RecordView } from "$lib/bindings";
import { preview } from "$lib/collections/list";
import type { FieldType } from "$lib/collections/field-type";
import { fieldsBesideKey, whyNotChanged, wordOf, wordsOf } from "$lib/collections/models";
import { BY_CHANGED, BY_KEY } from "$lib/collections/order";
import { asTyped } from "$lib/collections/typed";
import { isBoolean, isInteger, textIn as textOfField } from "$lib/collections/values";

/** How the cells of a column are edited. */
export type CellKind = "key" | FieldType["kind"] | "changed" | "state";

export interface Column {
  /** Not its own alone: a field may be called `key`, `changed` or `state`. */
  id: string;
  word: string;
  kind: CellKind;
  /** Missing where the column shows no field. */
  field: Field | null;
  /** What it is sorted by; missing where there is nothing to sort by. */
  by?: string;
  /** Its least width, and its share of what is left. */
  width: { px: number; share: number };
}

/** The columns in the order in which they stand; the key's is the first, and stays in view. */
export function columnsOf(collection: string): Column[] {
  const ends = { field: null } as const;
  return [
    {
      ...ends,
      id: "key",
      word: wordsOf(collection).key,
      kind: "key",
      by: BY_KEY,
      width: { px: 140, share: 26 },
    },
    ...fieldsBesideKey(collection).map(columnOf),
    {
      ...ends,
      id: "changed",
      word: "Changed",
      kind: "changed",
      by: BY_CHANGED,
      width: { px: 128, share: 0 },
    },
    { ...ends, id: "state", word: "State", kind: "state", width: { px: 168, share: 0 } },
  ];
}

function columnOf(field: Field): Column {
  const { name } = field;
  const kind = kindOf(field);
  return { id: name, word: wordOf(field), kind, field, by: name, width: WIDTHS[kind] };
}

function kindOf(field: Field): FieldType["kind"] {
  const typed = asTyped(field);
  if (typed) return typed.of.kind;
  if (isBoolean(field)) return "boolean";
  if (isInteger(field)) return "integer";
  return field.kind === "text" ? "text" : "json";
}

const WIDTHS: Record<FieldType["kind"], Column["width"]> = {
  text: { px: 150, share: 36 },
  json: { px: 150, share: 36 },
  choice: { px: 128, share: 20 },
  integer: { px: 92, share: 0 },
  decimal: { px: 112, share: 0 },
  boolean: { px: 132, share: 0 },
  date: { px: 108, share: 0 },
  "date-time": { px: 208, share: 0 },
};

/** The columns as a template of CSS, and the least width of all of them. */
export function layoutOf(columns: readonly Column[]): { template: string; px: number } {
  const template = columns.map(({ width: { px, share } }) =>
    share > 0 ? `minmax(${px}px, ${share}fr)` : `${px}px`,
  );
  return { template: template.join(" "), px: columns.reduce((sum, { width }) => sum + width.px, 0) };
}

/** What a cell shows of a value, in one line. */
export function shownOf({ kind, field }: Column, text: string): string {
  const type = field ? asTyped(field)?.of : undefined;
  if (type?.kind === "choice")
    return type.choices.find(({ value }) => value === text)?.title ?? preview(text);
  if (kind === "boolean" && (text === "true" || text === "false")) return text === "true" ? "yes" : "no";
  return preview(text);
}

/** A cell's text as it is copied, and as it stands in its editor. */
export function textIn({ kind, field }: Column, record: RecordView): string {
  if (kind === "key") return record.key;
  if (kind === "changed") return record.changed_at ?? "";
  return field === null || record.sealed.includes(field.name)
    ? ""
    : textOfField(field, record.fields[field.name]);
}

/** Why a cell cannot be edited; null where it can. */
export function whyFixed(column: Column, record: RecordView | undefined): string | null {
  const { kind, field, word } = column;
  if (kind === "key") return "Key; cannot be changed.";
  if (field === null) return `${word} is what Leeward says of it.`;
  if (!record) return "It is no longer there.";
  if (record.deleted) return "It will be deleted.";
  if (record.state === "conflict") return "It is in conflict: resolve that first.";
  if (record.sealed.includes(field.name)) return "It is a secret.";
  return whyNotChanged(record.collection, record.key, field.name);
}
