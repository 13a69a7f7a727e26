import { describe, expect, it } from "vitest";
import { holdsMask, isSensitiveName, sensitivePaths } from "./sensitive";

describe("sensitive names, as Airflow has them", () => {
  it("locks the whole value of a sensitive key", () => {
    expect(sensitivePaths("smtp_PassWord", "hunter2")).toEqual([""]);
    expect(sensitivePaths("plain", "***")).toEqual([""]);
    expect(sensitivePaths("smtp_password", "")).toEqual([]);
  });

  it("finds nested names by path", () => {
    const text = `{"db": {"api_key": "k", "port": 5432}, "list": [{"token": ["t"]}], "a": "***"}`;
    expect(sensitivePaths("conf", text).sort()).toEqual(["/a", "/db/api_key", "/list/0/token"]);
  });

  it("finds a number under a sensitive name", () => {
    expect(sensitivePaths("conf", `{"password": 58291378}`)).toEqual(["/password"]);
    expect(sensitivePaths("conf", `{"tokens": [1.5]}`)).toEqual(["/tokens"]);
  });

  it("finds a mask wherever it stands", () => {
    for (const text of ["***", "pw=*** x", "a******b", "<redaction-failed>", `{"***": 1}`, `{"a": "***"`]) {
      expect(sensitivePaths("plain", text)).toEqual([""]);
    }
    const nested = String.raw`{"a": [{"b": "u:***@h"}], "c": "\u002a**"}`;
    expect(sensitivePaths("plain", nested)).toEqual(["/a/0/b", "/c"]);
    for (const text of ["**", "* * *", "*/5 * * * *", String.raw`\u002a\u002a`, ""])
      expect(holdsMask(text)).toBe(false);
  });

  it("leaves switches and plain text alone", () => {
    expect(sensitivePaths("limits", `{"token": true, "password": null, "x": "secret"}`)).toEqual([]);
    expect(sensitivePaths("note", "the password is elsewhere")).toEqual([]);
  });

  it("locks the whole of what only Python reads", () => {
    for (const text of [
      `{"limit": NaN, "password": "hunter2"}`,
      `{"password": "hunter2", "password": null}`,
      `{"password": "hunter2",}`,
    ]) {
      expect(sensitivePaths("plain", text)).toEqual([""]);
    }
    expect(sensitivePaths("plain", `{"token": {"limits": {"a": true}}, "b": "a:b"}`)).toEqual([]);
    expect(sensitivePaths("plain", `{"limit": NaN, "name": "token"}`)).toEqual([]);
  });

  it("escapes names in a path", () => {
    expect(sensitivePaths("conf", `{"a/b~c": {"secret": "s"}}`)).toEqual(["/a~1b~0c/secret"]);
  });

  it("knows a name by a part of it", () => {
    expect(isSensitiveName("  MY_API_KEY_2 ")).toBe(true);
    expect(isSensitiveName("stripe.api-key")).toBe(true);
    expect(isSensitiveName("region")).toBe(false);
  });
});
