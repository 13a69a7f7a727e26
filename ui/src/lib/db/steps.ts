// What can be undone: each step says what records were before it and after it. It is stored with the work it tells of, in
// one transaction, so a restart finds both or neither.
import type { Change, RecordView } from "$lib/bindings";
import { overlaid } from "./overlay";
import { rowsOf } from "./rows";
import { same } from "./same";
import type { Changed, StepRow, WindowDb } from "./schema";

type Fields = Record<string, unknown>;

/** Work on one record. */
export type RecordWork =
  | { kind: "edit"; key: string; fields: Record<string, Change> }
  | { kind: "delete"; key: string; seen: Fields };

/** A step before it has its place. */
export interface NewStep {
  /** What was done, as the end of "Undo …". */
  label: string;
  changed: Changed[];
}

/** What can be undone and redone next. */
export interface Steps {
  undo: StepRow | null;
  redo: StepRow | null;
}

/** As many steps as a collection keeps: older ones are forgotten. */
export const STEPS_MAX = 100;

/** The steps of a collection that are next either way. */
export async function nextSteps(db: WindowDb, collection: string): Promise<Steps> {
  const steps = await stepsOf(db, collection);
  const undo = steps.findLast(({ isUndone }) => !isUndone) ?? null;
  return { undo, redo: steps.find(({ isUndone }) => isUndone) ?? null };
}

/** The keys of the records that a step of the collection deleted, whether it is undone by now or not. */
export async function deletedIn(db: WindowDb, collection: string): Promise<ReadonlySet<string>> {
  const changed = (await stepsOf(db, collection)).flatMap((step) => step.changed);
  return new Set(changed.filter(({ after }) => after === null).map(({ key }) => key));
}

/** Adds a step: what was undone before it cannot be redone any more. Joins the transaction it is called in. */
export async function addStep(db: WindowDb, collection: string, step: NewStep): Promise<void> {
  const steps = await stepsOf(db, collection);
  const kept = steps.filter(({ isUndone }) => !isUndone);
  const over = kept.slice(0, Math.max(0, kept.length - STEPS_MAX + 1));
  const gone = [...steps.filter(({ isUndone }) => isUndone), ...over];
  await db.steps.bulkDelete(gone.map(({ id }) => id));
  await db.steps.add({ collection, ...step, isUndone: false } as StepRow);
}

/** The step that is next that way counts as undone or done from now on; gives what that means. Null where there is none. */
export async function retraceStep(
  db: WindowDb,
  collection: string,
  direction: "undo" | "redo",
): Promise<Way | null> {
  const step = (await nextSteps(db, collection))[direction];
  if (!step) return null;
  const records = await recordsOf(
    db,
    collection,
    step.changed.map(({ key }) => key),
  );
  await db.steps.update(step.id, { isUndone: direction === "undo" });
  return wayOf(step.changed, direction, (key) => records.get(key));
}

/** The records of these keys as the analyst sees them. */
export async function recordsOf(
  db: WindowDb,
  collection: string,
  keys: readonly string[],
): Promise<Map<string, RecordView>> {
  const records = await rowsOf(db).getAll(collection, keys);
  const work = await db.overlay.bulkGet(keys.map((key) => [collection, key]));
  for (const [at, key] of keys.entries()) {
    const record = overlaid(records.get(key), work[at]?.entries ?? []);
    if (record) records.set(key, record);
    else records.delete(key);
  }
  return records;
}

function stepsOf(db: WindowDb, collection: string): Promise<StepRow[]> {
  return db.steps.where("collection").equals(collection).sortBy("id");
}

/** What leads from one side of a step to the other, and the records for which nothing does. */
export interface Way {
  works: RecordWork[];
  /** Keys of records that are another than the step left them: nothing is done to these. */
  moved: string[];
}

/** The work that undoes or redoes a step, on the records as they are now. */
export function wayOf(
  changed: readonly Changed[],
  direction: "undo" | "redo",
  recordOf: (key: string) => RecordView | undefined,
): Way {
  const way: Way = { works: [], moved: [] };
  for (const { key, before, after } of changed) {
    const [from, to] = direction === "undo" ? [after, before] : [before, after];
    const work = workOf(key, from, to, recordOf(key));
    if (work === "moved") way.moved.push(key);
    else if (work) way.works.push(work);
  }
  return way;
}

function workOf(
  key: string,
  from: Fields | null,
  to: Fields | null,
  record: RecordView | undefined,
): RecordWork | "moved" | null {
  const now = record && !record.deleted ? record.fields : null;
  if (record?.state === "conflict") return "moved";
  if (to === null) return removal(key, from, now);
  if (from === null) return now === null ? { kind: "edit", key, fields: given(to) } : "moved";
  if (now === null) return "moved";
  const changes = Object.keys(to).filter((name) => !isSame(now[name], to[name]));
  if (changes.length === 0) return null;
  if (changes.some((name) => !isSame(now[name], from[name]))) return "moved";
  return {
    kind: "edit",
    key,
    fields: Object.fromEntries(changes.map((name) => [name, change(now, to, name)])),
  };
}

function removal(key: string, from: Fields | null, now: Fields | null): RecordWork | "moved" | null {
  if (now === null) return null;
  const isAsLeft = from !== null && Object.keys(from).every((name) => isSame(now[name], from[name]));
  return isAsLeft ? { kind: "delete", key, seen: now } : "moved";
}

function given(fields: Fields): Record<string, Change> {
  return Object.fromEntries(Object.entries(fields).map(([name, to]) => [name, { to }]));
}

function change(now: Fields, to: Fields, name: string): Change {
  const [shown, next] = [now[name], to[name]];
  return { ...(shown !== undefined && { from: shown }), ...(next !== undefined && { to: next }) };
}

/** A field that is missing reads as one that is null. */
function isSame(a: unknown, b: unknown): boolean {
  return same(a ?? null, b ?? null);
}
