// What a param takes, in words instead of JSON Schema's.

const TYPES: Record<string, string> = {
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a group of values",
  null: "empty",
};

/** "EU or US", "empty, or a group of values". */
export function paramType(schema: unknown): string {
  const { type, enum: choices } = (schema ?? {}) as { type?: unknown; enum?: unknown };
  if (Array.isArray(choices)) return oneOf(choices.map(plain));
  const kinds = (Array.isArray(type) ? type : [type]).filter((kind) => typeof kind === "string");
  // Stable: what may be left empty says so first.
  kinds.sort((a, b) => Number(b === "null") - Number(a === "null"));
  return kinds.map((kind) => TYPES[kind] ?? kind).join(", or ");
}

function oneOf(words: string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function plain(choice: unknown): string {
  if (choice === null) return "empty";
  return typeof choice === "string" ? choice : JSON.stringify(choice);
}
