// What can be chosen in a field: the titles of a choice, or the keys of the collection that it refers to.
import type { Field } from "$lib/bindings";
import { typedCollection } from "./shown.svelte";
import { asTyped } from "./typed";
import { keyShown } from "./models";

export interface Suggestion {
  value: string;
  words: string;
}

/** More are not listed: typing finds them. */
export const SUGGESTIONS_MAX = 50;

/** The keys of a collection's records, in order; none where the collection is not known. */
export type KeysOf = (collection: string) => Iterable<string>;

/** Whether a field's values are chosen among others. */
export function isSuggested(field: Field): boolean {
  const typed = asTyped(field);
  return typed !== undefined && (typed.of.kind === "choice" || typed.refersTo !== undefined);
}

/** What can be chosen with that text in the field. */
export function suggestions(field: Field, text: string, keysOf: KeysOf): Suggestion[] {
  const typed = asTyped(field);
  if (typed?.of.kind === "choice") {
    const offered = typed.of.choices.filter(({ isDeprecated }) => !isDeprecated);
    const all = offered.map(({ value, title }) => ({
      value,
      words: title === value ? value : `${title} (${value})`,
    }));
    // One that is chosen is no search: the others are what one looks for.
    return all.some(({ value }) => value === text) ? all : first(all, text);
  }
  if (typed?.refersTo === undefined) return [];
  const target = typed.refersTo;
  return first(suggestionsOfKeys(target, keysOf), text);
}

function* suggestionsOfKeys(collection: string, keysOf: KeysOf): Iterable<Suggestion> {
  const isSeveral = (typedCollection(collection)?.key.length ?? 0) > 1;
  for (const key of keysOf(collection))
    yield { value: key, words: isSeveral ? keyShown(collection, key) : key };
}

/** The first of them that hold the text, in any case. */
function first(all: Iterable<Suggestion>, text: string): Suggestion[] {
  const wanted = text.toLowerCase();
  const found: Suggestion[] = [];
  for (const one of all) {
    if (found.length === SUGGESTIONS_MAX) break;
    if (one.words.toLowerCase().includes(wanted) || one.value.toLowerCase().includes(wanted)) found.push(one);
  }
  return found;
}
