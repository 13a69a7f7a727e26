// One open environment: its records and actions (live, from the local store), its status, and what is only read (DAGs,
// runs, brakes), which is asked of the app's cache while a screen shows it.
import { SvelteMap } from "svelte/reactivity";
import { COLLECTIONS, modelOf, recordInWords, titleOf } from "$lib/collections/models";
import { TypedCollections } from "$lib/collections/typed";
import type {
  ActionView,
  BrakeView,
  CollectionView,
  DagView,
  EnvironmentView,
  RecordView,
  RunView,
  Status,
  Violation,
} from "$lib/bindings";
import { rulesByRecord } from "$lib/conflicts/violations";
import { timeNow } from "$lib/conflicts/standing";
import type { Desk, Live } from "$lib/db/desk";
import { Records, type Snapshot } from "$lib/db/records";
import type { Platform, Unsubscribe } from "$lib/platform/platform";
import { isOpen, isWorkedOn } from "$lib/words/states";
import { CollectionState } from "./collection.svelte";
import { type Draft, VARIABLE_DRAFTS } from "./draft.svelte";
import { type FieldsDraft, fieldsDrafts } from "./fields-draft.svelte";
import type { ModelDraft } from "./model-draft.svelte";
import { Query } from "./query.svelte";
import { NONE, toReview, type Waiting } from "./review";
import { RunDraft, runSlot } from "./run-draft.svelte";
import { Together } from "./together.svelte";
import { Task } from "./task.svelte";
import { keepUnsaved } from "./unsaved.svelte";

const NO_RECORDS = new Records([]);

export class Session {
  /** Those in which something is pending, in doubt, in conflict or refused; null until the local store has been read. */
  private openRecords = $state.raw<readonly RecordView[] | null>(null);
  actions = $state.raw<ActionView[] | null>(null);
  trouble = $state<string | null>(null);
  status = $state.raw<Status | null>(null);
  /** When `status` was told (RFC 3339). */
  private statusAt = $state("");
  environment: EnvironmentView = $state.raw() as EnvironmentView;
  /** The environment was removed from this computer; what is shown is this window's copy. */
  gone = $state(false);

  /** By name. A typed one that is there no more stays, for what is typed in it. */
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- never changed: another one takes its place
  private collections = $state.raw<ReadonlyMap<string, CollectionState>>(new Map());
  /** The typed collections, in this environment. */
  readonly typedKnown = new TypedCollections();
  /** What the store told last: a collection that is known later is in it already. */
  private snapshot: Snapshot | null = null;
  /** The collection whose drafts know of secrets and of JSON in a text. */
  readonly variables: CollectionState<Draft>;
  /** Runs that were typed and not queued, by slot. */
  readonly runDrafts = new SvelteMap<string, RunDraft>();
  /** What was typed for a run of a DAG last and discarded, by DAG, until something else is typed. In this page's memory alone. */
  readonly runsSetAside = new SvelteMap<string, RunDraft>();
  /** Data models that were typed and not kept, by collection; that of a new one under the empty name. */
  readonly modelDrafts = new SvelteMap<string, ModelDraft>();
  readonly sync = new Task();
  /** Conflicts that are decided several at a time. */
  readonly together: Together;

  /** What waits to be sent and can be: neither in conflict nor refused. */
  readonly pending = $derived(
    (this.openRecords ?? []).filter(({ state }) => state === "pending" || state === "in_doubt"),
  );
  readonly refused = $derived((this.openRecords ?? []).filter(({ state }) => state === "rejected"));
  readonly conflicts = $derived(
    (this.openRecords ?? []).filter((record) => record.state === "conflict" && record.conflict),
  );
  /** What was edited and takes part in breaking a rule: nothing of it is sent. */
  readonly violating = $derived(
    (this.openRecords ?? []).filter((record) => record.state === "violation" && isWorkedOn(record)),
  );
  readonly openActions = $derived((this.actions ?? []).filter(isOpen));
  readonly held = $derived(this.openActions.filter(({ state }) => state === "held"));
  readonly refusedRuns = $derived((this.actions ?? []).filter(({ state }) => state === "rejected"));
  /** Whether the counts are known: the local store has been read. */
  readonly isCounted = $derived(this.openRecords !== null && this.actions !== null);
  /** The same as the status's: records and runs that wait to be sent and can be. */
  readonly pendingCount = $derived(this.pending.length + this.openActions.length - this.held.length);
  private readonly toReview = $derived(
    this.environment.review
      ? toReview(this.pending, this.openActions, this.status?.to_review ?? 0, this.statusAt)
      : NONE,
  );

  /** Texts that were typed and not saved. */
  get unsavedCount(): number {
    return this.all.reduce((sum, { unsavedCount }) => sum + unsavedCount, 0);
  }

  /** In what a secret is typed and neither saved nor queued, in words: it would be lost with the window. */
  readonly secretPlaces: readonly string[] = $derived.by(() => [
    ...this.all.flatMap(({ name, secretKeys }) => secretKeys.map((key) => recordInWords(name, key))),
    ...this.all
      .filter(({ leftOut }) => leftOut.some(({ isSecret }) => isSecret))
      .map(({ name }) => `what was left out of ${titleOf(name)}`),
    ...[...this.runDrafts.values()]
      .filter(({ holdsSecret }) => holdsSecret)
      .map(({ dagId }) => `the conf of a run of “${dagId}”`),
  ]);
  readonly holdsSecret = $derived(this.secretPlaces.length > 0);

  /** All that is not in Airflow yet, whatever keeps it here. */
  readonly unsentCount = $derived(
    this.pending.length +
      this.refused.length +
      this.violating.length +
      this.conflicts.length +
      this.openActions.length,
  );

  /** Whether this window has taken over what Airflow was found to hold. */
  private hasCaughtUp = $state(false);
  /** Nothing is known to be there yet, which is not the same as nothing being there. */
  get isReading(): boolean {
    if (this.openRecords === null) return true;
    const isEmpty = this.all.every(({ records }) => records === null || records.rows.length === 0);
    return isEmpty && !this.hasCaughtUp && this.status?.reachable !== false;
  }

  private readonly queries: {
    dags: Query<DagView[]>;
    runs: Query<RunView[]>;
    brakes: Query<BrakeView[]>;
    collections: Query<CollectionView[]>;
    violations: Query<Violation[]>;
  };
  private readonly stops: Unsubscribe[] = [];

  constructor(
    readonly platform: Platform,
    readonly desk: Desk,
    environment: EnvironmentView,
  ) {
    this.environment = environment;
    this.queries = {
      dags: new Query(() => platform.dags(this.env)),
      runs: new Query(() => platform.runs(this.env)),
      brakes: new Query(() => platform.brakes(this.env)),
      collections: new Query(() => this.readTyped()),
      violations: new Query(() => platform.violations(this.id)),
    };
    this.variables = new CollectionState("variables", desk, VARIABLE_DRAFTS);
    const builtIn = COLLECTIONS.filter((name) => name !== this.variables.name);
    this.add([this.variables, ...builtIn.map((name) => this.fieldsState(name))]);
    this.follow(desk.records(), (snapshot) => this.show(snapshot));
    this.follow(desk.actions(), (actions) => (this.actions = actions));
    this.together = new Together(this);
    this.follow(desk.decided(), (last) => (this.together.last = last));
    this.follow(desk.trouble(), (trouble) => (this.trouble = trouble));
  }

  get id(): string {
    return this.environment.id;
  }

  /** All DAGs; null until they were read. */
  get dags(): DagView[] | null {
    return this.queries.dags.now;
  }

  /** Runs, newest first; null until they were read. */
  get runs(): RunView[] | null {
    return this.queries.runs.now;
  }

  /** The brakes that are on. */
  get brakes(): BrakeView[] {
    return this.queries.brakes.now ?? [];
  }

  /** The rules that records break together; null until they were read. */
  get violations(): Violation[] | null {
    return this.queries.violations.now;
  }

  private readonly broken = $derived(rulesByRecord(this.violations ?? []));

  /** The rules that a record takes part in breaking. */
  brokenBy({ collection, key }: Pick<RecordView, "collection" | "key">): readonly Violation[] {
    return this.broken(collection, key);
  }

  /** The typed collections with their data models; null until they were read. */
  get typed(): CollectionView[] | null {
    return this.queries.collections.now;
  }

  /** The collections that there are, in the order of the rail. */
  get names(): string[] {
    const typed = (this.typed ?? []).map(({ name }) => name);
    return [...COLLECTIONS, ...typed.filter((name) => !COLLECTIONS.includes(name))];
  }

  /** A collection's records and what is typed for them; throws for a name that the app does not know. */
  of(collection: string): CollectionState {
    const found = this.collections.get(collection);
    if (!found) throw new Error(`there is no collection ${collection}`);
    return found;
  }

  /** The record, if there is one. */
  find({ collection, key }: Pick<RecordView, "collection" | "key">): RecordView | undefined {
    return this.collections.get(collection)?.get(key);
  }

  /** The keys of a collection's records, in order; none where it is not known. */
  *keysOf(collection: string): Iterable<string> {
    for (const { key } of this.collections.get(collection)?.records?.rows ?? []) yield key;
  }

  /** A collection whose records are edited by the fields of their data model: any but the Variables. */
  fieldsOf(collection: string): CollectionState<FieldsDraft> {
    return this.of(collection) as unknown as CollectionState<FieldsDraft>;
  }

  /** All collections, in the order of the rail. */
  get all(): CollectionState[] {
    return [...this.collections.values()];
  }

  /** The typed collections were changed from here: they are known again when this returns. */
  async readCollections(): Promise<void> {
    await this.queries.collections.readAgain();
  }

  get env(): string {
    return this.environment.name;
  }

  /**
   * What was typed for a run of the DAG, or for the one that is corrected. Without one, what was typed for any of them:
   * the run that was to be corrected may be gone, and its text could not be found again.
   */
  runDraft(dagId: string, again: string | null): RunDraft | undefined {
    const found = this.runDrafts.get(runSlot(dagId, again));
    if (found || again !== null) return found;
    return [...this.runDrafts.values()].find((draft) => draft.dagId === dagId);
  }

  /** Takes back a run that waits to go out. What was typed for it stands in the DAG's form, unless other text does. */
  async takeBackRun(view: ActionView): Promise<void> {
    await this.desk.takeBackAction(view.action.id);
    const draft = RunDraft.takenBack(view);
    if (draft && !this.runDrafts.has(draft.slot)) this.runDrafts.set(draft.slot, draft);
  }

  /** Before anything is shown, so that no form is begun anew beside what was typed in it. */
  async bringBackTyped(): Promise<void> {
    await this.queries.collections.readAgain();
    this.stops.push(await keepUnsaved(this, this.desk.unsaved));
    for (const collection of this.all) collection.takeUpLeftOvers();
  }

  /** Follows the app's events. */
  async start(): Promise<void> {
    // One that was added under its name since is another.
    const mine = (env: string) => env === this.env && !this.gone;
    this.stops.push(
      await this.platform.onStatusChanged((event) => {
        if (!mine(event.env)) return;
        this.tell(event.status);
        // What a sync could not do is over once another one could.
        if (event.status.link === "online" && !event.status.syncing) this.sync.problem = null;
        for (const query of Object.values(this.queries)) query.retry();
      }),
      await this.platform.onMirrorChanged((event) => {
        if (mine(event.env)) for (const part of event.parts) this.queries[part].changed();
      }),
    );
    // Whatever is on the screen: what is typed and what waits is told for every collection.
    const stop = $effect.root(() => {
      $effect(() => void this.typed);
    });
    this.stops.push(stop);
    // What changed before it was listened to.
    for (const query of Object.values(this.queries)) query.changed();
    await this.readStatus();
  }

  close(): void {
    for (const stop of this.stops) stop();
    for (const collection of this.all) collection.forgetSecrets();
    this.runsSetAside.clear();
    this.desk.close();
  }

  async syncNow(): Promise<void> {
    await this.sync.run(() => this.platform.syncNow(this.env));
    await this.readStatus();
  }

  /** Everything that is pending was looked at, and goes out. What was done a moment ago reaches the mirror first. */
  async send(): Promise<void> {
    await this.sync.run(async () => {
      await this.desk.flush();
      await this.platform.syncSend(this.id);
    });
    await this.readStatus();
  }

  /** Ends the sync under way where nothing is done by half; the rest waits until the next "Sync now". */
  async stopSync(): Promise<void> {
    await this.platform.syncStop(this.env);
  }

  async pause(paused: boolean): Promise<void> {
    this.status = await this.platform.syncPause(this.env, paused);
  }

  async acceptBrake(collection: string): Promise<void> {
    await this.platform.brakeAccept(this.id, collection);
    await this.queries.brakes.readAgain();
    await this.syncNow();
  }

  /** Whether it waits until the analyst has looked at it and said "send". */
  isToReview(waiting: Waiting): boolean {
    return this.toReview.has(waiting);
  }

  private tell(status: Status): void {
    this.status = status;
    this.statusAt = timeNow();
    if (status.last_complete_observation && !this.hasCaughtUp) void this.catchUp();
  }

  /** Where that fails, the next status asks again. */
  private async catchUp(): Promise<void> {
    await this.desk.flush().then(
      () => (this.hasCaughtUp = true),
      () => undefined,
    );
  }

  private async readStatus(): Promise<void> {
    try {
      this.tell(await this.platform.status(this.env));
    } catch {
      // The next status-changed event carries it.
    }
  }

  /** Reads the typed collections, and takes up those that are new. */
  private async readTyped(): Promise<CollectionView[]> {
    const views = await this.platform.collections(this.id);
    const isNew = ({ name }: CollectionView) => !this.collections.has(name);
    const added = views.filter(isNew);
    for (const view of views) if (!COLLECTIONS.includes(view.name)) this.typedKnown.know(view);
    this.add(added.map(({ name }) => this.fieldsState(name)));
    if (added.length > 0 && this.snapshot) this.show(this.snapshot);
    return views;
  }

  private add(states: CollectionState[]): void {
    if (states.length === 0) return;
    const named = states.map((state) => [state.name, state] as const);
    // eslint-disable-next-line svelte/prefer-svelte-reactivity -- never changed
    this.collections = new Map([...this.collections, ...named]);
  }

  private fieldsState(name: string): CollectionState {
    const drafts = fieldsDrafts(() => this.typedKnown.get(name)?.model ?? modelOf(name));
    return new CollectionState(name, this.desk, drafts);
  }

  private show(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    const { collections, open } = snapshot;
    for (const collection of this.all) {
      const conflicts = open.filter((one) => one.collection === collection.name && one.state === "conflict");
      // eslint-disable-next-line svelte/prefer-svelte-reactivity -- never mutated
      const keys = new Set(conflicts.map(({ key }) => key));
      collection.show(collections.get(collection.name) ?? NO_RECORDS, keys);
    }
    this.openRecords = open.filter(({ collection }) => this.collections.has(collection));
  }

  private follow<T>(live: Live<T>, run: (value: T) => void): void {
    this.stops.push(live.subscribe(run));
  }
}
