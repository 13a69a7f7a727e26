// JSON with a number that is another one once JavaScript has read it (9007199254740993) comes from the app as its text, and
// goes back to it as that: it is shown, put back and decided on without being rounded. Rust's half is `carried.rs`.

/** The one member of the object that stands for a value: its text. */
const TEXT = "$leeward_json";

/** The JSON text of a value that is carried as one; undefined for any other. */
export function carriedText(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 1) return undefined;
  const text = (value as Record<string, unknown>)[TEXT];
  return typeof text === "string" ? text : undefined;
}

/** A value that was read here, as the app is told it: one that looks like a carried one is carried itself. */
export function asCarried(value: unknown): unknown {
  return carriedText(value) === undefined ? value : { [TEXT]: JSON.stringify(value) };
}

/** A value as JSON, with every number as it is. */
export function jsonOf(value: unknown): string {
  return carriedText(value) ?? JSON.stringify(value);
}

/** The JSON of an object whose members are these JSON texts. */
export function objectOf(members: readonly (readonly [name: string, text: string])[]): string {
  return `{${members.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`;
}
