// Texts that are cut where there is no room for them.
import type { Attachment } from "svelte/attachments";

/** The whole text under the pointer, only where it is cut: it covers the row below. */
export function titleWhereCut(text: string): Attachment<HTMLElement> {
  return (element) => {
    const look = () => {
      const isCut = element.scrollWidth > element.clientWidth;
      if (isCut && text) element.title = text;
      else element.removeAttribute("title");
    };
    element.addEventListener("pointerenter", look);
    return () => element.removeEventListener("pointerenter", look);
  };
}
