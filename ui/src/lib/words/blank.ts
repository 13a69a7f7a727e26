import { count } from "./count";

const NAMES: Record<string, string> = { " ": "space", "\t": "tab", "\n": "line break" };

/** A text that would be seen as nothing, in words: "3 spaces"; null where there is something to see, or no text at all. */
export function blankInWords(text: string): string | null {
  if (!/^\s+$/.test(text)) return null;
  const [first] = text;
  const isOfOne = first !== undefined && text === first.repeat(text.length);
  return count(text.length, (isOfOne && NAMES[first]) || "blank character");
}
