// A view of a collection: what of it is shown, in which order.
import { type Order, USUAL } from "$lib/collections/order";
import type { Filter } from "./filter";

export interface View {
  filters: readonly Filter[];
  /** What is searched for. */
  search: string;
  order: Order;
}

/** A view under a name of its own in its collection. */
export interface NamedView extends View {
  name: string;
}

/** All that there is, by key. */
export const EVERYTHING: View = { filters: [], search: "", order: USUAL };

export function isSameView(a: View, b: View): boolean {
  return JSON.stringify(partsOf(a)) === JSON.stringify(partsOf(b));
}

function partsOf({ filters, search, order }: View): unknown[] {
  const parts = filters.map(({ column, test, text }) => [column, test, text]);
  return [parts, search, order.by, order.down];
}
