// Which of what waits to be sent has not been looked at, where that is asked for. The mirror tells how many these are.
import type { ActionView, RecordView } from "$lib/bindings";

export type Waiting = RecordView | ActionView;

/** Where nothing is reviewed. */
export const NONE: ReadonlySet<Waiting> = new Set();

/**
 * "Send" covers everything up to a moment, so what is left to review is the newest.
 *
 * @param count how many there were at `asOf` (RFC 3339); what came later is to be reviewed, too.
 */
export function toReview(
  records: RecordView[],
  actions: ActionView[],
  count: number,
  asOf: string,
): ReadonlySet<Waiting> {
  const waiting: { item: Waiting; at: string }[] = [
    ...records
      .filter(({ state }) => state === "pending")
      .map((item) => ({ item, at: item.changed_at ?? "" })),
    ...actions
      .filter(({ state }) => state === "queued" || state === "waiting")
      .map((item) => ({ item, at: item.queued_at })),
  ];
  const newestFirst = waiting.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
  const later = newestFirst.filter(({ at }) => at > asOf).length;
  return new Set(newestFirst.slice(0, later + count).map(({ item }) => item));
}
