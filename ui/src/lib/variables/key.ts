// Keys that Airflow can store and Leeward can find again (docs/AIRFLOW.md H14).
import type { Problem } from "$lib/bindings";
import { badInput } from "$lib/words/problem";

/** The longest key that Airflow 3 accepts, in characters. */
export const KEY_CHARS_MAX = 250;

export function keyProblem(key: string, taken: boolean): Problem | null {
  if (key === "") {
    return badInput("The key is empty.", "Airflow finds a variable by its key.", "Type a key.");
  }
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(key)) {
    return badInput(
      "The key holds a line break or another invisible character.",
      "Airflow would store it and never find it again.",
      "Take it out: keys are one line of visible characters.",
    );
  }
  if ([...key].length > KEY_CHARS_MAX) {
    return badInput(
      `The key is ${[...key].length} characters long.`,
      `Airflow keeps keys of at most ${KEY_CHARS_MAX} characters.`,
      "Shorten it.",
    );
  }
  if (!taken) return null;
  return badInput(
    `There is a variable ${key} already.`,
    "A new one under the same key would replace it.",
    "Open that one and edit it, or choose another key.",
  );
}
