// A field's value as text in a form, and back, held to the rules of its data model.
import type { Field, Problem } from "$lib/bindings";
import { jsonOf } from "$lib/json/carried";
import { sensitivePaths } from "$lib/sensitive";
import { badInput } from "$lib/words/problem";
import { mustHaveForm, takeText, textOfValue } from "./field-type";
import { wordOf } from "./models";
import { asTyped, type TypedField } from "./typed";

/** A value as it stands in a form; nothing and null are an empty text. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : jsonOf(value);
}

/** A field's value as it stands in a cell or a form. */
export function textIn(field: Field, value: unknown): string {
  const typed = asTyped(field);
  return typed ? textOfValue(typed.of, value) : textOf(value);
}

export function isBoolean({ type: types = [] }: Field): boolean {
  return types.length === 1 && types[0] === "boolean";
}

export function isInteger({ type: types = [], format }: Field): boolean {
  return format === "integer" || (types.length === 1 && types[0] === "integer");
}

/** Whether several spellings of a text are one value of the field: typing another of them changes nothing. */
export function hasSpellings(field: Field): boolean {
  return isInteger(field) || isBoolean(field) || field.format !== undefined;
}

/** What a text means as a field's value, or why it means nothing. */
export type Meaning = { value: unknown } | { problem: Problem };

/**
 * A typed field that is emptied has no value: undefined.
 * @param shown the value that the form began with: an empty text that was there stays one.
 */
export function meaningOf(field: Field, typedText: string, shown: unknown): Meaning {
  const text = isBoolean(field) ? asCode(typedText) : typedText;
  const typed = asTyped(field);
  if (typed) return typedMeaningOf(typed, text, shown);
  if (text === "" && shown !== "") {
    return field.required ? { problem: missing(field) } : { value: field.default ?? null };
  }
  if (isBoolean(field)) return yesOrNo(field, text);
  if (isInteger(field)) return integer(field, text.trim());
  if (field.kind === "json") return json(field, text);
  return broken(field, text) ?? { value: text };
}

function typedMeaningOf(field: TypedField, text: string, shown: unknown): Meaning {
  if (text === "" && shown !== "") return field.required ? { problem: missing(field) } : { value: undefined };
  const taken = takeText(field.of, text);
  if ("not" in taken) return refused(field, `It ${inWords(field, taken.not)}.`, "Type another value.");
  return sensitivePaths("", text).length > 0 ? { problem: secret(field) } : { value: taken.is };
}

/** A pattern is no words: where the model describes the field, that comes first. */
function inWords({ of, description }: TypedField, rule: string): string {
  const isForm = of.kind === "text" && of.pattern !== undefined && rule === mustHaveForm(of.pattern);
  if (!isForm || description === undefined) return rule;
  return `must be as the data model describes it, “${description.replace(/\.$/, "")}”: ${of.pattern}`;
}

function secret(field: Field): Problem {
  return badInput(
    `${wordOf(field)}: It holds something secret.`,
    "Airflow would hide it, and it could not be read back.",
    "Keep secrets in a Variable or a connection of their own.",
  );
}

function yesOrNo(field: Field, text: string): Meaning {
  const word = text.toLowerCase();
  if (word === "true" || word === "false") return { value: word === "true" };
  return refused(field, `“${text}” is neither yes nor no.`, "Type yes or no, or true or false.");
}

/** What the screens show as yes and no is taken as well. */
function asCode(text: string): string {
  const word = text.toLowerCase();
  return word === "yes" ? "true" : word === "no" ? "false" : text;
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

function broken(field: Field, text: string): Meaning | null {
  const { minLength = 0, maxLength = Infinity, pattern } = field;
  const length = [...text].length;
  if (length < minLength)
    return refused(field, `It has ${length} characters.`, `Type at least ${minLength}.`);
  if (length > maxLength)
    return refused(field, `It has ${length} characters.`, `At most ${maxLength} are kept.`);
  if (pattern && !new RegExp(pattern, "u").test(text)) {
    return refused(field, `It ${mustHaveForm(pattern)}.`, "Type another value.");
  }
  return null;
}

function missing(field: Field): Problem {
  return badInput(
    `${wordOf(field)} is empty.`,
    "Every record has it, so this cannot be saved yet.",
    "Type a value.",
  );
}

function refused(field: Field, what: string, next: string): Meaning {
  return {
    problem: badInput(`${wordOf(field)}: ${what}`, "It was not saved; your text is still here.", next),
  };
}
