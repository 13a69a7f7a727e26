// What is pasted keeps its line breaks where the text has none of another kind. Otherwise they become the text's own, which
// is told: nobody would see it.
import { type EditorState, type Extension, Text } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { type LineBreak, lineBreakOf, useBreak, withBreaks } from "./exact";

/** @param onconverted hears of breaks that were pasted and became those of the text. */
export function pasting(onconverted: (to: LineBreak) => void): Extension {
  const tell = (state: EditorState, pasted: string) => {
    if (!state.readOnly && isChanged(state, pasted)) onconverted(state.lineBreak as LineBreak);
  };
  return [
    EditorView.clipboardInputFilter.of((pasted, state) => withBreaks(pasted, state.lineBreak as LineBreak)),
    EditorView.domEventHandlers({
      paste(event, view) {
        const pasted = event.clipboardData?.getData("text/plain") ?? "";
        const isKept = !view.state.readOnly && isChanged(view.state, pasted) && keep(view, pasted);
        if (!isKept) tell(view.state, pasted);
        return isKept;
      },
      drop(event, view) {
        tell(view.state, event.dataTransfer?.getData("Text") ?? "");
      },
    }),
  ];
}

function isChanged({ lineBreak }: EditorState, pasted: string): boolean {
  return withBreaks(pasted, lineBreak as LineBreak) !== pasted;
}

/** Puts the text in as it is; false where what stays has breaks of its own kind. */
function keep(view: EditorView, pasted: string): boolean {
  const { state } = view;
  const lineBreak = breakFor(state, pasted);
  if (lineBreak === null) return false;
  const text = Text.of(pasted.split(lineBreak));
  const effects = lineBreak === state.lineBreak ? [] : useBreak(lineBreak);
  view.dispatch(state.replaceSelection(text), { effects, userEvent: "input.paste", scrollIntoView: true });
  return true;
}

/** The line break of the text once that is in it as it is; null where there is none. */
function breakFor(state: EditorState, pasted: string): LineBreak | null {
  const changes = state.selection.ranges.map(({ from, to }) => ({ from, to }));
  const rest = state.changes(changes).apply(state.doc);
  const hasReturns = rest.toString().includes("\r");
  if (rest.lines === 1 && !hasReturns) return lineBreakOf(pasted);
  // A text whose breaks are mixed already holds any.
  return hasReturns && state.lineBreak === "\n" ? "\n" : null;
}
