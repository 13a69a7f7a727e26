// What stands on the screen of a data model: texts as they are typed, whether they make a model or not. Plain data, kept over a
// restart as it is. Fields are found by an id of the form, so that what names them goes along with a new name.
import type { FieldOrigin } from "$lib/bindings";

/** A field's type as the screen offers it. */
export type Kind =
  "text" | "integer" | "decimal" | "boolean" | "date" | "date-time" | "choice" | "json" | "object" | "array";

/** The types, in the order in which they are offered. */
export const KINDS: readonly { value: Kind; words: string }[] = [
  { value: "text", words: "Text" },
  { value: "integer", words: "Whole number" },
  { value: "decimal", words: "Decimal" },
  { value: "boolean", words: "Yes or no" },
  { value: "date", words: "Date" },
  { value: "date-time", words: "Date and time" },
  { value: "choice", words: "Choice" },
  { value: "json", words: "JSON" },
  { value: "object", words: "JSON object" },
  { value: "array", words: "JSON list" },
];

/** A member of the file that the screen has no field for, as it is written there. */
export interface Rest {
  name: string;
  json: string;
}

export interface ChoiceForm {
  value: string;
  title: string;
  /** The text that is kept in records now; null of one that is new. */
  was: string | null;
  rest: Rest[];
}

export interface FieldForm {
  id: string;
  /** What it is called in the version that there is; null of one that is new. */
  was: string | null;
  name: string;
  title: string;
  description: string;
  kind: Kind;
  scale: string;
  pattern: string;
  minLength: string;
  maxLength: string;
  minimum: string;
  maximum: string;
  choices: ChoiceForm[];
  /** The collection whose keys it holds; empty for none. */
  refersTo: string;
  isRequired: boolean;
  /** As it stands in a cell; empty for none. */
  default: string;
  /** An empty text is its default, which is not the same as none. */
  isDefaultEmpty: boolean;
  rest: Rest[];
}

/** How two people's changes of one record meet. */
export type MergeKind = "field" | "groups" | "record";

export interface ModelForm {
  title: string;
  description: string;
  name: string;
  /** Null while it follows the name. */
  prefix: string | null;
  isKeyGenerated: boolean;
  /** Ids of fields, in the order of the key. As in groups, one that is dropped keeps its place, and counts for nothing. */
  key: string[];
  mergeKind: MergeKind;
  /** Each a list of ids of fields. */
  merge: string[][];
  unique: string[][];
  fields: FieldForm[];
  /** Fields of the version that there is, which were taken out. */
  dropped: FieldForm[];
  /** Counts the ids that were given. */
  ids: number;
  rest: Rest[];
}

/** A field with nothing typed in it. */
export function emptyField(id: string): FieldForm {
  return {
    ...{ id, was: null, name: "", title: "", description: "", kind: "text", scale: "2", pattern: "" },
    ...{ minLength: "", maxLength: "", minimum: "", maximum: "", choices: [], refersTo: "" },
    ...{ isRequired: false, default: "", isDefaultEmpty: false, rest: [] },
  };
}

/** A new collection: one field, which is its key. */
export function emptyForm(): ModelForm {
  const first = { ...emptyField("f1"), isRequired: true };
  return {
    ...{ title: "", description: "", name: "", prefix: null, isKeyGenerated: false, key: [first.id] },
    ...{ mergeKind: "field", merge: [], unique: [], fields: [first], dropped: [], ids: 1, rest: [] },
  };
}

/** A choice with nothing typed in it. */
export function emptyChoice(): ChoiceForm {
  return { value: "", title: "", was: null, rest: [] };
}

/** The prefix that is meant. */
export function prefixOf({ prefix, name }: ModelForm): string {
  return prefix ?? (name === "" ? "" : `${name}.`);
}

/** Whether values of the type have one text each, as those of a key must. */
export function canBeKey(kind: Kind): boolean {
  return !["date-time", "json", "object", "array"].includes(kind);
}

/** What people call the field of that id. */
export function wordOfField(form: ModelForm, id: string): string {
  const field = form.fields.find((one) => one.id === id);
  return field ? field.title || field.name || "a field without a name" : "";
}

/** A name for what is called so: `Valid from` is `valid_from`; empty where no letter makes one. */
export function nameFor(title: string): string {
  const plain = title.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+|_+$/g, "")
    .slice(0, 48);
}

/** Adds a field at the end, and tells its id. */
export function addField(form: ModelForm): string {
  form.ids += 1;
  const id = `f${form.ids}`;
  form.fields.push(emptyField(id));
  return id;
}

/** Takes a field out. One of the version that there is can be brought back: its places in the key and in groups stay for it. */
export function dropField(form: ModelForm, id: string): void {
  const found = form.fields.find((one) => one.id === id);
  if (!found) return;
  form.fields = form.fields.filter((one) => one.id !== id);
  if (found.was !== null) {
    form.dropped.push(found);
    return;
  }
  form.key = form.key.filter((one) => one !== id);
  const without = (groups: string[][]) => groups.map((group) => group.filter((one) => one !== id));
  form.merge = without(form.merge);
  form.unique = without(form.unique);
}

/** Brings a field back that was taken out, to its places in the key and in groups. */
export function bringBackField(form: ModelForm, id: string): void {
  const found = form.dropped.find((one) => one.id === id);
  if (!found) return;
  form.dropped = form.dropped.filter((one) => one.id !== id);
  form.fields.push(found);
}

/** Moves a field up (-1) or down (1). */
export function moveField(form: ModelForm, id: string, by: -1 | 1): void {
  const at = form.fields.findIndex((one) => one.id === id);
  const other = form.fields[at + by];
  const one = form.fields[at];
  if (!one || !other) return;
  form.fields[at] = other;
  form.fields[at + by] = one;
}

/** A field is a part of the key from now on, or is none. */
export function setKey(form: ModelForm, id: string, isPart: boolean): void {
  form.key = form.key.filter((one) => one !== id);
  if (!isPart) return;
  form.key.push(id);
  const field = form.fields.find((one) => one.id === id);
  if (field) field.isRequired = true;
  form.merge = form.merge.map((group) => group.filter((one) => one !== id));
}

/** Whether a choice has a text that is another's in records until now: theirs would be read as its own. */
export function isTextTaken(choices: readonly ChoiceForm[], choice: ChoiceForm): boolean {
  const { value, was } = choice;
  return was !== value && choices.some((other) => other.was === value && other.value !== value);
}

/** Whether records get a choice's new text. */
export function becomesOther(choices: readonly ChoiceForm[], choice: ChoiceForm): boolean {
  const { value, was } = choice;
  if (was === null || was === value || isTextTaken(choices, choice)) return false;
  // A text that another choice has now is that one's.
  return choices.every((other) => other.value !== was);
}

/** Which of the fields there were before, and which of their texts are others now. */
export function originsOf(form: ModelForm): FieldOrigin[] {
  return form.fields.flatMap(({ was, name, kind, choices }) => {
    if (was === null) return [];
    const renamed = kind === "choice" ? choices.filter((one) => becomesOther(choices, one)) : [];
    const map = renamed.map((one): [string, string] => [one.was ?? "", one.value]);
    return [{ name, was, map }];
  });
}
