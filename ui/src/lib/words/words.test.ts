import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { asProblem } from "./problem";
import { paramType } from "./params";
import { saveWords } from "./save";
import { actionSign, isOpen, problemSign, recordSign, runSign } from "./states";
import { ago, lasted } from "./time";

const NOW = Date.parse("2026-11-22T14:00:00Z");
const before = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();

describe("times", () => {
  const shared = readFileSync("../tests/vectors/ago.json", "utf8");
  it.each(JSON.parse(shared) as [number, string][])(
    "%i s before is %s, as Rust tells it",
    (seconds, words) => {
      expect(ago(before(seconds), NOW)).toBe(words);
    },
  );

  it.each([
    [40 * 86_400, "2026-10-13"],
    [-600, "in 10 min"],
    [-7200, "in 2 h"],
  ])("%i s before is %s", (seconds, words) => {
    expect(ago(before(seconds), NOW)).toBe(words);
  });

  it("says how long", () => {
    expect(lasted(before(0.8), before(0), NOW)).toBe("0.8 s");
    expect(lasted(before(185), null, NOW)).toBe("3 min 5 s");
    expect(lasted(before(7800), null, NOW)).toBe("2 h 10 min");
  });
});

describe("the editor's button", () => {
  it.each([
    [{ link: "online", paused: false }, false, "Save and send"],
    [{ link: "online", paused: false }, true, "Save"],
    [{ link: "online", paused: true }, false, "Save"],
    [{ link: "offline", paused: false }, false, "Save"],
    [{ link: "sign_in_needed", paused: false }, false, "Save"],
    [null, false, "Save"],
  ] as const)("says what happens: %j, reviewed: %s", (status, review, word) => {
    expect(saveWords(status, review).word).toBe(word);
  });
});

describe("states", () => {
  it("has nothing to say about a record in step with Airflow", () => {
    expect(recordSign({ state: "clean", deleted: false, base: {} })).toBeNull();
  });

  it("tells new, changed and deleted apart", () => {
    const words = (deleted: boolean, base: Record<string, unknown> | null) =>
      recordSign({ state: "pending", deleted, base })?.word;
    expect(new Set([words(false, {}), words(false, null), words(true, {})]).size).toBe(3);
  });

  it("says that a change waits for review, whichever it is", () => {
    const kinds = [
      { deleted: false, base: {} },
      { deleted: false, base: null },
      { deleted: true, base: {} },
    ];
    const words = kinds.map((kind) => recordSign({ state: "pending", ...kind }, true)?.word);
    expect(words).toEqual(["Waits for review", "New, to review", "Delete, to review"]);
    expect(actionSign({ state: "queued", waits_for: [] }, true).word).toBe("Waits for review");
  });

  // The column of a list beside an open panel, 1280 pixels in all, has room for that many.
  it("says each state of a record in 18 letters", () => {
    const states = ["pending", "violation", "in_doubt", "rejected", "conflict"] as const;
    for (const state of states) {
      for (const [deleted, base] of [
        [false, {}],
        [false, null],
        [true, {}],
      ] as const) {
        for (const isToReview of [false, true]) {
          const word = recordSign({ state, deleted, base }, isToReview)?.word ?? "";
          expect(word.length, word).toBeLessThanOrEqual(18);
        }
      }
    }
  });

  it("counts the edits that an action waits for", () => {
    const edit = { collection: "variables", key: "a" };
    expect(actionSign({ state: "waiting", waits_for: [edit] }).word).toBe("Waits for 1 edit");
    expect(actionSign({ state: "waiting", waits_for: [edit, edit] }).word).toBe("Waits for 2 edits");
  });

  it("shows a state that a newer Airflow invents", () => {
    expect(runSign("up_for_review")).toMatchObject({ word: "up for review", tone: "quiet" });
  });

  it("shows red for failure alone", () => {
    expect(problemSign("unreachable")).toEqual({ tone: "offline", shape: "offline" });
    expect(problemSign("busy").tone).toBe("offline");
    expect(problemSign("rejected")).toEqual({ tone: "failed", shape: "rejected" });
  });

  it("knows which actions are still open", () => {
    expect(isOpen({ state: "held" })).toBe(true);
    expect(isOpen({ state: "done" })).toBe(false);
    expect(isOpen({ state: "cancelled" })).toBe(false);
  });
});

describe("params", () => {
  it.each([
    [{ type: ["null", "object"] }, "empty, or a group of values"],
    [{ type: ["string", "integer", "null"] }, "empty, or text, or a whole number"],
    [{ type: "number" }, "a number"],
    [{ type: "string", enum: ["EU", "US"] }, "EU or US"],
    [{ enum: ["a", "b", null] }, "a, b or empty"],
    [undefined, ""],
  ])("%j is said as %s", (schema, words) => {
    expect(paramType(schema)).toBe(words);
  });
});

describe("problems", () => {
  it("passes the app's own words on", () => {
    const problem = { code: "busy", what: "a", meaning: "b", next: "c", retry: true };
    expect(asProblem(problem)).toBe(problem);
  });

  it("makes a sentence, a meaning and a next step of anything else", () => {
    for (const thrown of [new Error("disk full"), "disk full", undefined]) {
      const problem = asProblem(thrown);
      expect(problem.what && problem.meaning && problem.next).toBeTruthy();
    }
    expect(asProblem(new Error("disk full")).what).toContain("disk full");
  });
});
