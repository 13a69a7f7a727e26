// How large everything is: in steps, and kept over restarts.
import { pressed } from "$lib/keys/keymap";
import { keep, keptNumber } from "./kept";

const KEY = "leeward-zoom";
const STEPS = [80, 90, 100, 110, 125, 150, 175, 200];
const USUAL = 100;

export class Zoom {
  percent = $state(USUAL);

  /** `apply` enlarges the window by a factor. */
  constructor(private readonly apply: (factor: number) => Promise<void>) {}

  start(): void {
    const kept = keptNumber(KEY, USUAL, 80, 200);
    if (kept !== USUAL) this.set(kept);
  }

  larger(): void {
    this.set(STEPS.find((step) => step > this.percent) ?? this.percent);
  }

  smaller(): void {
    this.set(STEPS.findLast((step) => step < this.percent) ?? this.percent);
  }

  reset(): void {
    this.set(USUAL);
  }

  /** Acts on the keys for it; true when it was one of them. */
  onkey(event: KeyboardEvent): boolean {
    if (pressed(event, "zoomIn")) this.larger();
    else if (pressed(event, "zoomOut")) this.smaller();
    else if (pressed(event, "zoomReset")) this.reset();
    else return false;
    event.preventDefault();
    return true;
  }

  private set(percent: number): void {
    this.percent = percent;
    keep(KEY, percent);
    // A window that cannot be enlarged stays as it is, and the app's log says why.
    this.apply(percent / 100).catch(() => undefined);
  }
}
