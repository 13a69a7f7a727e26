// What people read of a data model's fields.
import type { FieldForm } from "./form";

/** The rules of a field on one line; "None" where it has none. */
export function rulesInWords(field: FieldForm, titleOf: (collection: string) => string): string {
  const parts = [...ofKind(field)];
  if (field.refersTo !== "") parts.push(`key of ${titleOf(field.refersTo)}`);
  if (field.default !== "") parts.push(`default ${field.default}`);
  return parts.join(" · ") || "None";
}

function ofKind({
  kind,
  scale,
  pattern,
  minLength,
  maxLength,
  minimum,
  maximum,
  choices,
}: FieldForm): string[] {
  switch (kind) {
    case "text":
      return [...between(minLength, maxLength, " characters"), ...(pattern === "" ? [] : [pattern])];
    case "decimal":
      return [scale === "1" ? "1 place" : `${scale} places`, ...between(minimum, maximum)];
    case "integer":
      return between(minimum, maximum);
    case "choice":
      return [choices.map(({ value, title }) => title || value).join(", ")];
    default:
      return [];
  }
}

function between(least: string, most: string, what = ""): string[] {
  if (least === "" && most === "") return [];
  if (most === "") return [`at least ${least}${what}`];
  return [least === "" ? `at most ${most}${what}` : `${least} to ${most}${what}`];
}
