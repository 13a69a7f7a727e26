// Finds where JSON text breaks, in words an analyst can act on. Engines' own messages differ, and WebKit's name no
// line, so the place is found by a scanner of our own; whether the text is JSON at all is `JSON.parse`'s word alone.

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

export function jsonFault(text: string): JsonFault | null {
  try {
    JSON.parse(text);
    return null;
  } catch {
    return locate(text);
  }
}

function locate(text: string): JsonFault {
  const found = new Scanner(text).fault() ?? { offset: text.length, path: "", message: "This is not JSON" };
  const before = text.slice(0, found.offset).split("\n");
  return { ...found, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

class Fault extends Error {
  constructor(
    readonly offset: number,
    readonly path: string,
    message: string,
  ) {
    super(message);
  }
}

class Scanner {
  private at = 0;
  /** The names and positions that lead to the part being read. */
  private readonly path: string[] = [];

  constructor(private readonly text: string) {}

  fault(): { offset: number; path: string; message: string } | null {
    try {
      this.value("a value");
      this.space();
      if (this.at < this.text.length) this.fail("There is something after the end of the value");
      return null;
    } catch (error) {
      if (error instanceof Fault) return { offset: error.offset, path: error.path, message: error.message };
      return null;
    }
  }

  private value(expected: string): void {
    this.space();
    const next = this.text[this.at];
    if (next === "{") this.object();
    else if (next === "[") this.array();
    else if (next === '"') this.string();
    else this.scalar(expected);
  }

  private object(): void {
    const open = this.at++;
    if (this.closes("}")) return;
    do this.member(open);
    while (this.another("}", open, "this { is never closed", "property"));
  }

  private member(open: number): void {
    this.space();
    if (this.at >= this.text.length) this.fail("The text ends, but this { is never closed", open);
    if (this.text[this.at] !== '"') this.fail("A name in double quotes belongs here");
    const from = this.at;
    this.string();
    this.path.push(nameOf(this.text.slice(from, this.at)));
    this.space();
    if (this.text[this.at] !== ":") this.fail("A colon belongs between the name and its value");
    this.at++;
    this.value("a value after the colon");
    this.path.pop();
  }

  private array(): void {
    const open = this.at++;
    if (this.closes("]")) return;
    let position = 0;
    do this.item(position++);
    while (this.another("]", open, "this [ is never closed", "item"));
  }

  private item(position: number): void {
    this.path.push(String(position));
    this.value("a value");
    this.path.pop();
  }

  private closes(end: string): boolean {
    this.space();
    if (this.text[this.at] !== end) return false;
    this.at++;
    return true;
  }

  /** After a member: true when a comma leads to another one, false when the end came. */
  private another(end: string, open: number, unclosed: string, what: string): boolean {
    if (this.closes(end)) return false;
    if (this.at >= this.text.length) this.fail(`The text ends, but ${unclosed}`, open);
    const comma = this.at;
    if (this.text[this.at] !== ",") this.fail(`A comma is missing before the next ${what}`);
    this.at++;
    this.space();
    if (this.text[this.at] === end) this.fail(`Remove the extra comma before ${end}`, comma);
    return true;
  }

  private string(): void {
    const open = this.at++;
    for (;;) {
      const next = this.text[this.at];
      if (next === undefined) this.fail("These quotes are never closed", open);
      if (next === '"') break;
      if (next === "\\") this.escape();
      else if (next < " ") this.fail("A line break or tab inside quotes is written \\n or \\t");
      else this.at++;
    }
    this.at++;
  }

  private escape(): void {
    const escape = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(this.text.slice(this.at, this.at + 6));
    if (!escape) this.fail("A backslash here starts nothing known: write it twice (\\\\)");
    this.at += escape[0].length;
  }

  private scalar(expected: string): void {
    const word = /^[^\s,:{}[\]"]*/.exec(this.text.slice(this.at))?.[0] ?? "";
    if (/^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(word)) {
      this.at += word.length;
      return;
    }
    this.fail(word === "" ? `Here ${expected} is missing` : wordFault(word));
  }

  private space(): void {
    while (" \t\n\r".includes(this.text[this.at] ?? "x")) this.at++;
  }

  private fail(message: string, offset = this.at): never {
    const path = this.path.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`);
    throw new Fault(offset, path.join(""), message);
  }
}

/** A name as it reads, from its text in quotes. */
function nameOf(quoted: string): string {
  return JSON.parse(quoted) as string;
}

function wordFault(word: string): string {
  const shown = word.length > 24 ? `${word.slice(0, 24)}…` : word;
  if (word.startsWith("'")) return "Text stands in double quotes, not single ones";
  if (/^(?:True|False)$/.test(word)) return `Write ${word.toLowerCase()}, in small letters`;
  if (word === "None") return "Write null for nothing";
  if (/^[-+.]?\d/.test(word)) return `${shown} is not a number as JSON writes it`;
  return `${shown} is not a value: text stands in double quotes`;
}
