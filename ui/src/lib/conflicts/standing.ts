// How a conflict on the screen stands: what came since it was shown, and why it cannot be resolved yet.
import type { Conflict, ConflictField } from "$lib/bindings";
import type { Choices } from "./resolution";

/** RFC 3339. */
export function timeNow(): string {
  return new Date().toISOString();
}

export interface News {
  name: string;
  before: unknown;
  after: unknown;
}

/** The other side's values that are new since the conflict was shown. */
export function newsOf(shown: Conflict, now: Conflict): News[] {
  return now.fields.flatMap(({ name, airflow: after }) => {
    const before = shown.fields.find((field) => field.name === name)?.airflow;
    return before === after ? [] : [{ name, before, after }];
  });
}

interface Standing {
  moved: boolean;
  fields: ConflictField[];
  choices: Choices;
  refused: boolean;
}

/** Why there is nothing to resolve yet; null when there is. */
export function reasonToWait({ moved, fields, choices, refused }: Standing): string | null {
  if (moved) return "It changed once more: compare with the new value first.";
  const open = fields.filter(({ name }) => !choices[name]).map(({ name }) => name);
  if (open.length > 0) return `Use a side or edit the result first (${open.join(", ")}).`;
  return refused ? "Fix the result first." : null;
}
