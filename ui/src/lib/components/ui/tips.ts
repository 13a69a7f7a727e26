// What a tooltip says, and of what. Elements say it themselves: `data-tip` is more than is seen, `data-tip-cut` is the
// whole of a text that may be cut where it stands, and counts only there. Thousands of rows cost an attribute each.

const TIPPED = "[data-tip], [data-tip-cut]";

/** What keys come to. */
const REACHED = "a, button, input, select, textarea, [role=option], [role=gridcell], [tabindex='0']";

/** Lets keys come to an element that has something to say, unless they come to what it stands in. */
export function reachable(element: HTMLElement): void {
  if (!element.parentElement?.closest(REACHED)) element.tabIndex = 0;
}

/** An element that has something to say, and what. */
export interface Tip {
  at: HTMLElement;
  words: string;
}

/** Under the pointer: the innermost element that has something to say. */
export function tipUnder(target: EventTarget | null): Tip | null {
  let at = target instanceof Element ? target.closest<HTMLElement>(TIPPED) : null;
  while (at) {
    const words = wordsOf(at);
    if (words) return { at, words };
    at = at.parentElement?.closest<HTMLElement>(TIPPED) ?? null;
  }
  return null;
}

/**
 * Where the keys are: what the element says, and the parts of it that no key comes to by itself. In a list it is that of
 * the row that is chosen.
 */
export function tipAtKeys(target: EventTarget | null): Tip | null {
  const at = target instanceof HTMLElement ? (rowOf(target) ?? target) : null;
  if (!at?.matches(REACHED)) return null;
  const parts = [...at.querySelectorAll<HTMLElement>(TIPPED)].filter((part) => part.closest(REACHED) === at);
  const words = [...new Set([at, ...parts].map(wordsOf).filter((one) => one !== ""))];
  return words.length > 0 ? { at, words: words.join("\n") } : null;
}

function rowOf(list: HTMLElement): HTMLElement | null {
  const id = list.getAttribute("aria-activedescendant");
  return id ? list.ownerDocument.getElementById(id) : null;
}

function wordsOf(element: HTMLElement): string {
  const { tip, tipCut } = element.dataset;
  if (tip) return tip;
  return tipCut && isCut(element) ? tipCut : "";
}

/** Whether a text in it has no room, or is not shown at all. */
function isCut(element: HTMLElement): boolean {
  return [element, ...element.querySelectorAll<HTMLElement>("*")].some(
    (one) => one.scrollWidth > one.clientWidth || getComputedStyle(one).display === "none",
  );
}
