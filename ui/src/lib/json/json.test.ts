import { describe, expect, it } from "vitest";
import { checkConf, confFromParams } from "./conf";
import { jsonFault } from "./fault";
import { gate } from "./gate";

describe("where JSON breaks", () => {
  const cases: [text: string, line: number, column: number, words: RegExp][] = [
    ['{"a": 1,}', 1, 8, /extra comma before }/],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, /comma is missing/],
    ["[1, 2", 1, 1, /never closed/],
    ['{"a" 1}', 1, 6, /colon/],
    ["{a: 1}", 1, 2, /name in double quotes/],
    ["{'a': 1}", 1, 2, /name in double quotes/],
    ['{"a": True}', 1, 7, /Write true/],
    ['{"a": None}', 1, 7, /Write null/],
    ['{"a": 01}', 1, 7, /not a number/],
    ['{"a": }', 1, 7, /value after the colon is missing/],
    ['{"a": "x}', 1, 7, /quotes are never closed/],
    ['{"a": "\\x"}', 1, 8, /backslash/],
    ['{"a": "x\ny"}', 1, 9, /line break or tab/],
    ["{} {}", 1, 4, /after the end/],
    ["", 1, 1, /missing/],
  ];
  it.each(cases)("%j", (text, line, column, words) => {
    expect(jsonFault(text)).toMatchObject({ line, column, message: expect.stringMatching(words) as string });
  });

  it.each(['{"a": [1, -2.5e3, "x\\n", null, true]}', " [] ", "3.10", '"é"'])("%j is whole", (text) => {
    expect(jsonFault(text)).toBeNull();
  });

  it.each([
    ['{"regions": [{"id": 1}, {"id" 2}]}', "/regions/1/id"],
    ['{"a/b": {"c": [1, 2,]}}', "/a~1b/c"],
    ['{"a": 1} x', ""],
  ])("%j names the path", (text, path) => {
    expect(jsonFault(text)?.path).toBe(path);
  });

  it("names a place for whatever JSON.parse refuses", () => {
    const whole = '{"a": [1, {"b": "c\\u00e9"}, true], "d": -0.5e+3}';
    for (let cut = 0; cut < whole.length; cut++) {
      const fault = jsonFault(whole.slice(0, cut));
      expect(fault?.message, whole.slice(0, cut)).toBeTruthy();
    }
  });
});

it("answers where the parts stand in one another too deeply to be followed", () => {
  expect(jsonFault("[".repeat(200_000))).toMatchObject({ message: "This is not JSON" });
});

describe("the gate before pending", () => {
  it("finds no fault of one's own in what Airflow holds", () => {
    const shown = '{"big": Infinity, "b": 1}';
    expect(gate(shown, shown, false)).toMatchObject({ json: false, fault: null, held: { path: "/big" } });
    // What is changed beside it is checked up to there.
    expect(gate(shown, '{"big": Infinity, "b": 2}', false)).toMatchObject({
      fault: null,
      held: { path: "/big" },
    });
    expect(gate(shown, '{"a" 1, "big": Infinity}', false)).toMatchObject({ json: true, held: null });
    expect(gate(shown, '{"a" 1, "big": Infinity}', false).fault).not.toBeNull();
    expect(gate(shown, '{"big": 3, "b": 2}', false)).toMatchObject({ json: true, fault: null, held: null });
  });

  it("holds a value that was JSON to JSON", () => {
    expect(gate('{"a": 1}', '{"a": 1,}', true)).toMatchObject({ json: true, mayKeepAsText: false });
    expect(gate('{"a": 1}', '{"a": 1,}', true).fault).not.toBeNull();
    expect(gate('{"a": 1}', "no longer JSON", false).fault).not.toBeNull();
  });

  it("lets a template that only looks like JSON be kept as text", () => {
    const template = "{{ ds }}";
    expect(gate(undefined, template, false)).toMatchObject({ json: true, mayKeepAsText: true });
    expect(gate(undefined, template, false).fault).not.toBeNull();
    expect(gate(undefined, template, true)).toMatchObject({ json: false, fault: null });
    expect(gate("{{ ds }}", "{{ ds_nodash }}", true).fault).toBeNull();
  });

  it("asks nothing of plain text", () => {
    expect(gate("3.1", "3.10", false)).toMatchObject({ json: false, fault: null });
    expect(gate("", "", false).fault).toBeNull();
  });
});

describe("a run's conf", () => {
  it("starts from the params' values", () => {
    const params = { region: { value: "eu", schema: {}, description: null }, n: { value: null } };
    expect(confFromParams(params)).toBe('{\n  "region": "eu",\n  "n": null\n}');
    expect(confFromParams(null)).toBe("{}");
  });

  it("is an object or nothing", () => {
    expect(checkConf("  ")).toEqual({ conf: {} });
    expect(checkConf('{"a": 1}')).toEqual({ conf: { a: 1 } });
    expect(checkConf("[1]")).toMatchObject({ fault: expect.stringContaining("object") as string });
    expect(checkConf('{"a": 1,}')).toMatchObject({ line: 1 });
  });

  it("refuses a number that would arrive as another one", () => {
    expect(checkConf('{"id": 12345678901234567890}')).toHaveProperty("fault");
    expect(checkConf('{"id": "12345678901234567890"}')).toHaveProperty("conf");
    expect(checkConf('{"x": 1e999}')).toHaveProperty("fault");
    expect(checkConf('{"x": 0.1, "y": 123456789012345}')).toHaveProperty("conf");
  });

  it.each([
    ["1.0", "1"],
    ["-0.0", "0"],
    ["1E2", "100"],
    ["1.5e1", "15"],
    ["20.00", "20"],
  ])("refuses %s, which would arrive as the whole number %s", (typed, arrives) => {
    const fault = expect.stringContaining(`${typed} would arrive as the whole number ${arrives}`) as string;
    expect(checkConf(`{"a": "1.0",\n"x": [${typed}]}`)).toEqual({ fault, line: 2 });
  });

  it.each(["1.10", "0", "-0", "1e300", "1E-7", "-3.25"])("takes %s", (typed) => {
    expect(checkConf(`{"x": ${typed}}`)).toHaveProperty("conf");
  });
});
