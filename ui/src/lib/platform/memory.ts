// A platform in memory: an Airflow, a mirror and a cycle small enough to look at screens in a browser and to test
// them. For development only: `index.ts` reaches it behind a condition that is false in every build.
import type {
  ActionView,
  BrakeView,
  CollectionView,
  Change,
  DagView,
  Entry,
  EnvironmentView,
  FeedItem,
  HandshakeAnswer,
  HistoryItem,
  MirrorChanged,
  Navigate,
  PackedRecord,
  Problem,
  RecordView,
  RunView,
  Status,
  StatusChanged,
  VaultState,
  Violation,
} from "$lib/bindings";
import { pack } from "$lib/db/page";
import { count } from "$lib/words/count";
import { isOpen } from "$lib/words/states";
import { ulid as newId } from "ulid";
import { viewOf } from "./memory-view";
import { emptyImport, files, type MemoryImport } from "./memory-files";
import type { Platform } from "./platform";

/** What the memory holds when it starts. */
export interface World {
  environments: EnvironmentView[];
  records: RecordView[];
  actions: ActionView[];
  dags: DagView[];
  runs: RunView[];
  brakes: BrakeView[];
  collections: CollectionView[];
  violations: Violation[];
  history: HistoryItem[];
  /** What the next file would do. */
  import: MemoryImport;
  status: Partial<Status>;
  vault: VaultState;
  tray: boolean;
  /** Whether it starts at login; null where the system offers no such start. */
  login: boolean | null;
}

export function emptyWorld(): World {
  return {
    environments: [],
    records: [],
    actions: [],
    dags: [],
    runs: [],
    brakes: [],
    collections: [],
    violations: [],
    history: [],
    import: emptyImport(),
    status: {},
    vault: "keychain",
    tray: true,
    login: false,
  };
}

class Topic<T> {
  private readonly runs = new Set<(event: T) => void>();

  readonly on = (run: (event: T) => void) => {
    this.runs.add(run);
    return Promise.resolve(() => void this.runs.delete(run));
  };

  emit(event: T): void {
    for (const run of this.runs) run(event);
  }
}

function packed(item: FeedItem, includedSeq: number): FeedItem<PackedRecord> {
  const { collection, key, record } = item;
  return { ...item, record: record && pack({ collection, key, record, includedSeq }) };
}

/** The mirror's side of the numbered log: takes entries, gives a feed. */
class MemoryMirror {
  readonly feed = new Map<string, FeedItem>();
  readonly storeId = `memory-${Math.random().toString(36).slice(2)}`;
  acked = 0;
  epoch = 0;
  private position = 0;

  constructor(private readonly world: World) {
    for (const record of world.records) this.tell(record.collection, record.key, record, null);
    for (const action of world.actions) this.tell("", action.action.id, null, action);
  }

  tell(collection: string, key: string, record: RecordView | null, action: ActionView | null): void {
    this.feed.delete(`${collection}\n${key}`);
    this.feed.set(`${collection}\n${key}`, { feed: ++this.position, collection, key, record, action });
  }

  handshake(): HandshakeAnswer {
    this.epoch += 1;
    this.acked = 0;
    return {
      environment: null,
      store_id: this.storeId,
      epoch: this.epoch,
      acked_seq: 0,
      verdict: "rehydrate",
      known: [],
    };
  }

  record(key: string): RecordView | undefined {
    return this.world.records.find((record) => record.key === key);
  }

  put(record: RecordView): void {
    this.world.records = [...this.world.records.filter(({ key }) => key !== record.key), record];
    this.tell(record.collection, record.key, record, null);
  }

  drop({ collection, key }: RecordView): void {
    this.world.records = this.world.records.filter((record) => record.key !== key);
    this.tell(collection, key, null, null);
  }

  putAction(action: ActionView): void {
    const { id } = action.action;
    this.world.actions = [action, ...this.world.actions.filter((other) => other.action.id !== id)];
    this.tell("", id, null, action);
  }

  apply(entry: Entry): void {
    this.acked = Math.max(this.acked, entry.seq);
    if (entry.kind === "act" && entry.action) this.queue(entry);
    else if (entry.collection === "") this.settleAction(entry);
    else if (entry.kind === "take_back") this.takeBack(entry.key);
    else this.change(entry);
  }

  private queue(entry: Entry): void {
    const action = entry.action;
    if (!action) return;
    const waits_for = this.world.records
      .filter((record) => action.after_edits && record.state !== "clean")
      .map(({ collection, key }) => ({ collection, key }));
    const state = waits_for.length > 0 ? "waiting" : "queued";
    const { reason, at: queued_at } = entry;
    this.putAction({
      action,
      state,
      note: null,
      reason,
      queued_at,
      waits_for,
      run_id: null,
      run_state: null,
    });
  }

  private settleAction(entry: Entry): void {
    const action = this.world.actions.find((one) => one.action.id === entry.key);
    if (!action) return;
    const state = entry.kind === "take_back" ? "cancelled" : "queued";
    this.putAction({ ...action, state, note: null, waits_for: [] });
  }

  private takeBack(key: string): void {
    const record = this.record(key);
    if (!record) return;
    const fields = record.conflict ? theirs(record) : record.base;
    if (fields) this.put(clean(record, fields));
    else this.drop(record);
  }

  /** A secret, of which nothing is shown but its description. */
  seal(collection: string, key: string, beside: Record<string, Change>, reason: string | null): void {
    const now = this.record(key) ?? blank(collection, key);
    const typed = beside["description"];
    const description = typed ? typed.to : (now.fields["description"] ?? null);
    this.put({
      ...now,
      fields: { description },
      sealed: ["value"],
      state: "pending",
      changed_at: new Date().toISOString(),
      ...(reason === null ? {} : { reason }),
    });
  }

  private change(entry: Entry): void {
    const now = this.record(entry.key) ?? blank(entry.collection, entry.key);
    const typed = Object.entries(entry.fields).filter(([, change]) => change.to !== undefined);
    const fields = { ...now.fields, ...Object.fromEntries(typed.map(([name, { to }]) => [name, to])) };
    this.put({
      ...now,
      fields,
      state: "pending",
      deleted: entry.kind === "delete" || entry.deleted,
      conflict: null,
      changed_at: entry.at,
      ...(entry.reason === null ? {} : { reason: entry.reason }),
    });
  }
}

function theirs(record: RecordView): Record<string, unknown> | null {
  if (record.conflict?.airflow_deleted) return null;
  const now = (record.conflict?.fields ?? []).map(({ name, airflow }) => [name, airflow] as const);
  return { ...record.base, ...Object.fromEntries(now) };
}

function blank(collection: string, key: string): RecordView {
  return {
    ...{ collection, key, fields: {}, base: null, sealed: [], state: "pending", deleted: false },
    ...{ changed_at: null, conflict: null, ledger: null },
  };
}

function clean(record: RecordView, fields: Record<string, unknown>): RecordView {
  const { note: _note, reason: _reason, ...rest } = record;
  return { ...rest, fields, base: fields, state: "clean", deleted: false, conflict: null };
}

function problem(code: Problem["code"], what: string, meaning: string, next: string): Problem {
  return { code, what, meaning, next, retry: false };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export function memoryPlatform(world: World, delayMs = 0): Platform {
  const mirror = new MemoryMirror(world);
  const mirrorChanged = new Topic<MirrorChanged>();
  const statusChanged = new Topic<StatusChanged>();
  const navigate = new Topic<Navigate>();
  const environmentsChanged = new Topic<void>();
  const moved = (env: string) => {
    mirrorChanged.emit({ env, parts: ["dags", "runs", "brakes", "collections", "violations"] });
    statusChanged.emit({ env, status: statusOf(world, env) });
  };
  return {
    ...environments(world, delayMs),
    ...mirrorDoor(mirror, moved),
    ...syncing(world, mirror, moved, delayMs),
    ...reading(world),
    ...models(world, moved),
    ...files(world),
    onMirrorChanged: mirrorChanged.on,
    onStatusChanged: statusChanged.on,
    onEnvironmentsChanged: environmentsChanged.on,
    onClosingAsked: new Topic<void>().on,
    onNavigate: navigate.on,
  };
}

function environments(world: World, delayMs: number) {
  return {
    environments: () => Promise.resolve(world.environments),
    environmentProbe: async (url) => {
      await pause(delayMs);
      return probe(url);
    },
    environmentAdd: async ({ name, url, username, colour, production }, secret) => {
      await pause(delayMs);
      if (secret === "wrong") throw wrongPassword();
      const sign_in = username === null ? "token" : "password";
      const added: EnvironmentView = {
        ...{ id: newId(), is_from_before: false, name, url, username, sign_in },
        ...{ colour: colour ?? "#0f766e", interval_s: 60, production, review: production },
      };
      world.environments = [...world.environments, added];
      return added;
    },
    environmentSignIn: () => {
      world.status = { ...world.status, signed_in: true, link: "online" };
      return Promise.resolve();
    },
    environmentUpdate: (env, changes) => {
      const review = changes.review ?? changes.production;
      const update = (one: EnvironmentView) =>
        one.name === env ? { ...one, ...changes, review: review ?? one.review } : one;
      world.environments = world.environments.map(update);
      const changed = world.environments.find((one) => one.name === env);
      return changed ? Promise.resolve(changed) : Promise.reject(wrongPassword());
    },
    environmentRemove: (env) => {
      world.environments = world.environments.filter((one) => one.name !== env);
      return Promise.resolve();
    },
  } satisfies Partial<Platform>;
}

function mirrorDoor(mirror: MemoryMirror, moved: (env: string) => void) {
  return {
    mirrorHandshake: () => Promise.resolve(mirror.handshake()),
    mirrorPush: (env, _client, _epoch, _fromSeq, entries) => {
      for (const entry of entries) mirror.apply(entry);
      setTimeout(() => moved(env));
      return Promise.resolve({ acked_seq: mirror.acked });
    },
    mirrorPull: (_env, _client, cursor) => {
      const after = [...mirror.feed.values()].filter((item) => item.feed > cursor);
      const items = after.map((item) => packed(item, mirror.acked));
      const last = items.at(-1)?.feed ?? cursor;
      return Promise.resolve({ items, cursor: last, more: false, included_seq: mirror.acked });
    },
    mirrorRebuild: () => Promise.resolve({ acked_seq: mirror.acked }),
  } satisfies Partial<Platform>;
}

function syncing(world: World, mirror: MemoryMirror, moved: (env: string) => void, delayMs: number) {
  const summary = (env: string, pushed: number) => {
    const { conflicts, violations, held, rejected, in_doubt } = statusOf(world, env);
    const read = { observed: world.records.length, pulled: 0, pushed, merged: 0, requests: 4 };
    return { ...read, conflicts, violations, held, rejected, in_doubt, duration_ms: delayMs };
  };
  return {
    status: (env) => Promise.resolve(statusOf(world, env)),
    syncNow: async (env) => {
      await pause(delayMs);
      const pushed = reviews(world, env) ? 0 : cycle(world, mirror);
      moved(env);
      return summary(env, pushed);
    },
    syncSend: async (id) => {
      await pause(delayMs);
      const pushed = cycle(world, mirror);
      const { name } = world.environments.find((one) => one.id === id) ?? { name: "" };
      moved(name);
      return summary(name, pushed);
    },
    secretReplace: (id, collection, key, _value, fields, reason) => {
      mirror.seal(collection, key, fields, reason);
      moved(world.environments.find((one) => one.id === id)?.name ?? "");
      return Promise.resolve();
    },
    syncStop: () => Promise.resolve(),
    syncPause: (env, paused) => {
      world.status = { ...world.status, paused };
      return Promise.resolve(statusOf(world, env));
    },
  } satisfies Partial<Platform>;
}

function reading(world: World) {
  return {
    dags: () => Promise.resolve(world.dags),
    dag: (_env, dagId) => {
      const dag = world.dags.find((one) => one.dag_id === dagId);
      return dag ? Promise.resolve(dag) : Promise.reject(wrongPassword());
    },
    // The check is the engine's.
    confCheck: () => Promise.resolve([]),
    runs: () => Promise.resolve(world.runs),
    history: () => Promise.resolve(world.history),
    collections: () => Promise.resolve(world.collections),
    violations: () => Promise.resolve(world.violations),
    brakes: () => Promise.resolve(world.brakes),
    brakeAccept: () => {
      world.brakes = [];
      return Promise.resolve();
    },
    vaultState: () => Promise.resolve(world.vault),
    hasTray: () => Promise.resolve(world.tray),
    loginStart: () => Promise.resolve(world.login),
    loginStartSet: (on) => {
      world.login = on;
      return Promise.resolve();
    },
    windowZoom: () => Promise.resolve(),
    windowHoldsSecret: () => Promise.resolve(),
    appEnd: () => Promise.resolve(),
    vaultUnlock: () => {
      world.vault = "file_open";
      return Promise.resolve();
    },
  } satisfies Partial<Platform>;
}

/** Data models as they are given: their rules, steps and effects are the engine's. */
function models(world: World, moved: (env: string) => void) {
  const put = (views: CollectionView[]) => {
    world.collections = views;
    for (const { name } of world.environments) moved(name);
  };
  return {
    modelRead: (file) => Promise.resolve({ faults: [], file, effect: null }),
    modelLook: (_id, { file }) => Promise.resolve({ faults: [], file, effect: null }),
    modelKeep: (_id, { file, prefix, from }) => {
      const before = from === null ? undefined : viewOf(from);
      const found = world.collections.find(({ name }) => name === before?.name);
      const version = (found?.version ?? 0) + 1;
      const made = viewOf(file, { version, prefix: found?.prefix ?? prefix });
      put([...world.collections.filter(({ name }) => name !== made.name), made]);
      return Promise.resolve(made.name);
    },
    modelRemove: (_id, name) => {
      put(world.collections.filter((one) => one.name !== name));
      return Promise.resolve();
    },
  } satisfies Partial<Platform>;
}

function probe(url: string) {
  if (!/^https?:\/\//.test(url)) {
    const what = `${url} is not a web address.`;
    throw problem("bad_input", what, "Nothing was sent.", "Start with https:// or http://.");
  }
  if (url.includes("example.com")) throw notAirflow(url);
  return { version: "3.3.2", api: "v2", scheduler_healthy: true };
}

function notAirflow(url: string): Problem {
  return problem(
    "not_airflow",
    `${url} answered with a web page, not with Airflow's API.`,
    "Nothing was signed in to and nothing was stored.",
    "Check the address: it is the one you open Airflow with, without what comes after the host's name.",
  );
}

function wrongPassword(): Problem {
  return problem(
    "sign_in_needed",
    "Airflow did not accept this user name and password.",
    "Nothing was stored on this computer.",
    "Check both and try again, or ask whoever runs this Airflow.",
  );
}

function reviews(world: World, name: string): boolean {
  return world.environments.some((one) => one.name === name && one.review);
}

/** Pending edits arrive, then what waited for them; conflicts and held actions stay. */
function cycle(world: World, mirror: MemoryMirror): number {
  if (world.status.reachable === false) return 0;
  const sent = world.records.filter((record) => record.state === "pending");
  for (const record of sent) {
    if (record.deleted) mirror.drop(record);
    else mirror.put(clean(record, record.fields));
  }
  const held = new Set(world.records.filter(({ state }) => state !== "clean").map(({ key }) => key));
  for (const action of world.actions) {
    const free = !action.waits_for.some(({ key }) => held.has(key));
    if (["queued", "waiting"].includes(action.state) && free) trigger(world, mirror, action);
  }
  world.status = { ...world.status, last_complete_observation: new Date().toISOString() };
  return sent.length;
}

function trigger(world: World, mirror: MemoryMirror, action: ActionView): void {
  const { dag_id, conf, note } = action.action.what;
  const now = new Date().toISOString();
  const run_id = `leeward__${action.action.id}`;
  const times = { queued_at: now, start_date: now, end_date: null };
  const run = { dag_id, run_id, state: "running", conf, note, triggered_by: "ada", mine: true, ...times };
  world.runs = [run, ...world.runs];
  mirror.putAction({ ...action, state: "done", note: null, waits_for: [], run_id, run_state: "running" });
}

function statusOf(world: World, environment: string): Status {
  const records = (state: string) => world.records.filter((record) => record.state === state).length;
  const actions = (state: string) => world.actions.filter((action) => action.state === state).length;
  const pending = records("pending") + records("in_doubt");
  const conflicts = records("conflict");
  const outbox = world.actions.filter(isOpen).length;
  const tray = conflicts + world.violations.length > 0 ? "conflict" : pending > 0 ? "pending" : "in_sync";
  const lines = {
    conflict: `${count(conflicts, "conflict needs", "conflicts need")} you, ${count(pending, "change")} kept here`,
    pending: "",
    in_sync: "",
  };
  lines.pending = `${count(pending, "change")} waiting to be sent`;
  lines.in_sync = "In sync, just now";
  return {
    ...{ environment, pending, conflicts, tray, line: lines[tray] },
    ...{ outbox, unsent: pending + conflicts + records("rejected") + outbox },
    violations: world.violations.length,
    held: actions("held"),
    rejected: records("rejected") + actions("rejected"),
    rejected_actions: actions("rejected"),
    in_doubt: records("in_doubt") + actions("in_doubt"),
    ...{ reachable: true, signed_in: true, braked: world.brakes.length > 0 },
    ...{
      last_complete_observation: new Date().toISOString(),
      not_allowed: [],
      last_check: new Date().toISOString(),
      link: "online",
      trouble: null,
      last_answer: null,
    },
    ...{ syncing: false, paused: false },
    review: reviews(world, environment),
    to_review: reviews(world, environment) ? records("pending") + actions("queued") + actions("waiting") : 0,
    ...world.status,
  };
}
