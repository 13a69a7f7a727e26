// Keys that a collection can have in Airflow, and that Leeward can find again.
import type { Problem } from "$lib/bindings";
import { keyProblem as variableKeyProblem } from "$lib/variables/key";
import { badInput } from "$lib/words/problem";
import { isSensitiveName } from "$lib/sensitive";
import { keyShown, troubleOf, wordsOf } from "./models";
import { fieldsOfKey, isGeneratedKey, KEY_CHARS_MAX, MODEL_KEY } from "./record-key";
import { typedCollection } from "./shown.svelte";
import type { TypedCollection } from "./typed";

/** Why nothing of the collection can be changed, as a problem; null where it can. */
export function standstill(collection: string): Problem | null {
  const trouble = troubleOf(collection);
  return trouble === null
    ? null
    : badInput(trouble, "Nothing of the collection can be changed until then.", "What is typed stays here.");
}

/** The longest name of a pool that Airflow 3 accepts, in characters. */
const POOL_CHARS_MAX = 256;

/** Why a new record cannot have that key; null where it can. */
export function keyProblem(collection: string, key: string, taken: boolean): Problem | null {
  if (collection === "variables") return variableKeyProblem(key, taken);
  const { one, key: name } = wordsOf(collection);
  const word = name.toLowerCase();
  const typed = typedCollection(collection);
  if (typed) {
    const problem = typedKeyProblem(typed, key);
    if (problem || !taken) return problem;
    return badInput(
      `There is a record ${keyShown(collection, key)} already.`,
      "Two records cannot have the same key.",
      "Open that one and edit it, or choose another key.",
    );
  }
  if (key === "")
    return badInput(`The ${word} is empty.`, `Airflow finds a ${one} by it.`, `Type a ${word}.`);
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(key)) {
    return badInput(
      `The ${word} holds a line break or another invisible character.`,
      "Airflow would store it and never find it again.",
      "Take it out.",
    );
  }
  if (key === "." || key === "..") {
    return badInput(
      `The ${word} is only dots.`,
      "These disappear from a web address, so Airflow could never be asked for it.",
      `Choose another ${word}.`,
    );
  }
  if ([...key].length > POOL_CHARS_MAX) {
    return badInput(
      `The ${word} is ${[...key].length} characters long.`,
      `Airflow keeps at most ${POOL_CHARS_MAX}.`,
      "Shorten it.",
    );
  }
  if (!taken) return null;
  return badInput(
    `There is a ${one} ${key} already.`,
    `A new one under the same ${word} would replace it.`,
    `Open that one and edit it, or choose another ${word}.`,
  );
}

/** The longest key of a Variable, in characters. */
const VARIABLE_CHARS_MAX = 250;

/** Why no record of the typed collection can have that key; null where one can. */
function typedKeyProblem(typed: TypedCollection, key: string): Problem | null {
  const { name, prefix } = typed.view;
  const { key: words } = wordsOf(name);
  const isKey = typed.isKeyGenerated ? isGeneratedKey(key) : fieldsOfKey(typed.key, key) !== null;
  if (key === "" || key === MODEL_KEY || !isKey)
    return badInput(
      `${words}: this makes no key.`,
      "Each record is found by its key.",
      keyHelp(typed, words),
    );
  // Where records are rows of a database, no key of a Variable is made of theirs.
  if (prefix === null) return [...key].length <= KEY_CHARS_MAX ? null : tooLong(key, KEY_CHARS_MAX);
  const address = `${prefix}${key}`;
  if ([...key].length > KEY_CHARS_MAX || [...address].length > VARIABLE_CHARS_MAX)
    return tooLong(key, Math.min(KEY_CHARS_MAX, VARIABLE_CHARS_MAX - [...prefix].length));
  if (address === "." || address === ".." || address.includes("\n"))
    return badInput("Airflow could never be asked for this key.", "It was not saved.", "Choose another key.");
  if (!isSensitiveName(address)) return null;
  return badInput(
    `Airflow treats names like ${address} as secret.`,
    "The record could not be read back.",
    "Choose another key.",
  );
}

function tooLong(key: string, most: number): Problem {
  return badInput(
    `The key is ${[...key].length} characters long.`,
    `At most ${most} are kept.`,
    "Shorten it.",
  );
}

function keyHelp({ key, isKeyGenerated }: TypedCollection, words: string): string {
  if (isKeyGenerated) return "Leave the key empty: it is made with the record.";
  if (key.length === 1) return `Give ${words} a value that keeps its rules.`;
  return `Give ${words} values, or the JSON list of them without blanks.`;
}
