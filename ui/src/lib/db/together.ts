// Conflicts that were decided together: kept as one step, and undone as one for as long as nothing of it was sent. An undo
// is work like any other: what is pending of the decision is taken back, and the analyst's edit is made once more on what
// it was made on before, so that it meets Airflow's again.
import type { Change, RecordView } from "$lib/bindings";
import { subject, type Draft } from "./log";
import { same } from "./same";
import type { Decided, RecordId, StepRow, WindowDb } from "./schema";
import { recordsOf } from "./steps";

/** The decision on one conflict, and what undoes it. */
export interface Decision {
  work: Pick<Draft, "collection" | "key" | "fields" | "mine" | "reason">;
  undo: Omit<Decided, "collection" | "key">;
}

/** A step's place among the others: it belongs to no collection. */
const NO_COLLECTION = "";

/** A decision that an undo leaves as it is, and why. */
export interface Left {
  collection: string;
  key: string;
  why: string;
}

export interface Undone {
  /** The records whose edit meets Airflow's again. */
  again: RecordId[];
  left: Left[];
}

/** What was decided together last and can be undone; null where nothing is. */
export interface LastDecided {
  id: number;
  /** RFC 3339. */
  at: string;
  decided: Decided[];
}

export async function lastDecided(db: WindowDb): Promise<LastDecided | null> {
  const step = await db.steps.where("collection").equals(NO_COLLECTION).last();
  return step?.decided ? { id: step.id, at: step.label, decided: step.decided } : null;
}

/** Takes note of a step in place of the one before. Joins the transaction it is called in. */
export async function noteDecided(db: WindowDb, decided: Decided[], at: string): Promise<void> {
  await forgetDecided(db);
  // What such a step says is when it was made; its place is given by the store.
  const step: Omit<StepRow, "id"> = {
    collection: NO_COLLECTION,
    label: at,
    changed: [],
    isUndone: false,
    decided,
  };
  await db.steps.add(step as StepRow);
}

/** Nothing can be undone any more. */
export async function forgetDecided(db: WindowDb): Promise<void> {
  await db.steps.where("collection").equals(NO_COLLECTION).delete();
}

/** The work that undoes the last step, on the records as they are now; the step is over with it. */
export async function undoDecided(db: WindowDb): Promise<{ works: Work[]; undone: Undone }> {
  const decided = (await lastDecided(db))?.decided ?? [];
  const records = await recordsNow(db, decided);
  const works: Work[] = [];
  const undone: Undone = { again: [], left: [] };
  for (const one of decided) {
    const { collection, key } = one;
    const record = records.get(subject(one));
    const why = whyLeft(one, record);
    if (why !== null) undone.left.push({ collection, key, why });
    else {
      undone.again.push([collection, key]);
      works.push(...undoing(one, record as RecordView));
    }
  }
  await forgetDecided(db);
  return { works, undone };
}

async function recordsNow(db: WindowDb, decided: readonly Decided[]): Promise<Map<string, RecordView>> {
  const found = new Map<string, RecordView>();
  for (const collection of new Set(decided.map((one) => one.collection))) {
    const keys = decided.filter((one) => one.collection === collection).map(({ key }) => key);
    for (const [key, record] of await recordsOf(db, collection, keys))
      found.set(subject({ collection, key }), record);
  }
  return found;
}

/** Work on a record, of which there may be several, one after the other. */
export type Work = Omit<Draft, "id" | "at">;

/** Why the decision stays; null where it can be undone. */
export function whyLeft(decided: Decided, record: RecordView | undefined): string | null {
  if (decided.fixed !== null) return decided.fixed;
  if (!record || record.deleted) return "It is no longer there.";
  switch (record.state) {
    case "conflict":
      return "It is in conflict again already.";
    case "in_doubt":
      return "It is on its way to Airflow.";
    case "rejected":
      return "Airflow refused it. See Pending.";
    case "clean":
      if (decided.sends) return "It was sent to Airflow.";
  }
  if (Object.keys(decided.edit).some((name) => record.sealed.includes(name)))
    return "Airflow hides a part of it by now.";
  return isAsLeft(decided, record) ? null : "It was changed since.";
}

/** Whether nothing was edited since, in any field: taking the record back would drop it. */
function isAsLeft({ edit, result }: Decided, { fields, base }: RecordView): boolean {
  const left = (name: string): unknown => {
    if (Object.hasOwn(result, name)) return result[name];
    return Object.hasOwn(edit, name) ? edit[name]?.to : base?.[name];
  };
  const names = [fields, base ?? {}, edit, result].flatMap((one) => Object.keys(one));
  return names.every((name) => same(fields[name] ?? null, left(name) ?? null));
}

/** What is pending of the decision is taken back first: on top of it the edit would be no other than what is there. */
function undoing({ collection, key, edit }: Decided, record: RecordView): Work[] {
  const again: Work = { kind: "edit", collection, key, fields: edit };
  if (record.state === "clean") return [again];
  const shown = { mine: record.fields, deleted: record.deleted, fields: {} };
  return [{ kind: "take_back", collection, key, ...shown }, again];
}

/** The edit that the analyst had made, on what it was made on. */
export function editOf(
  { base, fields }: RecordView,
  clashes: Record<string, Change>,
): Record<string, Change> {
  const edit = { ...clashes };
  for (const name of new Set([...Object.keys(fields), ...Object.keys(base ?? {})])) {
    const [from, to] = [base?.[name], fields[name]];
    if (name in edit || same(from ?? null, to ?? null)) continue;
    edit[name] = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  }
  return edit;
}
