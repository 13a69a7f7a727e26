// Undo and redo in a field: WebKitGTK has the commands, and no keys for them. The editor of values has its own.
import { pressed } from "./keymap";

export function undoTyping(event: KeyboardEvent): void {
  const { target } = event;
  const isField = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
  if (!isField || event.defaultPrevented) return;
  const command = commandOf(event);
  if (!command) return;
  event.preventDefault();
  // Deprecated, and the only way to what was typed: no other standard reaches a field's own history.
  document.execCommand(command);
}

function commandOf(event: KeyboardEvent): string | null {
  if (pressed(event, "redo")) return "redo";
  return pressed(event, "bringBack") ? "undo" : null;
}
