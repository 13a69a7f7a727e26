import { expect, it } from "vitest";
import { placeInOrder } from "./order";

const sorted = (texts: string[]) =>
  texts.toSorted((a, b) =>
    placeInOrder(a) < placeInOrder(b) ? -1 : placeInOrder(a) > placeInOrder(b) ? 1 : 0,
  );

it("sorts numbers by their worth, wherever they stand", () => {
  expect(sorted(["row_10", "row_9", "row_009a", "row_a", "row_"])).toEqual([
    ...["row_", "row_9", "row_009a", "row_10", "row_a"],
  ]);
  expect(sorted(["v1.10", "v1.9", "v1.2"])).toEqual(["v1.2", "v1.9", "v1.10"]);
});

it("takes no notice of case and accents", () => {
  expect(sorted(["Zürich", "zug", "ärger", "Apfel", "Öl"])).toEqual([
    "Apfel",
    "ärger",
    "Öl",
    "zug",
    "Zürich",
  ]);
});
