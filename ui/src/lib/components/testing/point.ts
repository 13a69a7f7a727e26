// A pointer that goes down on a field, with what a browser does and happy-dom does not. WebKit's order: mousedown, the focus
// is nowhere, blur (and what it set off, up to the microtasks: an editor may be gone by then), focusout (which what is gone
// passes up to nobody), and the clicked field has the focus, but only where nobody took it meanwhile.
import { settle } from "$lib/db/testing/computer";

export async function point(field: HTMLElement): Promise<void> {
  const before = document.activeElement;
  if (before === field) return;
  if (before instanceof HTMLElement && before !== document.body) {
    const stop = (event: Event) => event.stopImmediatePropagation();
    // happy-dom tells of it without saying where the focus goes.
    for (const type of ["blur", "focusout"])
      window.addEventListener(type, stop, { capture: true, once: true });
    before.blur();
    for (const type of ["blur", "focusout"]) window.removeEventListener(type, stop, { capture: true });
    before.dispatchEvent(new FocusEvent("blur", { relatedTarget: field }));
    await microtasks();
    before.dispatchEvent(new FocusEvent("focusout", { relatedTarget: field, bubbles: true }));
    await microtasks();
  }
  if (document.activeElement === document.body) field.focus();
  await settle(1);
}

async function microtasks(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

/** A pointer that clicks a button: WebKitGTK gives it the focus, unless the button says that it stays. */
export async function clickBy(button: HTMLElement): Promise<void> {
  const down = new MouseEvent("mousedown", { bubbles: true, cancelable: true });
  if (button.dispatchEvent(down)) await point(button);
  button.click();
}
