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
