// A computer to test on: one IndexedDB and one mirror that outlive the app, and an app that can be killed at any await.
import type { ActionView, Entry, RecordView } from "$lib/bindings";
import type { MirrorPlatform } from "$lib/platform/platform";
import Dexie from "dexie";
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import type { Live } from "../desk";
import { databaseOf } from "../own-store";
import { PULL_LIMIT } from "../pull";
import { WindowDb } from "../schema";
import type { Rest } from "../live";
import { openDesk, type WindowDesk } from "../window-desk";
import { MemoryMirror, World } from "./memory-mirror";

export const ENV = { id: "01KB0000000000000000000001", name: "test", is_from_before: false };

// Live queries stand still where the global IndexedDB is missing, as in Node, whatever factory a database was given.
Object.assign(Dexie.dependencies, { indexedDB: new IDBFactory(), IDBKeyRange });

/** Burns down with every step (a transaction, a question, an answer); at its end the process is dead. */
export class Fuse {
  /** Resolves when it is dead. A live read in a dead process never answers, so whoever waits races against this. */
  readonly dead: Promise<void>;
  #left: number;
  #die: () => void = () => undefined;

  constructor(steps = Infinity) {
    this.#left = steps;
    this.dead = new Promise((resolve) => (this.#die = resolve));
  }

  get blown(): boolean {
    return this.#left <= 0;
  }

  blow(): void {
    this.#left = 0;
    this.#die();
  }

  burn(): void {
    this.#left -= 1;
    if (!this.blown) return;
    this.#die();
    throw new Error("Killed.");
  }
}

/** What stands in IndexedDB, store by store. */
export type Profile = Record<string, unknown[]>;

export class Computer {
  readonly world = new World();
  mirror: MemoryMirror;
  mirrorsLost = 0;
  fuse = new Fuse();
  /** Feed items in one pull of an app that is started. */
  pullLimit = PULL_LIMIT;
  #indexedDB = new IDBFactory();
  #ids = 0;
  #clock = 0;
  /** Rounds that wait for a pause to end. */
  pauses: (() => void)[] = [];

  /** After a look; nobody draws anything here. */
  rest: Rest = () => Promise.resolve();

  constructor() {
    this.mirror = new MemoryMirror("mirror-1", this.world);
  }

  /** Starts the app; it is dead after `steps` steps. */
  async start(steps = Infinity): Promise<WindowDesk> {
    const fuse = new Fuse(steps);
    this.fuse = fuse;
    this.pauses = [];
    return openDesk(
      ENV,
      fused(() => this.mirror, fuse),
      {
        pace: {
          after: (_ms, run) => {
            this.pauses.push(run);
            return () => (this.pauses = this.pauses.filter((other) => other !== run));
          },
          random: () => 0,
        },
        newId: () => `id-${String((this.#ids += 1)).padStart(6, "0")}`,
        now: () => new Date((this.#clock += 1000)).toISOString(),
        pullLimit: this.pullLimit,
        rest: this.rest,
        dexie: { ...this.#where(), addons: [(db) => burning(db, fuse)] },
      },
    );
  }

  /** kill -9: nothing that was under way goes on. */
  kill(desk?: WindowDesk): void {
    this.fuse.blow();
    desk?.close();
  }

  wipeMirror(): void {
    this.mirrorsLost += 1;
    this.mirror = new MemoryMirror(`mirror-${this.mirrorsLost + 1}`, this.world);
  }

  wipeWindow(): void {
    this.#indexedDB = new IDBFactory();
  }

  /** A copy of the window's store, as a backup of the profile has it. */
  backup(): Promise<Profile> {
    return this.peek(async (db) => {
      const stores = db.tables.map(async (table) => [table.name, await table.toArray()] as const);
      return Object.fromEntries<unknown[]>(await Promise.all(stores));
    });
  }

  async restore(profile: Profile): Promise<void> {
    this.wipeWindow();
    await this.peek(async (db) => {
      for (const [store, rows] of Object.entries(profile)) await db.table(store).bulkPut(rows);
    });
  }

  log(): Promise<Entry[]> {
    return this.peek((db) => db.log.orderBy("seq").toArray());
  }

  /** Looks into the store from beside the app. */
  async peek<T>(look: (db: WindowDb) => Promise<T>): Promise<T> {
    const db = new WindowDb(await databaseOf(ENV, this.#where()), this.#where());
    try {
      return await look(db);
    } finally {
      db.close();
    }
  }

  #where() {
    return { indexedDB: this.#indexedDB, IDBKeyRange };
  }
}

/** Lets go through what is on its way already. */
export function settle(turns = 10): Promise<void> {
  return new Promise((resolve) => setImmediate(() => resolve(turns > 0 ? settle(turns - 1) : undefined)));
}

/** The first value of a live read. */
export function now<T>(read: Live<T>): Promise<T> {
  return new Promise((resolve) => {
    const stop = read.subscribe((value) => {
      resolve(value);
      queueMicrotask(() => stop());
    });
  });
}

export async function recordNow(desk: WindowDesk, key: string): Promise<RecordView | undefined> {
  return (await now(desk.records())).collections.get("variables")?.get(key);
}

/** A collection's records, in order. */
export async function recordsNow(desk: WindowDesk, collection = "variables"): Promise<RecordView[]> {
  const { collections } = await now(desk.records());
  return collections.get(collection)?.rows.map(({ record }) => record) ?? [];
}

export async function actionNow(desk: WindowDesk, id: string): Promise<ActionView | undefined> {
  return (await now(desk.actions())).find(({ action }) => action.id === id);
}

/** The door to whichever mirror is there when it is asked. */
function fused(mirror: () => MemoryMirror, fuse: Fuse): MirrorPlatform {
  const step = async <T>(ask: () => Promise<T>): Promise<T> => {
    fuse.burn();
    const answer = await ask();
    fuse.burn();
    return answer;
  };
  return {
    mirrorHandshake: (...args) => step(() => mirror().mirrorHandshake(...args)),
    mirrorPush: (...args) => step(() => mirror().mirrorPush(...args)),
    mirrorPull: (...args) => step(() => mirror().mirrorPull(...args)),
    mirrorRebuild: (...args) => step(() => mirror().mirrorRebuild(...args)),
    onMirrorChanged: (run) => mirror().onMirrorChanged((event) => fuse.blown || run(event)),
  };
}

function burning(db: Dexie, fuse: Fuse): void {
  db.use({
    stack: "dbcore",
    name: "fuse",
    create: (core) => ({
      ...core,
      transaction: (...args) => {
        fuse.burn();
        return core.transaction(...args);
      },
    }),
  });
}
