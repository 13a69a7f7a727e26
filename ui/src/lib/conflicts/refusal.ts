// Why a result that was typed for a conflict cannot be kept.
import type { ConflictField, Problem, RecordView } from "$lib/bindings";
import { gate } from "$lib/json/gate";
import { sensitivePaths } from "$lib/sensitive";
import { brokenJson, sensitiveProblem } from "$lib/variables/refusals";
import { type Choice, typedMeaning } from "./resolution";

/** Null where the field's choice is a side, or a text that means something. */
export function refusalOf(
  { collection, key }: Pick<RecordView, "collection" | "key">,
  field: ConflictField,
  choice: Choice | undefined,
): Problem | null {
  if (choice?.side !== "edited") return null;
  if (collection !== "variables") return refusalByModel(collection, field, choice.text);
  return field.name === "value" ? refusalOfValue(key, field, choice.text) : null;
}

function refusalByModel(collection: string, field: ConflictField, text: string): Problem | null {
  const meaning = typedMeaning(collection, field, text);
  return "problem" in meaning ? meaning.problem : null;
}

function refusalOfValue(key: string, field: ConflictField, text: string): Problem | null {
  const shown = [field.airflow, field.mine].find((side): side is string => typeof side === "string");
  const { fault } = gate(shown, text, true);
  if (fault) return brokenJson(fault, false);
  const paths = sensitivePaths(key, text);
  if (paths.length === 0) return null;
  return sensitiveProblem(key, text, paths, "Take it out here; a secret is saved on Variables.");
}
