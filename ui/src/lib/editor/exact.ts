// Keeps text exactly as it is in CodeMirror. By itself it would split lines at any of \r\n, \r and \n and join them
// by \n; told which separator a text uses, it gives every character back.
import { invertedEffects } from "@codemirror/commands";
import { Compartment, EditorState, type Extension, StateEffect } from "@codemirror/state";

export type LineBreak = "\r\n" | "\n";

/** The text's own line break: `\r\n` where every break is one, else `\n` (a lone `\r` is then a character). */
export function lineBreakOf(text: string): LineBreak {
  const breaks = text.match(/\r\n|\n/g) ?? [];
  return breaks.length > 0 && breaks.every((one) => one === "\r\n") ? "\r\n" : "\n";
}

/** How a text's lines end, where it is not by `\n` alone. */
export function unusualEndsOf(text: string): "CRLF" | "mixed" | null {
  if (!text.includes("\r")) return null;
  return lineBreakOf(text) === "\r\n" && !/\r(?!\n)/.test(text) ? "CRLF" : "mixed";
}

/** The text with each of its breaks as that one. */
export function withBreaks(text: string, lineBreak: LineBreak): string {
  return text.replace(/\r\n|\r|\n/g, lineBreak);
}

const separator = new Compartment();
const changed = StateEffect.define();

/** Effects of the change that makes another text of it, whose breaks are these; undoing it brings the old ones back. */
export function useBreak(lineBreak: LineBreak): StateEffect<unknown>[] {
  return [changed.of(null), separator.reconfigure(EditorState.lineSeparator.of(lineBreak))];
}

/** What is there keeps its breaks. */
export function keepsExactly(text: string): Extension {
  return [
    separator.of(EditorState.lineSeparator.of(lineBreakOf(text))),
    invertedEffects.of(({ effects, startState }) =>
      effects.some((effect) => effect.is(changed)) ? useBreak(startState.lineBreak as LineBreak) : [],
    ),
  ];
}

export function textOf(state: EditorState): string {
  return state.sliceDoc();
}
