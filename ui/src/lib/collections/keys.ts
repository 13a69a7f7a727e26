// Keys that a collection can have in Airflow, and that Leeward can find again.
import type { Problem } from "$lib/bindings";
import { keyProblem as variableKeyProblem } from "$lib/variables/key";
import { badInput } from "$lib/words/problem";
import { wordsOf } from "./models";

/** The longest name of a pool that Airflow 3 accepts, in characters. */
const POOL_CHARS_MAX = 256;

/** Why a new record cannot have that key; null where it can. */
export function keyProblem(collection: string, key: string, taken: boolean): Problem | null {
  if (collection === "variables") return variableKeyProblem(key, taken);
  const { one, key: name } = wordsOf(collection);
  const word = name.toLowerCase();
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
