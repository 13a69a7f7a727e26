// How wide the columns of a collection's list are.
import type { Collection, Field } from "$lib/bindings";
import { isBoolean, isInteger } from "./values";

/** The grid's columns where there is room for all, where the description is left out, and where the time is, too. */
export function gridOf({ fields }: Collection): { wide: string; middle: string; narrow: string } {
  const without = fields.filter(({ name }) => name !== "description");
  return {
    wide: columns(26, fields, "128px 180px"),
    middle: columns(32, without, "112px 164px"),
    narrow: columns(38, without, "52px"),
  };
}

function columns(key: number, fields: Field[], rest: string): string {
  return [share(key), ...fields.map(widthOf), rest].join(" ");
}

function widthOf(field: Field): string {
  if (isBoolean(field)) return "116px";
  if (isInteger(field)) return "72px";
  return share(field.kind === "text" ? 30 : 36);
}

function share(of: number): string {
  return `minmax(0, ${of}fr)`;
}
