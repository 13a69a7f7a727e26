import { expect, it } from "vitest";
import { carriedOver, placesChanged, putsBack } from "./carry";

const over = '{"coffee": 3, "tea": 1, "margin": 0.18}';
const typed = '{\n  "coffee": 2.5,\n  "tea": 2,\n  "margin": 0.18\n}';
const now = '{"coffee": 3, "tea": 1, "margin": 0.19}';

it("brings into a typed text what Airflow changed since, and nothing else", () => {
  const carried = '{\n  "coffee": 2.5,\n  "tea": 2,\n  "margin": 0.19\n}';
  expect(carriedOver(over, typed, now)).toBe(carried);
  expect(placesChanged(typed, carried)).toEqual(["/margin"]);
});

it("lets the typed text stand where Airflow changed the same place once more", () => {
  expect(carriedOver(over, typed, now.replace('"coffee": 3', '"coffee": 4'))).toContain('"coffee": 2.5');
});

it("merges nothing into what is no JSON", () => {
  expect(carriedOver(over, `${typed},`, now)).toBeUndefined();
  expect(carriedOver("a", "b", "c")).toBeUndefined();
});

it("names what a text puts back", () => {
  expect(putsBack(over, typed, now).map(({ path }) => path)).toEqual(["/margin"]);
  expect(putsBack(over, typed.replace("0.18", "0.2"), now)).toEqual([]);
  expect(putsBack(over, "2", now)).toEqual([]);
});
