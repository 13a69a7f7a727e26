// How wide the columns of a collection's list are.
import type { Collection, Field } from "$lib/bindings";
import { isBoolean, isInteger } from "./values";

interface Grid {
  wide: string;
  /** Without the description. */
  middle: string;
  /** Without the time of the last change, too. */
  narrow: string;
  /** Of the fields only the first, as at 200 per cent in a small window. */
  tiny: string;
}

/** The fields that a list shows beside the key and the description: the first stays where there is room for one. */
const shown = ({ fields }: Collection) => fields.filter(({ name }) => name !== "description");

/** The grid's columns, for the room that there is. */
export function gridOf(collection: Collection): Grid {
  const { fields } = collection;
  const without = shown(collection);
  return {
    wide: columns(26, fields, "128px 180px"),
    middle: columns(32, without, "112px 164px"),
    narrow: columns(38, without, "52px"),
    tiny: columns(38, without.slice(0, 1), "52px"),
  };
}

/** Whether the field is left out where there is room for one. */
export function isSpare(collection: Collection, name: string): boolean {
  return shown(collection).findIndex((field) => field.name === name) > 0;
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
