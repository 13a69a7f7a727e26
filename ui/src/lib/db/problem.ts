// What goes wrong in the window's own store, in the words and codes of the mirror's problems.
import type { Problem, ProblemCode } from "$lib/bindings";

/** A `Problem` that can be thrown. */
export class WindowProblem extends Error implements Problem {
  readonly code: ProblemCode;
  readonly what: string;
  readonly meaning: string;
  readonly next: string;
  readonly retry: boolean;

  constructor(problem: Problem) {
    super(inWords(problem));
    this.name = "WindowProblem";
    this.code = problem.code;
    this.what = problem.what;
    this.meaning = problem.meaning;
    this.next = problem.next;
    this.retry = problem.retry;
  }
}

/** The three sentences as one text. */
export function inWords(problem: Problem): string {
  return `${problem.what} ${problem.meaning} ${problem.next}`;
}

/** Tells a problem (ours, or one that a command rejected with) from any other error. */
export function isProblem(error: unknown): error is Problem {
  return (
    typeof error === "object" && error !== null && "code" in error && "what" in error && "retry" in error
  );
}

/** The problem with this error: itself, or what it means when IndexedDB throws it. */
export function problemOf(error: unknown): Problem {
  if (isProblem(error)) return error;
  return isQuota(error) ? diskFull() : storeFailed(error);
}

/** WebKit ends a transaction that is over quota with an abort whose error is null; others name it. */
function isQuota(error: unknown): boolean {
  const { name, inner } = (error ?? {}) as { name?: string; inner?: unknown };
  if (name === "QuotaExceededError") return true;
  return name === "AbortError" && (inner === null || inner === undefined || isQuota(inner));
}

/** The problem with an edit that could not be kept. */
export function notKept(error: unknown): WindowProblem {
  const meaning = "This change was not kept; your text is still in the editor.";
  return new WindowProblem({ ...asIs(problemOf(error)), meaning });
}

/** A problem's own members; those of an error are not enumerable everywhere. */
function asIs({ code, what, meaning, next, retry }: Problem): Problem {
  return { code, what, meaning, next, retry };
}

function diskFull(): WindowProblem {
  return new WindowProblem({
    code: "storage",
    what: "The disk quota of this window is full.",
    meaning: "What was kept before is still there; nothing new can be taken over.",
    next: "Send what is pending or free some disk space, then save again.",
    retry: true,
  });
}

function storeFailed(error: unknown): WindowProblem {
  const name = error instanceof Error ? error.name : "unknown error";
  return new WindowProblem({
    code: "storage",
    what: `This window's store could not be read or written (${name}).`,
    meaning: "What was kept before is still there.",
    next: "Try again; if that fails too, restart Leeward.",
    retry: true,
  });
}

/** The mirror and the window answered each other's questions, and still do not agree. */
export function cannotAgree(): WindowProblem {
  return new WindowProblem({
    code: "handshake_needed",
    what: "This window and the mirror on this computer do not agree about your work.",
    meaning: "Everything you did is kept in this window, and is not sent until they agree.",
    next: "Leeward tries again by itself; if this stays, restart it.",
    retry: true,
  });
}

/** The environment was removed from this computer; one of its name may have been added since. */
export function environmentGone(): WindowProblem {
  return new WindowProblem({
    code: "environment_gone",
    what: "This environment was removed from this computer.",
    meaning: "Nothing of it is sent any more. What you see is this window's own copy.",
    next: "Copy what you still need, then close it.",
    retry: false,
  });
}

/** A secret in an ordinary edit; `paths` says where, never what. */
export function secretRefused(paths: string[]): WindowProblem {
  const places = paths.filter((path) => path !== "");
  const where = places.length > 0 ? ` at ${places.join(", ")}` : "";
  return new WindowProblem({
    code: "bad_input",
    what: `This value holds something secret${where}.`,
    meaning: "It was not kept: secrets are never stored with ordinary changes.",
    next: "Use “Replace secret”, or remove it from the value.",
    retry: false,
  });
}
