// A mirror in memory with the real one's manners: entries applied once by id, gaps and forks refused, a feed
// with one item a record, and the last `seq` that a pull includes. Its engine is small: `verify` stands for a cycle in
// which Airflow takes everything.
import type {
  ActionView,
  Entry,
  FeedItem,
  Handshake,
  HandshakeAnswer,
  MirrorChanged,
  PackedRecord,
  Problem,
  PullAnswer,
  PushAnswer,
  Rebuild,
  RebuildRecord,
  RecordView,
  Violation,
} from "$lib/bindings";
import type { MirrorPlatform, Unsubscribe } from "$lib/platform/platform";
import { pack } from "../page";
import { environmentGone, WindowProblem } from "../problem";
import { same } from "../same";
import {
  applyEntry,
  bringIn,
  freshLedger,
  isNothing,
  reconcile,
  viewOf,
  type Fields,
  type Ledger,
} from "./ledger";

interface Client {
  epoch: number;
  acked: number;
  /** The last `seq` that the client told before a rebuild; null outside of one. */
  rebuildingTo: number | null;
  /** Where it stood in its last handshake. */
  origin: string;
}

/** What outlives every mirror: Airflow itself, and what became of the work, by the ids of the entries. */
export class World {
  readonly records = new Map<string, Fields>();
  /** Entries whose work was settled: confirmed in Airflow, or taken back. */
  readonly settled = new Set<string>();
  /** Actions as often as they took effect. */
  readonly triggered: string[] = [];

  /** Somebody else writes into Airflow. */
  write(collection: string, key: string, fields: Fields): void {
    const id = idOf(collection, key);
    this.records.set(id, { ...this.records.get(id), ...fields });
  }

  erase(collection: string, key: string): void {
    this.records.delete(idOf(collection, key));
  }

  read(collection: string, key: string): Fields | undefined {
    return this.records.get(idOf(collection, key));
  }
}

export class MemoryMirror implements MirrorPlatform {
  readonly world: World;
  /** The environment whose mirror this is. */
  environment: string | null = null;
  readonly #storeId: string;
  readonly #clients = new Map<string, Client>();
  readonly #ids = new Set<string>();
  readonly #places = new Map<string, string>();
  readonly #records = new Map<string, Ledger>();
  readonly #actions = new Map<string, ActionView>();
  readonly #included = new Map<string, number>();
  /** Stores that gave everything back, as their clients told them; see `originOf`. */
  readonly #rebuiltFrom = new Set<string>();
  readonly #feed = new Map<string, number>();
  /** Fields whose values no two records of a collection may share. */
  readonly #unique: { collection: string; field: string }[] = [];
  /** The records that break such a rule, as last told. */
  #violating = new Set<string>();
  #head = 0;
  #listeners = new Set<(event: MirrorChanged) => void>();

  constructor(storeId: string, world = new World()) {
    this.#storeId = storeId;
    this.world = world;
  }

  // The four questions.

  mirrorHandshake(_env: string, hello: Handshake): Promise<HandshakeAnswer> {
    return answer(() => {
      if (this.environment && hello.environment && hello.environment !== this.environment)
        throw environmentGone();
      const known = hello.tail.filter(({ id }) => this.#ids.has(id)).map(({ id }) => id);
      const client = this.#clients.get(hello.client);
      const verdict = this.#verdict(hello, client);
      const next = { ...nextClient(verdict, hello, client), origin: originOf(hello) };
      this.#clients.set(hello.client, next);
      return {
        environment: this.environment,
        store_id: this.#storeId,
        epoch: next.epoch,
        acked_seq: next.acked,
        verdict,
        known,
      };
    });
  }

  mirrorPush(
    _env: string,
    name: string,
    epoch: number,
    fromSeq: number,
    entries: Entry[],
  ): Promise<PushAnswer> {
    return answer(() => {
      const client = this.#agreed(name);
      if (client.epoch !== epoch || fromSeq > client.acked + 1) throw handshakeNeeded();
      if (entries.some((entry) => this.#forks(name, epoch, entry))) throw handshakeNeeded();
      // Entries are plain data, as after a trip through the command.
      for (const entry of structuredClone(entries)) this.#take(name, epoch, entry, () => this.#apply(entry));
      client.acked = Math.max(client.acked, ...entries.map(({ seq }) => seq));
      this.#announce();
      return { acked_seq: client.acked };
    });
  }

  mirrorPull(_env: string, name: string, cursor: number, limit: number): Promise<PullAnswer<PackedRecord>> {
    return answer(() => {
      const client = this.#agreed(name);
      if (cursor > this.#head) throw handshakeNeeded();
      const after = [...this.#feed].filter(([, feed]) => feed > cursor).sort((a, b) => a[1] - b[1]);
      const items = after.slice(0, limit).map(([id, feed]) => this.#item(id, feed, client.acked));
      return structuredClone({
        items,
        cursor: items.at(-1)?.feed ?? cursor,
        more: after.length > limit,
        included_seq: client.acked,
      });
    });
  }

  mirrorRebuild(_env: string, given: Rebuild): Promise<PushAnswer> {
    return answer(() => {
      const client = this.#clients.get(given.client);
      if (client?.epoch !== given.epoch || client.rebuildingTo === null) throw handshakeNeeded();
      const { records, actions, entries, last } = structuredClone(given);
      records.forEach((row) => this.#giveBack(row));
      actions.forEach(({ action }) => this.#giveBackAction(action));
      if (last) this.#endRebuild(given.client, client, entries);
      return { acked_seq: client.acked };
    });
  }

  onMirrorChanged(run: (event: MirrorChanged) => void): Promise<Unsubscribe> {
    this.#listeners.add(run);
    return Promise.resolve(() => this.#listeners.delete(run));
  }

  // The engine and the world.

  /** One cycle: observe, reconcile, write, verify; queued actions are sent. */
  cycle(): void {
    for (const id of new Set([...this.#records.keys(), ...this.world.records.keys()])) this.#settle(id);
    for (const [id, view] of this.#actions) if (view.state === "queued") this.#send(id, view);
    this.#announce();
  }

  /** Airflow refuses what is pending on a record. */
  reject(collection: string, key: string, why: string): void {
    this.#of(collection, key).rejected = why;
    this.#touch(idOf(collection, key));
    this.#announce();
  }

  /** Another client (leewardctl) sets a field here. */
  editBeside(collection: string, key: string, fields: Fields): void {
    const ledger = this.#of(collection, key);
    ledger.local = { ...ledger.local, ...fields };
    this.#touch(idOf(collection, key));
    this.#announce();
  }

  /** From now on no two records of the collection may have the same value of the field. */
  holdUnique(collection: string, field: string): void {
    this.#unique.push({ collection, field });
    this.#announce();
  }

  /** The rules that are broken now, as the command tells them. */
  violations(): Violation[] {
    return this.#unique.flatMap(({ collection, field }) => {
      const sharing = new Map<string, string[]>();
      for (const [id, { local }] of this.#records) {
        const [name, key] = JSON.parse(id) as [string, string];
        const value = local?.[field];
        if (name !== collection || value === undefined) continue;
        const text = JSON.stringify(value);
        sharing.set(text, [...(sharing.get(text) ?? []), key]);
      }
      const broken = [...sharing].filter(([, keys]) => keys.length > 1);
      return broken.map(([text, keys]) => ({
        ...{ collection, rule: "unique" as const, keys: keys.sort(), fields: [field] },
        ...{
          values: [JSON.parse(text) as unknown],
          why: `These records have the same ${field}. No two may.`,
        },
      }));
    });
  }

  // For the checks of tests.

  ledger(collection: string, key: string): Ledger | undefined {
    return structuredClone(this.#records.get(idOf(collection, key)));
  }

  action(id: string): ActionView | undefined {
    return structuredClone(this.#actions.get(id));
  }

  /** Every application of an entry that this mirror (or the ones before it) remembers. */
  applications(): string[] {
    return [...this.#records.values()].flatMap(({ applied }) => applied);
  }

  client(name: string): Readonly<Client> | undefined {
    return this.#clients.get(name);
  }

  // Handshake.

  #verdict(hello: Handshake, client: Client | undefined): HandshakeAnswer["verdict"] {
    if (hello.store_id === null || this.#rebuiltFrom.has(originOf(hello))) return "rehydrate";
    if (hello.store_id !== this.#storeId || !client || hello.epoch > client.epoch) return "rebuild";
    if (client.rebuildingTo !== null || hello.cursor > this.#head) return "rebuild";
    return this.#isDamaged(hello, client) ? "rehydrate" : "resume";
  }

  #isDamaged(hello: Handshake, client: Client): boolean {
    const { tail, last_seq, epoch } = hello;
    if (epoch < client.epoch || last_seq < client.acked) return true;
    if (tail.some((entry) => this.#forks(hello.client, epoch, entry))) return true;
    const unacked = tail.filter(({ seq }) => seq > client.acked);
    if (unacked.some(({ seq }, index) => seq !== client.acked + 1 + index)) return true;
    return this.#rowsDiffer(hello, client);
  }

  /** Comparable only where the client has everything: rows skipped for unsent work would count as lost. */
  #rowsDiffer({ cursor, last_seq, digest }: Handshake, client: Client): boolean {
    return cursor === this.#head && last_seq === client.acked && digest.rows !== this.#records.size;
  }

  #forks(client: string, epoch: number, { seq, id }: { seq: number; id: string }): boolean {
    const there = this.#places.get(placeOf(client, epoch, seq));
    const acked = this.#clients.get(client)?.acked ?? 0;
    return there === undefined ? seq <= acked && !this.#ids.has(id) : there !== id;
  }

  #agreed(name: string): Client {
    const client = this.#clients.get(name);
    if (!client || client.rebuildingTo !== null) throw handshakeNeeded();
    return client;
  }

  // Rebuild.

  #giveBack({ record, included_seq }: RebuildRecord): void {
    const id = idOf(record.collection, record.key);
    this.#included.set(id, included_seq);
    const ours = this.#records.get(id);
    if (ours) bringIn(ours, record.ledger as Ledger);
    else this.#records.set(id, record.ledger as Ledger);
    this.#touch(id);
  }

  #giveBackAction(view: ActionView): void {
    if (this.#actions.has(view.action.id)) return;
    this.#actions.set(view.action.id, view);
    this.#touch(idOf("", view.action.id));
  }

  #endRebuild(name: string, client: Client, entries: Entry[]): void {
    for (const entry of entries) {
      const included = this.#included.get(idOf(entry.collection, entry.key)) ?? 0;
      this.#take(name, client.epoch, entry, () => {
        if (entry.seq > included) this.#apply(entry);
      });
    }
    client.acked = Math.max(client.rebuildingTo ?? 0, ...entries.map(({ seq }) => seq));
    client.rebuildingTo = null;
    this.#rebuiltFrom.add(client.origin);
    this.#included.clear();
    this.#announce();
  }

  // Entries.

  #take(client: string, epoch: number, entry: Entry, apply: () => void): void {
    this.#places.set(placeOf(client, epoch, entry.seq), entry.id);
    if (!this.#ids.has(entry.id)) apply();
    this.#ids.add(entry.id);
    this.#touch(idOf(entry.collection, entry.key));
  }

  #apply(entry: Entry): void {
    if (entry.collection === "") this.#applyToAction(entry);
    else this.#applyToRecord(this.#of(entry.collection, entry.key), entry);
  }

  #applyToAction({ kind, key, action, reason, at }: Entry): void {
    const view = this.#actions.get(key);
    if (kind === "act" && action && !view) {
      const fresh = { note: null, waits_for: [], run_id: null, run_state: null };
      this.#actions.set(key, { action, state: "queued", reason, queued_at: at, ...fresh });
    }
    if (kind === "take_back" && view && view.state !== "done") view.state = "cancelled";
    if (kind === "release" && view?.state === "held") view.state = "queued";
  }

  #applyToRecord(ledger: Ledger, entry: Entry): void {
    applyEntry(ledger, entry);
    if (entry.kind !== "take_back") return;
    ledger.applied.splice(0).forEach((id) => this.world.settled.add(id));
  }

  #settle(id: string): void {
    const [collection, key] = JSON.parse(id) as [string, string];
    const ledger = this.#of(collection, key);
    if (this.#violating.has(id) && !same(ledger.local, ledger.base)) return;
    const before = structuredClone(ledger);
    const after = reconcile(ledger, this.world.records.get(id) ?? null);
    if (after) this.world.records.set(id, after);
    else this.world.records.delete(id);
    if (!ledger.conflict && ledger.rejected === null) {
      ledger.applied.splice(0).forEach((entry) => this.world.settled.add(entry));
    }
    // Quiet: a cycle that finds nothing leaves the feed alone.
    if (!same(before, ledger) || isNothing(ledger)) this.#touch(id);
  }

  #send(id: string, view: ActionView): void {
    // The run's id is derived from the action's: a second try finds the first.
    if (!this.world.triggered.includes(id)) this.world.triggered.push(id);
    Object.assign(view, { state: "done", run_id: `leeward__${id}`, run_state: "queued" });
    this.#touch(idOf("", id));
  }

  #of(collection: string, key: string): Ledger {
    const id = idOf(collection, key);
    const there = this.#records.get(id);
    if (there) return there;
    const fresh = freshLedger();
    this.#records.set(id, fresh);
    return fresh;
  }

  // Feed.

  #touch(id: string): void {
    this.#head += 1;
    this.#feed.set(id, this.#head);
    const ledger = this.#records.get(id);
    if (ledger && isNothing(ledger)) this.#records.delete(id);
  }

  #item(id: string, feed: number, includedSeq: number): FeedItem<PackedRecord> {
    const [collection, key] = JSON.parse(id) as [string, string];
    const ledger = this.#records.get(id);
    const view = ledger ? this.#view(collection, key, ledger) : null;
    const record = view && pack({ collection, key, record: view, includedSeq });
    const action = collection === "" ? (this.#actions.get(key) ?? null) : null;
    return { feed, collection, key, record, action };
  }

  #view(collection: string, key: string, ledger: Ledger): RecordView {
    const view = viewOf(collection, key, ledger);
    const isBroken = this.#violating.has(idOf(collection, key));
    if (!isBroken || view.state === "conflict" || view.state === "rejected") return view;
    return { ...view, state: "violation", note: "Another record has the same value. No two may." };
  }

  /** Tells of the records that break a rule now and did not before, or the other way round. */
  #judge(): void {
    const now = new Set(
      this.violations().flatMap(({ collection, keys }) => keys.map((key) => idOf(collection, key))),
    );
    const before = this.#violating;
    this.#violating = now;
    for (const id of new Set([...now, ...before])) if (now.has(id) !== before.has(id)) this.#touch(id);
  }

  #announce(): void {
    this.#judge();
    this.#listeners.forEach((run) => run({ env: "test", parts: [] }));
  }
}

function nextClient(
  verdict: HandshakeAnswer["verdict"],
  hello: Handshake,
  client: Client | undefined,
): Omit<Client, "origin"> {
  const epoch = Math.max(hello.epoch, client?.epoch ?? 0);
  if (verdict === "rebuild") return { epoch: epoch + 1, acked: 0, rebuildingTo: hello.last_seq };
  if (verdict === "rehydrate" || !client) return { epoch: epoch + 1, acked: 0, rebuildingTo: null };
  return client;
}

/** A client that died before it took note of a finished rebuild stands there still. */
function originOf({ store_id, epoch, cursor }: Handshake): string {
  return `${store_id}/${epoch}/${cursor}`;
}

/** As a command: later, and all or nothing. */
async function answer<T>(work: () => T): Promise<T> {
  await Promise.resolve();
  return work();
}

function idOf(collection: string, key: string): string {
  return JSON.stringify([collection, key]);
}

function placeOf(client: string, epoch: number, seq: number): string {
  return `${client}/${epoch}/${seq}`;
}

function handshakeNeeded(): WindowProblem {
  const problem: Problem = {
    code: "handshake_needed",
    what: "The log does not follow on what the mirror holds.",
    meaning: "Nothing was taken.",
    next: "Shake hands again.",
    retry: true,
  };
  return new WindowProblem(problem);
}
