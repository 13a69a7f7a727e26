// Keeps text exactly as it is in CodeMirror. By itself it would split lines at any of \r\n, \r and \n and join them
// by \n; told which separator a text uses, it gives every character back.
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

/** The text's own line break: `\r\n` where every break is one, else `\n` (a lone `\r` is then a character). */
export function lineBreakOf(text: string): "\r\n" | "\n" {
  const breaks = text.match(/\r\n|\n/g) ?? [];
  return breaks.length > 0 && breaks.every((one) => one === "\r\n") ? "\r\n" : "\n";
}

/** What is there keeps its breaks; what is pasted takes on the text's own. */
export function keepsExactly(text: string): Extension {
  const separator = lineBreakOf(text);
  return [
    EditorState.lineSeparator.of(separator),
    EditorView.clipboardInputFilter.of((pasted) => pasted.replace(/\r\n|\r|\n/g, separator)),
  ];
}

export function textOf(state: EditorState): string {
  return state.sliceDoc();
}
