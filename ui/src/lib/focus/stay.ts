/**
 * What `onmousedown` does on a button that is pressed in the midst of typing: the focus stays where it is. The button would
 * have it otherwise (in a browser that gives it none, nothing would), and the space that is typed next would press it again.
 */
export function keepsFocus(event: MouseEvent): void {
  event.preventDefault();
}
