/** Rows of a list that are ticked, beside the one that is shown. */
export interface Ticks {
  ids: ReadonlySet<string>;
  /** A click on any part of a row ticks it; else one on an element with `data-tick` does. */
  byRow: boolean;
  set: (ids: string[], isOn: boolean) => void;
}
