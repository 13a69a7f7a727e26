// The collections' data models, as the engine has them, and how they are called on the screen.
import { BUILT_IN, type Collection, type Field } from "$lib/bindings";
import { isGeneratedKey, partsOf } from "./record-key";
import { typedCollection } from "./shown.svelte";
import { asTyped, type TypedField } from "./typed";

const MODELS = new Map(BUILT_IN.map((model) => [model.name, model]));

/** The collections that every Airflow has, in the order of the rail. */
export const COLLECTIONS: readonly string[] = [...MODELS.keys()];

/** A collection's data model; throws for one that the app does not know. */
export function modelOf(collection: string): Collection {
  const model = MODELS.get(collection) ?? typedCollection(collection)?.model;
  if (!model) throw new Error(`there is no collection ${collection}`);
  return model;
}

interface Words {
  title: string;
  /** One of its records. */
  one: string;
  /** What its key is called. */
  key: string;
  /** What is said while there is none of it. */
  empty: string;
}

const WORDS: Record<string, Words> = {
  variables: {
    ...{ title: "Variables", one: "variable", key: "Key" },
    empty:
      "What Airflow holds appears here after the first sync. You can make one now; it is saved here and sent when Airflow answers.",
  },
  pools: {
    ...{ title: "Pools", one: "pool", key: "Name" },
    empty: "A pool limits how many tasks run at a time. Airflow's own appear here after the first sync.",
  },
};

/** What a collection and its records are called. */
export function wordsOf(collection: string): Words {
  const typed = typedCollection(collection);
  const key = (typed?.model.key ?? []).map((name) => wordFor(collection, name)).join(" · ");
  const rest = { one: "record", key: key || "Key", empty: "Nothing is in it yet." };
  return WORDS[collection] ?? { title: typed?.view.title ?? collection, ...rest };
}

/** What a collection is called, by its name; the name itself where it is not known. */
export function titleOf(collection: string): string {
  return wordsOf(collection).title;
}

/** The fields that are shown beside the key: those that it is made of are shown with it. */
export function fieldsBesideKey(collection: string): Field[] {
  const { fields, key = [] } = modelOf(collection);
  return fields.filter(({ name }) => !key.includes(name));
}

/** What is wrong with the collection in Airflow; null where nothing is. */
export function troubleOf(collection: string): string | null {
  return typedCollection(collection)?.view.trouble ?? null;
}

/** Why nothing of the collection can be changed; null where it can. */
export function whyStandsStill(collection: string): string | null {
  return typedCollection(collection)?.view.stands_still ? troubleOf(collection) : null;
}

/** A record's key as people read it: the texts of several fields stand side by side. */
export function keyShown(collection: string, key: string): string {
  const typed = typedCollection(collection);
  const parts = typed && typed.key.length > 1 ? partsOf(key) : null;
  return parts?.join(" · ") ?? key;
}

/** The record in the midst of a sentence: the variable “rate”, a new record of Currencies. The key of a new one is empty. */
export function recordInWords(collection: string, key: string): string {
  const { one, title } = wordsOf(collection);
  const of = typedCollection(collection) ? ` of ${title}` : "";
  return key === "" ? `a new ${one}${of}` : `the ${one} “${keyShown(collection, key)}”${of}`;
}

/** Whether the key says nothing to people: it was made with the record. */
export function isKeyMeaningless(collection: string, key: string): boolean {
  return typedCollection(collection)?.isKeyGenerated === true && isGeneratedKey(key);
}

/** What people call a field. */
export function wordOf(field: Field): string {
  return asTyped(field)?.title ?? labelOf(field.name);
}

/** What people call a field of a collection, by its name. */
export function wordFor(collection: string, name: string): string {
  const fields = MODELS.has(collection) ? [] : (typedCollection(collection)?.model.fields ?? []);
  const field = fields.find((one) => one.name === name);
  return field ? wordOf(field) : labelOf(name);
}

/** A field's name as a label: `include_deferred` is "Include deferred". */
export function labelOf(field: string): string {
  const words = field.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const HINTS: Record<string, string> = {
  "pools.slots": "-1 for no limit",
  "pools.include_deferred": "deferred tasks take slots, too",
};

/** More about a field, beside its label; empty where its name says it all. */
export function hintOf(collection: string, field: Field): string {
  const typed = asTyped(field);
  return typed ? (typed.description ?? typeHint(typed)) : (HINTS[`${collection}.${field.name}`] ?? "");
}

/** What a value has to look like. */
function typeHint({ of, refersTo }: TypedField): string {
  if (refersTo !== undefined) return `a key of ${wordsOf(refersTo).title}`;
  switch (of.kind) {
    case "decimal":
      return of.scale === 0 ? "no decimal places" : `up to ${of.scale} decimal places`;
    case "date":
      return "such as 2026-11-01";
    case "date-time":
      return "with its zone, such as 2026-11-01T09:30:00+01:00";
    case "json":
      return "JSON";
    default:
      return "";
  }
}

/** Why the record has to stay in Airflow; null where it can be deleted. */
export function whyNotDeleted(collection: string, key: string): string | null {
  const isFixed = collection === "pools" && key === "default_pool";
  return isFixed ? "Airflow keeps this pool: tasks that name no other run in it." : null;
}

/** Why the record's field cannot be changed; null where it can. */
export function whyNotChanged(collection: string, key: string, field: string): string | null {
  const still = whyStandsStill(collection);
  if (still !== null) return still;
  if (key !== "" && modelOf(collection).key?.includes(field)) return "Key; cannot be changed";
  const isFixed = collection === "pools" && key === "default_pool" && field === "description";
  return isFixed ? "Airflow does not change the description of this pool." : null;
}

/** The address of a collection's screen, with a record open in it where a key is given. */
export function addressOf(collection: string, key?: string): string {
  const screen = collection === "variables" ? "/variables" : `/c/${encodeURIComponent(collection)}`;
  return key === undefined ? screen : `${screen}?key=${encodeURIComponent(key)}`;
}

/** The address of the screen of a collection's data model; that of a new one without a name. */
export function modelAddress(collection?: string): string {
  return collection === undefined ? "/model" : `/model?collection=${encodeURIComponent(collection)}`;
}

/** The address of a record's conflict. */
export function conflictAddress(collection: string, key: string): string {
  const where = collection === "variables" ? "" : `c=${encodeURIComponent(collection)}&`;
  return `/conflicts?${where}key=${encodeURIComponent(key)}`;
}
