// The order that each collection's list has: the same when one comes back to it.
import { SvelteMap } from "svelte/reactivity";
import { type Order, USUAL } from "./order";

const orders = new SvelteMap<string, { now: Order }>();

/** The order of a collection's list; setting its `now` changes it. */
export function orderOf(collection: string): { now: Order } {
  return {
    get now() {
      return orders.get(collection)?.now ?? USUAL;
    },
    set now(now: Order) {
      orders.set(collection, { now });
    },
  };
}
