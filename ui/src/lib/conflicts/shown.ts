// What the screen of conflicts shows, while syncs end conflicts and find others: it changes when the analyst goes on, never
// under their hands. The keys that were typed for one that ended would be commands to the next.

export interface Shownable {
  id: string;
  /** When it was found, where another of the same id can come after it. */
  since?: string | undefined;
}

export interface Shown<T> {
  item: T;
  /** It is not to be settled any more; what is said and typed of it stays until the analyst goes on. */
  isOver: boolean;
  /** Where it is, or was, among those that can be gone through. */
  place: number;
  /** Counts what was shown, so that a later conflict of the same record is another one. */
  turn: number;
}

/** The one that the analyst went to, among those that are listed. */
export function goneTo<T extends Shownable>(
  before: Shown<T> | undefined,
  item: T | undefined,
  listed: readonly T[],
): Shown<T> | undefined {
  if (!item) return undefined;
  const isSame =
    before !== undefined && !before.isOver && before.item.id === item.id && before.item.since === item.since;
  const turn = (before?.turn ?? 0) + (isSame ? 0 : 1);
  return { item, isOver: false, place: listed.indexOf(item), turn };
}

/** The same one after a sync: as it is now, or as it was when it ended. */
export function staysAt<T extends Shownable>(
  before: Shown<T>,
  all: readonly T[],
  listed: readonly T[],
): Shown<T> {
  if (before.isOver) return before;
  const item = all.find(({ id, since }) => id === before.item.id && since === before.item.since);
  if (!item) return { ...before, isOver: true };
  const place = listed.findIndex(({ id }) => id === item.id);
  return { ...before, item, place: place < 0 ? before.place : place };
}

/** The next one or the one before; undefined where there is none. What took the place of one that ended is the next. */
export function stepFrom<T>({ isOver, place }: Shown<T>, step: 1 | -1, listed: readonly T[]): T | undefined {
  if (!isOver || step < 0) return listed[place + step];
  return listed[Math.min(place, listed.length - 1)];
}
