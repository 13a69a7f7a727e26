// One thing that a button starts: whether it runs, and what went wrong. A second click while it runs does nothing.
import type { Problem } from "$lib/bindings";
import { asProblem } from "$lib/words/problem";

export class Task {
  running = $state(false);
  problem = $state.raw<Problem | null>(null);

  /** True when it went well. */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    if (this.running) return false;
    this.running = true;
    this.problem = null;
    try {
      await work();
      return true;
    } catch (error) {
      this.problem = asProblem(error);
      return false;
    } finally {
      this.running = false;
    }
  }
}
