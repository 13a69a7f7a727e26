// CodeMirror as Leeward uses it: our colours, exact text, JSON where the text is JSON.
import { defaultKeymap, history, historyKeymap, isolateHistory } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, linter, lintGutter } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightSpecialChars,
  highlightTrailingWhitespace,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { jsonFault } from "$lib/json/fault";
import { changesTo } from "./changes";
import { keepsExactly, type LineBreak, textOf } from "./exact";
import { pasting } from "./paste";

const theme = EditorView.theme({
  "&": { backgroundColor: "var(--panel)", color: "var(--ink)", fontSize: "12px", height: "100%" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "18px" },
  ".cm-content": { padding: "8px 0", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0 10px 0 6px" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--ink-3)", border: "0" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 6px 0 8px", minWidth: "28px" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--accent) 5%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 24%, transparent)",
  },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": {
    backgroundColor: "transparent",
    outline: "1px solid var(--line-strong)",
  },
  ".cm-trailingSpace": { backgroundColor: "var(--pending-pale)" },
  ".cm-specialChar": { color: "var(--conflict)" },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--conflict-mark)",
    textUnderlineOffset: "3px",
  },
  ".cm-gutter-lint": { width: "10px" },
  ".cm-lint-marker": { width: "8px", height: "8px", marginTop: "5px" },
  ".cm-lint-marker-error": {
    content: "none",
    borderRadius: "50%",
    backgroundColor: "var(--conflict-mark)",
  },
  ".cm-tooltip": {
    border: "1px solid var(--line-strong)",
    borderRadius: "5px",
    backgroundColor: "var(--panel)",
    color: "var(--ink)",
    fontFamily: "var(--sans)",
  },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--conflict-mark)" },
  ".cm-panels": { backgroundColor: "var(--sunken)", color: "var(--ink)" },
});

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--accent-ink)" },
  { tag: tags.string, color: "var(--ink)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--held)" },
  { tag: [tags.separator, tags.punctuation, tags.brace, tags.squareBracket], color: "var(--ink-3)" },
]);

const jsonLint = linter(({ state }): Diagnostic[] => {
  const text = textOf(state);
  const fault = text.trim() === "" ? null : jsonFault(text);
  if (!fault) return [];
  const line = state.doc.line(Math.min(fault.line, state.doc.lines));
  const from = Math.min(line.from + fault.column - 1, line.to);
  return [{ from, to: Math.min(from + 1, state.doc.length), severity: "error", message: fault.message }];
});

/** Keys that are commands of the screens: here they would type as well (Ctrl+Enter a blank line). */
const COMMANDS = new Set(["Mod-Enter", "Mod-s", "Mod-k"]);

/** Tab is not among them: it moves on, as everywhere else in the window. */
const KEYS = [...defaultKeymap, ...historyKeymap, ...searchKeymap].filter(
  ({ key }) => key === undefined || !COMMANDS.has(key),
);

export interface Options {
  text: string;
  json: boolean;
  readonly: boolean;
  label: string;
  /** `isUndone`: by an undo or a redo, and not typed. */
  onchange: (text: string, isUndone: boolean) => void;
  /** The line breaks that were pasted became those of the text; null: that was undone. */
  onconverted?: (to: LineBreak | null) => void;
}

export interface Handle {
  view: EditorView;
  setJson(json: boolean): void;
  /** Takes no typing while it is locked; the focus and the caret stay. */
  setLocked(locked: boolean): void;
  /** Makes another text of it; the caret stays beside what it was at. A separator of another kind needs a new editor. */
  setText(text: string): void;
}

/** Puts the focus into the editor inside of `host`; the caret stays where it was. */
export function focusEditor(host: HTMLElement | null): void {
  if (host) EditorView.findFromDOM(host)?.focus();
}

function jsonExtensions(on: boolean): Extension {
  return on ? [json(), jsonLint, lintGutter()] : [];
}

export function openEditor(parent: HTMLElement, options: Options): Handle {
  const language = new Compartment();
  const lock = new Compartment();
  const state = EditorState.create({
    doc: options.text,
    extensions: [
      keepsExactly(options.text),
      pasting((to) => options.onconverted?.(to)),
      history(),
      drawSelection(),
      lineNumbers(),
      highlightActiveLine(),
      highlightSpecialChars(),
      highlightTrailingWhitespace(),
      highlightSelectionMatches(),
      bracketMatching(),
      EditorView.lineWrapping,
      keymap.of(KEYS),
      language.of(jsonExtensions(options.json)),
      syntaxHighlighting(colours),
      theme,
      lock.of(EditorState.readOnly.of(options.readonly)),
      EditorView.editable.of(!options.readonly),
      // In the order of Tab also where it only shows a text: whoever has no pointer can scroll it.
      EditorView.contentAttributes.of({ "aria-label": options.label, tabindex: "0" }),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        const isBy = (event: string) => update.transactions.some((one) => one.isUserEvent(event));
        if (isBy("undo")) options.onconverted?.(null);
        options.onchange(textOf(update.state), isBy("undo") || isBy("redo"));
      }),
    ],
  });
  const view = new EditorView({ state, parent });
  return {
    view,
    setJson: (on) => view.dispatch({ effects: language.reconfigure(jsonExtensions(on)) }),
    setLocked: (locked) => {
      const readOnly = EditorState.readOnly.of(options.readonly || locked);
      view.dispatch({ effects: lock.reconfigure(readOnly) });
    },
    setText: (text) => {
      if (text === textOf(view.state)) return;
      // A step of its own: an undo goes back to what was typed before it, however short before.
      const annotations = isolateHistory.of("full");
      view.dispatch({ changes: changesTo(view.state.doc, view.state.toText(text)), annotations });
    },
  };
}
