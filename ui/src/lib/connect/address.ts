// The address of an Airflow as people type it: often without a scheme, or one page too deep.
import type { Link, Problem } from "$lib/bindings";
import { asProblem } from "$lib/words/problem";

/** What answered, and at which address. */
export interface Found {
  url: string;
  link: Link;
}

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const LOOPBACK = /^(?:localhost|127\.[0-9.]+|\[::1\])(?::|\/|$)/i;

/** What is wrong with the text as an address; null when it can be tried. */
export function addressFault(text: string): string | null {
  const address = text.trim();
  if (address === "") return null;
  if (/\s/.test(address)) return "An address has no spaces.";
  const scheme = SCHEME.exec(address)?.[0].toLowerCase();
  if (scheme && scheme !== "https://" && scheme !== "http://") {
    return "An address begins with https:// or http://.";
  }
  return parses(candidates(address)[0] ?? "") ? null : "This is not a web address.";
}

function parses(url: string): boolean {
  try {
    return new URL(url).hostname !== "";
  } catch {
    return false;
  }
}

/** The addresses to try, best first: a missing scheme is https, on this computer itself http. */
export function candidates(text: string): string[] {
  const address = text.trim();
  if (SCHEME.test(address)) return [address];
  const schemes = LOOPBACK.test(address) ? ["http", "https"] : ["https", "http"];
  return schemes.map((scheme) => `${scheme}://${address}`);
}

/**
 * Asks what answers. The next candidate is tried only where nothing at all answered at the one before.
 *
 * @throws the problem with the first candidate.
 */
export async function find(text: string, probe: (url: string) => Promise<Link>): Promise<Found> {
  let first: Problem | null = null;
  for (const url of candidates(text)) {
    try {
      return { url, link: await probe(url) };
    } catch (error) {
      const problem = asProblem(error);
      if (problem.code !== "unreachable") throw first ?? problem;
      first ??= problem;
    }
  }
  throw first;
}

/** The address that the problem's next step names, when it is another one than was asked. */
export function namedInstead(problem: Problem | null): string | null {
  if (problem?.code !== "not_airflow") return null;
  return /https?:\/\/[^\s,;]+?(?=[.:,;]?(?:\s|$))/i.exec(problem.next)?.[0] ?? null;
}

/** While nothing is set up there is no work to speak of, and nothing that is tried again by itself. */
export function beforeFirst(problem: Problem): Problem {
  const again = "Check the address and press Check again.";
  const isWait = problem.code === "unreachable" || problem.code === "server_trouble";
  return { ...problem, meaning: "Nothing was saved.", next: isWait ? again : problem.next };
}

/** Whether what is sent there can be read on the way; on this computer itself it goes nowhere. */
export function isReadable(url: string): boolean {
  return url.toLowerCase().startsWith("http://") && !LOOPBACK.test(url.slice("http://".length));
}

const NAME_LENGTH_MAX = 64;

/** A name for the environment at that address. */
export function nameOf(address: string): string {
  try {
    const host = new URL(candidates(address)[0] ?? "").host;
    return host.replace(/[^A-Za-z0-9._-]/g, "-").slice(0, NAME_LENGTH_MAX);
  } catch {
    return "";
  }
}

/** The name itself, or with the first number that makes it another than those. */
export function freeName(name: string, taken: readonly string[]): string {
  if (name === "" || !taken.includes(name)) return name;
  for (let number = 2; ; number += 1) {
    const ending = `-${number}`;
    const other = name.slice(0, NAME_LENGTH_MAX - ending.length) + ending;
    if (!taken.includes(other)) return other;
  }
}

/** What is wrong with the name; null when it can be used. */
export function nameFault(name: string, taken: readonly string[]): string | null {
  if (name === "") return "Give it a name.";
  if (name.length > NAME_LENGTH_MAX) return `A name has at most ${NAME_LENGTH_MAX} characters.`;
  if (!/^[A-Za-z0-9._-]+$/.test(name)) {
    return "Use letters, digits, dots, hyphens and underscores, without spaces.";
  }
  return taken.includes(name) ? `${name} is connected already: choose another name.` : null;
}
