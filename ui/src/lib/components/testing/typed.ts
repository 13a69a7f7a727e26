// Typed collections for tests: a data model's file, and what the engine tells the window of it.
import type { Collection, CollectionView, Field } from "$lib/bindings";

type Json = Record<string, unknown>;

/** Exchange rates, found by two fields, with a field of every type and a reference to `currencies`. */
export const FX = `{
  "title": "Exchange-rate overrides", "type": "object",
  "properties": {
    "currency": {"title": "Currency", "type": "string", "pattern": "^[A-Z]{3}$"},
    "valid_from": {"title": "Valid from", "type": "string", "format": "date"},
    "rate": {"type": "string", "format": "decimal", "x-leeward": {"scale": 6, "minimum": "0.000001"}},
    "lots": {"type": "integer", "maximum": 9223372036854775806},
    "source": {"oneOf": [{"const": "ECB", "title": "European Central Bank"}, {"const": "treasury"}]},
    "base": {"type": "string"},
    "approved": {"type": "boolean", "default": false},
    "seen_at": {"type": "string", "format": "date-time"},
    "limits": {"type": "object"}
  },
  "required": ["currency", "valid_from", "rate"],
  "x-leeward": {"collection": "fx", "version": 1, "key": ["currency", "valid_from"],
                "references": {"base": "currencies"}}
}`;

export const CURRENCIES = `{
  "title": "Currencies", "type": "object",
  "properties": {"code": {"type": "string"}, "name": {"type": "string"}},
  "required": ["code"],
  "x-leeward": {"collection": "currencies", "version": 1, "key": ["code"]}
}`;

export const NOTES = `{
  "title": "Notes", "type": "object",
  "properties": {"note": {"type": "string"}},
  "required": ["note"],
  "x-leeward": {"collection": "notes", "version": 1, "key": "ulid"}
}`;

/** Fields that are called like what the grid itself shows of a record. */
export const WORDS = `{
  "title": "Words", "type": "object",
  "properties": {
    "key": {"type": "string"}, "state": {"type": "string"}, "changed": {"type": "string"}
  },
  "required": ["key"],
  "x-leeward": {"collection": "words", "version": 1, "key": ["key"]}
}`;

/** What the engine tells of a collection with that data model. */
export function viewOf(file: string, more: Partial<CollectionView> = {}): CollectionView {
  const model = JSON.parse(file) as Json;
  const own = model["x-leeward"] as { collection: string; version: number; key: string[] | "ulid" };
  const { collection: name, version, key } = own;
  const required = model["required"] as string[];
  const properties = Object.entries(model["properties"] as Record<string, Json>);
  const fields = properties.map(([field, json]) => fieldOf(field, json, required.includes(field)));
  const collection: Collection = { name, fields, ...(key === "ulid" ? {} : { key }) };
  return {
    ...{ name, title: model["title"] as string, binding: "variables", prefix: `${name}.`, version },
    ...{ model: file, collection, trouble: null, records: 0, pending: 0, conflicts: 0, rejected: 0 },
    ...more,
  };
}

/** As the schema crate makes it of the field of a model: whole numbers and decimals are texts. */
function fieldOf(name: string, json: Json, required: boolean): Field {
  const { type = "string", format } = json as { type?: string; format?: Field["format"] };
  const isJson = type === "object" || type === "boolean";
  return {
    ...{ name, kind: isJson ? "json" : "text", policy: "ask", required },
    type: [isJson ? type : "string"] as NonNullable<Field["type"]>,
    ...("default" in json && { default: json["default"] }),
    ...(type === "integer" ? { format: "integer" as const } : format && { format }),
  };
}
