// A data model's file, made of what stands on the screen and read into it. What the file says and no field shows goes along as
// it is written; numbers are never read: 9007199254740993 stays what it is.
import type { PlacedFault } from "$lib/bindings";
import { readTree, type Member, type Node } from "$lib/json/tree";
import {
  type ChoiceForm,
  emptyField,
  emptyForm,
  type FieldForm,
  isTextTaken,
  type Kind,
  type ModelForm,
  type Rest,
} from "./form";

/** A file, and what is typed that could not be written into it. */
export interface Written {
  file: string;
  faults: PlacedFault[];
}

/** The file of what is typed, without steps: those follow from what was done. */
export function fileOf(form: ModelForm): Written {
  const faults: PlacedFault[] = [];
  const named = (id: string) => form.fields.filter((one) => one.id === id).map(({ name }) => text(name));
  const names = (ids: string[]) => ids.flatMap(named);
  const groups = (all: string[][]) => list(all.map((ids) => list(names(ids))));
  const isInKey = ({ id }: FieldForm) => !form.isKeyGenerated && form.key.includes(id);
  const needed = form.fields.filter((field) => field.isRequired || isInKey(field));
  const references = form.fields.filter(({ refersTo }) => refersTo !== "");
  const merge = mergeOf(form, groups);
  const own = object([
    ["collection", text(form.name)],
    ["version", "1"],
    ["key", form.isKeyGenerated ? text("ulid") : list(names(form.key))],
    ...some("merge", merge),
    ...(form.unique.length > 0 ? [["unique", groups(form.unique)] as const] : []),
    ...(references.length > 0
      ? [["references", object(references.map((one) => [one.name, text(one.refersTo)]))] as const]
      : []),
  ]);
  const file = object([
    ...some("title", textOrNone(form.title)),
    ...some("description", textOrNone(form.description)),
    ...form.rest.map(({ name, json }) => [name, json] as const),
    ["type", text("object")],
    ["properties", object(form.fields.map((field) => [field.name, fieldJson(field, faults)]))],
    ["required", list(needed.map((field) => text(field.name)))],
    ["x-leeward", own],
  ]);
  return { file, faults };
}

function mergeOf({ mergeKind, merge }: ModelForm, groups: (all: string[][]) => string): string | null {
  if (mergeKind === "record") return text("record");
  return mergeKind === "groups" && merge.length > 0 ? groups(merge) : null;
}

type Pair = readonly [name: string, json: string];

const text = (value: string) => JSON.stringify(value);
const textOrNone = (value: string) => (value === "" ? null : text(value));
const list = (items: string[]) => `[${items.join(", ")}]`;
const object = (pairs: Pair[]) => `{${pairs.map(([name, json]) => `${text(name)}: ${json}`).join(", ")}}`;
const some = (name: string, json: string | null): Pair[] => (json === null ? [] : [[name, json]]);

const WHOLE = /^-?(?:0|[1-9]\d*)$/;

function fieldJson(field: FieldForm, faults: PlacedFault[]): string {
  const at = `/properties/${escaped(field.name)}`;
  const number = (member: string, typed: string) => {
    if (typed === "" || WHOLE.test(typed)) return some(member, typed || null);
    const instead = "Type digits alone, such as 10.";
    faults.push({ pointer: `${at}/${member}`, what: "is not a whole number", instead });
    return [];
  };
  if (field.kind === "choice") faults.push(...takenTexts(field.choices, at));
  return object([
    ...some("title", textOrNone(field.title)),
    ...some("description", textOrNone(field.description)),
    ...field.rest.map(({ name, json }) => [name, json] as const),
    ...typeOf(field, number),
    ...defaultOf(field, at, faults),
  ]);
}

function typeOf(field: FieldForm, number: (member: string, typed: string) => Pair[]): Pair[] {
  const { kind, scale, minimum, maximum } = field;
  switch (kind) {
    case "text":
      return [
        ["type", text("string")],
        ...some("pattern", textOrNone(field.pattern)),
        ...number("minLength", field.minLength),
        ...number("maxLength", field.maxLength),
      ];
    case "integer":
      return [["type", text("integer")], ...number("minimum", minimum), ...number("maximum", maximum)];
    case "decimal": {
      const limits = [...some("minimum", textOrNone(minimum)), ...some("maximum", textOrNone(maximum))];
      const places = number("x-leeward/scale", scale).map(([, json]): Pair => ["scale", json]);
      return [...formatted("decimal"), ["x-leeward", object([...places, ...limits])]];
    }
    case "date":
    case "date-time":
      return formatted(kind);
    case "choice":
      return [choicesOf(field.choices)];
    case "json":
      return [];
    default:
      return [["type", text(kind)]];
  }
}

const formatted = (format: string): Pair[] => [
  ["type", text("string")],
  ["format", text(format)],
];

function choicesOf(choices: ChoiceForm[]): Pair {
  const isPlain = choices.every(({ title, rest }) => title === "" && rest.length === 0);
  if (isPlain) return ["enum", list(choices.map(({ value }) => text(value)))];
  const one = ({ value, title, rest }: ChoiceForm) =>
    object([
      ["const", text(value)],
      ...some("title", textOrNone(title)),
      ...rest.map(({ name, json }) => [name, json] as const),
    ]);
  return ["oneOf", list(choices.map(one))];
}

/** Choices with the text of another: its records keep that text, so that those of both would be the same. */
function takenTexts(choices: ChoiceForm[], at: string): PlacedFault[] {
  const fault = (choice: ChoiceForm, index: number) => ({
    pointer: `${at}/oneOf/${index}/const`,
    what: `has at choice ${index + 1} what is the text of another choice until now: records may hold "${choice.value}" as that one's`,
    instead: "Choose another text, or change its title instead.",
  });
  return choices.flatMap((one, index) => (isTextTaken(choices, one) ? [fault(one, index)] : []));
}

function defaultOf(field: FieldForm, at: string, faults: PlacedFault[]): Pair[] {
  const typed = field.default;
  if (typed === "") return field.isDefaultEmpty ? [["default", text("")]] : [];
  if (field.kind === "boolean" && /^(?:true|false)$/.test(typed)) return [["default", typed]];
  if (field.kind === "integer" && WHOLE.test(typed)) return [["default", typed]];
  if (!["json", "object", "array"].includes(field.kind)) return [["default", text(typed)]];
  if (readTree(typed)) return [["default", typed]];
  faults.push({ pointer: `${at}/default`, what: "is not JSON", instead: "Put a text in quotes." });
  return [];
}

/** A name as a part of a JSON Pointer. */
export const escaped = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");

/** The members of an object that were not asked for yet. */
class Reading {
  private readonly rest: Member[];

  constructor(
    private readonly file: string,
    node: Node | undefined,
  ) {
    this.rest = [...(node?.members ?? [])];
  }

  node(name: string): Node | undefined {
    const at = this.rest.findIndex((member) => member.name === name);
    return at < 0 ? undefined : this.rest.splice(at, 1)[0]?.value;
  }

  /** As it is written; empty where it is not there. */
  raw(name: string): string {
    return rawOf(this.file, this.node(name));
  }

  value(name: string): unknown {
    const raw = this.raw(name);
    return raw === "" ? undefined : (JSON.parse(raw) as unknown);
  }

  text(name: string): string {
    const value = this.value(name);
    return typeof value === "string" ? value : "";
  }

  left(): Rest[] {
    return this.rest.map(({ name, value }) => ({ name, json: rawOf(this.file, value) }));
  }
}

const rawOf = (file: string, node: Node | undefined) => (node ? file.slice(node.from, node.to) : "");

interface StepJson {
  version: number;
  rename?: string;
  to?: string;
  drop?: string;
  convert?: string;
  map?: Record<string, string>;
}

interface Own {
  key?: string[] | "ulid";
  merge?: string[][] | "record";
  unique?: string[][];
  references?: Record<string, string>;
  collection?: string;
  changes?: StepJson[];
}

/** The version that there is, beside a file that describes another. */
export interface Present {
  form: ModelForm;
  version: number;
}

/** The form of the version that there is. */
export function formOf(file: string): ModelForm {
  return formFrom(file, (field) => ({ ...field, was: field.name }));
}

/** The form of a file that describes a new collection, or another version of the present one. */
export function describedIn(file: string, present: Present | null): ModelForm {
  const steps = ownOf(file).changes ?? [];
  const later = present ? steps.filter(({ version }) => version > present.version) : [];
  const before = new Map((present?.form.fields ?? []).map((one) => [one.was, one] as const));
  const form = formFrom(file, (field) => withOrigin(field, before, later));
  const kept = new Set(form.fields.map(({ was }) => was));
  const gone = [...before.values()].filter(({ was }) => was !== null && !kept.has(was));
  const dropped = gone.map((one) => ({ ...one, id: `f${(form.ids += 1)}` }));
  return { ...form, dropped };
}

function ownOf(file: string): Own {
  return new Reading(file, readTree(file)).value("x-leeward") ?? {};
}

function formFrom(file: string, originOf: (field: FieldForm) => FieldForm): ModelForm {
  const root = new Reading(file, readTree(file));
  const [title, description] = [root.text("title"), root.text("description")];
  for (const fixed of ["$schema", "type", "additionalProperties"]) root.node(fixed);
  const required = (root.value("required") ?? []) as string[];
  const { references = {}, key = [], merge = [], unique = [], collection = "" } = ownOf(file);
  root.node("x-leeward");
  const fields = (root.node("properties")?.members ?? []).map(({ name, value }, index) => {
    const field = fieldForm(file, value, { ...emptyField(`f${index + 1}`), name });
    return originOf({ ...field, isRequired: required.includes(name), refersTo: references[name] ?? "" });
  });
  const id = (name: string) => fields.find((one) => one.name === name)?.id ?? "";
  return {
    ...emptyForm(),
    ...{ title, description, name: collection, fields, ids: fields.length, rest: root.left() },
    ...{ isKeyGenerated: key === "ulid", key: key === "ulid" ? [] : key.map(id) },
    mergeKind: merge === "record" ? "record" : merge.length > 0 ? "groups" : "field",
    merge: merge === "record" ? [] : merge.map((group) => group.map(id)),
    unique: unique.map((group) => group.map(id)),
  };
}

/** The present field that it is after these steps, and the texts of it that became others. */
function withOrigin(
  field: FieldForm,
  before: ReadonlyMap<string | null, FieldForm>,
  steps: readonly StepJson[],
): FieldForm {
  let name: string | undefined = field.name;
  const was = new Map<string, string>();
  for (const step of steps.toReversed()) {
    if (step.to === name) name = step.rename;
    else if (step.drop === name) name = undefined;
    else if (step.convert === name)
      for (const [from, to] of Object.entries(step.map ?? {})) was.set(to, from);
  }
  const found = name === undefined ? undefined : before.get(name);
  const known = new Set(found?.choices.map((one) => one.was));
  const choices = field.choices.map((one) => {
    const from = was.get(one.value) ?? one.value;
    return { ...one, was: known.has(from) ? from : null };
  });
  return { ...field, choices, was: found?.was ?? null };
}

function fieldForm(file: string, node: Node, empty: FieldForm): FieldForm {
  const members = new Reading(file, node);
  const field = { ...empty, scale: "" };
  field.title = members.text("title");
  field.description = members.text("description");
  const own = new Reading(file, members.node("x-leeward"));
  const format = members.text("format");
  const choices = members.node("enum") ?? members.node("oneOf");
  field.kind = choices ? "choice" : kindOf(members.text("type"), format);
  members.node("type");
  field.choices = (choices?.items ?? []).map((item) => choiceForm(file, item));
  field.pattern = members.text("pattern");
  for (const name of ["minLength", "maxLength", "minimum", "maximum"] as const)
    field[name] = members.raw(name);
  if (field.kind === "decimal") {
    field.scale = own.raw("scale");
    field.minimum = own.text("minimum");
    field.maximum = own.text("maximum");
  }
  const given = members.node("default");
  const isJson = ["json", "object", "array"].includes(field.kind);
  const raw = rawOf(file, given);
  field.default = given && !isJson && raw.startsWith('"') ? (JSON.parse(raw) as string) : raw;
  field.isDefaultEmpty = given !== undefined && field.default === "";
  field.rest = members.left();
  return field;
}

function kindOf(type: string, format: string): Kind {
  if (type === "string") return format === "" ? "text" : (format as Kind);
  return type === "" ? "json" : (type as Kind);
}

function choiceForm(file: string, node: Node): ChoiceForm {
  if (!node.members) {
    const value = JSON.parse(rawOf(file, node)) as string;
    return { value, title: "", was: value, rest: [] };
  }
  const members = new Reading(file, node);
  const value = members.text("const");
  return { value, title: members.text("title"), was: value, rest: members.left() };
}
