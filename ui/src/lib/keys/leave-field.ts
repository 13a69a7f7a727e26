// Escape leaves a field, on every screen: what is typed stays, and the part of the screen around it has the focus, where
// single keys are commands again. What has an Escape of its own (a cell, a search with words in it) is served first.
import { pressed } from "./keymap";

const FIELD = "input:not([type=checkbox], [type=radio]), textarea, .cm-editor";
/** What closes by Escape as a whole, or has something open that does. */
const OWN = "[role=dialog], [role=alertdialog], dialog, [aria-expanded=true]";

/** Whether the event is in a field that text is typed in. */
export function isInField({ target }: Event): boolean {
  return target instanceof Element && target.closest(FIELD) !== null;
}

export function leaveField(event: KeyboardEvent): void {
  if (!pressed(event, "close") || event.defaultPrevented || !isInField(event)) return;
  const field = event.target as HTMLElement;
  if (field.closest(OWN)) return;
  const home = field.closest<HTMLElement>("[data-focus-home]");
  if (home) home.focus({ preventScroll: true });
  else field.blur();
}
