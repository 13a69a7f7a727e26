// What records break together, in words, and where it is shown.
import type { Violation } from "$lib/bindings";
import { addressOf, keyShown, wordFor, wordsOf } from "$lib/collections/models";
import { short } from "$lib/diff/short";
import { count } from "$lib/words/count";

/** What a broken rule is found by; it stays while records join and leave it. */
export function ruleId({ collection, rule, fields, values }: Violation): string {
  return JSON.stringify([collection, rule, fields, values]);
}

/** Where the rule is shown, with the records that break it. */
export function ruleAddress(id: string): string {
  return `/conflicts?rule=${encodeURIComponent(id)}`;
}

/** A record's address, from where one comes back to the rule. */
export function recordOfRule(id: string, collection: string, key: string): string {
  return `${addressOf(collection, key)}&rule=${encodeURIComponent(id)}`;
}

/** The record that a reference leads to; null where the rule is about none. */
export function targetOf({ refers_to, values }: Violation): { collection: string; key: string } | null {
  const [key] = values;
  return refers_to !== undefined && typeof key === "string" ? { collection: refers_to, key } : null;
}

/** The rules that a record takes part in, by its collection and key. */
export function rulesByRecord(
  violations: readonly Violation[],
): (collection: string, key: string) => readonly Violation[] {
  const found = new Map<string, Violation[]>();
  const add = (collection: string, key: string, violation: Violation) => {
    const id = JSON.stringify([collection, key]);
    found.set(id, [...(found.get(id) ?? []), violation]);
  };
  for (const violation of violations) {
    for (const key of violation.keys) add(violation.collection, key, violation);
    const target = targetOf(violation);
    const isListed = target?.collection === violation.collection && violation.keys.includes(target.key);
    if (target && !isListed) add(target.collection, target.key, violation);
  }
  return (collection, key) => found.get(JSON.stringify([collection, key])) ?? [];
}

/** "Name and Day". */
function fieldsInWords({ collection, fields }: Violation): string {
  return fields.map((name) => wordFor(collection, name)).join(" and ");
}

function valuesInWords({ collection, rule, values, refers_to }: Violation): string {
  if (rule === "reference") return `“${keyShown(refers_to ?? collection, String(values[0]))}”`;
  return values.map((value) => `“${short(value)}”`).join(", ");
}

/** One line of a list: the rule, and by what it is broken. */
export function ruleInShort(violation: Violation): string {
  const what = `${fieldsInWords(violation)}: ${valuesInWords(violation)}`;
  return violation.rule === "unique" ? `Same ${what}` : `${what} is missing`;
}

/** What is broken, what that means, and what settles it. `isDeleting`: what is referred to is deleted here, unsent. */
export function ruleStory(violation: Violation, isDeleting: boolean): { title: string; words: string } {
  const { collection, keys, rule, refers_to } = violation;
  const { title: name, one } = wordsOf(collection);
  const [fields, values] = [fieldsInWords(violation), valuesInWords(violation)];
  if (rule === "unique") {
    return {
      title: `${count(keys.length, one)} of ${name} ${keys.length === 1 ? "has" : "have"} the same ${fields}: ${values}. No two may.`,
      words: `None of them is sent until that holds again: give one another ${fields}, or delete it.`,
    };
  }
  const there = wordsOf(refers_to ?? collection);
  const refer = `${count(keys.length, one)} of ${name} ${keys.length === 1 ? "refers" : "refer"} to ${values} of ${there.title}`;
  if (isDeleting) {
    return {
      title: `${refer}, which you deleted here.`,
      words: `Neither is sent until that holds again: take the delete back, or choose another ${fields}.`,
    };
  }
  return {
    title: `${refer}, and there is no such ${there.one}.`,
    words: `It is not sent until that holds again: choose another ${fields}, or make that ${there.one}.`,
  };
}
