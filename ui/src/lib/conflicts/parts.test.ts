import { describe, expect, it } from "vitest";
import { mergedWith } from "./parts";

const base = '{"emea": {"low": 1.10, "high": 2}, "apac": {"low": 3}}';
const mine = '{\n  "emea": {"low": 1.20, "high": 2},\n  "apac": {"low": 3}\n}';
const airflow = '{"emea":{"low":1.30,"high":2},"apac":{"low":4.0},"amer":[]}';

describe("a side is taken where both changed the same place", () => {
  it("and Airflow's other changes stay with mine", () => {
    expect(mergedWith("mine", base, mine, airflow)).toBe(
      '{\n  "emea": {"low": 1.20, "high": 2},\n  "apac": {"low":4.0},\n  "amer":[]\n}',
    );
  });

  it("and my other changes stay with Airflow's", () => {
    const more = mine.replace('"high": 2', '"high": 2.50');
    expect(mergedWith("airflow", base, more, airflow)).toBe(
      '{\n  "emea": {"low": 1.30, "high": 2.50},\n  "apac": {"low":4.0},\n  "amer":[]\n}',
    );
  });

  it("and a text that holds nothing of the other is that text", () => {
    expect(mergedWith("airflow", base, mine, airflow)).toBe(airflow);
    expect(mergedWith("mine", base, mine, base.replace("1.10", "1.3"))).toBe(mine);
  });

  it("and a name is gone where one side took it away", () => {
    const without = '{"emea": {"low": 9, "high": 2}}';
    expect(mergedWith("mine", base, mine, without)).toBe('{\n  "emea": {"low": 1.20, "high": 2}\n}');
    expect(mergedWith("airflow", base, '{"apac": {"low": 3}}', without)).toBe(without);
    expect(mergedWith("mine", base, '{"apac": {"low": 3}}', without)).toBe("{}");
  });

  it("not where a side is no JSON", () => {
    expect(mergedWith("mine", base, "x", airflow)).toBeUndefined();
  });

  it("whatever the texts are", () => {
    const values = ["1", "2.0", '"a, \\"b\\" }"', "[1, {}]", "{}", '{"x": 1, "y": [2]}', "null"];
    for (const one of values) {
      for (const two of values) {
        const b = `{"k": 0, "l": ${one}}`;
        const m = `{"k": ${one}, "l": ${one}, "m": ${two}}`;
        const a = `{"k": ${two}, "l": ${two}}`;
        const expected = { k: one, l: two, m: two };
        const parsed = (text: string) => JSON.parse(text) as unknown;
        const wanted = Object.fromEntries(
          Object.entries(expected).map(([name, text]) => [name, parsed(text)]),
        );
        expect(parsed(mergedWith("mine", b, m, a) ?? "")).toEqual(wanted);
      }
    }
  });
});
