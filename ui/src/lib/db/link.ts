// The link with the mirror: handshake, then push and pull, one round at a time, again whenever there is a reason to,
// and with growing pauses while something fails.
import type { Problem } from "$lib/bindings";
import { agree } from "./handshake";
import { cannotAgree, inWords, problemOf } from "./problem";
import { Pull } from "./pull";
import { pushAll } from "./push";
import type { Session, Store } from "./store";

/** What the link takes from outside, so that tests decide it. */
export interface Pace {
  /** Calls `run` after `ms`; the answer calls it off. */
  after(ms: number, run: () => void): () => void;
  /** From 0 to 1. */
  random(): number;
}

/** The pace of the real clock. */
export const REAL_PACE: Pace = {
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;
/** A single failure (another process held the mirror for a moment) is not worth a word on screen. */
const FAILURES_UNSAID = 1;
/** Handshakes in one round; more mean that both sides keep disagreeing. */
const AGREEMENTS = 3;

/** Who is told by the link. */
export interface Listener {
  /** What is the matter, in words; null when nothing is. */
  trouble(said: string | null): void;
  /** All of the feed is here, after more than a page of it was missing. */
  caughtUp(): void;
}

interface Waiter {
  resolve: () => void;
  reject: (problem: unknown) => void;
}

/** Keeps one environment's window and mirror together. */
export class MirrorLink {
  readonly #store: Store;
  readonly #pace: Pace;
  readonly #listener: Listener;
  readonly #pullLimit: number;
  #session: Session | null = null;
  #running = false;
  #again = false;
  #closed = false;
  #failures = 0;
  #callOff: () => void = () => undefined;
  #waiters: Waiter[] = [];

  /** `pullLimit`: feed items in one page. */
  constructor(store: Store, pace: Pace, listener: Listener, pullLimit: number) {
    this.#store = store;
    this.#pace = pace;
    this.#listener = listener;
    this.#pullLimit = pullLimit;
  }

  /** Something was kept, or the feed moved: a round begins now, or follows the one that runs. */
  wake(): void {
    if (this.#closed) return;
    this.#again = true;
    if (!this.#running) void this.#run();
  }

  /** Resolves after a whole round that begins from now on, or rejects with what stopped it. */
  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.wake();
      if (this.#closed) this.#dismiss();
    });
  }

  /** No round begins after this; one that runs ends at its next step. */
  close(): void {
    this.#closed = true;
    this.#callOff();
  }

  async #run(): Promise<void> {
    this.#running = true;
    this.#callOff();
    while (this.#again && !this.#closed) {
      this.#again = false;
      await this.#turn(this.#waiters.splice(0));
    }
    this.#running = false;
    if (this.#closed) this.#dismiss();
  }

  #dismiss(): void {
    this.#waiters.splice(0).forEach(({ reject }) => reject(new Error("The desk is closed.")));
  }

  async #turn(waiters: Waiter[]): Promise<void> {
    try {
      await this.#round();
      this.#failures = 0;
      this.#listener.trouble(null);
      waiters.forEach(({ resolve }) => resolve());
    } catch (error) {
      this.#failed(problemOf(error));
      waiters.forEach(({ reject }) => reject(error));
    }
  }

  async #round(): Promise<void> {
    for (let agreement = 0; agreement < AGREEMENTS; agreement++) {
      try {
        this.#session ??= await agree(this.#store);
        return await this.#exchange(this.#session);
      } catch (error) {
        this.#session = null;
        if (problemOf(error).code !== "handshake_needed") throw error;
      }
    }
    throw cannotAgree();
  }

  /** Work goes down before every page that comes up: a long first pull never holds up an edit. */
  async #exchange(session: Session): Promise<void> {
    const pull = new Pull(this.#store, session, this.#pullLimit);
    let pages = 0;
    do {
      await pushAll(this.#store, session);
      pages += 1;
    } while ((await pull.next()) && !this.#closed);
    if (pages > 1) this.#listener.caughtUp();
  }

  #failed(problem: Problem): void {
    if (this.#closed) return;
    this.#failures += 1;
    if (this.#failures > FAILURES_UNSAID || !problem.retry) this.#listener.trouble(inWords(problem));
    this.#callOff();
    // It does not come back: one that is added under its name is another.
    if (problem.code === "environment_gone") return;
    this.#callOff = this.#pace.after(this.#pauseMs(), () => this.wake());
  }

  /** Full jitter, doubled with every failure up to a ceiling. */
  #pauseMs(): number {
    return this.#pace.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
  }
}
