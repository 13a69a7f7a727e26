// A conflict inside JSON: what did not clash is merged, and a side is taken only where both changed the same place.
// As the engine merges: objects by name, anything else as a whole.
import { exactly } from "$lib/diff/exact";
import { diffPaths } from "$lib/diff/paths";
import { type Member, type Node, readTree } from "$lib/json/tree";

export type Side = "mine" | "airflow";

interface Part {
  text: string;
  node: Node;
}

/** One place on the three sides; undefined where a side has nothing there. */
interface Place {
  base: Part | undefined;
  mine: Part | undefined;
  airflow: Part | undefined;
}

/** Both sides' changes in one text in my layout, with `side` where they clash; undefined where a side is no JSON. */
export function mergedWith(side: Side, base: string, mine: string, airflow: string): string | undefined {
  const [b, m, a] = [base, mine, airflow].map((text) => {
    const node = readTree(text);
    return node && { text, node };
  });
  if (!b || !m || !a) return undefined;
  const middle = merged({ base: b, mine: m, airflow: a }, side);
  if (middle === undefined) return undefined;
  const whole = mine.slice(0, m.node.from) + middle + mine.slice(m.node.to);
  // Nothing of the other side is in it: then it is that text, letter by letter.
  return [mine, airflow].find((text) => isSame(text, whole)) ?? whole;
}

/** Undefined when nothing is to be there. */
function merged(place: Place, side: Side): string | undefined {
  const { base, mine, airflow } = place;
  if (same(airflow, base) || same(mine, airflow)) return mine && raw(mine);
  if (same(mine, base)) return airflow && raw(airflow);
  if (base?.node.members && mine?.node.members && airflow?.node.members) {
    return object({ base, mine, airflow }, side);
  }
  const taken = place[side];
  return taken && raw(taken);
}

function object(sides: { base: Part; mine: Part; airflow: Part }, side: Side): string {
  const { base, mine, airflow } = sides;
  const mineNames = membersOf(mine);
  const added = membersOf(airflow).filter(({ name }) => !mineNames.some((one) => one.name === name));
  const before = leads(mine);
  const usual = before.at(-1) ?? " ";
  const parts = [...mineNames, ...added].flatMap((member, index) => {
    const find = (part: Part) => valueOf(part, member.name);
    const value = merged({ base: find(base), mine: find(mine), airflow: find(airflow) }, side);
    if (value === undefined) return [];
    const owner = index < mineNames.length ? mine : airflow;
    return [(before[index] ?? usual) + owner.text.slice(member.from, member.value.from) + value];
  });
  const last = mineNames.at(-1);
  const end = mine.text.slice(last ? last.value.to : mine.node.from + 1, mine.node.to - 1);
  return `{${parts.join(",")}${end}}`;
}

/** The space before each member. */
function leads({ text, node }: Part): string[] {
  return membersOf({ text, node }).map(
    (member) => /\s*$/.exec(text.slice(node.from, member.from))?.[0] ?? "",
  );
}

function membersOf({ node }: Part): Member[] {
  return node.members ?? [];
}

function valueOf(part: Part, name: string): Part | undefined {
  const member = membersOf(part).find((one) => one.name === name);
  return member && { text: part.text, node: member.value };
}

function raw({ text, node }: Part): string {
  return text.slice(node.from, node.to);
}

function same(a: Part | undefined, b: Part | undefined): boolean {
  if (!a || !b) return a === b;
  return isSame(raw(a), raw(b));
}

/** Numbers count letter by letter, order and space do not. */
function isSame(a: string, b: string): boolean {
  return a === b || diffPaths(exactly(`[${a}]`), exactly(`[${b}]`)).length === 0;
}
