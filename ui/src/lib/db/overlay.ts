// A record as the analyst sees it: the pulled row with the work on top that the row does not include yet. Pure.
import type { Entry, RecordState, RecordView } from "$lib/bindings";
import { same } from "./same";

type Fields = Record<string, unknown>;

/** What a list of entries comes to. */
interface Work {
  /** Taken back, or settled: what the row says is pending or in conflict no longer counts. */
  cleared: "no" | "taken_back" | "resolved";
  /** The changed fields; one that was removed is listed in `removed`. */
  fields: Fields;
  removed: string[];
  deleted: boolean;
  reason: string | null;
  at: string;
}

const NOTHING: Work = { cleared: "no", fields: {}, removed: [], deleted: false, reason: null, at: "" };

/** The record with `entries` on top; undefined when there is no such record (any more). */
export function overlaid(row: RecordView | undefined, entries: Entry[]): RecordView | undefined {
  const last = entries.at(-1);
  if (!last) return row;
  const work = entries.reduce(add, NOTHING);
  const base = row?.base ?? null;
  const fields = fieldsOf(row, work);
  if (isGone(row, work)) return undefined;
  return {
    collection: last.collection,
    key: last.key,
    fields,
    base,
    sealed: row?.sealed ?? [],
    deleted: work.deleted,
    changed_at: work.at,
    ledger: row?.ledger ?? null,
    ...standing(row, work, !work.deleted && base !== null && same(fields, base)),
  };
}

function add(work: Work, entry: Entry): Work {
  const { kind, at } = entry;
  const reason = entry.reason ?? work.reason;
  switch (kind) {
    case "edit":
      return { ...work, ...changed(work, entry), deleted: false, reason, at };
    case "resolve":
      return { ...work, ...changed(work, entry), cleared: "resolved", deleted: entry.deleted, reason, at };
    case "delete":
      return { ...work, fields: {}, removed: [], deleted: true, reason, at };
    case "take_back":
      return { ...NOTHING, cleared: "taken_back", at };
    case "act":
    case "release":
      return work;
  }
}

function changed(work: Work, entry: Entry): Pick<Work, "fields" | "removed"> {
  const changes = Object.entries(entry.fields);
  const put = changes.filter(([, change]) => "to" in change).map(([name, { to }]) => [name, to] as const);
  const cut = changes.filter(([, change]) => !("to" in change)).map(([name]) => name);
  const fields = { ...work.fields, ...Object.fromEntries(put) };
  const removed = [...work.removed, ...cut].filter((name) => !put.some(([kept]) => kept === name));
  return { fields: without(fields, cut), removed };
}

function fieldsOf(row: RecordView | undefined, work: Work): Fields {
  const under = work.cleared === "taken_back" ? row?.base : (row?.fields ?? row?.base);
  return { ...without(under ?? {}, work.removed), ...work.fields };
}

function without(fields: Fields, names: string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

/** Nothing is left to show: a creation that was taken back, or deleted before the mirror knew of it. */
function isGone(row: RecordView | undefined, work: Work): boolean {
  if (row?.state === "in_doubt" || row?.base) return false;
  if (work.deleted) return row === undefined;
  return work.cleared === "taken_back" && Object.keys(work.fields).length === 0;
}

type Standing = Pick<RecordView, "state" | "conflict" | "note" | "reason">;

/** Only the engine ends a doubt; only a person's decision ends a conflict. */
function standing(row: RecordView | undefined, work: Work, converged: boolean): Standing {
  const stays = row?.state === "in_doubt" || (row?.state === "conflict" && work.cleared === "no");
  const state: RecordState = stays ? row.state : converged ? "clean" : "pending";
  const reason = work.reason ?? (work.cleared === "no" ? row?.reason : undefined);
  return {
    state,
    conflict: state === "conflict" ? (row?.conflict ?? null) : null,
    ...(stays && row.note !== undefined ? { note: row.note } : {}),
    ...(state !== "clean" && reason !== undefined ? { reason } : {}),
  };
}
