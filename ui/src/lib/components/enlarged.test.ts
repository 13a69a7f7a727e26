// At 200 % a list has half the room. WebKit compares a container's width as it is enlarged by the zoom, so that no rule for a
// narrow one is met; the window's width it compares as it is.
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

/** The rail of icons, beside which the list is. */
const RAIL = 56;

const styles = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".svelte") || path.endsWith(".css"))
  .map((path) => ({ path, text: readFileSync(`src/${path}`, "utf8") }));

/** The rules of that kind for less than a width: the width, and what they say. */
function rules(text: string, kind: string): { width: number; says: string }[] {
  const heads = [...text.matchAll(new RegExp(`@${kind} \\(width < (\\d+)px\\) \\{`, "g"))];
  return heads.map((head) => ({
    width: Number(head[1]),
    says: block(text.slice(head.index + head[0].length)),
  }));
}

/** What stands up to the brace that closes the rule. */
function block(rest: string): string {
  let depth = 1;
  let at = 0;
  for (; depth > 0 && at < rest.length; at += 1) depth += { "{": 1, "}": -1 }[rest.charAt(at)] ?? 0;
  return rest
    .slice(0, at - 1)
    .replace(/\s+/g, " ")
    .trim();
}

it("asks the window too for each width that a list asks its container for", () => {
  const asked = styles.flatMap(({ path, text }) =>
    rules(text, "container").map((rule) => ({ path, text, ...rule })),
  );
  expect(asked.length).toBeGreaterThan(0);
  const missing = asked.filter(
    ({ text, width, says }) =>
      !rules(text, "media").some((other) => other.says === says && other.width >= width + RAIL),
  );
  expect(missing.map(({ path, width }) => `${path}: ${String(width)}px`)).toEqual([]);
});

/** Two columns with a fixed first one this wide leave too little beside it in a small window at 200 per cent. */
const WIDE_LABEL_PX = 120;

it("puts a control below a wide label in a small window", () => {
  const isLabelled = (text: string) =>
    [...text.matchAll(/grid-template-columns: (\d+)px /g)].some((found) => Number(found[1]) >= WIDE_LABEL_PX);
  const labelled = styles.filter(({ text }) => isLabelled(text));
  expect(labelled.length).toBeGreaterThan(0);
  const isStacked = (text: string) =>
    rules(text, "media").some(
      ({ width, says }) => width >= 480 && says.includes("grid-template-columns: minmax(0, 1fr);"),
    );
  expect(labelled.filter(({ text }) => !isStacked(text)).map(({ path }) => path)).toEqual([]);
});

it("stacks what stands side by side in every pair of panes", () => {
  const narrow = (path: string) => {
    const found = styles.find((style) => style.path === path);
    return rules(found?.text ?? "", "media").filter(({ width }) => width >= 480);
  };
  const says = (path: string, words: string) => narrow(path).some((rule) => rule.says.includes(words));
  expect(says("routes/conflicts/+page.svelte", ".panes { display: block; overflow: auto; }")).toBe(true);
  expect(says("lib/components/SidePanel.svelte", "position: absolute;")).toBe(true);
});
