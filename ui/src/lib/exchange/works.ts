// From the app's plan to work of the window's own: edits like any other, and one step that undoes all of them.
import type { ImportWork } from "$lib/bindings";
import type { NewStep, RecordWork } from "$lib/db/steps";

/**
 * The work on the record, as the window keeps it. A delete has seen what the author of the file saw: what was changed since
 * is a conflict.
 */
export function workOf({ kind, key, fields }: ImportWork): RecordWork {
  if (kind !== "delete") return { kind: "edit", key, fields };
  return {
    kind,
    key,
    seen: Object.fromEntries(Object.entries(fields).map(([name, { from }]) => [name, from])),
  };
}

/** What the record was before the work and is after it: of an edit, the fields that it changes. */
export function changedIn({ kind, key, fields, before }: ImportWork): NewStep["changed"][number] {
  if (kind === "delete") return { key, before, after: null };
  const names = Object.keys(fields);
  const after = Object.fromEntries(names.map((name) => [name, fields[name]?.to]));
  return { key, before: before && Object.fromEntries(names.map((name) => [name, before[name]])), after };
}
