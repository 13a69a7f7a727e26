// Typed collections for tests: a data model's file, and what the engine tells the window of it.
export { viewOf } from "$lib/platform/memory-view";

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
