// Every key of the window: what the handlers listen to is what the sheet of shortcuts tells.

/**
 * Keys of one command. `Mod` is Ctrl, and Cmd on a Mac; with it a letter is meant without Shift, unless `Shift` is named. A letter alone is one in
 * either case: the sheet prints it as it stands on the key, and Caps Lock may be on.
 */
interface Shortcut {
  keys: readonly string[];
  /** What the sheet says; commands of one kind are told in one line. */
  words: string;
  group: Group;
}

export type Group =
  | "Everywhere"
  | "In a list"
  | "In the grid"
  | "In a cell"
  | "In a data model"
  | "In an editor"
  | "In a conflict"
  | "On a panel's edge";

export const SHORTCUTS = {
  search: { keys: ["/", "Mod+f"], words: "Search this list", group: "Everywhere" },
  help: { keys: ["?"], words: "Show these keys", group: "Everywhere" },
  zoomIn: { keys: ["Mod++", "Mod+="], words: "Larger", group: "Everywhere" },
  zoomOut: { keys: ["Mod+-"], words: "Smaller", group: "Everywhere" },
  zoomReset: { keys: ["Mod+0"], words: "Usual size", group: "Everywhere" },
  close: { keys: ["Escape"], words: "Leave the field; close the panel", group: "Everywhere" },
  selectAll: { keys: ["Mod+a"], words: "Mark the whole text", group: "Everywhere" },
  up: { keys: ["ArrowUp"], words: "Move", group: "In a list" },
  down: { keys: ["ArrowDown"], words: "Move", group: "In a list" },
  pageUp: { keys: ["PageUp"], words: "Move by a page", group: "In a list" },
  pageDown: { keys: ["PageDown"], words: "Move by a page", group: "In a list" },
  first: { keys: ["Home"], words: "First, last", group: "In a list" },
  last: { keys: ["End"], words: "First, last", group: "In a list" },
  open: { keys: ["Enter"], words: "Open", group: "In a list" },
  tell: { keys: ["i"], words: "Show the whole text and the exact time", group: "In a list" },
  tick: { keys: [" "], words: "Select a conflict; with Shift and an arrow, several", group: "In a list" },
  tickAll: { keys: ["Mod+a"], words: "Select all conflicts that are listed", group: "In a list" },
  cellUp: { keys: ["ArrowUp"], words: "Move; with Shift, mark", group: "In the grid" },
  cellDown: { keys: ["ArrowDown"], words: "Move; with Shift, mark", group: "In the grid" },
  cellLeft: { keys: ["ArrowLeft"], words: "Move; with Shift, mark", group: "In the grid" },
  cellRight: { keys: ["ArrowRight"], words: "Move; with Shift, mark", group: "In the grid" },
  upPage: { keys: ["PageUp"], words: "Move by a page", group: "In the grid" },
  downPage: { keys: ["PageDown"], words: "Move by a page", group: "In the grid" },
  firstColumn: { keys: ["Home"], words: "First, last column", group: "In the grid" },
  lastColumn: { keys: ["End"], words: "First, last column", group: "In the grid" },
  firstCell: { keys: ["Mod+Home"], words: "First, last cell", group: "In the grid" },
  lastCell: { keys: ["Mod+End"], words: "First, last cell", group: "In the grid" },
  markAll: { keys: ["Mod+a"], words: "Mark all", group: "In the grid" },
  editCell: { keys: ["Enter", "F2"], words: "Edit the cell; typing replaces it", group: "In the grid" },
  openRecord: { keys: ["Mod+Enter"], words: "Open the record beside the grid", group: "In the grid" },
  cellHistory: { keys: ["Mod+Shift+h"], words: "Show the history of the cell", group: "In the grid" },
  copyCells: { keys: ["Mod+c"], words: "Copy, paste", group: "In the grid" },
  pasteCells: { keys: ["Mod+v"], words: "Copy, paste", group: "In the grid" },
  fillDown: { keys: ["Mod+d"], words: "Fill down", group: "In the grid" },
  clearCells: { keys: ["Delete", "Backspace"], words: "Empty what is marked", group: "In the grid" },
  addRow: { keys: ["Insert", "Mod+Shift+n"], words: "New record", group: "In the grid" },
  deleteRows: {
    keys: ["Mod+Delete", "Mod+Backspace"],
    words: "Delete the marked records",
    group: "In the grid",
  },
  findCells: { keys: ["Mod+h"], words: "Find and replace", group: "In the grid" },
  filterRows: { keys: ["Mod+Shift+l"], words: "Filter", group: "In the grid" },
  undoStep: { keys: ["Mod+z"], words: "Undo", group: "In the grid" },
  redoStep: { keys: ["Mod+Shift+z", "Mod+y"], words: "Redo", group: "In the grid" },
  tellCell: { keys: ["Mod+i"], words: "Show the whole text and what it was before", group: "In the grid" },
  commitDown: { keys: ["Enter"], words: "Save and go down; with Shift, up", group: "In a cell" },
  commitRight: { keys: ["Tab"], words: "Save and go right; with Shift, left", group: "In a cell" },
  breakLine: { keys: ["Alt+Enter"], words: "Another line", group: "In a cell" },
  fieldUp: { keys: ["Alt+ArrowUp"], words: "Move the field up, down", group: "In a data model" },
  fieldDown: { keys: ["Alt+ArrowDown"], words: "Move the field up, down", group: "In a data model" },
  keep: { keys: ["Mod+s", "Mod+Enter"], words: "Save", group: "In an editor" },
  bringBack: { keys: ["Mod+z"], words: "Undo; bring back what was discarded", group: "In an editor" },
  redo: { keys: ["Mod+Shift+z", "Mod+y"], words: "Redo", group: "In an editor" },
  next: { keys: ["j"], words: "Next, previous", group: "In a conflict" },
  previous: { keys: ["k"], words: "Next, previous", group: "In a conflict" },
  useMine: { keys: ["1"], words: "Use mine, Airflow's, the lines of both", group: "In a conflict" },
  useAirflow: { keys: ["2"], words: "Use mine, Airflow's, the lines of both", group: "In a conflict" },
  useBoth: { keys: ["3"], words: "Use mine, Airflow's, the lines of both", group: "In a conflict" },
  edit: { keys: ["e"], words: "Edit the result", group: "In a conflict" },
  undo: { keys: ["u"], words: "Undo", group: "In a conflict" },
  settle: { keys: ["Enter"], words: "Resolve", group: "In a conflict" },
  settleTyped: { keys: ["Mod+Enter"], words: "Resolve, while typing too", group: "In a conflict" },
  wider: { keys: ["ArrowLeft"], words: "Wider, narrower", group: "On a panel's edge" },
  narrower: { keys: ["ArrowRight"], words: "Wider, narrower", group: "On a panel's edge" },
} as const satisfies Record<string, Shortcut>;

export type ShortcutName = keyof typeof SHORTCUTS;

/**
 * Whether the key is for an input method, which writes Japanese or an accent with several: it is no command, and Enter takes
 * up what was composed. WebKit tells of that Enter when the composing is over, by its code alone.
 */
export function isComposing(event: KeyboardEvent): boolean {
  // Deprecated, and the only sign that there is.
  return event.isComposing || event.keyCode === 229;
}

/** Whether the event is one of the command's keys. */
export function pressed(event: KeyboardEvent, name: ShortcutName): boolean {
  return SHORTCUTS[name].keys.some((chord) => matches(event, chord));
}

/** The command of a place that the event is a key of. */
export function commandIn(group: Group, event: KeyboardEvent): ShortcutName | undefined {
  const names = Object.keys(SHORTCUTS) as ShortcutName[];
  return names.find((name) => SHORTCUTS[name].group === group && pressed(event, name));
}

/** The lines of the sheet of shortcuts, each with all the keys that it is about. */
export function sheetOf(group: Group): { words: string; keys: string[] }[] {
  const lines = new Map<string, string[]>();
  for (const one of Object.values(SHORTCUTS)) {
    if (one.group === group) lines.set(one.words, [...(lines.get(one.words) ?? []), ...one.keys]);
  }
  return [...lines].map(([words, keys]) => ({ words, keys }));
}

/** Whether what is typed goes into a field, where a plain letter is text. */
export function isTyping(event: KeyboardEvent): boolean {
  return (
    event.target instanceof HTMLElement &&
    event.target.closest("input, textarea, .cm-editor, [aria-haspopup=listbox], [role=combobox]") !== null
  );
}

/**
 * Whether a plain key is a command of the screen: the focus is on the page itself, its list, or the button of a choice.
 * Elsewhere (in a diff that only scrolls, on the button that resolves) it was most likely meant for a field nearby.
 */
export function isOnPage({ target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches("body, main, h1, h2, [role=listbox], [role=option]")) return true;
  return target.matches("[data-field] button") && target.closest("[role=group]") === null;
}

function matches(event: KeyboardEvent, chord: string): boolean {
  if (isComposing(event)) return false;
  const { withMod, withShift, withAlt, key } = partsOf(chord);
  // With Mod and Shift a letter or Enter is another command; a sign may need Shift to be typed.
  if (withMod && event.shiftKey !== withShift && /^\w+$/.test(event.key)) return false;
  const isHeld = withMod === (event.ctrlKey || event.metaKey) && withAlt === event.altKey;
  return isHeld && lettersSmall(event.key) === key;
}

interface Parts {
  withMod: boolean;
  withShift: boolean;
  withAlt: boolean;
  key: string;
}

function partsOf(chord: string): Parts {
  const [, mod, shift, alt, key] = /^(Mod\+)?(Shift\+)?(Alt\+)?(.+)$/.exec(chord) as RegExpExecArray;
  const isWith = (part: string | undefined) => part !== undefined;
  return { withMod: isWith(mod), withShift: isWith(shift), withAlt: isWith(alt), key: key as string };
}

/** A letter's key as a small one, whether Shift or Caps Lock was on or not; `Enter` as it is. */
function lettersSmall(key: string): string {
  return key.length === 1 ? key.toLowerCase() : key;
}

const NAMES: Record<string, string> = {
  ...{
    ArrowUp: "↑",
    ArrowDown: "↓",
    ArrowLeft: "←",
    ArrowRight: "→",
    PageUp: "Page Up",
    PageDown: "Page Down",
    Escape: "Esc",
    " ": "Space",
  },
};

/** A chord as it is printed on the keys: `Mod+f` is `Ctrl F`. */
export function printed(chord: string, isMac: boolean): string[] {
  const { withMod, withShift, withAlt, key } = partsOf(chord);
  const name = NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);
  const held = [withMod && (isMac ? "⌘" : "Ctrl"), withShift && "Shift", withAlt && (isMac ? "⌥" : "Alt")];
  return [...held.filter((one) => one !== false), name];
}

/** A chord as it is printed on this computer's keys. */
export const printedHere = (chord: string): string[] =>
  printed(chord, typeof navigator !== "undefined" && navigator.platform.startsWith("Mac"));
