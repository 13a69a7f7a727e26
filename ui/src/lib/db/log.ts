// The numbered log of work: what is appended, what is still unsent, what is left of it.
import type { Action, Change, Entry, EntryKind, TailEntry } from "$lib/bindings";
import type { WindowDb } from "./schema";

/** Work as the analyst did it, before it has its place in the log. */
export interface Draft {
  id: string;
  kind: EntryKind;
  /** Empty for an action's work. */
  collection: string;
  /** The record's key, or the action's id. */
  key: string;
  fields?: Record<string, Change>;
  /** Nothing was known of this key: see `Entry.creates`. */
  creates?: boolean;
  mine?: Record<string, unknown> | undefined;
  deleted?: boolean;
  action?: Action;
  reason?: string | undefined;
  at: string;
}

/** The entry at a place in the log. Plain data: a screen's reactive proxies cannot be stored as they are. */
export function entryOf(draft: Draft, seq: number): Entry {
  const { fields = {}, deleted = false, action = null, reason = null, ...rest } = draft;
  return JSON.parse(JSON.stringify({ ...rest, seq, fields, deleted, action, reason })) as Entry;
}

/** At most `limit` entries that the mirror has not acknowledged, oldest first. */
export async function entriesAfter(db: WindowDb, acked: number, limit: number): Promise<Entry[]> {
  return db.log.where("seq").above(acked).limit(limit).toArray();
}

/** Every entry's place and id, oldest first. */
export async function tailOf(db: WindowDb): Promise<TailEntry[]> {
  const entries = await db.log.orderBy("seq").toArray();
  return entries.map(({ seq, id }) => ({ seq, id }));
}

/** The name under which a record's or an action's work is grouped. */
export function subject({ collection, key }: { collection: string; key: string }): string {
  return JSON.stringify([collection, key]);
}

/** Entries by what they are about, each list in the order given. */
export function bySubject<T extends { collection: string; key: string }>(
  entries: readonly T[],
): Map<string, [T, ...T[]]> {
  const groups = new Map<string, [T, ...T[]]>();
  for (const entry of entries) {
    const group = groups.get(subject(entry));
    if (group) group.push(entry);
    else groups.set(subject(entry), [entry]);
  }
  return groups;
}
