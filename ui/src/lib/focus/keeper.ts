// Focus is never lost: when what held it goes away (a button whose work is done, a panel that closed), the part of the
// screen that it stood in has it, so that the next key goes on from there. Parts say so with `data-focus-home`.

const HOME = "[data-focus-home]";
/** A button that is switched off. */
const OFF = "button:disabled";

/** Watches `root` until the returned function is called. */
export function keepFocus(root: HTMLElement): () => void {
  const page = root.ownerDocument;
  /** What had the focus last, and the parts that it stood in, innermost first. */
  let last: { element: HTMLElement; homes: HTMLElement[]; wasOff: boolean } | null = null;
  /** The focus is on its way to another element: it is nowhere for a moment, and not lost. */
  let isMoving = false;

  function remember(event: FocusEvent): void {
    isMoving = false;
    if (!(event.target instanceof HTMLElement)) return;
    last = { element: event.target, homes: homesOf(event.target), wasOff: false };
  }

  /** Somebody clicked on nothing: that is no loss. What was removed or switched off is still remembered. */
  function forget({ relatedTarget }: FocusEvent): void {
    const before = last;
    isMoving = relatedTarget !== null;
    // WebKit tells nobody of a click on the edge of such a button, so there `stay` cannot hold the focus.
    if (!isMoving && page.querySelector(`${OFF}:active`))
      return void setTimeout(() => before?.element.focus());
    setTimeout(() => {
      isMoving = false;
      if (last === before && before && page.activeElement === page.body && canHold(before.element))
        last = null;
      // What it was on its way to went away as well.
      restore();
    });
  }

  function restore(): void {
    if (!last || isMoving) return;
    last.wasOff ||= last.element.isConnected && !canHold(last.element);
    if (page.activeElement !== page.body) return;
    if (last.element.isConnected) {
      // It was switched off while its work ran. Any other was left: taken back, the focus would be where nobody clicked.
      if (last.wasOff && canHold(last.element)) last.element.focus();
      return;
    }
    const home = last.homes.find((one) => one.isConnected);
    last = null;
    home?.focus({ preventScroll: true });
  }

  /** A button that is switched off takes no focus: where one typed it stays, else a click on it would give it to nobody. */
  function stay(event: MouseEvent): void {
    if (event.target instanceof Element && event.target.closest(OFF)) event.preventDefault();
  }

  const observer = new MutationObserver(restore);
  observer.observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"] });
  root.addEventListener("mousedown", stay);
  root.addEventListener("focusin", remember);
  // Told first of all: at this the field may be closed and gone, and no `focusout` comes up from what is gone.
  root.addEventListener("blur", forget, true);
  return () => {
    observer.disconnect();
    root.removeEventListener("mousedown", stay);
    root.removeEventListener("focusin", remember);
    root.removeEventListener("blur", forget, true);
  };
}

function canHold(element: HTMLElement): boolean {
  return element.isConnected && !element.matches(":disabled");
}

function homesOf(element: HTMLElement): HTMLElement[] {
  const homes: HTMLElement[] = [];
  let home = element.parentElement?.closest<HTMLElement>(HOME);
  while (home) {
    homes.push(home);
    home = home.parentElement?.closest<HTMLElement>(HOME);
  }
  return homes;
}
