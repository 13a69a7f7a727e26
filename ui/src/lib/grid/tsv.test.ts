import { describe, expect, it } from "vitest";
import { dice } from "$lib/db/testing/dice";
import { fromTsv, toTsv } from "./tsv";

describe("what a spreadsheet puts on the clipboard", () => {
  it.each([
    [
      "a\tb\nc\td",
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
    [
      "a\tb\r\nc\td\r\n",
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
    ['"two\nlines"\tb', [["two\nlines", "b"]]],
    ['"say ""no"""\t', [['say "no"', ""]]],
    ['5" pipe\t"a" and b', [['5" pipe', '"a" and b']]],
    ['"never closed\tb', [['"never closed', "b"]]],
    ["  007 \t1E5\n\nx", [["  007 ", "1E5"], [""], ["x"]]],
    ["alone", [["alone"]]],
    ["", []],
  ])("%j", (text, cells) => {
    expect(fromTsv(text)).toEqual(cells);
  });
});

it("reads what it wrote, whatever stands in the cells", () => {
  const below = dice(7);
  const letters = ["a", '"', "\t", "\n", "\r", " ", "0", '""', "é"];
  for (let round = 0; round < 2000; round++) {
    const cell = () => Array.from({ length: below(5) }, () => letters[below(letters.length)]).join("");
    const width = 1 + below(3);
    const rows = Array.from({ length: 1 + below(3) }, () => Array.from({ length: width }, cell));
    // One empty cell alone is no text at all, and the last row's is its line break.
    if (width === 1) rows.forEach((row) => (row[0] ||= "x"));
    expect(fromTsv(toTsv(rows)), JSON.stringify(rows)).toEqual(rows);
  }
});
