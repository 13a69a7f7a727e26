import { expect, it } from "vitest";
import { COLOURS, freeColour } from "./colours";

it("offers a colour that no environment has", () => {
  expect(freeColour([])).toBe("#0f766e");
  expect(freeColour(["#0F766E", "#1d5fb8"])).toBe("#6a3fb5");
  expect(freeColour(Object.keys(COLOURS))).toBe("#0f766e");
});
