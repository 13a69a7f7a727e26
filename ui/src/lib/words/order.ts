// The order that people expect of texts: no matter which case or accents, and numbers by their worth.

const BEYOND_ASCII = /[^ -~]/;

/**
 * A text that stands among others as the given one does, by `<`: `Row_9` before `row_10`. Comparing such texts is a hundred
 * times as fast as `Intl.Collator`, which is what sorting a hundred thousand of them needs.
 */
export function placeInOrder(text: string): string {
  const plain = BEYOND_ASCII.test(text) ? text.normalize("NFKD").replace(/\p{M}+/gu, "") : text;
  return plain.toLowerCase().replace(/\d+/g, byWorth);
}

/** Digits that compare by their worth: as many as there are is said before them. */
function byWorth(digits: string): string {
  const worth = digits.replace(/^0+(?=.)/, "");
  return `0${String.fromCharCode(worth.length)}${worth}`;
}
