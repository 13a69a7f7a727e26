// The desk on this window's IndexedDB, kept together with the mirror by its link.
import { type Action, BUILT_IN, type Change, type Entry, type RecordView } from "$lib/bindings";
import { jsonOf } from "$lib/json/carried";
import type { MirrorPlatform } from "$lib/platform/platform";
import { sensitivePaths } from "$lib/sensitive";
import type { DexieOptions } from "dexie";
import { monotonicFactory } from "ulid";
import type { Desk, NewAction } from "./desk";
import { keep, keepAll } from "./keep";
import { MirrorLink, REAL_PACE, type Pace } from "./link";
import { live, Paced, REAL_REST, type Rest, Told } from "./live";
import type { Draft } from "./log";
import { mirrorOf } from "./mirror";
import { openStore, type Owner } from "./own-store";
import { inWords, problemOf, secretRefused } from "./problem";
import { PULL_LIMIT } from "./pull";
import { actionsOf } from "./read";
import type { Snapshot } from "./records";
import { rowsOf } from "./rows";
import { SnapshotReader } from "./snapshot";
import { forgetDecided, lastDecided, noteDecided, undoDecided, type Undone, type Work } from "./together";
import { addStep, deletedIn, nextSteps, type RecordWork, retraceStep, type Way } from "./steps";
import type { WindowDb } from "./schema";
import type { Store } from "./store";
import { openUnsaved, type Unsaved } from "./unsaved";
import { removeView, saveView, viewsOf } from "./views";

/** What a desk takes from outside; the defaults are the real ones. */
export interface DeskPorts {
  pace: Pace;
  /** The time as RFC 3339. */
  now: () => string;
  newId: () => string;
  /** Feed items in one pull. */
  pullLimit: number;
  rest: Rest;
  dexie: DexieOptions;
}

const REAL_PORTS: DeskPorts = {
  pace: REAL_PACE,
  now: () => new Date().toISOString(),
  newId: monotonicFactory(),
  pullLimit: PULL_LIMIT,
  rest: REAL_REST,
  dexie: {},
};

/** The desk that `openDesk` gives. */
export type WindowDesk = Desk;

/** Opens an environment's store and begins to speak with its mirror; rejects with a `Problem`. */
export async function openDesk(
  environment: Owner,
  platform: MirrorPlatform,
  ports: Partial<DeskPorts> = {},
): Promise<WindowDesk> {
  const { pace, now, newId, pullLimit, rest, dexie } = { ...REAL_PORTS, ...ports };
  await askToPersist();
  const db = await openStore(environment, dexie);
  const env = environment.name;
  const store: Store = { db, rows: rowsOf(db), mirror: mirrorOf(environment.id, platform) };
  const trouble = new Told<string | null>(null);
  const failed = (error: unknown) => trouble.set(inWords(problemOf(error)));
  const records = recordsOf(store, failed, rest);
  const listener = { trouble: (said: string | null) => trouble.set(said), caughtUp: () => records.hurry() };
  const link = new MirrorLink(store, pace, listener, pullLimit);
  const stop = await platform.onMirrorChanged((event) => {
    if (event.env === env) link.wake();
  });
  link.wake();
  const unsaved = openUnsaved(db.name, dexie);
  const close = () => {
    stop();
    link.close();
    unsaved.close();
    db.close();
  };
  return deskOn({ env, store, link, trouble, records, failed, now, newId, unsaved, close });
}

/** Where the webview can promise not to evict the store, it is asked to; WebKitGTK has no such question. */
async function askToPersist(): Promise<void> {
  const navigator = globalThis.navigator as { storage?: Partial<StorageManager> } | undefined;
  await navigator?.storage?.persist?.().catch(() => false);
}

interface Parts {
  env: string;
  store: Store;
  link: MirrorLink;
  trouble: Told<string | null>;
  records: Paced<Snapshot>;
  failed: (error: unknown) => void;
  now: () => string;
  newId: () => string;
  unsaved: Unsaved;
  close: () => void;
}

function recordsOf({ db }: Store, failed: (error: unknown) => void, rest: Rest): Paced<Snapshot> {
  const reader = new SnapshotReader(db);
  return new Paced(
    () => reader.watched(),
    () => reader.read(),
    failed,
    rest,
  );
}

function deskOn(parts: Parts): WindowDesk {
  const { env, store, link, trouble, records, failed, now, newId, unsaved, close } = parts;
  const done = async (work: Omit<Draft, "id" | "at">): Promise<Entry> => {
    refuseSecrets(work);
    const entry = await keep(store.db, { ...work, id: newId(), at: now() });
    records.hurry();
    link.wake();
    return entry;
  };
  const doAll: DoAll = async (prepare) => {
    await keepAll(store.db, async () => {
      const works = await prepare(store.db);
      const drafts = works.map((work) => ({ ...work, id: newId(), at: now() }));
      for (const draft of drafts) refuseSecrets(draft);
      return drafts;
    });
    records.hurry();
    link.wake();
  };
  return {
    env,
    records: () => records,
    actions: () => live(() => actionsOf(store.db), failed),
    trouble: () => trouble,
    ...recordWork(done),
    ...stepWork(doAll),
    ...togetherWork(store.db, doAll, now),
    decided: () => live(() => lastDecided(store.db), failed),
    steps: (collection) => live(() => nextSteps(store.db, collection), failed),
    deletedIn: (collection) => deletedIn(store.db, collection),
    views: (collection) => live(() => viewsOf(store.db, collection), failed),
    saveView: (collection, view) => saveView(store.db, collection, view),
    removeView: (collection, name) => removeView(store.db, collection, name),
    ...actionWork(done, newId),
    flush: () => link.flush(),
    unsaved,
    close,
  };
}

type Done = (work: Omit<Draft, "id" | "at">) => Promise<Entry>;

function recordWork(done: Done): Pick<Desk, "edit" | "remove" | "resolve" | "takeBack"> {
  return {
    edit: async (collection, key, fields, reason) => {
      await done({ kind: "edit", collection, key, fields, reason });
    },
    remove: async (collection, key, seen, reason) => {
      await done({ kind: "delete", collection, key, fields: seenOnly(seen), reason });
    },
    resolve: async (collection, key, fields, deleted, reason, mine) => {
      await done({ kind: "resolve", collection, key, fields, mine, deleted, reason });
    },
    takeBack: async (collection, key, shown) => {
      await done({ kind: "take_back", collection, key, ...(shown && asShown(shown)) });
    },
  };
}

/** Keeps work on several records; `prepare` gives it, within the transaction that keeps it. */
type DoAll = (prepare: (db: WindowDb) => Promise<Work[]>) => Promise<void>;

function stepWork(doAll: DoAll): Pick<Desk, "change" | "retrace"> {
  return {
    change: (collection, works, step) =>
      doAll(async (db) => {
        await addStep(db, collection, step);
        return works.map((work) => draftOf(collection, work));
      }),
    retrace: async (collection, direction) => {
      let way: Way | null = null;
      await doAll(async (db) => {
        way = await retraceStep(db, collection, direction);
        return (way?.works ?? []).map((work) => draftOf(collection, work));
      });
      return way;
    },
  };
}

function togetherWork(
  db: WindowDb,
  doAll: DoAll,
  now: () => string,
): Pick<Desk, "decide" | "undoDecided" | "forgetDecided"> {
  return {
    decide: (decisions) =>
      doAll(async (db) => {
        const decided = decisions.map(({ work: { collection, key }, undo }) => ({
          collection,
          key,
          ...undo,
        }));
        await noteDecided(db, decided, now());
        return decisions.map(({ work }) => ({ kind: "resolve", deleted: false, ...work }));
      }),
    undoDecided: async () => {
      let undone: Undone = { again: [], left: [] };
      await doAll(async (db) => {
        const found = await undoDecided(db);
        undone = found.undone;
        return found.works;
      });
      return undone;
    },
    forgetDecided: () => forgetDecided(db),
  };
}

function draftOf(collection: string, work: RecordWork): Work {
  const { kind, key } = work;
  return { kind, collection, key, fields: kind === "edit" ? work.fields : seenOnly(work.seen) };
}

function actionWork(done: Done, newId: () => string): Pick<Desk, "act" | "takeBackAction" | "release"> {
  return {
    act: async ({ id = newId(), what, after_edits }: NewAction, reason) => {
      const action: Action = { id, what, after_edits };
      await done({ kind: "act", collection: "", key: action.id, action, reason });
      return action.id;
    },
    takeBackAction: async (id) => {
      await done({ kind: "take_back", collection: "", key: id });
    },
    release: async (id) => {
      await done({ kind: "release", collection: "", key: id });
    },
  };
}

/** What is meant by a take-back: other work may have come meanwhile. */
function asShown({
  fields: mine,
  deleted,
  conflict,
}: RecordView): Pick<Draft, "mine" | "deleted" | "fields"> {
  const clashes = (conflict?.fields ?? []).filter(({ airflow }) => airflow !== undefined);
  return {
    mine,
    deleted,
    fields: Object.fromEntries(clashes.map(({ name, airflow }) => [name, { from: airflow }])),
  };
}

function seenOnly(seen: Record<string, unknown>): Record<string, Change> {
  return Object.fromEntries(Object.entries(seen).map(([name, from]) => [name, { from }]));
}

/** The last door: a secret typed into an ordinary change never reaches the disk. */
function refuseSecrets({ collection, key, fields = {} }: Omit<Draft, "id" | "at">): void {
  const isRaw = collection === "variables";
  if (BUILT_IN.some(({ name }) => name === collection) && !isRaw) return;
  for (const [name, { to }] of Object.entries(fields)) {
    // Of a Variable its description is shown whatever its key is.
    if (to === undefined || (isRaw && (name !== "value" || typeof to !== "string"))) continue;
    const text = typeof to === "string" ? to : jsonOf(to);
    const paths = sensitivePaths(isRaw ? key : "", text);
    if (paths.length > 0) throw secretRefused(paths);
  }
}
