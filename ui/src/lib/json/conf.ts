// A run's conf: a JSON object, kept exactly or not at all.
import { jsonFault } from "./fault";

export type ConfCheck = { conf: Record<string, unknown> } | { fault: string; line: number | null };

export function checkConf(text: string): ConfCheck {
  if (text.trim() === "") return { conf: {} };
  const fault = jsonFault(text);
  if (fault) return { fault: fault.message, line: fault.line };
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { fault: "A run's conf is an object: it starts with { and ends with }", line: 1 };
  }
  const lost = lostNumber(text);
  return lost ?? { conf: value as Record<string, unknown> };
}

/** The first number that would arrive as another one, or as one of another type: it travels as JavaScript's. */
function lostNumber(text: string): { fault: string; line: number } | null {
  for (const { 0: token, index } of text.matchAll(/"(?:\\.|[^"\\])*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs)) {
    const fault = token.startsWith('"') ? null : numberFault(token);
    if (fault) return { fault, line: text.slice(0, index).split("\n").length };
  }
  return null;
}

function numberFault(number: string): string | null {
  const digits = number
    .replace(/[eE].*$/, "")
    .replace(/\D/g, "")
    .replace(/^0+/, "");
  if (digits.length > 15 || !Number.isFinite(Number(number))) {
    return `${number} is too long to be kept exactly: write it in double quotes`;
  }
  const arrives = JSON.stringify(Number(number));
  // In Python 1.0 and 1e2 are decimals, and what DAGs make of them may differ: "1.0" in a name, say.
  if (!/[.eE]/.test(number) || /[.eE]/.test(arrives)) return null;
  return `${number} would arrive as the whole number ${arrives}: write ${arrives}, or ${number} in double quotes`;
}

/** The text that a trigger form starts with: each param's default value. */
export function confFromParams(params: Record<string, unknown> | null): string {
  const entries = Object.entries(params ?? {}).map(([name, param]) => [name, paramValue(param)]);
  return JSON.stringify(Object.fromEntries(entries), null, 2);
}

function paramValue(param: unknown): unknown {
  const isSpec = typeof param === "object" && param !== null && "value" in param;
  return isSpec ? param.value : param;
}
