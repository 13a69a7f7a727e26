// The verdicts of the window on generated values are those of the crate `leeward-schema`, which makes and judges them.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { take, takeText, type FieldType, textOfValue } from "./field-type";
import { readField } from "./schema";

/** Values of each field. */
const COUNT = 12_000;
const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
/** With the features of every build of the project, so that only what has changed is built. */
const BUILD = "build --workspace --features leeward/custom-protocol --example judged_values".split(" ");

type Verdict = { is: string } | { not: string };
interface Row {
  field: object;
  values: [text: string, cell: Verdict, json: Verdict][];
}

function judged(): Row[] {
  // An older one would judge as the crate did then.
  execFileSync("cargo", BUILD, { cwd: ROOT, stdio: "inherit" });
  const program = `${ROOT}target/debug/examples/judged_values`;
  const lines = execFileSync(program, [String(COUNT)], { encoding: "utf8", maxBuffer: 1 << 28 });
  return lines
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
}

/**
 * What the verdicts have in common: each reader of JSON has words of its own for what is none, and an order of its own of the
 * members of an object.
 */
function inCommon(type: FieldType, verdict: Verdict): unknown {
  if ("not" in verdict) return verdict.not.replace(/^must be JSON: .*/, "must be JSON");
  return type.kind === "json" ? { is: JSON.parse(verdict.is) as unknown } : verdict;
}

function told(type: FieldType, taken: ReturnType<typeof take>): Verdict {
  return "not" in taken ? { not: taken.not } : { is: textOfValue(type, taken.is) };
}

/** The window's numbers within JSON are floats: it refuses one that would be another, and says so. */
function isRefusedByFloats(verdict: Verdict): boolean {
  return "not" in verdict && verdict.not.startsWith("must be JSON without ");
}

describe.each(judged())("$field", ({ field, values }) => {
  const { type } = readField(JSON.stringify(field));

  it("takes and refuses the same, with the same words", () => {
    const other = values.flatMap(([text, cell, json]) => {
      const mine = [told(type, takeText(type, text)), told(type, take(type, text))];
      return [cell, json].flatMap((verdict, at) => {
        const own = mine[at] as Verdict;
        const isSame =
          isDeepStrictEqual(inCommon(type, own), inCommon(type, verdict)) || isRefusedByFloats(own);
        return isSame ? [] : [{ text, verdict, own }];
      });
    });
    expect(other.slice(0, 10)).toEqual([]);
  });
});
