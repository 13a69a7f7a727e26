// The typed collections of the environment that is on the screen: another one may have others under their names.
import { type TypedCollection, TypedCollections } from "./typed";

let shown = $state.raw(new TypedCollections());

/** From now on the screens are about these. */
export function showTyped(collections: TypedCollections): void {
  shown = collections;
}

/** The typed collection of that name; undefined for any other. */
export function typedCollection(name: string): TypedCollection | undefined {
  return shown.get(name);
}
