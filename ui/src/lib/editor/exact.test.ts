import { EditorState } from "@codemirror/state";
import { describe, expect, it } from "vitest";
import { keepsExactly, lineBreakOf, textOf } from "./exact";

const open = (text: string) => EditorState.create({ doc: text, extensions: keepsExactly(text) });

describe("text in the editor", () => {
  const texts = [
    "",
    "\n",
    "a\nb\n",
    "a\r\nb\r\n",
    "a\r\nb\nc\rd",
    "a\rb",
    "trailing  \n\tand leading \n\n",
    "\u2028\u2029\u0085\u00a0\u200b\ufeff",
    "🙂\r\n",
  ];

  it.each(texts)("%j comes back as it was", (text) => {
    expect(textOf(open(text))).toBe(text);
  });

  it.each(texts)("%j is otherwise untouched by an insertion", (text) => {
    const state = open(text);
    expect(textOf(state.update({ changes: { from: 0, insert: "x" } }).state)).toBe(`x${text}`);
  });

  it("goes on in the text's own line breaks", () => {
    expect(lineBreakOf("a\r\nb")).toBe("\r\n");
    expect(lineBreakOf("a\r\nb\nc")).toBe("\n");
    expect(lineBreakOf("")).toBe("\n");
    const state = open("a\r\nb");
    expect(textOf(state.update(state.replaceSelection(`x${state.lineBreak}y`)).state)).toBe("x\r\nya\r\nb");
  });
});
