// Types of the fields of a data model, and the canonical form of their values: the same verdicts and words as the schema
// crate's, held together by tests/vectors/model. Whole numbers and decimals are texts, from the cell to the mirror.
import { asCarried, carriedText, jsonOf } from "$lib/json/carried";
import { jsonFault } from "$lib/json/fault";
import { type Node, readTree } from "$lib/json/tree";
import { compareNumbers, date, dateTime, decimal, integer, type Taken } from "./canonical";

/** The limits of a number, as canonical texts; both are allowed themselves. */
export interface Range {
  minimum?: string;
  maximum?: string;
}

/** One of the texts that a choice may be. */
export interface Choice {
  value: string;
  /** What people call it; the value where the model has no title. */
  title: string;
  /** It stays valid, and is not offered any more. */
  isDeprecated: boolean;
}

export type FieldType =
  | { kind: "text"; pattern?: string; minLength?: number; maxLength?: number }
  | ({ kind: "integer" } & Range)
  | ({ kind: "decimal"; scale: number } & Range)
  | { kind: "boolean" | "date" | "date-time" }
  | { kind: "choice"; choices: readonly Choice[] }
  | { kind: "json"; shape: "any" | "object" | "array" };

/** A sentence names no more choices than these. */
const CHOICES_SAID_MAX = 20;

/** The canonical form of a value of JSON, or the first rule that it breaks. */
export function take(type: FieldType, value: unknown): Taken<unknown> {
  if (type.kind === "json") return shaped(type.shape, value);
  if (type.kind === "boolean")
    return typeof value === "boolean" ? { is: value } : { not: "must be true or false" };
  if (type.kind === "integer" && typeof value === "number")
    return Number.isInteger(value) ? takeText(type, String(BigInt(value))) : { not: NOT_OF_TYPE.integer };
  return typeof value === "string" ? takeText(type, value) : { not: NOT_OF_TYPE[type.kind] };
}

/**
 * The canonical form of what stands in a cell or a form: as `take` of a text, but true and false in any case are read for a
 * boolean, and JSON is read for a JSON field. Nothing is trimmed or guessed.
 */
export function takeText(type: FieldType, text: string): Taken<unknown> {
  switch (type.kind) {
    case "text":
      return takeWords(type, text);
    case "integer":
      return within(type, integer(text));
    case "decimal":
      return within(type, decimal(text, type.scale));
    case "date":
      return date(text);
    case "date-time":
      return dateTime(text);
    case "choice":
      return choose(type.choices, text);
    case "boolean":
      return /^(?:true|false)$/i.test(text)
        ? { is: text.toLowerCase() === "true" }
        : { not: "must be true or false" };
    case "json":
      return takeJson(type.shape, text);
  }
}

/** The text of a canonical value that a cell shows and `takeText` reads. */
export function textOfValue(type: FieldType, value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" && type.kind !== "json" ? value : jsonOf(value);
}

const NOT_OF_TYPE = {
  text: "must be a text",
  choice: "must be a text",
  integer: "must be a whole number",
  decimal: 'must be a decimal number as text, such as "12.5"',
  date: "must be a date as text, such as 2026-11-01",
  "date-time": "must be a date and time with zone, such as 2026-11-01T09:30:00+01:00",
};

/** What is said of a text that its pattern does not find. */
export function mustHaveForm(pattern: string): string {
  return `must have the form ${pattern}`;
}

function takeWords(type: Extract<FieldType, { kind: "text" }>, text: string): Taken<unknown> {
  const { pattern, minLength = 0, maxLength = Infinity } = type;
  if (text.includes("\0")) return { not: "must not hold the character U+0000, which databases refuse" };
  const length = [...text].length;
  if (length < minLength) return { not: `must have at least ${minLength} characters` };
  if (length > maxLength) return { not: `must have at most ${maxLength} characters` };
  if (pattern !== undefined && !new RegExp(pattern, "u").test(text)) return { not: mustHaveForm(pattern) };
  return { is: text };
}

function within({ minimum, maximum }: Range, taken: Taken): Taken<unknown> {
  if ("not" in taken) return taken;
  if (minimum !== undefined && compareNumbers(taken.is, minimum) < 0)
    return { not: `must be at least ${minimum}` };
  if (maximum !== undefined && compareNumbers(taken.is, maximum) > 0)
    return { not: `must be at most ${maximum}` };
  return taken;
}

function choose(choices: readonly Choice[], text: string): Taken<unknown> {
  if (choices.some(({ value }) => value === text)) return { is: text };
  const words = choices.map(({ value }) => JSON.stringify(value));
  const few = words.slice(0, CHOICES_SAID_MAX).join(", ");
  return { not: `must be one of ${few}${words.length > CHOICES_SAID_MAX ? ", …" : ""}` };
}

function shaped(shape: "any" | "object" | "array", value: unknown): Taken<unknown> {
  const isList = Array.isArray(value) || carriedText(value)?.startsWith("[") === true;
  if (shape === "array" && !isList) return { not: "must be a list" };
  if (shape === "object" && (isList || typeof value !== "object" || value === null))
    return { not: "must be an object" };
  return { is: value };
}

/** `-0` is the number that `0` is, also to what is compared here. */
function unsigned(_name: string, value: unknown): unknown {
  return value === 0 ? 0 : value;
}

function takeJson(shape: "any" | "object" | "array", text: string): Taken<unknown> {
  const fault = jsonFault(text);
  if (fault) return { not: `must be JSON: line ${fault.line}, column ${fault.column}: ${fault.message}` };
  const tree = treeOf(text);
  if (!tree) return { not: "must be JSON with fewer parts within parts" };
  const repeated = firstRepeated(tree, "");
  if (repeated !== null) return { not: `must be JSON without a member that stands twice: ${repeated}` };
  const inexact = firstInexact(tree, text);
  if (inexact !== null) return { not: `must be JSON without ${inexact}: write it as a text, in quotes` };
  return shaped(shape, asCarried(JSON.parse(text, unsigned)));
}

/** Undefined where its parts stand in one another too deeply to be followed. */
function treeOf(text: string): Node | undefined {
  try {
    return readTree(text);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The place of the first member whose name stands there already, as a JSON Pointer. */
function firstRepeated({ members = [], items = [] }: Node, path: string): string | null {
  const names = new Set<string>();
  for (const { name, value } of members) {
    const inner = `${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (names.has(name)) return inner;
    names.add(name);
    const found = firstRepeated(value, inner);
    if (found !== null) return found;
  }
  for (const [at, item] of items.entries()) {
    const found = firstRepeated(item, `${path}/${at}`);
    if (found !== null) return found;
  }
  return null;
}

/** The first number that would be another one once it is read: a JavaScript number has 15 digits or so. */
function firstInexact({ members = [], items = [], from, to }: Node, text: string): string | null {
  const first = text[from] ?? "";
  if (/[-\d]/.test(first) && !isExact(text.slice(from, to))) return text.slice(from, to);
  for (const part of [...members.map(({ value }) => value), ...items]) {
    const found = firstInexact(part, text);
    if (found !== null) return found;
  }
  return null;
}

function isExact(number: string): boolean {
  return digitsOf(number) === digitsOf(String(Number(number)));
}

/** A number's digits and power of ten: the same for every spelling of it. */
function digitsOf(number: string): string {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number);
  if (!parts) return number;
  const [, sign = "", whole = "", fraction = "", power = "0"] = parts;
  const digits = (whole + fraction).replace(/^0+/, "");
  const short = digits.replace(/0+$/, "");
  if (short === "") return "0";
  return `${sign}${short}e${Number(power) - fraction.length + digits.length - short.length}`;
}
