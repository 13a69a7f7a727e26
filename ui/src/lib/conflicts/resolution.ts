// What a decision on a conflict is, as the log takes it: against what it was made, and the result.
import type { Change, Conflict, ConflictField, RecordView } from "$lib/bindings";
import { partAt, short } from "$lib/diff/short";
import { modelOf, wordsOf } from "$lib/collections/models";
import { typedCollection } from "$lib/collections/shown.svelte";
import { asTyped } from "$lib/collections/typed";
import { type Meaning, meaningOf, textIn, textOf } from "$lib/collections/values";
import { mergedWith, type Side } from "./parts";

export type Choice = { side: "mine" | "airflow" } | { side: "edited"; text: string };

/** By field name; a field without one is not decided. */
export type Choices = Record<string, Choice | undefined>;

export interface Decision {
  fields: Record<string, Change>;
  deleted: boolean;
}

/** A value of a clashing field as a text that can be edited. */
export function textOfResult(collection: string, { name }: ConflictField, value: unknown): string {
  const field = typedCollection(collection)?.model.fields.find((one) => one.name === name);
  return field ? textIn(field, value) : textOf(value);
}

/** The fields to decide on; where the conflict names none (a broken rule), all that can be edited. */
export function fieldsOf(record: RecordView, conflict: Conflict): ConflictField[] {
  if (conflict.fields.length > 0) return conflict.fields;
  const open = modelOf(record.collection).fields.filter(({ name }) => !record.sealed.includes(name));
  return open.map(({ name }) => {
    const base = record.base?.[name];
    return { name, base, mine: record.fields[name], airflow: base, paths: [], against: "airflow" };
  });
}

/** Undefined where the chosen side has nothing, or what was typed means nothing. */
export function resultOf(collection: string, field: ConflictField, choice: Choice): unknown {
  if (choice.side !== "edited") return sideOf(field, choice.side);
  const meaning = typedMeaning(collection, field, choice.text);
  return "value" in meaning ? meaning.value : undefined;
}

/** What a typed result means by the data model, or why it means nothing. */
export function typedMeaning(collection: string, { name }: ConflictField, text: string): Meaning {
  const field = modelOf(collection).fields.find((one) => one.name === name);
  if (field && asTyped(field)) return meaningOf(field, text, undefined);
  // An empty text is a value, too, but an emptied description is none, as everywhere else on screen.
  const isText = !field || field.kind === "json_text" || (field.kind === "text" && text !== "");
  return isText ? { value: text } : meaningOf(field, text, undefined);
}

/** What taking a side comes to: where only places inside JSON clash, the side is taken for these, and the rest is merged. */
export function sideOf(field: ConflictField, side: Side): unknown {
  const { base, mine, airflow, paths } = field;
  const inside = paths.length > 0 && typeof base === "string" && typeof mine === "string";
  if (!inside || typeof airflow !== "string") return field[side];
  return mergedWith(side, base, mine, airflow) ?? field[side];
}

/** What the result is before anything is decided: both sides' changes, mine where they clash. */
export function startOf(field: ConflictField): unknown {
  return sideOf(field, "mine") ?? field.airflow;
}

/** Both sides in a few characters: "0.19 ↔ 0.21", mine first. */
export function bothInShort(record: Pick<RecordView, "collection" | "sealed">, conflict: Conflict): string {
  const [mine, airflow] = sidesInShort(record, conflict);
  return mine || airflow ? `${mine} ↔ ${airflow}` : story(conflict, record.collection).title;
}

/** Mine and the other side, in one line each, cut after `chars`; both empty where no field clashes. */
export function sidesInShort(
  record: Pick<RecordView, "sealed">,
  conflict: Conflict,
  chars?: number,
): [mine: string, airflow: string] {
  const field = conflict.fields.find(({ name }) => name === "value") ?? conflict.fields[0];
  const side = (which: Side): string => {
    if (which === "mine" ? conflict.mine_deleted : conflict.airflow_deleted) return "deleted";
    if (!field) return "";
    if (isSealedThere(record, field)) return which === "mine" ? "yours" : "secret";
    const { paths } = field;
    return short(paths.length === 1 ? partAt(field[which], paths[0] ?? "") : field[which], chars);
  };
  return [side("mine"), side("airflow")];
}

/** Whether Airflow has begun to hide the value since it was edited: what it holds now is not known. */
export function isSealedThere(record: Pick<RecordView, "sealed">, field: ConflictField): boolean {
  const isHidden = record.sealed.includes(field.name) || ("sealed" in field && field.sealed === true);
  return field.airflow === undefined && isHidden;
}

/** Choices made before Airflow moved again: kept, to be looked at once more. */
export function choicesBefore(conflict: Conflict): Choices {
  const decided = Object.entries(conflict.decided ?? {});
  return Object.fromEntries(
    decided
      .filter(([name]) => conflict.fields.some((field) => field.name === name))
      .map(([name, value]) => [name, { side: "edited", text: textOf(value) }]),
  );
}

/** Other edits of a field whose place a later one took: under its name and a number. */
export function keptBeside(conflict: Conflict, field: string): string[] {
  const numbered = Object.entries(conflict.decided ?? {}).filter(([name]) => name.startsWith(`${field} (`));
  return numbered.map(([, value]) => value).filter((value) => typeof value === "string");
}

/** The analyst's side as it is shown, without what has none. */
export function mineShown(conflict: Conflict): Record<string, unknown> {
  const there = conflict.fields.filter(({ mine }) => mine !== undefined);
  return Object.fromEntries(there.map(({ name, mine }) => [name, mine]));
}

/** Null while a field is undecided. */
export function decide(record: RecordView, conflict: Conflict, choices: Choices): Decision | null {
  const fields = fieldsOf(record, conflict);
  if (fields.some(({ name }) => !choices[name])) return null;
  if (isDelete(conflict, choices)) return { fields: seen(conflict), deleted: true };
  const decided = fields.map(
    (field) => [field.name, change(record.collection, field, choices[field.name])] as const,
  );
  return { fields: { ...rest(record, conflict), ...Object.fromEntries(decided) }, deleted: false };
}

function isDelete(conflict: Conflict, choices: Choices): boolean {
  const sides = conflict.fields.map(({ name }) => choices[name]?.side);
  const all = (side: string) => sides.every((one) => one === side);
  return (conflict.mine_deleted && all("mine")) || (conflict.airflow_deleted && all("airflow"));
}

/** What a delete was decided against. */
function seen(conflict: Conflict): Record<string, Change> {
  const known = conflict.fields.filter(({ airflow }) => airflow !== undefined);
  return Object.fromEntries(known.map(({ name, airflow }) => [name, { from: airflow }]));
}

function change(collection: string, field: ConflictField, choice: Choice | undefined): Change {
  const result = choice && resultOf(collection, field, choice);
  // A typed field has no null: one without a value is not there.
  if (result === undefined && typedCollection(collection))
    return field.airflow === undefined ? {} : { from: field.airflow };
  const to = result ?? null;
  return field.airflow === undefined ? { to } : { from: field.airflow, to };
}

/** A record that Airflow no longer has is written whole again, with the fields that did not clash. */
function rest(record: RecordView, conflict: Conflict): Record<string, Change> {
  if (!conflict.airflow_deleted) return {};
  return Object.fromEntries(Object.entries(record.fields).map(([name, to]) => [name, { to }]));
}

/** What the conflict is, in one sentence and what to do about it in another. */
export function story(conflict: Conflict, collection: string): { title: string; words: string } {
  const { one } = wordsOf(collection);
  const elsewhere = conflict.fields.some((field) => field.against === "local");
  const who = elsewhere ? "in leewardctl on this computer" : "in Airflow";
  switch (conflict.kind) {
    case "create_create":
      return {
        title: `You created this ${one} here, and it was also created ${who}.`,
        words: "There can be one of it. Choose what it holds; nothing has been overwritten.",
      };
    case "edit_delete":
      return conflict.mine_deleted
        ? {
            title: `You deleted it, and meanwhile it was changed ${who}.`,
            words: "Delete it all the same, or keep it as it is there now.",
          }
        : {
            title: `You changed it, and meanwhile it was deleted ${who}.`,
            words: "Create it again with your text, or leave it deleted.",
          };
    case "invalid":
      return {
        title: "Both changes were merged, but the result breaks a rule.",
        words: "Fix the result, or use one side.",
      };
    case "fields":
      return {
        title: `You changed it, and it was changed ${who} too.`,
        words: "Neither has been overwritten. Choose one side, or edit the result.",
      };
  }
}

/** Whether the choice leaves nothing of the record. */
export function isDeleted(conflict: Conflict, field: ConflictField, choice: Choice | undefined): boolean {
  if (conflict.kind !== "edit_delete" || !choice || choice.side === "edited") return false;
  return sideOf(field, choice.side) === undefined;
}

/** The clashing side's name. */
export function otherSide(field: ConflictField): string {
  return field.against === "local" ? "Also changed in leewardctl on this computer" : "Airflow now";
}
