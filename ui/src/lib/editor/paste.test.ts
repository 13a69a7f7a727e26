// @vitest-environment happy-dom
// What is pasted into the editor, with the event that a browser sends.
import { redo, undo } from "@codemirror/commands";
import type { EditorView } from "@codemirror/view";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Handle, openEditor } from "./setup";

let handle: Handle | undefined;
afterEach(() => handle?.view.destroy());

/** An editor with that text, all of which is selected; without, the caret is at its end. */
function opened(text: string, isSelected = false) {
  const onchange = vi.fn();
  const onconverted = vi.fn();
  const options = { text, json: false, readonly: false, label: "Value", onchange, onconverted };
  const { view } = (handle = openEditor(document.body, options));
  const head = view.state.doc.length;
  view.dispatch({ selection: { anchor: isSelected ? 0 : head, head } });
  return { view, onchange, onconverted, now: () => view.state.sliceDoc() };
}

function paste(view: EditorView, text: string): void {
  const clipboardData = { getData: (kind: string) => (kind === "text/plain" ? text : "") };
  const event = new Event("paste", { bubbles: true, cancelable: true });
  view.contentDOM.dispatchEvent(Object.assign(event, { clipboardData }));
}

const TEXTS = ["a\r\nb\r\n", "a\nb", "a\r\nb\nc\rd", "a\rb"];

describe("a text that is pasted", () => {
  it.each(TEXTS)("stays %j where there is none", (text) => {
    const { view, onchange, onconverted, now } = opened("");
    paste(view, text);
    expect(now()).toBe(text);
    expect(onchange).toHaveBeenLastCalledWith(text, false);
    expect(onconverted).not.toHaveBeenCalled();
  });

  it.each(TEXTS)("stays %j in the place of all of another", (text) => {
    for (const before of ["one line", "x\r\ny", "x\ny", "x\r\ny\nz"]) {
      const { view, now } = opened(before, true);
      paste(view, text);
      expect(now()).toBe(text);
      undo(view);
      expect(now()).toBe(before);
      view.destroy();
    }
  });

  it.each(TEXTS)("stays %j within one line, and beside breaks of every kind", (text) => {
    for (const before of ["one line", "x\r\ny\nz\r"]) {
      const { view, now } = opened(before);
      view.dispatch({ selection: { anchor: 1 } });
      paste(view, text);
      expect(now()).toBe(before.slice(0, 1) + text + before.slice(1));
      view.destroy();
    }
  });

  it("takes on the breaks of a text that has them, which is told until it is undone", () => {
    const { view, onconverted, now } = opened("x\ny");
    paste(view, "a\r\nb");
    expect(now()).toBe("x\nya\nb");
    expect(onconverted).toHaveBeenLastCalledWith("\n");
    undo(view);
    expect(now()).toBe("x\ny");
    expect(onconverted).toHaveBeenLastCalledWith(null);
    view.destroy();
    const other = opened("x\r\ny");
    paste(other.view, "a\nb");
    expect(other.now()).toBe("x\r\nya\r\nb");
    expect(other.onconverted).toHaveBeenLastCalledWith("\r\n");
  });

  it("tells nothing of a text that has the same breaks, or none", () => {
    const { view, onconverted } = opened("x\r\ny");
    paste(view, "a\r\nb");
    paste(view, "c");
    expect(onconverted).not.toHaveBeenCalled();
  });

  it("goes on in the breaks that it brought, and has them again after undo and redo", () => {
    const { view, now } = opened("");
    paste(view, "a\r\nb");
    view.dispatch(view.state.replaceSelection(`${view.state.lineBreak}c`));
    expect(now()).toBe("a\r\nb\r\nc");
    while (undo(view));
    expect(now()).toBe("");
    while (redo(view));
    expect(now()).toBe("a\r\nb\r\nc");
  });
});
