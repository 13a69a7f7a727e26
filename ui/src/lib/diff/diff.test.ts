import { describe, expect, it } from "vitest";
import { exactly, written } from "./exact";
import { folded } from "./fold";
import { diffPaths, pathInWords } from "./paths";
import { changeInShort, partAt, short } from "./short";
import { diffWords, type Piece } from "./words";

const side = (pieces: Piece[], kind: "removed" | "added") =>
  pieces
    .filter((piece) => piece.kind === "same" || piece.kind === kind)
    .map((piece) => piece.text)
    .join("");

describe("words", () => {
  it("marks only what changed", () => {
    expect(diffWords("send to north region", "send to south region")).toEqual([
      { kind: "same", text: "send to " },
      { kind: "removed", text: "north" },
      { kind: "added", text: "south" },
      { kind: "same", text: " region" },
    ]);
  });

  it("sees a trailing zero and a trailing space", () => {
    expect(diffWords("3.1", "3.10")).toEqual([
      { kind: "removed", text: "3.1" },
      { kind: "added", text: "3.10" },
    ]);
    expect(diffWords("a", "a ")).toEqual([
      { kind: "same", text: "a" },
      { kind: "added", text: " " },
    ]);
  });

  it("gives back both texts, whatever they are", () => {
    const texts = ["", "a", "a b c", "c b a", "x\r\ny\n", "один два", '{"a": [1, 2]}', "a a a b", "🙂🙃 b"];
    for (const before of texts) {
      for (const after of texts) {
        const pieces = diffWords(before, after);
        expect(side(pieces, "removed")).toBe(before);
        expect(side(pieces, "added")).toBe(after);
      }
    }
  });

  it("finds a short way, not merely a way", () => {
    const kept = diffWords("a b c d e f", "a x c d y f").filter((piece) => piece.kind === "same");
    expect(kept.map((piece) => piece.text).join("")).toBe("a  c d  f");
  });
});

describe("two texts that have little in common", () => {
  const words = (word: string) => Array.from({ length: 1000 }, (_, index) => word + index).join(" ");

  it("are told as two, between what both begin and end with", () => {
    const pieces = diffWords(`head ${words("a")} tail`, `head ${words("b")} tail`);
    expect(pieces.map(({ kind }) => kind)).toEqual(["same", "removed", "added", "same"]);
    expect([pieces[0]?.text, pieces[3]?.text]).toEqual(["head ", " tail"]);
  });
});

describe("paths", () => {
  it("lists additions, removals and changes", () => {
    expect(diffPaths({ a: 1, b: { c: 2, d: 3 } }, { a: 1, b: { c: 5 }, e: null })).toEqual([
      { path: "/b/c", before: 2, after: 5 },
      { path: "/b/d", before: 3 },
      { path: "/e", after: null },
    ]);
  });

  it("takes an array as one", () => {
    expect(diffPaths({ a: [1, 2] }, { a: [1, 2] })).toEqual([]);
    expect(diffPaths({ a: [1, 2] }, { a: [2, 1] })).toEqual([{ path: "/a", before: [1, 2], after: [2, 1] }]);
  });

  it("says a path in words", () => {
    expect(pathInWords("/db/a~1b/0")).toBe("db › a/b › 0");
    expect(pathInWords("")).toBe("the whole value");
  });
});

describe("numbers in JSON", () => {
  it("are compared as they were written", () => {
    const changes = diffPaths(exactly('{"a": 3.1, "b": 1}'), exactly('{"a": 3.10, "b": 1}'));
    expect(changes.map(({ before, after }) => [written(before), written(after)])).toEqual([["3.1", "3.10"]]);
  });

  it("are shown as they were written, and texts that look like numbers as texts", () => {
    const text = '{"n":[1.10,-2e5,12345678901234567890],"t":"1.10 \\"2\\" 3"}';
    expect(written(exactly(text))).toBe(text);
  });

  it("need an object or array around them", () => {
    expect(exactly("3.10")).toBeUndefined();
    expect(exactly("{broken")).toBeUndefined();
  });
});

describe("a long text", () => {
  const lines = Array.from({ length: 2000 }, (_, index) => `line ${index} of a long text`);
  const before = lines.join("\n");
  const after = before.replace("line 1000 of", "line 1000 from");
  const pieces = folded(diffWords(before, after));

  it("is folded around the change", () => {
    expect(pieces.map(({ kind }) => kind)).toEqual(["folded", "same", "removed", "added", "same", "folded"]);
    const inSight = pieces.filter(({ kind }) => kind !== "folded").map(({ text }) => text);
    expect(inSight.join("").length).toBeLessThan(400);
  });

  it("loses nothing", () => {
    expect(
      pieces
        .filter(({ kind }) => kind !== "added")
        .map(({ text }) => text)
        .join(""),
    ).toBe(before);
    expect(
      pieces
        .filter(({ kind }) => kind !== "removed")
        .map(({ text }) => text)
        .join(""),
    ).toBe(after);
  });

  it("is folded by characters where it has no lines", () => {
    const line = folded(diffWords("a ".repeat(50_000), `${"a ".repeat(25_000)}b ${"a ".repeat(25_000)}`));
    expect(line.filter(({ kind }) => kind === "folded")).toHaveLength(2);
  });

  it("stays whole where it is short", () => {
    const words = diffWords("one two three", "one 2 three");
    expect(folded(words)).toEqual(words);
  });
});

describe("in short", () => {
  it("says a value in a few characters", () => {
    expect([undefined, null, "", "0.19", " a\n b"].map((value) => short(value))).toEqual([
      ...["nothing", "none", "empty", "0.19", " a b"],
    ]);
    expect(short("x".repeat(100))).toHaveLength(29);
    expect(["   ", "\t", "\n\n", " \n"].map((value) => short(value))).toEqual([
      ...["3 spaces", "1 tab", "2 line breaks", "2 blank characters"],
    ]);
  });

  it("says the one place that changed", () => {
    expect(changeInShort('{"a": {"b": 1.10}}', '{"a": {"b": 1.2}}')).toBe("a › b: 1.10 → 1.2");
    expect(changeInShort('{"a": 1}', '{"a": 2, "b": 3}')).toBe('{"a": 2, "b": 3}');
    expect(changeInShort("1", "2")).toBe("2");
  });

  it("finds a part by its pointer", () => {
    expect(partAt('{"a/b": [1, {"c": 3.10}]}', "/a~1b/1/c")).toBe("3.10");
    expect(partAt("x", "/a")).toBeUndefined();
  });
});
