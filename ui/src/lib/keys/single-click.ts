/**
 * What a click does, and the second of a double click does not: by then another row may have moved under the pointer, or
 * a question with its answer. A key that presses the button counts as no click.
 */
export function singleClick(run: () => void): (event: MouseEvent) => void {
  return (event) => {
    if (event.detail < 2) run();
  };
}
