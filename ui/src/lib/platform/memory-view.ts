// What the engine tells the window of a typed collection, made of its data model's file: for the platform in memory and tests.
import type { Collection, CollectionView, Field } from "$lib/bindings";

type Json = Record<string, unknown>;

/** What the engine tells of a collection with that data model. */
export function viewOf(file: string, more: Partial<CollectionView> = {}): CollectionView {
  const model = JSON.parse(file) as Json;
  const own = model["x-leeward"] as { collection: string; version: number; key: string[] | "ulid" };
  const { collection: name, version, key } = own;
  const required = (model["required"] ?? []) as string[];
  const properties = Object.entries(model["properties"] as Record<string, Json>);
  const fields = properties.map(([field, json]) => fieldOf(field, json, required.includes(field)));
  const collection: Collection = { name, fields, ...(key === "ulid" ? {} : { key }) };
  return {
    ...{
      name,
      title: (model["title"] as string | undefined) ?? name,
      binding: "variables",
      prefix: `${name}.`,
      version,
    },
    ...{
      model: file,
      collection,
      trouble: null,
      stands_still: false,
      records: 0,
      pending: 0,
      conflicts: 0,
      rejected: 0,
    },
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
