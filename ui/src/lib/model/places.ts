// Where a fault of a data model stands on the screen: a pointer into the file, as the place of what is typed there.
import type { PlacedFault } from "$lib/bindings";
import { escaped } from "./file";
import type { ModelForm } from "./form";

/** A place of the screen: `name`, `prefix`, or `f3.default` for what stands of a field. Empty for the whole. */
export type Place = string;

const OF_MODEL: readonly [start: string, place: Place][] = [
  ["prefix", "prefix"],
  ["from", "from"],
  ["/title", "title"],
  ["/description", "description"],
  ["/x-leeward/collection", "name"],
  ["/x-leeward/key", "key"],
  ["/x-leeward/merge", "merge"],
  ["/x-leeward/unique", "unique"],
];

const OF_FIELD: readonly [start: string, part: string][] = [
  ["/title", "title"],
  ["/description", "description"],
  ["/x-leeward/scale", "scale"],
  ["/x-leeward/minimum", "minimum"],
  ["/x-leeward/maximum", "maximum"],
  ["/pattern", "pattern"],
  ["/minLength", "minLength"],
  ["/maxLength", "maxLength"],
  ["/minimum", "minimum"],
  ["/maximum", "maximum"],
  ["/enum", "choices"],
  ["/oneOf", "choices"],
  ["/default", "default"],
  ["", "name"],
];

/** The place of a fault. */
export function placeOf(form: ModelForm, { pointer }: PlacedFault): Place {
  const parts = pointer.split("/");
  if (parts[1] === "x-leeward" && parts[2] === "references") {
    const id = idOf(form, parts[3] ?? "");
    return id === undefined ? "" : `${id}.refersTo`;
  }
  if (parts[1] === "properties" && parts.length > 2) {
    const id = idOf(form, parts[2] ?? "");
    const inner = parts.length > 3 ? `/${parts.slice(3).join("/")}` : "";
    const part = OF_FIELD.find(([start]) => inner.startsWith(start))?.[1] ?? "name";
    return id === undefined ? "" : `${id}.${part}`;
  }
  return OF_MODEL.find(([start]) => pointer === start || pointer.startsWith(`${start}/`))?.[1] ?? "";
}

/** Of two fields of one name it is the later one that is wrong. */
function idOf({ fields }: ModelForm, name: string): string | undefined {
  return fields.findLast((one) => escaped(one.name) === name)?.id;
}
