// Why an edit of a variable cannot be made pending, in the analyst's words.
import type { Problem } from "$lib/bindings";
import { pathInWords } from "$lib/diff/paths";
import type { JsonFault } from "$lib/json/fault";
import { holdsMask, isSensitiveName, MASK } from "$lib/sensitive";
import { badInput } from "$lib/words/problem";

export function brokenJson(fault: JsonFault, mayKeepAsText: boolean): Problem {
  const path = fault.path === "" ? "" : ` In ${pathInWords(fault.path)}.`;
  return badInput(
    `Line ${fault.line}, column ${fault.column}: ${lowerFirst(fault.message)}.${path}`,
    mayKeepAsText
      ? "This looks like JSON, and broken JSON would stop the DAGs that read it."
      : "This value is JSON. Broken JSON would stop the DAGs that read it, so it cannot be saved.",
    mayKeepAsText
      ? "Correct it, then save. If it is not meant to be JSON, save it as plain text."
      : "Correct it, then save.",
  );
}

/** `next` is what can be done about it where it was typed. */
export function sensitiveProblem(key: string, text: string, paths: string[], next: string): Problem {
  return badInput(
    sensitiveWhat(key, text, paths),
    "Airflow hides such values, so Leeward never stores them in the clear and keeps no history of them.",
    next,
  );
}

/** What broken JSON holds can be saved as a secret only once it is JSON again. */
export function asSecret(fault: JsonFault | null): string {
  if (!fault) return "Use “Save as a secret…”: your text goes along.";
  const { line, column, message } = fault;
  return `Line ${line}, column ${column}: ${lowerFirst(message)}. Fix that, then save it as a secret.`;
}

function sensitiveWhat(key: string, text: string, paths: string[]): string {
  if (paths[0] !== "") return `It holds something secret at ${paths.map(pathInWords).join(", ")}.`;
  if (isSensitiveName(key)) return `Airflow treats names like ${key} as secret.`;
  if (!holdsMask(text)) return "It holds something secret.";
  return `${MASK} is what Airflow shows in place of a secret; written back it would destroy the secret.`;
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
