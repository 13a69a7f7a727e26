// A typed result when Airflow moves on: what Airflow changed since is brought into it by path, as the engine merges, or is
// named where it cannot be. Kept as it was typed, it would put a colleague's separate change back.
import type { ConflictField } from "$lib/bindings";
import { same } from "$lib/db/same";
import { exactly, written } from "$lib/diff/exact";
import { diffPaths, type PathChange } from "$lib/diff/paths";
import { partAt } from "$lib/diff/short";
import { mergedWith } from "./parts";

/**
 * The typed text with what Airflow changed since it was typed; where both changed the same place, the typed one stands.
 * @param over what Airflow held when it was typed.
 * @returns undefined where one of them is no JSON object or array.
 */
export function carriedOver(over: string, typed: string, now: string): string | undefined {
  return [over, typed, now].every((text) => exactly(text)) ? mergedWith("mine", over, typed, now) : undefined;
}

/** The places at which the typed text holds what Airflow has changed since, from now to then. */
export function putsBack(over: string, typed: string, now: string): PathChange[] {
  const [then, after, mine] = [over, now, typed].map(exactly);
  if (!then || !after || !mine) return [];
  const isOld = ({ path, before }: PathChange) => partAt(typed, path) === written(before);
  return diffPaths(then, after)
    .filter(isOld)
    .map(({ path, before, after }) => ({ path, before: after, after: before }));
}

/**
 * What a result puts back as a whole in place of what Airflow holds now; undefined where it is nothing that was there.
 * @param old what Airflow held before, the newest last.
 */
export function oldValueIn(
  result: unknown,
  { airflow }: Pick<ConflictField, "airflow">,
  old: readonly unknown[],
): { value: unknown } | undefined {
  if (airflow === undefined || isSame(result, airflow)) return undefined;
  const at = old.findLastIndex((one) => isSame(one, result));
  return at < 0 ? undefined : { value: old[at] };
}

/** Whether two values say the same, spaces in JSON aside; nothing is as none. */
function isSame(one: unknown, other: unknown): boolean {
  if (same(one ?? null, other ?? null)) return true;
  const [a, b] = [one, other].map((side) => (typeof side === "string" ? exactly(side) : undefined));
  return a !== undefined && b !== undefined && diffPaths(a, b).length === 0;
}

/** The places of a typed text that another one changed. */
export function placesChanged(before: string, after: string): string[] {
  return diffPaths(exactly(before), exactly(after)).map(({ path }) => path);
}
