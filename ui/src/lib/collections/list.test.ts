import { expect, it } from "vitest";
import { showTyped } from "./shown.svelte";
import { TypedCollections } from "./typed";
import { searchWords } from "./list";
import { CURRENCIES, viewOf } from "$lib/components/testing/typed";

it("says what is searched in the plural", () => {
  const typed = new TypedCollections();
  typed.know(viewOf(CURRENCIES.replaceAll('"code"', '"currency"')));
  showTyped(typed);
  expect(searchWords("currencies")).toBe("Search currencies, names");
  showTyped(new TypedCollections());
});
