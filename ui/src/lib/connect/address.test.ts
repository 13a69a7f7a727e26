import { expect, it } from "vitest";
import type { Link, Problem } from "$lib/bindings";
import {
  addressFault,
  beforeFirst,
  candidates,
  find,
  isReadable,
  namedInstead,
  nameFault,
  freeName,
  nameOf,
} from "./address";

const LINK: Link = { version: "3.3.2", api: "v2", scheduler_healthy: true };
const problem = (code: Problem["code"], next = ""): Problem => ({
  ...{ code, what: "No.", meaning: "Your work is kept on this computer.", next, retry: true },
});

/** Answers at these addresses; elsewhere with that problem. */
function airflow(at: string[], otherwise: (url: string) => Problem) {
  const asked: string[] = [];
  const probe = (url: string) => {
    asked.push(url);
    return at.includes(url) ? Promise.resolve(LINK) : Promise.reject(otherwise(url));
  };
  return { asked, probe };
}

it("tries the scheme that is missing", async () => {
  const secure = airflow(["https://a.example"], () => problem("unreachable"));
  expect((await find(" a.example ", secure.probe)).url).toBe("https://a.example");
  const plain = airflow(["http://a.example:8080"], () => problem("unreachable"));
  expect((await find("a.example:8080", plain.probe)).url).toBe("http://a.example:8080");
  expect(plain.asked).toEqual(["https://a.example:8080", "http://a.example:8080"]);
  const here = airflow(["http://localhost:8080"], () => problem("unreachable"));
  await find("localhost:8080", here.probe);
  expect(here.asked).toEqual(["http://localhost:8080"]);
});

it("never goes from https to http by itself: not for a scheme that was typed, nor past an answer", async () => {
  const typed = airflow(["http://a.example"], () => problem("unreachable"));
  await expect(find("https://a.example", typed.probe)).rejects.toMatchObject({ code: "unreachable" });
  const answered = airflow(["http://a.example"], () => problem("not_airflow"));
  await expect(find("a.example", answered.probe)).rejects.toMatchObject({ code: "not_airflow" });
  expect(answered.asked).toEqual(["https://a.example"]);
});

it("tells what is wrong with an address at its field", () => {
  expect(addressFault("")).toBeNull();
  expect(addressFault("airflow.example.org")).toBeNull();
  expect(addressFault("http://127.0.0.1:8080/x")).toBeNull();
  expect(addressFault("ftp://a")).toContain("https://");
  expect(addressFault("air flow.example")).toContain("spaces");
  expect(addressFault("https://")).not.toBeNull();
  expect(candidates("HTTPS://A.example")).toEqual(["HTTPS://A.example"]);
});

it("finds the address that a problem names, and no other", () => {
  const deep = "An Airflow answers at https://a.example:8443: use that address.";
  expect(namedInstead(problem("not_airflow", deep))).toBe("https://a.example:8443");
  const moved = "If https://sso.example is the right place, use it as the address; otherwise check VPN.";
  expect(namedInstead(problem("not_airflow", moved))).toBe("https://sso.example");
  expect(namedInstead(problem("not_airflow", "Check the address."))).toBeNull();
  expect(namedInstead(problem("bad_input", "such as https://airflow.example.com."))).toBeNull();
  expect(namedInstead(null)).toBeNull();
});

it("speaks of no work and of no second try before anything is set up", () => {
  const away = beforeFirst(problem("unreachable", "Check VPN; Leeward tries again by itself."));
  expect(away.meaning).toBe("Nothing was saved.");
  expect(away.next).toBe("Check the address and press Check again.");
  expect(beforeFirst(problem("not_airflow", "Check the address.")).next).toBe("Check the address.");
});

it("says which addresses can be read on the way", () => {
  expect(isReadable("http://a.example")).toBe(true);
  expect(isReadable("https://a.example")).toBe(false);
  expect(isReadable("http://127.0.0.1:8080")).toBe(false);
});

it("names the environment after the host, in characters that a name may have", () => {
  expect(nameOf("https://a.example:8080/x")).toBe("a.example-8080");
  expect(nameOf("a.example")).toBe("a.example");
  expect(nameFault(nameOf("https://a.example:8080"), [])).toBeNull();
  expect(nameFault("my airflow", [])).toContain("without spaces");
  expect(nameFault("Prod", ["Prod"])).toContain("already");
  expect(nameFault("", [])).not.toBeNull();
  expect(nameFault("x".repeat(65), [])).toContain("64");
});

it("offers a name that is free", () => {
  expect(freeName("prod", [])).toBe("prod");
  expect(freeName("prod", ["prod", "prod-2"])).toBe("prod-3");
  const long = "a".repeat(300);
  const offered = freeName(nameOf(`https://${long}.example`), [nameOf(`https://${long}.example`)]);
  expect(nameFault(offered, [])).toBeNull();
});
