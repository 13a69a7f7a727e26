// The typed collections that the window was told of in an environment, with all that their data models say of their fields.
import type { Collection, CollectionView, Field } from "$lib/bindings";
import { SvelteMap } from "svelte/reactivity";
import type { FieldType } from "./field-type";
import type { KeyTypes } from "./record-key";
import { readModel } from "./schema";

/** A field of a typed collection. */
export interface TypedField extends Field {
  /** Its type, with limits that no float spoilt. */
  of: FieldType;
  /** What people call it; missing where the model has no title. */
  title?: string;
  description?: string;
  /** The collection whose keys its values are. */
  refersTo?: string;
}

/** A typed collection as the window works with it. */
export interface TypedCollection {
  view: CollectionView;
  /** The collection with its typed fields. */
  model: Omit<Collection, "fields"> & { fields: TypedField[] };
  key: KeyTypes;
  /** Keys are made with the records. */
  isKeyGenerated: boolean;
}

/** The typed collections of one environment, by name. */
export class TypedCollections {
  /** One that is there no more stays known: a text that was typed for it is still shown by its fields. */
  private readonly known = new SvelteMap<string, TypedCollection>();

  /** Takes a collection's data model up. */
  know(view: CollectionView): void {
    const before = this.known.get(view.name)?.view;
    if (before?.model === view.model && before.trouble === view.trouble && before.prefix === view.prefix)
      return;
    this.known.set(view.name, typedOf(view));
  }

  /** The typed collection of that name; undefined for any other. */
  get(name: string): TypedCollection | undefined {
    return this.known.get(name);
  }
}

const ofModels = new WeakMap<Collection, TypedCollection>();

/** The typed collection that the data model is of; undefined for a built-in one. */
export function typedOfModel(model: Collection): TypedCollection | undefined {
  return ofModels.get(model);
}

/** The typed field; undefined for one of a built-in collection. */
export function asTyped(field: Field): TypedField | undefined {
  return "of" in field ? (field as TypedField) : undefined;
}

function typedOf(view: CollectionView): TypedCollection {
  const { fields: words, isKeyGenerated } = readModel(view.model);
  const fields = view.collection.fields.map((field): TypedField => {
    const { type = { kind: "json", shape: "any" } as const, ...rest } = words.get(field.name) ?? {};
    return { ...field, ...rest, of: type };
  });
  const key = (view.collection.key ?? []).flatMap((name) => {
    const field = fields.find((one) => one.name === name);
    return field ? [{ name, type: field.of }] : [];
  });
  const typed = { view, model: { ...view.collection, fields }, key, isKeyGenerated };
  ofModels.set(typed.model, typed);
  return typed;
}
