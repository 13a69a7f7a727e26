import { expect, it } from "vitest";
import { gridOf, isSpare } from "./grid";
import { modelOf } from "./models";

it("keeps the key and one field where a list is narrow", () => {
  const pools = modelOf("pools");
  expect(gridOf(pools).narrow).toBe("minmax(0, 38fr) 72px 116px 52px");
  expect(gridOf(pools).tiny).toBe("minmax(0, 38fr) 72px 52px");
  const spare = pools.fields.map(({ name }) => name).filter((name) => isSpare(pools, name));
  expect(spare).toEqual(["include_deferred"]);
});

it("leaves a list of Variables as it is: they have one field beside the description", () => {
  const variables = modelOf("variables");
  expect(gridOf(variables).tiny).toBe(gridOf(variables).narrow);
  expect(variables.fields.some(({ name }) => isSpare(variables, name))).toBe(false);
});
