// Finds where JSON text breaks, in words an analyst can act on. Engines' own messages differ, and WebKit's name no
// line, so the place is found by jsonc-parser; whether the text is JSON at all is `JSON.parse`'s word alone.
import { type JSONVisitor, visit } from "jsonc-parser";

export interface JsonFault {
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
  /** Index into the text. */
  offset: number;
  /** Where in the value, as a JSON Pointer (RFC 6901): the innermost part that was begun. */
  path: string;
  message: string;
}

type Found = Pick<JsonFault, "offset" | "path" | "message">;

export function jsonFault(text: string): JsonFault | null {
  try {
    JSON.parse(text);
    return null;
  } catch {
    return locate(text);
  }
}

function locate(text: string): JsonFault {
  const found = firstFault(text) ?? { offset: text.length, path: "", message: "This is not JSON" };
  const before = text.slice(0, found.offset).split("\n");
  return { ...found, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** Null where the parts stand in one another too deeply to be followed. */
function firstFault(text: string): Found | null {
  const reading = new Reading(text);
  try {
    visit(text, reading.visitor, { disallowComments: true });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return reading.found;
}

/** An object or array that was begun and not closed yet. */
interface Open {
  from: number;
  closer: "}" | "]";
  /** The name or position of the part that is being read. */
  at: string | number | null;
  /** Where the comma is that led to that part. */
  comma: number | null;
}

/** What must come next where the parser stands. */
type Expected = "value" | "name" | "colon" | "comma";

/** Follows the parser up to its first error, and says that in words. */
class Reading {
  found: Found | null = null;
  private expected: Expected = "value";
  private readonly open: Open[] = [];

  constructor(private readonly text: string) {}

  readonly visitor: JSONVisitor = {
    onObjectBegin: (from) => this.begin(from, "}"),
    onArrayBegin: (from) => this.begin(from, "]"),
    onObjectProperty: (name) => this.expect("colon", name),
    onSeparator: (separator, offset) => this.separate(separator, offset),
    onLiteralValue: () => (this.expected = "comma"),
    onObjectEnd: (at) => this.end(at),
    onArrayEnd: (at) => this.end(at),
    onError: (_code, offset) => (this.found ??= this.say(offset)),
  };

  private begin(from: number, closer: Open["closer"]): void {
    this.open.push({ from, closer, at: closer === "]" ? 0 : null, comma: null });
    this.expected = closer === "]" ? "value" : "name";
  }

  private expect(expected: Expected, at: Open["at"]): void {
    const inner = this.open.at(-1);
    if (inner) inner.at = at;
    this.expected = expected;
  }

  private separate(separator: string, offset: number): void {
    const inner = this.open.at(-1);
    if (separator === ":") this.expected = "value";
    else if (inner) {
      inner.comma = offset;
      if (typeof inner.at === "number") this.expect("value", inner.at + 1);
      else this.expect("name", null);
    }
  }

  /** Where the text ends too early, the parser ends what is open as well. */
  private end(at: number): void {
    if (this.text[at] !== this.open.at(-1)?.closer) return;
    this.open.pop();
    this.expected = "comma";
  }

  private say(offset: number): Found {
    const word = this.wordAround(offset);
    if (word) return this.inPart(word.from, wordFault(word.text));
    const inner = this.open.at(-1);
    if (this.expected === "comma") return this.sayComma(offset, inner);
    if (this.expected === "colon")
      return this.inPart(offset, "A colon belongs between the name and its value");
    if (this.text[offset] === '"') return this.sayString(offset);
    const isNext = this.expected === "name" || inner?.closer === "]";
    if (inner && isNext && inner.comma !== null && this.text[offset] === inner.closer) {
      return this.inWhole(inner.comma, `Remove the extra comma before ${inner.closer}`);
    }
    return this.expected === "name" ? this.sayName(offset, inner) : this.sayValue(offset, inner);
  }

  private sayName(offset: number, inner: Open | undefined): Found {
    if (inner && offset >= this.text.length) return this.sayUnclosed(inner);
    return this.inWhole(offset, "A name in double quotes belongs here");
  }

  private sayComma(offset: number, inner: Open | undefined): Found {
    if (!inner) return { offset, path: "", message: "There is something after the end of the value" };
    if (offset >= this.text.length) return this.sayUnclosed(inner);
    const what = inner.closer === "}" ? "property" : "item";
    return this.inWhole(offset, `A comma is missing before the next ${what}`);
  }

  private sayUnclosed({ from }: Open): Found {
    return this.inWhole(from, `The text ends, but this ${this.text[from]} is never closed`);
  }

  private sayValue(offset: number, inner: Open | undefined): Found {
    const word = WORD.exec(this.text.slice(offset))?.[0] ?? "";
    if (word !== "") return this.inPart(offset, wordFault(word));
    const missing = inner?.closer === "}" ? "a value after the colon" : "a value";
    return this.inPart(offset, `Here ${missing} is missing`);
  }

  private sayString(offset: number): Found {
    const whole = /^"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/u;
    const at = offset + (whole.exec(this.text.slice(offset))?.[0].length ?? 0);
    const next = this.text[at];
    if (next === undefined) return this.inPart(offset, "These quotes are never closed");
    if (next === "\\") {
      return this.inPart(at, "A backslash here starts nothing known: write it twice (\\\\)");
    }
    return this.inPart(at, "A line break or tab inside quotes is written \\n or \\t");
  }

  /** A number with more behind it, as 01 or 1x, which the parser takes for two. */
  private wordAround(offset: number): { from: number; text: string } | null {
    if (this.expected !== "comma") return null;
    const head = /[^\s,:{}[\]"]*$/.exec(this.text.slice(0, offset))?.[0] ?? "";
    const tail = WORD.exec(this.text.slice(offset))?.[0] ?? "";
    return head && tail ? { from: offset - head.length, text: head + tail } : null;
  }

  private inPart(offset: number, message: string): Found {
    return { offset, path: pointer(this.open.map(({ at }) => at)), message };
  }

  /** Of the object or array that is open, and of none of its parts. */
  private inWhole(offset: number, message: string): Found {
    const path = pointer(this.open.map((one, depth) => (depth === this.open.length - 1 ? null : one.at)));
    return { offset, path, message };
  }
}

const WORD = /^[^\s,:{}[\]"]*/;

function pointer(path: Open["at"][]): string {
  const parts = path.filter((part) => part !== null).map(String);
  return parts.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function wordFault(word: string): string {
  const shown = word.length > 24 ? `${word.slice(0, 24)}…` : word;
  if (word.startsWith("'")) return "Text stands in double quotes, not single ones";
  if (/^(?:True|False)$/.test(word)) return `Write ${word.toLowerCase()}, in small letters`;
  if (word === "None") return "Write null for nothing";
  if (/^[-+.]?\d/.test(word)) return `${shown} is not a number as JSON writes it`;
  return `${shown} is not a value: text stands in double quotes`;
}
