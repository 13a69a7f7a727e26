// The time that relative times are said against. It ticks slowly: nothing decides by it.
const TICK_MS = 10_000;

class Clock {
  nowMs = $state(Date.now());

  /** Ticks until the returned function is called. */
  start(): () => void {
    const timer = setInterval(() => (this.nowMs = Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }
}

export const clock = new Clock();
