import { describe, expect, it } from "vitest";
import { type FieldType, take, takeText, textOfValue } from "$lib/collections/field-type";
import { textOf } from "$lib/collections/values";
import { resultOf } from "$lib/conflicts/resolution";
import { short } from "$lib/diff/short";
import { sensitivePaths } from "$lib/sensitive";
import { asCarried, jsonOf } from "./carried";

const TEXT = '[{"id":9007199254740993}]';
const CARRIED = { $leeward_json: TEXT };

describe("JSON that JavaScript would round", () => {
  it("is shown with every digit", () => {
    expect(textOfValue({ kind: "json", shape: "any" }, CARRIED)).toBe(TEXT);
    expect(textOf(CARRIED)).toBe(TEXT);
    expect(short(CARRIED)).toBe(TEXT);
    expect(
      sensitivePaths("", jsonOf({ $leeward_json: '{"password":"x","id":9007199254740993}' })),
    ).not.toEqual([]);
  });

  it("is held to the shape of its field, and taken as it is", () => {
    const json = (shape: "any" | "array" | "object"): FieldType => ({ kind: "json", shape });
    expect(take(json("array"), CARRIED)).toEqual({ is: CARRIED });
    expect(take(json("any"), CARRIED)).toEqual({ is: CARRIED });
    expect(take(json("object"), CARRIED)).toEqual({ not: "must be an object" });
  });

  it("is what a conflict is decided for, as a side of it", () => {
    const field = {
      name: "limits",
      base: CARRIED,
      mine: {},
      airflow: CARRIED,
      paths: ["/0/id"],
      against: "airflow",
    } as const;
    expect(resultOf("fx", { ...field, paths: [...field.paths] }, { side: "airflow" })).toBe(CARRIED);
  });

  it("is not what somebody typed that looks like it", () => {
    const typed = { $leeward_json: "1" };
    const taken = takeText({ kind: "json", shape: "any" }, JSON.stringify(typed));
    expect(taken).toEqual({ is: { $leeward_json: '{"$leeward_json":"1"}' } });
    expect("is" in taken && textOf(taken.is)).toBe('{"$leeward_json":"1"}');
    expect(asCarried({ a: 1 })).toEqual({ a: 1 });
  });
});
