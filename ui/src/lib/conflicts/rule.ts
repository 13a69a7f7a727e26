// One rule for several conflicts: a side, for all fields or for one. What it comes to for each, and which it cannot settle.
import type { Change, Conflict, ConflictField, RecordView } from "$lib/bindings";
import { wordFor } from "$lib/collections/models";
import { type Decision as Together, editOf } from "$lib/db/together";
import { same } from "$lib/db/same";
import { sensitivePaths } from "$lib/sensitive";
import type { Side } from "./parts";
import { refusalOf } from "./refusal";
import { type Choices, decide, isSealedThere, mineShown, resultOf, sideOf } from "./resolution";

export interface Rule {
  side: Side;
  /** Null: all that clash. */
  field: string | null;
}

/** A record that is in conflict, and its conflict. */
export interface InConflict {
  record: RecordView;
  conflict: Conflict;
}

/** Why no rule settles it: it needs a look of its own. Null where a rule may. */
export function whyByHand({ record, conflict }: InConflict): string | null {
  const { kind, mine_deleted, decided, fields } = conflict;
  if (kind === "edit_delete") return mine_deleted ? "You deleted it here." : "It was deleted in Airflow.";
  if (kind === "invalid" || fields.length === 0)
    return "The merged result breaks a rule, and needs your own text.";
  if (fields.some((field) => isSecret(record, field))) return "It holds a secret, which cannot be compared.";
  if (fields.some(({ against }) => against === "local")) return "Both edits were made on this computer.";
  return decided ? "Airflow changed again after you had decided it." : null;
}

function isSecret(record: RecordView, field: ConflictField): boolean {
  if (isSealedThere(record, field) || record.sealed.includes(field.name)) return true;
  if (record.collection !== "variables" || field.name !== "value") return false;
  const results = (["mine", "airflow"] as const).map((side) => sideOf(field, side));
  return results.some((text) => typeof text !== "string" || sensitivePaths(record.key, text).length > 0);
}

/** The choices with the rule's; null where it is about none of the conflict's fields. */
export function chosenBy({ side, field }: Rule, { fields }: Conflict, choices: Choices): Choices | null {
  const names = fields.map(({ name }) => name).filter((name) => field === null || name === field);
  if (names.length === 0) return null;
  return { ...choices, ...Object.fromEntries(names.map((name) => [name, { side }])) };
}

/** What the choices come to: ready to be kept, or why not. */
export function outcomeOf(
  { record, conflict }: InConflict,
  choices: Choices,
  reason: string,
): Together | string {
  const open = conflict.fields.filter(({ name }) => !choices[name]);
  if (open.length > 0)
    return `${open.map(({ name }) => wordFor(record.collection, name)).join(" and ")}: not decided.`;
  const refused = conflict.fields.map((field) => refusalOf(record, field, choices[field.name]));
  const [first] = refused.flatMap((problem) => problem ?? []);
  if (first) return first.what;
  const decision = decide(record, conflict, choices);
  if (!decision || decision.deleted) return "It needs a look of its own.";
  const { collection, key } = record;
  const why = reason.trim() || undefined;
  return {
    work: { collection, key, fields: decision.fields, mine: mineShown(conflict), reason: why },
    undo: undoOf({ record, conflict }, choices),
  };
}

function undoOf({ record, conflict }: InConflict, choices: Choices): Together["undo"] {
  const { collection, sealed } = record;
  const clashes = conflict.fields.map(({ name, base, mine }) => [name, changeOf(base, mine)] as const);
  const edit = editOf(record, Object.fromEntries(clashes));
  const others = Object.keys(edit).filter((name) => conflict.fields.every((field) => field.name !== name));
  const results = conflict.fields.map((field) => {
    const choice = choices[field.name];
    return { field, result: choice && resultOf(collection, field, choice) };
  });
  return {
    edit,
    result: Object.fromEntries(results.map(({ field, result }) => [field.name, result ?? null])),
    sends:
      others.length > 0 || results.some(({ field, result }) => !same(result ?? null, field.airflow ?? null)),
    fixed: whyFixed(conflict, sealed),
  };
}

function changeOf(from: unknown, to: unknown): Change {
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

/** Fields that change together clash although only one side changed each: made once more, the edit would meet nothing. */
function whyFixed({ fields }: Conflict, sealed: readonly string[]): string | null {
  if (sealed.length > 0) return "It holds a secret: what waits of it would be taken back, too.";
  const isOneSided = ({ base, mine, airflow }: ConflictField) =>
    same(base ?? null, mine ?? null) || same(base ?? null, airflow ?? null);
  return fields.some(isOneSided) ? "Its fields change together: look at it in its collection." : null;
}
