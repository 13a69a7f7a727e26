// Whatever went wrong, as what happened, what it means for the work, and what to do next.
import type { Problem } from "$lib/bindings";

export function asProblem(error: unknown): Problem {
  if (isProblem(error)) return error;
  const detail = error instanceof Error ? error.message : typeof error === "string" ? error : "";
  return {
    code: "internal",
    what: detail ? `Leeward could not do that: ${detail}` : "Leeward could not do that.",
    meaning: "Nothing that was marked as kept is affected.",
    next: "Try again. If it happens again, restart Leeward.",
    retry: true,
  };
}

/** A problem of somebody who signs in again: there is work here, which is not touched by it. */
export function notSignedIn(problem: Problem): Problem {
  return { ...problem, meaning: "You are not signed in yet. Your work here is untouched." };
}

function isProblem(error: unknown): error is Problem {
  return (
    typeof error === "object" &&
    error !== null &&
    ["code", "what", "meaning", "next"].every((name) => name in error)
  );
}

/** A problem found on the screen itself, before anything was sent or stored. */
export function badInput(what: string, meaning: string, next: string): Problem {
  return { code: "bad_input", what, meaning, next, retry: false };
}
