import { describe, expect, it } from "vitest";
import { laidOut } from "./layout";

const line =
  '{"regions": [{"name": "a \\"b\\", {c}", "rate": 1.10}], "none": [], "empty": {}, "big": 12345678901234567890}';

describe("JSON on one long line", () => {
  it("is shown on lines, every token as it was", () => {
    expect(laidOut(line)).toBe(`{
  "regions": [
    {
      "name": "a \\"b\\", {c}",
      "rate": 1.10
    }
  ],
  "none": [],
  "empty": {},
  "big": 12345678901234567890
}`);
  });

  it("is left alone where it is short, has lines, or is no JSON", () => {
    for (const text of [
      '{"a": 1}',
      `${line}\n`,
      line.slice(1),
      "x".repeat(200),
      `${line},`,
      `{{ ${line} }}`,
    ]) {
      expect(laidOut(text)).toBe(text);
    }
  });

  it("says the same", () => {
    expect(JSON.parse(laidOut(line))).toEqual(JSON.parse(line));
  });
});
