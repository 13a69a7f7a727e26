// A pointer that goes down on a field, with what a browser does and happy-dom does not: between the field that is left
// and the one that is clicked the focus is nowhere, and what listens to that runs. WebKit gives the clicked field the focus
// only where nobody took it meanwhile.
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
    before.dispatchEvent(new FocusEvent("focusout", { relatedTarget: field, bubbles: true }));
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }
  if (document.activeElement === document.body) field.focus();
  await settle(1);
}

/** A pointer that clicks a button: WebKitGTK gives it the focus, unless the button says that it stays. */
export async function clickBy(button: HTMLElement): Promise<void> {
  const down = new MouseEvent("mousedown", { bubbles: true, cancelable: true });
  if (button.dispatchEvent(down)) await point(button);
  button.click();
}
