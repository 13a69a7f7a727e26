// Ctrl+A marks a text that was made to be copied, where the caret is in one, and else nothing: a browser would mark the
// whole window. Fields and editors have their own.
import { isTyping, pressed } from "./keymap";

export function selectAll(event: KeyboardEvent): void {
  if (event.shiftKey || !pressed(event, "selectAll") || event.defaultPrevented || isTyping(event)) return;
  event.preventDefault();
  const selection = document.getSelection();
  const text = selectable(event.target) ?? selectable(selection?.anchorNode ?? null);
  if (text) selection?.selectAllChildren(text);
}

function selectable(at: EventTarget | null): Element | null {
  const element = at instanceof Element ? at : at instanceof Node ? at.parentElement : null;
  return element?.closest(".selectable") ?? null;
}
