// JSON text as a tree that keeps every part's place in the text, so that a part can be moved or laid out without being
// rewritten: 3.10 stays 3.10, and a text keeps its escapes.

export interface Node {
  /** The part's place in the text. */
  from: number;
  to: number;
  /** Of an object, in the order of the text. */
  members?: Member[];
  /** Of an array. */
  items?: Node[];
}

export interface Member {
  name: string;
  /** Where the name begins. */
  from: number;
  value: Node;
}

/** The tree of a text; undefined when it is not JSON. */
export function readTree(text: string): Node | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  return new Reader(text).value();
}

/** Reads text that is known to be JSON. */
class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  value(): Node {
    this.space();
    const from = this.at;
    const first = this.text[from];
    if (first === "{") return { members: this.parts("}", () => this.member()), from, to: this.at };
    if (first === "[") return { items: this.parts("]", () => this.value()), from, to: this.at };
    this.at += (/^"(?:[^"\\]|\\.)*"|^[^\s,\]}]+/s.exec(this.text.slice(from)) ?? [""])[0].length;
    return { from, to: this.at };
  }

  private member(): Member {
    this.space();
    const name = this.value();
    this.space();
    this.at++;
    const { from, to } = name;
    return { name: JSON.parse(this.text.slice(from, to)) as string, from, value: this.value() };
  }

  private parts<T>(end: string, read: () => T): T[] {
    const found: T[] = [];
    this.at++;
    for (;;) {
      this.space();
      if (this.text[this.at] === end) break;
      found.push(read());
      this.space();
      if (this.text[this.at] === ",") this.at++;
    }
    this.at++;
    return found;
  }

  private space(): void {
    while (" \t\n\r".includes(this.text[this.at] ?? "x")) this.at++;
  }
}
