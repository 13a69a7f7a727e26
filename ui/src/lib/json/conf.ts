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
  const lost = inexactNumber(text);
  if (lost) return { fault: `${lost} is too long to be kept exactly: write it in double quotes`, line: null };
  return { conf: value as Record<string, unknown> };
}

/** The first number that JavaScript would change on the way through (more than 15 digits, or out of range). */
function inexactNumber(text: string): string | undefined {
  const withoutStrings = text.replace(/"(?:\\.|[^"\\])*"/gs, '""');
  const numbers = withoutStrings.match(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g) ?? [];
  return numbers.find((number) => {
    const digits = number
      .replace(/[eE].*$/, "")
      .replace(/\D/g, "")
      .replace(/^0+/, "");
    return digits.length > 15 || !Number.isFinite(Number(number));
  });
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
