// What the window reads of a data model's file (docs/adr/0011): the types of its fields with their exact limits, and what
// people call them. That it is a model is the engine's word; only files that it has read come here.
import { type Node, readTree } from "$lib/json/tree";
import { integer } from "./canonical";
import type { Choice, FieldType, Range } from "./field-type";

/** What a model says of a field beside the rules that the merge knows. */
export interface FieldWords {
  type: FieldType;
  title?: string;
  description?: string;
  /** The collection whose keys its values are. */
  refersTo?: string;
}

/** What a model's file says of its fields, by name, and of its key. */
export interface ModelWords {
  fields: ReadonlyMap<string, FieldWords>;
  /** Keys are made with the records, and are in none of their fields. */
  isKeyGenerated: boolean;
}

interface FieldJson {
  type?: string;
  format?: string;
  title?: string;
  description?: string;
  enum?: string[];
  oneOf?: { const: string; title?: string; deprecated?: boolean }[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  "x-leeward"?: { scale?: number } & Range;
}

/** Reads the file of a data model. */
export function readModel(file: string): ModelWords {
  const root = readTree(file);
  const own = memberOf(root, "x-leeward");
  const references = valueOf(file, memberOf(own, "references")) as Record<string, string> | undefined;
  const fields = (memberOf(root, "properties")?.members ?? []).map(({ name, value }) => {
    const words = readField(file.slice(value.from, value.to));
    const refersTo = references?.[name];
    return [name, refersTo === undefined ? words : { ...words, refersTo }] as const;
  });
  return { fields: new Map(fields), isKeyGenerated: valueOf(file, memberOf(own, "key")) === "ulid" };
}

/** Reads one field of a data model. */
export function readField(text: string): FieldWords {
  const json = JSON.parse(text) as FieldJson;
  const { title, description } = json;
  return {
    type: typeOf(json, text),
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
  };
}

function typeOf(json: FieldJson, text: string): FieldType {
  if (json.enum) return { kind: "choice", choices: json.enum.map((value) => choice(value)) };
  if (json.oneOf) return { kind: "choice", choices: json.oneOf.map((one) => choice(one.const, one)) };
  switch (json.type) {
    case "string":
      return textual(json);
    case "integer":
      return { kind: "integer", ...limitsOf(text) };
    case "boolean":
      return { kind: "boolean" };
    case "object":
    case "array":
      return { kind: "json", shape: json.type };
    default:
      return { kind: "json", shape: "any" };
  }
}

function textual(json: FieldJson): FieldType {
  const { format, pattern, minLength, maxLength } = json;
  if (format === "date" || format === "date-time") return { kind: format };
  if (format === "decimal") {
    const { scale = 0, minimum, maximum } = json["x-leeward"] ?? {};
    return { kind: "decimal", scale, ...rangeOf(minimum, maximum) };
  }
  return {
    kind: "text",
    ...(pattern !== undefined && { pattern }),
    ...(minLength !== undefined && { minLength }),
    ...(maxLength !== undefined && { maxLength }),
  };
}

function choice(value: string, { title = value, deprecated = false } = {}): Choice {
  return { value, title, isDeprecated: deprecated };
}

/** As they are written: a number that is read is not exact. */
function limitsOf(text: string): Range {
  const root = readTree(text);
  const limit = (name: string) => {
    const node = memberOf(root, name);
    return node && wholeOf(text.slice(node.from, node.to));
  };
  return rangeOf(limit("minimum"), limit("maximum"));
}

/** A limit is a whole number, which JSON may spell `1.0` or `1e2` too. */
function wholeOf(number: string): string {
  const taken = integer(number);
  return "is" in taken ? taken.is : String(BigInt(Number(number)));
}

function rangeOf(minimum: string | undefined, maximum: string | undefined): Range {
  return { ...(minimum !== undefined && { minimum }), ...(maximum !== undefined && { maximum }) };
}

function memberOf(node: Node | undefined, name: string): Node | undefined {
  return node?.members?.find((member) => member.name === name)?.value;
}

function valueOf(text: string, node: Node | undefined): unknown {
  return node && (JSON.parse(text.slice(node.from, node.to)) as unknown);
}
