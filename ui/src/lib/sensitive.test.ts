import { describe, expect, it } from "vitest";
import { isSensitiveName, sensitivePaths } from "./sensitive";

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

  it("leaves numbers and plain text alone", () => {
    expect(sensitivePaths("limits", `{"token": 5, "password": null, "x": "secret"}`)).toEqual([]);
    expect(sensitivePaths("note", "the password is elsewhere")).toEqual([]);
  });

  it("locks the whole of what only Python reads", () => {
    for (const text of [
      `{"limit": NaN, "password": "hunter2"}`,
      `{"password": "hunter2", "password": 1}`,
      `{"password": "hunter2",}`,
    ]) {
      expect(sensitivePaths("plain", text)).toEqual([""]);
    }
    expect(sensitivePaths("plain", `{"token": {"limits": {"a": 1}}, "b": "a:b"}`)).toEqual([]);
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
