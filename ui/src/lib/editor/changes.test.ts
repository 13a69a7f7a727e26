import { EditorState } from "@codemirror/state";
import { describe, expect, it } from "vitest";
import { dice } from "$lib/db/testing/dice";
import { changesTo } from "./changes";
import { keepsExactly, textOf } from "./exact";

function becomes(before: string, after: string, caret = 0) {
  const state = EditorState.create({
    doc: before,
    extensions: keepsExactly(before),
    selection: { anchor: caret },
  });
  return state.update({ changes: changesTo(state.doc, state.toText(after)) }).state;
}

describe("a text that becomes another", () => {
  it("leaves the caret where it was in what stays", () => {
    const before = '{\n  "a": 1,\n  "b": 25,\n  "c": 3\n}';
    const after = '{\n  "a": 100,\n  "b": 25,\n  "c": 30,\n  "d": 4\n}';
    const caret = before.indexOf("25") + 2;
    expect(becomes(before, after, caret).selection.main.head).toBe(after.indexOf("25") + 2);
  });

  it("leaves the caret where it was in one line", () => {
    expect(becomes('{"a": 1, "b": 25}', '{"a": 100, "b": 25}', 16).selection.main.head).toBe(18);
  });

  it("is that other, whatever the two are", () => {
    const below = dice(7);
    const pieces = ["a", "b", "\r\n", "\n", "\r", "🙂", "🙃", "\u2028", " "];
    const some = () => Array.from({ length: below(12) }, () => pieces[below(pieces.length)]).join("");
    for (let turn = 0; turn < 3000; turn++) {
      const [before, after] = [some(), some()];
      const breaks = (text: string) => text.replace(/\r\n|\n/g, before.includes("\r\n") ? "\r\n" : "\n");
      const [one, two] = [breaks(before), breaks(after)];
      expect(textOf(becomes(one, two)), JSON.stringify([one, two])).toBe(two);
    }
  });
});
