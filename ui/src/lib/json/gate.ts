// Decides whether a Variable's text may be made pending: what is JSON stays JSON.
import { type JsonFault, jsonFault } from "./fault";

export interface Gate {
  /** What is wrong, where the text must be JSON and is not. */
  fault: JsonFault | null;
  /** The analyst may say that it is plain text (only where it was not JSON before). */
  mayKeepAsText: boolean;
  /** The text is treated as JSON: highlighted, and checked. */
  json: boolean;
  /** What keeps the text from being JSON, where Airflow holds it so: nobody here is to mend it. */
  held: JsonFault | null;
}

/** `shown` is the text from which the edit began; undefined for a new record. */
export function gate(shown: string | undefined, text: string, keepAsText: boolean): Gate {
  const wasJson = shown !== undefined && parsesAsContainer(shown);
  const isMeant = wasJson || (looksLikeJson(text) && !keepAsText);
  const fault = isMeant ? jsonFault(text) : null;
  const held = !wasJson && fault && shown !== undefined && isIn(shown, fault) ? fault : null;
  return { json: isMeant && !held, fault: held ? null : fault, mayKeepAsText: !wasJson, held };
}

/** Whether the same is wrong at the same place of that text. */
function isIn(shown: string, fault: JsonFault): boolean {
  const there = looksLikeJson(shown) ? jsonFault(shown) : null;
  return there !== null && there.message === fault.message && there.path === fault.path;
}

export function looksLikeJson(text: string): boolean {
  return /^\s*[{[]/.test(text);
}

/** Whether the text is a JSON object or array. */
export function parsesAsContainer(text: string): boolean {
  return parseContainer(text) !== undefined;
}

/** The object or array that the text is; undefined when it is anything else. */
export function parseContainer(text: string): object | undefined {
  if (!looksLikeJson(text)) return undefined;
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}
