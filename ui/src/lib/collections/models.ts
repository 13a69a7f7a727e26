// The collections' data models, as the engine has them, and how they are called on the screen.
import { BUILT_IN, type Collection } from "$lib/bindings";

const MODELS = new Map(BUILT_IN.map((model) => [model.name, model]));

/** The collections, in the order of the rail. */
export const COLLECTIONS: readonly string[] = [...MODELS.keys()];

/** A collection's data model; throws for one that the app does not know. */
export function modelOf(collection: string): Collection {
  const model = MODELS.get(collection);
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
  return (
    WORDS[collection] ?? { title: collection, one: "record", key: "Key", empty: "Nothing is in it yet." }
  );
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
export function hintOf(collection: string, field: string): string {
  return HINTS[`${collection}.${field}`] ?? "";
}

/** Why the record has to stay in Airflow; null where it can be deleted. */
export function whyNotDeleted(collection: string, key: string): string | null {
  const isFixed = collection === "pools" && key === "default_pool";
  return isFixed ? "Airflow keeps this pool: tasks that name no other run in it." : null;
}

/** Why the record's field cannot be changed; null where it can. */
export function whyNotChanged(collection: string, key: string, field: string): string | null {
  const isFixed = collection === "pools" && key === "default_pool" && field === "description";
  return isFixed ? "Airflow does not change the description of this pool." : null;
}

/** The address of a collection's screen, with a record open in it where a key is given. */
export function addressOf(collection: string, key?: string): string {
  const screen = collection === "variables" ? "/variables" : `/c/${encodeURIComponent(collection)}`;
  return key === undefined ? screen : `${screen}?key=${encodeURIComponent(key)}`;
}

/** The address of a record's conflict. */
export function conflictAddress(collection: string, key: string): string {
  const where = collection === "variables" ? "" : `c=${encodeURIComponent(collection)}&`;
  return `/conflicts?${where}key=${encodeURIComponent(key)}`;
}
