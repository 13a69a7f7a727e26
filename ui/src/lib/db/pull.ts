// Pulling the feed: one transaction a page, the cursor in it, so that a kill leaves either all of a page or none.
import type { ActionState, Entry, FeedItem, PackedRecord, PullAnswer } from "$lib/bindings";
import { bySubject, subject } from "./log";
import { readPlace, writePlace } from "./place";
import { cannotAgree } from "./problem";
import type { PulledRow } from "./rows";
import type { ActionRow, RecordId, WindowDb } from "./schema";
import type { Session, Store } from "./store";

/**
 * Feed items in one pull: some pages of the store. A first fill is as many transactions as pulls, and the screens look at
 * the store after each; an edit waits for one of them at most.
 */
export const PULL_LIMIT = 5000;

/** A page of the feed that was asked for, and may be on its way. */
interface Asked {
  /** After which place in the feed. */
  cursor: number;
  /** When (RFC 3339). */
  pulledAt: string;
  /** What the mirror had included of our log when it was asked. */
  acked: number;
  answer: Promise<PullAnswer<PackedRecord>>;
}

/** The pages of the feed, one after the other. While one is stored, the mirror reads the next. */
export class Pull {
  #ahead: Asked | null = null;

  constructor(
    private readonly store: Store,
    private readonly session: Session,
    /** Items in one page. */
    private readonly limit: number,
  ) {}

  /** Takes over the next page; true when there is more. */
  async next(): Promise<boolean> {
    const asked = this.#takeAhead() ?? this.#ask((await readPlace(this.store.db)).cursor);
    const answer = await asked.answer;
    if (answer.more) this.#ahead = this.#ask(answer.cursor);
    await takeOver(this.store, this.session, asked, answer);
    return answer.more;
  }

  /** What was asked for ahead; not when work went down since, which the page would not include. */
  #takeAhead(): Asked | null {
    const ahead = this.#ahead;
    this.#ahead = null;
    return ahead?.acked === this.session.acked ? ahead : null;
  }

  #ask(cursor: number): Asked {
    const pulledAt = new Date().toISOString();
    const answer = this.store.mirror.pull(cursor, this.limit);
    // Whoever takes the page learns what became of it; nobody may, when the one before cannot be stored.
    answer.catch(() => undefined);
    return { cursor, pulledAt, acked: this.session.acked, answer };
  }
}

/** What a page comes to, worked out before the first write. */
interface Plan {
  put: PulledRow[];
  removed: RecordId[];
  actions: ActionRow[];
  removedActions: string[];
  /** Overlay rows that the page includes. */
  included: RecordId[];
  /** Log entries whose outcome is final. */
  final: number[];
}

async function takeOver(
  store: Store,
  session: Session,
  asked: Asked,
  answer: PullAnswer<PackedRecord>,
): Promise<void> {
  const { db } = store;
  await db.transaction("rw", [db.meta, db.log, db.pages, db.marks, db.overlay, db.actions], async () => {
    const { cursor, epoch, storeId, pulledAt, entered } = await readPlace(db);
    if (cursor !== asked.cursor || epoch !== session.epoch || storeId !== session.storeId)
      throw cannotAgree();
    await carryOut(store, planPage(answer, await db.log.orderBy("seq").toArray()));
    await writePlace(db, {
      cursor: answer.cursor,
      pulledAt: answer.more ? pulledAt : knownUntil(asked.pulledAt, answer),
      entered: answer.entered ?? entered,
    });
  });
}

/** What was entered elsewhere until then is in what was pulled, wherever the clock was set since. */
function knownUntil(pulledAt: string | null, { entered_until }: PullAnswer<PackedRecord>): string | null {
  if (!entered_until || (pulledAt && Date.parse(pulledAt) > Date.parse(entered_until))) return pulledAt;
  return entered_until;
}

function planPage(answer: PullAnswer<PackedRecord>, log: Entry[]): Plan {
  const plan: Plan = { put: [], removed: [], actions: [], removedActions: [], included: [], final: [] };
  const work = bySubject(log);
  for (const item of answer.items) planItem(plan, item, work.get(subject(item)) ?? [], answer.included_seq);
  return plan;
}

function planItem(plan: Plan, item: FeedItem<PackedRecord>, entries: Entry[], includedSeq: number): void {
  // Older than the analyst's last work on it: a later item, with that work in it, supersedes this one.
  if (entries.some(({ seq }) => seq > includedSeq)) return;
  plan.included.push([item.collection, item.key]);
  if (item.collection === "") planAction(plan, item);
  else planRecord(plan, item);
  if (isFinal(item)) plan.final.push(...entries.map(({ seq }) => seq));
}

function planRecord(plan: Plan, { collection, key, record }: FeedItem<PackedRecord>): void {
  if (record) plan.put.push({ collection, key, record });
  else plan.removed.push([collection, key]);
}

function planAction(plan: Plan, { key, action, feed }: FeedItem<PackedRecord>): void {
  if (action) plan.actions.push({ id: key, view: action, feed });
  else plan.removedActions.push(key);
}

const FINAL_STATES: ActionState[] = ["done", "rejected", "cancelled"];

/** Nothing can happen any more to the work on it: only then may the log forget it. */
function isFinal({ collection, record, action }: FeedItem<PackedRecord>): boolean {
  if (collection === "") return action === null || FINAL_STATES.includes(action.state);
  return record === null || record.state === "clean";
}

async function carryOut({ db, rows }: Store, plan: Plan): Promise<void> {
  await rows.change(plan.put, plan.removed);
  await db.actions.bulkPut(plan.actions);
  await db.actions.bulkDelete(plan.removedActions);
  await forgetIncluded(db, plan.included);
  await db.log.bulkDelete(plan.final);
}

/** Most records have no work on them, and WebKit takes as long to delete nothing as to delete a row. */
async function forgetIncluded({ overlay }: WindowDb, included: RecordId[]): Promise<void> {
  const there = await overlay.toCollection().primaryKeys();
  if (there.length === 0) return;
  const names = new Set(included.map(nameOf));
  await overlay.bulkDelete(there.filter((id) => names.has(nameOf(id))));
}

function nameOf([collection, key]: RecordId): string {
  return subject({ collection, key });
}
