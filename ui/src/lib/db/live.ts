// Values that change, in the shape that the screens' state wraps.
import { liveQuery } from "dexie";
import type { Live } from "./desk";

/** A query that runs again whenever what it read has changed in this store. */
export function live<T>(query: () => Promise<T>, failed: (error: unknown) => void): Live<T> {
  return {
    subscribe(run) {
      // Dexie keeps sight of a query's transactions only in a function that is `async` itself.
      const subscription = liveQuery(async () => query()).subscribe({ next: run, error: failed });
      return () => subscription.unsubscribe();
    },
  };
}

/** Waits for as long as the page is to have for other things after a reading that began then, by `performance.now()`. */
export type Rest = (began: number) => Promise<void>;

/** A reading takes a tenth of the page's time at most, however often there is something new: what is read is drawn, too. */
const SHARE = 10;
/** And this long lies between two readings, in milliseconds. */
const SHORTEST_REST_MS = 300;

/** The rest in a page that people look at. */
export const REAL_REST: Rest = async (began) => {
  // What is drawn of it belongs to it.
  await after(0);
  await after(Math.max(SHORTEST_REST_MS, (SHARE - 1) * (performance.now() - began)));
};

/**
 * A query that runs again when what `watched` reads has changed, and no sooner than the page had time for other things:
 * while a store is filled for the first time, something changes all the time, and each look is a look at more.
 */
export class Paced<T> implements Live<T> {
  readonly #looks = new Set<Look<T>>();

  constructor(
    private readonly watched: () => Promise<unknown>,
    private readonly query: () => Promise<T>,
    private readonly failed: (error: unknown) => void,
    private readonly rest: Rest,
  ) {}

  subscribe(run: (value: T) => void): () => void {
    const look = new Look(this.query, run, this.failed, this.rest);
    this.#looks.add(look);
    const stop = live(this.watched, this.failed).subscribe(() => void look.again());
    return () => {
      stop();
      look.end();
      this.#looks.delete(look);
    };
  }

  /** What changes now is what somebody waits to see: it is read at once. */
  hurry(): void {
    this.#looks.forEach((look) => look.hurry());
  }
}

class Look<T> {
  #isOver = false;
  #isReading = false;
  #isStale = false;
  #isHurried = false;
  #endRest: () => void = () => undefined;

  constructor(
    private readonly query: () => Promise<T>,
    private readonly run: (value: T) => void,
    private readonly failed: (error: unknown) => void,
    private readonly rest: Rest,
  ) {}

  async again(): Promise<void> {
    this.#isStale = true;
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#isStale && !this.#isOver) {
      [this.#isStale, this.#isHurried] = [false, false];
      await this.#readAndRest();
    }
    this.#isReading = false;
  }

  hurry(): void {
    this.#isHurried = true;
    this.#endRest();
  }

  end(): void {
    this.#isOver = true;
    this.#endRest();
  }

  async #readAndRest(): Promise<void> {
    const began = performance.now();
    await this.#read();
    if (this.#isHurried || this.#isOver) return;
    const hurried = new Promise<void>((resolve) => (this.#endRest = resolve));
    await Promise.race([this.rest(began), hurried]);
  }

  async #read(): Promise<void> {
    try {
      const value = await this.query();
      if (!this.#isOver) this.run(value);
    } catch (error) {
      if (!this.#isOver && !isClosed(error)) this.failed(error);
    }
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Nobody looks any more. */
function isClosed(error: unknown): boolean {
  return error instanceof Error && error.name === "DatabaseClosedError";
}

/** A value in memory that tells its subscribers when it is set to another one. */
export class Told<T> implements Live<T> {
  #value: T;
  readonly #runs = new Set<(value: T) => void>();

  constructor(value: T) {
    this.#value = value;
  }

  set(value: T): void {
    if (value === this.#value) return;
    this.#value = value;
    this.#runs.forEach((run) => run(value));
  }

  subscribe(run: (value: T) => void): () => void {
    this.#runs.add(run);
    run(this.#value);
    return () => this.#runs.delete(run);
  }
}
