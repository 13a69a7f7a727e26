// The verdicts of the window on the vectors that every validator of typed collections reads.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type FieldType, take, takeText, textOfValue } from "./field-type";
import { fieldsOfKey, isGeneratedKey, keyOf, type KeyTypes } from "./record-key";
import { readField, readModel } from "./schema";

const text = (file: string) =>
  readFileSync(new URL(`../../../../tests/vectors/model/${file}`, import.meta.url), "utf8");
const read = <T>(file: string) => JSON.parse(text(file)) as T;

interface Value {
  json?: unknown;
  text?: string;
  is?: unknown;
  /** The canonical form as JSON text. */
  written?: string;
  not?: string;
  /** What the window tells, whose numbers are floats. */
  window?: string;
}

const values = read<{ field: object; values: Value[] }[]>("values.json");

describe.each(values)("$field", ({ field, values }) => {
  const { type } = readField(JSON.stringify(field));

  it.each(values)("takes or refuses %j", (value) => {
    const taken = value.text === undefined ? take(type, value.json) : takeText(type, value.text);
    const not = value.window ?? value.not;
    if (not !== undefined) return expect(taken).toEqual({ not });
    if (value.written === undefined) return expect(taken).toEqual({ is: value.is });
    const is = JSON.parse(value.written) as unknown;
    expect(taken).toEqual({ is });
    expect(textOfValue(type, is)).toBe(value.written);
  });
});

it("says of each field of a record what it breaks, in the model's order", () => {
  const { fields } = readModel(text("example.json"));
  const model = read<{ required: string[] }>("example.json");
  for (const row of read<{ fields: Record<string, unknown>; broken: [string, string][] }[]>("records.json")) {
    const broken = [...fields].flatMap(([name, { type }]): [string, string][] => {
      if (!(name in row.fields)) return model.required.includes(name) ? [[name, "is required"]] : [];
      const taken = take(type, row.fields[name]);
      return "not" in taken ? [[name, taken.not]] : [];
    });
    expect(broken).toEqual(row.broken);
  }
});

interface Keys {
  types: Record<string, object>;
  key: string[] | "ulid";
  keys: { fields?: Record<string, unknown>; is?: string; not?: string; no_key?: string }[];
}

it("makes the key of a record's fields, and the fields of a key", () => {
  for (const { types, key, keys } of read<Keys[]>("keys.json")) {
    const of = (name: string): { name: string; type: FieldType } => ({
      ...{ name, type: readField(JSON.stringify(types[name])).type },
    });
    const parts: KeyTypes = key === "ulid" ? [] : key.map(of);
    for (const row of keys) {
      if (row.no_key !== undefined && key === "ulid") expect(isGeneratedKey(row.no_key)).toBe(false);
      else if (row.no_key !== undefined) expect(fieldsOfKey(parts, row.no_key), row.no_key).toBeNull();
      else if (row.is !== undefined) {
        expect(keyOf(parts, row.fields ?? {})).toBe(row.is);
        expect(keyOf(parts, fieldsOfKey(parts, row.is) ?? {})).toBe(row.is);
      } else if (row.not !== "generated") {
        const made = keyOf(parts, row.fields ?? {});
        expect(made === null ? null : fieldsOfKey(parts, made), row.not).toBeNull();
      }
    }
  }
});

it("can hold a record's fields in an object: no name that every object has is a field's", () => {
  const rows = read<{ at: string; faults: string[] }[]>("faults.json");
  const refused = rows.filter(({ at, faults }) => faults.includes(at)).map(({ at }) => at);
  const names = Object.getOwnPropertyNames(Object.prototype);
  expect(names).toContain("constructor");
  expect(names.filter((name) => !refused.includes(`/properties/${name}`))).toEqual([]);
});

it("reads the limits of a model as they are written", () => {
  const { fields } = readModel(text("example.json"));
  expect(fields.get("lots")?.type).toEqual({
    ...{ kind: "integer", minimum: "1", maximum: "9223372036854775807" },
  });
  expect(fields.get("rate")?.type).toEqual({
    ...{ kind: "decimal", scale: 6, minimum: "0.000001", maximum: "1000000" },
  });
  expect(fields.get("currency")?.refersTo).toBe("currencies");
  expect(fields.get("valid_from")?.title).toBe("Valid from");
});

it("refuses a number in JSON that would be another one once it is read", () => {
  const json: FieldType = { kind: "json", shape: "any" };
  expect(takeText(json, '{"id": 9007199254740993}')).toEqual({
    not: "must be JSON without 9007199254740993: write it as a text, in quotes",
  });
  for (const number of ["1.10", "1e2", "-0.5", "9007199254740992", "1E400", "0.1"]) {
    expect("is" in takeText(json, number), number).toBe(number !== "1E400");
  }
});
