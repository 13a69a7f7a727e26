// The colours that tell environments apart.

/** What each is called. */
export const COLOURS = {
  "#0f766e": "Teal",
  "#1d5fb8": "Blue",
  "#6a3fb5": "Violet",
  "#b45309": "Amber",
  "#b42318": "Red",
  "#52636e": "Slate",
} as const;

/** The first colour that no environment has; the first of all where each is taken. */
export function freeColour(taken: readonly string[]): string {
  const used = new Set(taken.map((colour) => colour.toLowerCase()));
  const all = Object.keys(COLOURS);
  return all.find((colour) => !used.has(colour)) ?? (all[0] as string);
}
