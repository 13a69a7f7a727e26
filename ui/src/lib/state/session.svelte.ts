// One open environment: its records and actions (live, from the local store), its status, and what is only read
// (DAGs, runs, brakes), which is asked of the app's cache again whenever the mirror moved.
import { SvelteMap } from "svelte/reactivity";
import type {
  ActionView,
  BrakeView,
  DagView,
  EnvironmentView,
  RecordView,
  RunView,
  Status,
} from "$lib/bindings";
import { timeNow } from "$lib/conflicts/standing";
import type { Desk, Live } from "$lib/db/desk";
import type { Platform, Unsubscribe } from "$lib/platform/platform";
import { isOpen } from "$lib/words/states";
import type { ConflictDraft } from "./conflict-draft.svelte";
import { type Draft, shownOf } from "./draft.svelte";
import { takeUpLeftOvers } from "./left-over";
import { NONE, toReview, type Waiting } from "./review";
import { type RunDraft, runSlot } from "./run-draft.svelte";
import { Task } from "./task.svelte";
import { keepUnsaved } from "./unsaved.svelte";

export const VARIABLES = "variables";

/** What is typed and not saved for a variable: what a restart finds, a secret, which it does not, or both. */
export type TypedHere = "kept" | "secret" | "both";

/** All that was typed in one form. */
export interface Typed {
  draft: Draft;
  secret: string | undefined;
}

export class Session {
  variables = $state.raw<RecordView[] | null>(null);
  actions = $state.raw<ActionView[] | null>(null);
  trouble = $state<string | null>(null);
  status = $state.raw<Status | null>(null);
  /** When `status` was told (RFC 3339). */
  private statusAt = $state("");
  dags = $state.raw<DagView[] | null>(null);
  runs = $state.raw<RunView[] | null>(null);
  brakes = $state.raw<BrakeView[]>([]);
  environment: EnvironmentView = $state.raw() as EnvironmentView;
  /** The environment was removed from this computer; what is shown is this window's copy. */
  gone = $state(false);

  /** Edits that were begun and not saved, by key; the new variable's under the empty key. */
  readonly drafts = new SvelteMap<string, Draft>();
  /** What was chosen and typed for conflicts that are not settled, by key. */
  readonly conflictDrafts = new SvelteMap<string, ConflictDraft>();
  /** Runs that were typed and not queued, by slot. */
  readonly runDrafts = new SvelteMap<string, RunDraft>();
  /** Secrets that were begun and not sent, by key. In this page's memory and nowhere else: a restart forgets them. */
  readonly secrets = new SvelteMap<string, string>();
  /** What was typed last and discarded or replaced, by key, until something else is typed or saved. In memory alone. */
  readonly setAside = new SvelteMap<string, Typed>();
  readonly sync = new Task();

  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- made anew whenever the records change, never mutated
  readonly byKey = $derived(new Map((this.variables ?? []).map((record) => [record.key, record])));
  /** What was typed for variables that were deleted meanwhile, as rows: a text without a row could not be found again. */
  readonly orphans = $derived(
    this.variables === null
      ? []
      : [...this.drafts.values()]
          .filter((draft) => !draft.isNew && draft.touched && !this.byKey.has(draft.key))
          .map((draft) => draft.lastSeen),
  );
  /** What was typed for a variable that is new, as a row; empty where there is nothing. */
  readonly unmade = $derived.by(() => {
    const draft = this.drafts.get("");
    return draft?.touched ? [draft.lastSeen] : [];
  });
  /** What waits to be sent and can be: neither in conflict nor refused. */
  readonly pending = $derived(
    (this.variables ?? []).filter(({ state }) => state === "pending" || state === "in_doubt"),
  );
  readonly refused = $derived((this.variables ?? []).filter(({ state }) => state === "rejected"));
  readonly conflicts = $derived(
    (this.variables ?? []).filter((record) => record.state === "conflict" && record.conflict),
  );
  readonly openActions = $derived((this.actions ?? []).filter(isOpen));
  readonly held = $derived(this.openActions.filter(({ state }) => state === "held"));
  readonly refusedRuns = $derived((this.actions ?? []).filter(({ state }) => state === "rejected"));
  /** Whether the counts are known: the local store has been read. */
  readonly isCounted = $derived(this.variables !== null && this.actions !== null);
  /** The same as the status's: records and runs that wait to be sent and can be. */
  readonly pendingCount = $derived(this.pending.length + this.openActions.length - this.held.length);
  private readonly toReview = $derived(
    this.environment.review
      ? toReview(this.pending, this.openActions, this.status?.to_review ?? 0, this.statusAt)
      : NONE,
  );
  /** What is typed and not saved under that key; null where there is nothing, or it goes with its variable. */
  typedHere(key: string): TypedHere | null {
    if (this.byKey.get(key)?.deleted) return null;
    const draft = this.drafts.get(key);
    if (this.secrets.has(key)) return draft?.touched ? "both" : "secret";
    if (!draft?.touched) return null;
    return draft.holdsSecret ? "both" : "kept";
  }

  /** Texts that were typed and not saved. */
  get unsavedCount(): number {
    const conflicts = [...this.conflictDrafts.values()].filter(({ touched }) => touched);
    return this.drafts.size + conflicts.length + this.secrets.size;
  }

  /** All that is not in Airflow yet, whatever keeps it here. */
  readonly unsentCount = $derived(
    this.pending.length + this.refused.length + this.conflicts.length + this.openActions.length,
  );

  /** Keys of what was deleted from this window, until that is sent or may come to nothing. */
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing on screen depends on it
  private readonly removing = new Set<string>();
  private readonly stops: Unsubscribe[] = [];
  private reading: Promise<void> | null = null;
  private readOnceMore = false;

  constructor(
    readonly platform: Platform,
    readonly desk: Desk,
    environment: EnvironmentView,
  ) {
    this.environment = environment;
    this.follow(desk.records(VARIABLES), (records) => this.show(records));
    this.follow(desk.actions(), (actions) => (this.actions = actions));
    this.follow(desk.trouble(), (trouble) => (this.trouble = trouble));
  }

  get id(): string {
    return this.environment.id;
  }

  /** Deletes a variable. What was typed for it comes back if that is taken back, and goes once it was sent. */
  async remove(record: RecordView): Promise<void> {
    this.removing.add(record.key);
    try {
      await this.desk.remove(VARIABLES, record.key, record.fields);
    } catch (error) {
      this.removing.delete(record.key);
      throw error;
    }
  }

  /** Takes back what waits to be sent of a variable. What was typed for it since and not saved stays. */
  async takeBack(record: RecordView): Promise<void> {
    await this.desk.takeBack(VARIABLES, record.key, record);
    this.removing.delete(record.key);
    if (!record.base) return;
    const shown = shownOf({ fields: record.base });
    this.drafts.get(record.key)?.tookBack(shown);
    this.setAside.get(record.key)?.draft.tookBack(shown);
  }

  /** Something is typed in the form of that key: what was typed there before gives way, and this stays. */
  typedOn(key: string): void {
    this.setAside.delete(key);
    this.removing.delete(key);
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

  /** Before anything is shown, so that no form is begun anew beside what was typed in it. */
  async bringBackTyped(): Promise<void> {
    this.stops.push(await keepUnsaved(this, this.desk.unsaved));
    if (this.variables !== null) takeUpLeftOvers(this);
  }

  /** Follows the app's events and reads what they do not carry. */
  async start(): Promise<void> {
    // One that was added under its name since is another.
    const mine = (env: string) => env === this.env && !this.gone;
    this.stops.push(
      await this.platform.onStatusChanged((event) => {
        if (!mine(event.env)) return;
        this.tell(event.status);
        // What a sync could not do is over once another one could.
        if (event.status.link === "online" && !event.status.syncing) this.sync.problem = null;
        void this.readAgain();
      }),
      await this.platform.onMirrorChanged((event) => {
        if (mine(event.env)) void this.readAgain();
      }),
    );
    await this.readStatus();
    await this.readAgain();
  }

  close(): void {
    for (const stop of this.stops) stop();
    this.secrets.clear();
    this.setAside.clear();
    this.desk.close();
  }

  async syncNow(): Promise<void> {
    await this.sync.run(() => this.platform.syncNow(this.env));
    await this.readStatus();
    await this.readAgain();
  }

  /** Everything that is pending was looked at, and goes out. What was done a moment ago reaches the mirror first. */
  async send(): Promise<void> {
    await this.sync.run(async () => {
      await this.desk.flush();
      await this.platform.syncSend(this.id);
    });
    await this.readStatus();
    await this.readAgain();
  }

  async pause(paused: boolean): Promise<void> {
    this.status = await this.platform.syncPause(this.env, paused);
  }

  async acceptBrake(collection: string): Promise<void> {
    await this.platform.brakeAccept(this.id, collection);
    await this.readAgain();
    await this.syncNow();
  }

  /** Asks once more after the reading that runs now, however often it is called meanwhile. */
  async readAgain(): Promise<void> {
    if (this.reading) {
      this.readOnceMore = true;
      return this.reading;
    }
    do {
      this.readOnceMore = false;
      this.reading = this.read();
      await this.reading;
    } while (this.readOnceMore);
    this.reading = null;
  }

  /** Answers come from the app's cache; one that fails leaves what is shown as it is. */
  private async read(): Promise<void> {
    const [dags, runs, brakes] = await Promise.allSettled([
      this.platform.dags(this.env),
      this.platform.runs(this.env),
      this.platform.brakes(this.env),
    ]);
    if (dags.status === "fulfilled") this.dags = dags.value;
    if (runs.status === "fulfilled") this.runs = runs.value;
    if (brakes.status === "fulfilled") this.brakes = brakes.value;
  }

  /** Whether it waits until the analyst has looked at it and said "send". */
  isToReview(waiting: Waiting): boolean {
    return this.toReview.has(waiting);
  }

  private tell(status: Status): void {
    this.status = status;
    this.statusAt = timeNow();
  }

  private async readStatus(): Promise<void> {
    try {
      this.tell(await this.platform.status(this.env));
    } catch {
      // The next status-changed event carries it.
    }
  }

  private show(records: RecordView[]): void {
    for (const { key, state } of records) if (state === "conflict") this.removing.delete(key);
    // eslint-disable-next-line svelte/prefer-svelte-reactivity -- never mutated
    const there = new Set(records.map(({ key }) => key));
    for (const { key } of this.variables ?? []) {
      if (there.has(key)) continue;
      this.setAside.delete(key);
      if (this.removing.delete(key)) this.forgetTyped(key);
    }
    this.variables = records;
    takeUpLeftOvers(this);
  }

  /** It would stay in the list after its variable. */
  private forgetTyped(key: string): void {
    this.drafts.delete(key);
    this.secrets.delete(key);
  }

  private follow<T>(live: Live<T>, run: (value: T) => void): void {
    this.stops.push(live.subscribe(run));
  }
}
