// Keys of the records of a typed collection: the text of the one field that the key is made of, or the JSON list of the
// texts of several, without blanks. The same rules as the schema crate's, held together by tests/vectors/model.
import { type FieldType, take, takeText, textOfValue } from "./field-type";

/** The longest key, in characters: Airflow takes 250 for a Variable's, and a prefix comes before. */
export const KEY_CHARS_MAX = 200;

/** Under which the data model is kept, in the place of a record. */
export const MODEL_KEY = "$model";

/** The fields that a key is made of, in their order. */
export type KeyTypes = readonly { name: string; type: FieldType }[];

/** The key of a record with these values; null where one is missing or breaks a rule. */
export function keyOf(key: KeyTypes, fields: Readonly<Record<string, unknown>>): string | null {
  const texts: string[] = [];
  for (const { name, type } of key) {
    const taken = take(type, fields[name]);
    if ("not" in taken) return null;
    texts.push(textOfValue(type, taken.is));
  }
  return texts.length === 1 ? (texts[0] ?? null) : JSON.stringify(texts);
}

/** The values of the key fields in the record of that key; null where it is no key that `keyOf` gives. */
export function fieldsOfKey(types: KeyTypes, key: string): Record<string, unknown> | null {
  if (key === "" || key === MODEL_KEY) return null;
  const texts = types.length === 1 ? [key] : partsOf(key);
  if (texts?.length !== types.length) return null;
  const fields: Record<string, unknown> = {};
  for (const [at, { name, type }] of types.entries()) {
    const taken = takeText(type, texts[at] ?? "");
    if ("not" in taken) return null;
    fields[name] = taken.is;
  }
  // A record is found by the text of its key: another spelling is another key.
  return keyOf(types, fields) === key ? fields : null;
}

/** The texts of a key of several fields; null where it is none. */
export function partsOf(key: string): string[] | null {
  try {
    const parts: unknown = JSON.parse(key);
    return Array.isArray(parts) && parts.every((part) => typeof part === "string") ? parts : null;
  } catch {
    return null;
  }
}

/** Whether the text is a ULID in its canonical form, as a generated key is. */
export function isGeneratedKey(key: string): boolean {
  return /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(key);
}
