// A field's value as text in a form, and back, held to the rules of its data model.
import type { Field, Problem } from "$lib/bindings";
import { badInput } from "$lib/words/problem";
import { labelOf } from "./models";

/** A value as it stands in a form; nothing and null are an empty text. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function isBoolean({ type: types = [] }: Field): boolean {
  return types.length === 1 && types[0] === "boolean";
}

export function isInteger({ type: types = [] }: Field): boolean {
  return types.length === 1 && types[0] === "integer";
}

/** What a text means as a field's value, or why it means nothing. */
export type Meaning = { value: unknown } | { problem: Problem };

/** @param shown the value that the form began with: an empty text that was there stays one. */
export function meaningOf(field: Field, text: string, shown: unknown): Meaning {
  if (text === "" && shown !== "") {
    return field.required ? { problem: missing(field) } : { value: field.default ?? null };
  }
  if (isBoolean(field)) return yesOrNo(field, text);
  if (isInteger(field)) return integer(field, text.trim());
  if (field.kind === "json") return json(field, text);
  return broken(field, text) ?? { value: text };
}

function yesOrNo(field: Field, text: string): Meaning {
  const word = text.toLowerCase();
  if (word === "true" || word === "false") return { value: word === "true" };
  return refused(field, `“${text}” is neither true nor false.`, "Type true or false.");
}

function integer(field: Field, text: string): Meaning {
  const number = Number(text);
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(number)) {
    return refused(field, `“${text}” is not a whole number.`, "Type digits alone, such as 12 or -1.");
  }
  const { minimum = -Infinity, maximum = Infinity } = field;
  if (number < minimum) return refused(field, `${number} is less than ${minimum}.`, "Type a greater number.");
  if (number > maximum) return refused(field, `${number} is more than ${maximum}.`, "Type a smaller number.");
  return { value: number };
}

function json(field: Field, text: string): Meaning {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return refused(field, "It is not JSON.", "Texts in JSON stand in double quotes.");
  }
}

function broken({ name, minLength = 0, maxLength = Infinity, pattern }: Field, text: string): Meaning | null {
  const length = [...text].length;
  const field = { name };
  if (length < minLength)
    return refused(field, `It has ${length} characters.`, `Type at least ${minLength}.`);
  if (length > maxLength)
    return refused(field, `It has ${length} characters.`, `At most ${maxLength} are kept.`);
  if (pattern && !new RegExp(pattern, "u").test(text)) {
    return refused(field, `It does not match ${pattern}.`, "Type one that does.");
  }
  return null;
}

function missing(field: Field): Problem {
  return badInput(
    `${labelOf(field.name)} is empty.`,
    "Every record has it, so this cannot be saved yet.",
    "Type a value.",
  );
}

function refused({ name }: Pick<Field, "name">, what: string, next: string): Meaning {
  return {
    problem: badInput(`${labelOf(name)}: ${what}`, "It was not saved; your text is still here.", next),
  };
}
