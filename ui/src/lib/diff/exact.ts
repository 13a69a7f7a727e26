// JSON for comparing, with every number as it was written: 3.1 and 3.10 are two, and long ones stay whole.
import { parseContainer } from "$lib/json/gate";

/** Marks a number kept as text; a control character that JSON text itself cannot hold unescaped. */
const NUMBER = "\u0000";

/** The object or array that a text is, its numbers as marked texts; undefined when it is neither. */
export function exactly(text: string): object | undefined {
  if (!parseContainer(text)) return undefined;
  const marked = text.replace(/"(?:\\.|[^"\\])*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    token.startsWith('"') ? token : JSON.stringify(NUMBER + token),
  );
  return parseContainer(marked);
}

/** A part of such a value as JSON again; undefined where there is nothing. */
export function written(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return JSON.stringify(value).replace(/"\\u0000(-?\d[^"]*)"/g, "$1");
}
