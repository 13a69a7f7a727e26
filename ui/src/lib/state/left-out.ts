// What was pasted into a grid and fits nowhere in it. Nothing else holds it, so it stays until the analyst lets it go.

/** A pasted row of which no record could be made, or a text that no cell takes. */
export interface LeftOut {
  /** Of the record that it was meant for, as it was pasted; empty where it was meant for none. */
  key: string;
  /** The column's word; null where it is about the row. */
  word: string | null;
  /** What was pasted: of a row its cells, as a spreadsheet takes them. */
  text: string;
  why: string;
  isRow: boolean;
  /** It holds something secret: in this page's memory and nowhere else. */
  isSecret: boolean;
}

/** Adds what was left out; what is there already is there once, with the newer reason. */
export function withMore(before: readonly LeftOut[], more: readonly LeftOut[]): readonly LeftOut[] {
  const nameOf = ({ key, word, text }: LeftOut) => JSON.stringify([key, word, text]);
  const newer = new Set(more.map(nameOf));
  return [...before.filter((one) => !newer.has(nameOf(one))), ...more];
}
