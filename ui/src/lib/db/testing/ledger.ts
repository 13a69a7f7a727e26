// The small engine of the memory mirror: how work changes a record, and how a cycle settles it with Airflow. Pure.
import type { Conflict, ConflictField, ConflictKind, Entry, RecordView } from "$lib/bindings";
import { same } from "../same";

export type Fields = Record<string, unknown>;

/** What a mirror knows of a record; also the `ledger` that it hands out and gets back in a rebuild. */
export interface Ledger {
  base: Fields | null;
  /** Null: deleted, or never there. */
  local: Fields | null;
  conflict: Conflict | null;
  rejected: string | null;
  /** The ids of the entries applied to it since it was last settled, each as often as it was applied. */
  applied: string[];
  /** How often Airflow changed it since it was seen first; missing until it did. */
  moves?: number;
  /** How many conflicts were found on it; missing before the first. */
  conflicts?: number;
}

export function freshLedger(): Ledger {
  return { base: null, local: null, conflict: null, rejected: null, applied: [] };
}

/** Neither here nor in Airflow, and nothing to tell of it. */
export function isNothing({ base, local, conflict, applied }: Ledger): boolean {
  return base === null && local === null && conflict === null && applied.length === 0;
}

/** Applies one entry of the log. */
export function applyEntry(ledger: Ledger, entry: Entry): void {
  ledger.applied.push(entry.id);
  ledger.rejected = null;
  if (entry.kind === "take_back") Object.assign(ledger, { local: ledger.base, conflict: null });
  else if (entry.kind === "delete") ledger.local = null;
  else if (entry.kind === "resolve") settle(ledger, entry);
  else edit(ledger, entry.fields);
}

function edit(ledger: Ledger, changes: Entry["fields"]): void {
  const local = { ...ledger.local };
  const clashes = Object.entries(changes).filter(
    ([name, { from, to }]) => !same(local[name], from) && !same(local[name], to),
  );
  if (clashes.length > 0) {
    const against = (name: string) => (same(local[name], ledger.base?.[name]) ? "airflow" : "local");
    const fields = clashes.map(([name, { from, to }]) => clash(name, from, to, local[name], against(name)));
    ledger.conflict = conflictOf(ledger, "fields", fields);
  }
  for (const [name, { to }] of Object.entries(changes)) {
    if (to === undefined) delete local[name];
    else local[name] = to;
  }
  ledger.local = local;
}

/** Brings in what a client still had pending when its mirror was lost. A second time it changes nothing. */
export function bringIn(ledger: Ledger, theirs: Ledger): void {
  if (theirs.local === null && theirs.base !== null) bringInDelete(ledger, theirs.base);
  else if (theirs.local !== null) bringInEdit(ledger, theirs.base ?? {}, theirs.local);
  ledger.conflict ??= theirs.conflict;
  ledger.rejected ??= theirs.rejected;
  ledger.applied.push(...theirs.applied.filter((id) => !ledger.applied.includes(id)));
}

function bringInDelete(ledger: Ledger, seen: Fields): void {
  if (ledger.local !== null && !same(ledger.local, seen))
    ledger.conflict = conflictOf(ledger, "edit_delete", []);
  ledger.local = null;
}

function bringInEdit(ledger: Ledger, base: Fields, local: Fields): void {
  const changed = Object.keys(local).filter((name) => !same(local[name], base[name]));
  if (changed.length === 0) return;
  const fields = changed.map((name) => [name, { from: base[name], to: local[name] }]);
  edit(ledger, Object.fromEntries(fields) as Entry["fields"]);
}

function settle(ledger: Ledger, entry: Entry): void {
  if (ledger.conflict && isAgainstOlder(ledger.conflict, entry)) {
    ledger.conflict = { ...ledger.conflict, decided: typedIn(entry) };
    return;
  }
  const put = Object.entries(entry.fields).map(([name, { to }]) => [name, to]);
  const against = ledger.conflict?.fields.filter((field) => field.against === "airflow") ?? [];
  ledger.base = {
    ...ledger.base,
    ...Object.fromEntries(against.map(({ name, airflow }) => [name, airflow])),
  };
  ledger.conflict = null;
  ledger.local = entry.deleted ? null : { ...ledger.local, ...(Object.fromEntries(put) as Fields) };
}

/** Airflow moved again before the decision arrived: it is kept, to be looked at once more. */
function isAgainstOlder(conflict: Conflict, { fields }: Entry): boolean {
  return conflict.fields.some(({ name, airflow }) => {
    const change = fields[name];
    return change !== undefined && !same(change.from, airflow);
  });
}

function typedIn({ fields }: Entry): Fields {
  const typed = Object.entries(fields).filter(([, change]) => "to" in change);
  return Object.fromEntries(typed.map(([name, { to }]) => [name, to]));
}

/** A conflict shows what Airflow has now. */
function moveOn(conflict: Conflict, remote: Fields | null): Conflict {
  const fields = conflict.fields.map((field) =>
    field.against === "airflow" ? { ...field, airflow: remote?.[field.name] } : field,
  );
  return { ...conflict, fields };
}

/** Whether Airflow holds by now what the analyst has: there is nothing to decide any more. */
function isAgreed({ fields }: Conflict): boolean {
  return (
    fields.length > 0 &&
    fields.every((field) => field.against === "airflow" && same(field.mine, field.airflow))
  );
}

/** Settles a record with what Airflow has; gives what Airflow has afterwards. */
export function reconcile(ledger: Ledger, remote: Fields | null): Fields | null {
  if (ledger.conflict) ledger.conflict = moveOn(ledger.conflict, remote);
  if (ledger.conflict && isAgreed(ledger.conflict)) ledger.conflict = null;
  if (ledger.conflict || ledger.rejected !== null) return remote;
  const { base, local } = ledger;
  const unmoved = same(remote, base);
  if (unmoved || same(local, remote)) return confirm(ledger, local);
  if (same(local, base)) {
    if (base !== null) ledger.moves = (ledger.moves ?? 0) + 1;
    return confirm(ledger, remote);
  }
  if (local === null || remote === null) {
    ledger.conflict = conflictOf(ledger, "edit_delete", []);
    return remote;
  }
  return mergeFields(ledger, base ?? {}, local, remote);
}

function mergeFields(ledger: Ledger, base: Fields, local: Fields, remote: Fields): Fields {
  const result: Fields = {};
  const clashes: ConflictField[] = [];
  for (const name of new Set([...Object.keys(local), ...Object.keys(remote)])) {
    result[name] = same(local[name], base[name]) ? remote[name] : local[name];
    const moved = !same(remote[name], base[name]) && !same(local[name], remote[name]);
    if (moved && !same(local[name], base[name])) {
      clashes.push(clash(name, base[name], local[name], remote[name], "airflow"));
    }
  }
  if (clashes.length === 0) return confirm(ledger, result) as Fields;
  Object.assign(ledger, { local: result, conflict: conflictOf(ledger, "fields", clashes) });
  return remote;
}

function confirm(ledger: Ledger, fields: Fields | null): Fields | null {
  Object.assign(ledger, { base: fields, local: fields });
  return fields;
}

function clash(
  name: string,
  base: unknown,
  mine: unknown,
  airflow: unknown,
  against: ConflictField["against"],
): ConflictField {
  return { name, base, mine, airflow, paths: [], against };
}

function conflictOf(ledger: Ledger, kind: ConflictKind, fields: ConflictField[]): Conflict {
  ledger.conflicts = (ledger.conflicts ?? 0) + 1;
  return {
    kind,
    fields,
    mine_deleted: false,
    airflow_deleted: false,
    found_at: new Date(Date.UTC(2026, 0, 1, 0, 0, ledger.conflicts)).toISOString(),
    decided: null,
    note: null,
  };
}

/** The record as the mirror shows it. */
export function viewOf(collection: string, key: string, ledger: Ledger): RecordView {
  const { base, local, conflict, rejected, moves } = ledger;
  const pending = same(base, local) ? "clean" : "pending";
  return {
    collection,
    key,
    fields: local ?? base ?? {},
    base,
    // A variable without a value is one that Airflow hides.
    sealed: base && !("value" in base) ? ["value"] : [],
    state: conflict ? "conflict" : rejected === null ? pending : "rejected",
    deleted: local === null && base !== null,
    ...(rejected === null ? {} : { note: rejected }),
    changed_at: moves === undefined ? null : new Date(Date.UTC(2026, 0, 1, 0, moves)).toISOString(),
    ...(moves === undefined ? {} : { changed_by: { source: "airflow", author: "grace" } as const }),
    conflict,
    ledger,
  };
}
