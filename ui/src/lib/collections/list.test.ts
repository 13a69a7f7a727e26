import { expect, it } from "vitest";
import { showTyped } from "./shown.svelte";
import { TypedCollections } from "./typed";
import { searchWords } from "./list";
import { CURRENCIES, viewOf } from "$lib/components/testing/typed";

it("says what is searched by its title: a plural of from or seen would be none", () => {
  const typed = new TypedCollections();
  typed.know(viewOf(CURRENCIES.replaceAll('"code"', '"from"')));
  showTyped(typed);
  expect(searchWords("currencies")).toBe("Search Currencies");
  showTyped(new TypedCollections());
});
