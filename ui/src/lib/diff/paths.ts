// What changed between two JSON values, by path (JSON Pointers, RFC 6901). Arrays are atomic, as in the merge.

export interface PathChange {
  path: string;
  /** Undefined where there was nothing. */
  before?: unknown;
  after?: unknown;
}

export function diffPaths(before: unknown, after: unknown, path = ""): PathChange[] {
  if (same(before, after)) return [];
  if (!isObject(before) || !isObject(after)) return [{ path, before, after }];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => {
    const inner = `${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (!Object.hasOwn(before, name)) return [{ path: inner, after: after[name] }];
    if (!Object.hasOwn(after, name)) return [{ path: inner, before: before[name] }];
    return diffPaths(before[name], after[name], inner);
  });
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => same(item, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && same(a[name], b[name]))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A pointer as an analyst would say it: `/db/hosts/0` is `db › hosts › 0`. */
export function pathInWords(path: string): string {
  if (path === "") return "the whole value";
  return path
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .join(" › ");
}
