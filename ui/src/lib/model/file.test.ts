// A data model's file on its way into the form and out of it.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { describedIn, fileOf, formOf } from "./file";
import {
  addField,
  bringBackField,
  type ChoiceForm,
  dropField,
  emptyChoice,
  emptyForm,
  type FieldForm,
  nameFor,
  originsOf,
  prefixOf,
  setKey,
} from "./form";
import { placeOf } from "./places";
import { rulesInWords } from "./words";

type Json = Record<string, unknown>;

const EXAMPLE = readFileSync(
  new URL("../../../../tests/vectors/model/example.json", import.meta.url),
  "utf8",
);

const written = (form = formOf(EXAMPLE)) => fileOf(form).file;
const parsed = (text: string) => JSON.parse(text) as Json & { properties: Json; "x-leeward": Json };

function field(form: ReturnType<typeof formOf>, name: string): FieldForm {
  const found = form.fields.find((one) => one.name === name);
  if (!found) throw new Error(`no field ${name}`);
  return found;
}

it("writes what it read, with all that no field of the screen shows", () => {
  const [before, after] = [parsed(EXAMPLE), parsed(written())];
  expect(after.properties).toEqual(before.properties);
  expect(Object.keys(after.properties)).toEqual(Object.keys(before.properties));
  for (const name of ["title", "description", "$comment", "required"])
    expect(after[name]).toEqual(before[name]);
  const { version: _version, changes: _changes, ...rest } = before["x-leeward"];
  expect(after["x-leeward"]).toEqual({ ...rest, version: 1 });
  expect(written()).toContain("9223372036854775807");
  expect(fileOf(formOf(EXAMPLE)).faults).toEqual([]);
});

it("takes a key, merge units and rules along with a field's new name", () => {
  const form = formOf(EXAMPLE);
  field(form, "currency").name = "ccy";
  field(form, "rate").name = "value";
  const own = parsed(written(form))["x-leeward"];
  expect(own["key"]).toContain("ccy");
  expect(JSON.stringify(own["merge"])).toContain('"value"');
  expect(own["references"]).toEqual({ ccy: "currencies" });
  const renamed = originsOf(form).filter(({ name, was }) => name !== was);
  expect(renamed.map(({ name, was }) => [was, name])).toEqual([
    ["currency", "ccy"],
    ["rate", "value"],
  ]);
});

it("tells a field that went and one that came from a new name", () => {
  const form = formOf(EXAMPLE);
  const id = field(form, "rate").id;
  dropField(form, id);
  addField(form);
  const added = form.fields.at(-1) as FieldForm;
  added.name = "value";
  expect(originsOf(form).map(({ was }) => was)).not.toContain("rate");
  expect(originsOf(form).map(({ name }) => name)).not.toContain("value");
  expect(JSON.stringify(parsed(written(form))["x-leeward"]["merge"] ?? [])).not.toContain('"rate"');
  bringBackField(form, id);
  expect(originsOf(form).map(({ was }) => was)).toContain("rate");
});

it("brings a field back to its places in the key and in each group", () => {
  const fields = Object.fromEntries([..."abcd"].map((name) => [name, { type: "string" }]));
  const rules = { key: ["a", "b"], merge: [["c", "d"]], unique: [["b", "c"], ["c", "d"], ["a"]] };
  const form = formOf(model(fields, rules));
  const own = () => {
    const { key, merge, unique } = parsed(written(form))["x-leeward"];
    return { key, merge, unique };
  };
  const [a, c] = [field(form, "a").id, field(form, "c").id];
  dropField(form, c);
  dropField(form, a);
  expect(own()).toEqual({ key: ["b"], merge: [["d"]], unique: [["b"], ["d"], []] });
  form.unique = form.unique.slice(1);
  bringBackField(form, c);
  bringBackField(form, a);
  expect(own()).toEqual({ ...rules, unique: rules.unique.slice(1) });
  addField(form);
  const { id } = form.fields.at(-1) as FieldForm;
  form.unique[0]?.push(id);
  dropField(form, id);
  expect(form.unique.flat()).not.toContain(id);
});

it("tells which texts of a choice became others", () => {
  const form = formOf(EXAMPLE);
  const source = field(form, "source");
  const [first] = source.choices;
  if (!first) throw new Error("no choices");
  first.value = "European Central Bank";
  const origin = () => originsOf(form).find(({ name }) => name === "source");
  expect(origin()?.map).toEqual([["ECB", "European Central Bank"]]);
});

it("says where a choice gets the text of another, and makes none of its records that one's", () => {
  const shifted: [texts: string[], taken: number[], map: string[][]][] = [
    [["b", "c"], [0], []],
    [["b", "a"], [0, 1], []],
    [["x", "a"], [1], []],
    [["x", "b", "a"], [2], []],
    [
      ["x", "y"],
      [],
      [
        ["a", "x"],
        ["b", "y"],
      ],
    ],
  ];
  for (const [texts, taken, map] of shifted) {
    const form = formOf(model({ id: { type: "string" }, kind: { enum: ["a", "b"] } }));
    const { id, choices } = field(form, "kind");
    texts.forEach((value, at) => {
      if (!choices[at]) choices.push(emptyChoice());
      (choices[at] as ChoiceForm).value = value;
    });
    const { faults } = fileOf(form);
    expect(faults.map(({ pointer }) => pointer)).toEqual(
      taken.map((at) => `/properties/kind/oneOf/${at}/const`),
    );
    for (const fault of faults) expect(placeOf(form, fault)).toBe(`${id}.choices`);
    expect(originsOf(form).find(({ name }) => name === "kind")?.map).toEqual(map);
  }
});

it("takes a choice's text out and in again, and one that went into another", () => {
  const form = formOf(model({ id: { type: "string" }, kind: { enum: ["a", "b"] } }));
  const kind = field(form, "kind");
  kind.choices.pop();
  kind.choices.push({ ...emptyChoice(), value: "b" });
  expect(fileOf(form).faults).toEqual([]);
  expect(originsOf(form)[1]?.map).toEqual([]);
  kind.choices.pop();
  (kind.choices[0] as ChoiceForm).value = "b";
  expect(fileOf(form).faults).toEqual([]);
  expect(originsOf(form)[1]?.map).toEqual([["a", "b"]]);
});

it("keeps what is no number out of the file, and says where it stands", () => {
  const form = formOf(EXAMPLE);
  field(form, "lots").minimum = "1e3";
  field(form, "rate").scale = "six";
  const { file, faults } = fileOf(form);
  expect(faults.map((fault) => placeOf(form, fault))).toEqual([
    `${field(form, "rate").id}.scale`,
    `${field(form, "lots").id}.minimum`,
  ]);
  expect(parsed(file).properties["lots"]).not.toHaveProperty("minimum");
});

it("finds the place of each fault", () => {
  const form = formOf(EXAMPLE);
  const id = field(form, "source").id;
  const place = (pointer: string) => placeOf(form, { pointer, what: "", instead: "" });
  expect(place("/properties/source/oneOf/1/const")).toBe(`${id}.choices`);
  expect(place("/properties/source")).toBe(`${id}.name`);
  expect(place("/properties/source/default")).toBe(`${id}.default`);
  expect(place("/x-leeward/references/source")).toBe(`${id}.refersTo`);
  expect(place("/x-leeward/key/0")).toBe("key");
  expect(place("/x-leeward/unique/0")).toBe("unique");
  expect(place("prefix")).toBe("prefix");
  expect(place("/x-leeward/collection")).toBe("name");
  expect(place("")).toBe("");
});

const model = (properties: Json, more: Json = {}) =>
  JSON.stringify({
    ...{ type: "object", properties, required: ["id"] },
    "x-leeward": { collection: "things", version: 1, key: ["id"], ...more },
  });

it("reads another version against the one that there is", () => {
  const texts = { type: "string" };
  const present = { form: formOf(model({ id: texts, a: { enum: ["x", "y"] }, b: texts })), version: 1 };
  const changes = [
    { version: 2, rename: "a", to: "c" },
    { version: 2, convert: "c", map: { x: "X" } },
  ];
  const next = model({ id: texts, c: { enum: ["X", "y"] }, d: texts }, { version: 2, changes });
  const form = describedIn(next, present);
  expect(form.fields.map(({ name, was }) => [name, was])).toEqual([
    ["id", "id"],
    ["c", "a"],
    ["d", null],
  ]);
  expect(form.dropped.map(({ was }) => was)).toEqual(["b"]);
  expect(originsOf(form)[1]).toEqual({ name: "c", was: "a", map: [["x", "X"]] });
  expect(new Set([...form.fields, ...form.dropped].map(({ id }) => id)).size).toBe(4);
  expect(describedIn(next, null).fields.every(({ was }) => was === null)).toBe(true);
});

it("makes a new collection of what little is typed", () => {
  const form = emptyForm();
  form.name = "rates";
  expect(prefixOf(form)).toBe("rates.");
  (form.fields[0] as FieldForm).name = "code";
  expect(parsed(written(form))).toEqual({
    ...{ type: "object", properties: { code: { type: "string" } }, required: ["code"] },
    "x-leeward": { collection: "rates", version: 1, key: ["code"] },
  });
  setKey(form, "f1", false);
  expect(parsed(written(form))["x-leeward"]["key"]).toEqual([]);
});

it("makes a name of a title", () => {
  expect(nameFor("Gültig ab (Tag)")).toBe("gultig_ab_tag");
  expect(nameFor("3rd party")).toBe("rd_party");
  expect(nameFor("日本")).toBe("");
});

it("says the rules of a field in a line", () => {
  const form = formOf(EXAMPLE);
  const words = (name: string) => rulesInWords(field(form, name), (collection) => collection.toUpperCase());
  expect(words("rate")).toBe("6 places · 0.000001 to 1000000");
  expect(words("currency")).toContain("key of CURRENCIES");
  expect(words("approved")).toBe("default false");
});
