// The same rule as the model crate's `sensitive` (Airflow's secrets masker, 3.3.2): refused here first, so that a
// secret typed into an ordinary edit is never stored, not even in IndexedDB.
import { SENSITIVE_WORDS } from "$lib/bindings";

/** What Airflow writes in place of a secret. */
export const MASK = "***";

/** What Airflow writes in place of a value that it failed to look through for secrets. */
const REDACTION_FAILED = "<redaction-failed>";

/**
 * Whether the text may hold a mask: Airflow replaces each secret that its process has met, wherever it stands. Texts with
 * three asterisks of their own count, too: nobody can tell the two apart.
 */
export function holdsMask(text: string): boolean {
  const plain = text.replace(/\\u00([0-7][0-9a-f])/gi, (_, code: string) =>
    String.fromCharCode(parseInt(code, 16)),
  );
  return [text, plain].some((spelled) => spelled.includes(MASK) || spelled.includes(REDACTION_FAILED));
}

export function isSensitiveName(name: string): boolean {
  const plain = name
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_]+/gu, "_");
  return SENSITIVE_WORDS.some((word) => plain.includes(word));
}

/** The sensitive places in a record's text: `[""]` for all of it, JSON Pointers for places inside, none when plain. */
export function sensitivePaths(key: string, text: string): string[] {
  if (isSensitiveName(key) && text !== "") return [""];
  const found: string[] = [];
  const names = namesIn(text);
  let isWhole = false;
  try {
    const value: unknown = JSON.parse(text);
    walk(value, "", found);
    isWhole = countMembers(value) === names.length;
  } catch {
    // Python may still read it: the letters decide.
  }
  const onlyLettersTell = !isWhole && names.some(isSensitiveName);
  if (found.length === 0 && (onlyLettersTell || holdsMask(text))) found.push("");
  return found;
}

/** The names of members in a text that looks like JSON, by the letters alone; a repeated name counts each time. */
function namesIn(text: string): string[] {
  if (!/^\s*[{[]/.test(text)) return [];
  return Array.from(text.matchAll(/"((?:[^"\\]|\\.)*)"(\s*:)?/gs))
    .filter((match) => match[2] !== undefined)
    .map((match) => match[1] ?? "");
}

function countMembers(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + countMembers(item), 0);
  if (!isObject(value)) return 0;
  const inner = Object.values(value);
  return inner.length + inner.reduce((sum: number, item) => sum + countMembers(item), 0);
}

function walk(value: unknown, path: string, found: string[]): void {
  if (typeof value === "string" && holdsMask(value)) found.push(path);
  else if (Array.isArray(value)) value.forEach((item, index) => walk(item, `${path}/${index}`, found));
  else if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) walkMember(name, member, path, found);
  }
}

function walkMember(name: string, member: unknown, path: string, found: string[]): void {
  const inner = `${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  if (isSensitiveName(name) && holdsASecret(member)) found.push(inner);
  else walk(member, inner, found);
}

/** Airflow hides strings under a sensitive name and shows numbers; a number may be a password all the same. */
function holdsASecret(value: unknown): boolean {
  if (typeof value === "string") return value !== "";
  if (typeof value === "number") return true;
  if (Array.isArray(value)) return value.some(holdsASecret);
  return isObject(value) && Object.values(value).some(holdsASecret);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
