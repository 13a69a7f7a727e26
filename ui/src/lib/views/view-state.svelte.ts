// What a collection's list shows now, and the views that were saved of it.
import { orderOf } from "$lib/collections/order-now.svelte";
import type { Desk } from "$lib/db/desk";
import { SvelteMap } from "svelte/reactivity";
import type { Filter } from "./filter";
import { EVERYTHING, isSameView, type NamedView, type View } from "./view";

/** By collection: the same when one comes back to it, as the order is. */
const filters = new SvelteMap<string, readonly Filter[]>();

export class ViewState {
  /** What is searched for. */
  search = $state("");
  saved = $state.raw<readonly NamedView[]>([]);
  private readonly stop: () => void;

  constructor(
    private readonly collection: string,
    private readonly desk: Pick<Desk, "views" | "saveView" | "removeView">,
  ) {
    this.stop = desk.views(collection).subscribe((saved) => (this.saved = saved));
  }

  close(): void {
    this.stop();
  }

  get filters(): readonly Filter[] {
    return filters.get(this.collection) ?? [];
  }

  set filters(now: readonly Filter[]) {
    filters.set(this.collection, now);
  }

  get now(): View {
    return { filters: this.filters, search: this.search, order: orderOf(this.collection).now };
  }

  /** The saved view that is shown; undefined where it is none of them. */
  get shown(): NamedView | undefined {
    return this.saved.find((one) => isSameView(one, this.now));
  }

  show({ filters, search, order }: View): void {
    this.filters = filters;
    this.search = search;
    orderOf(this.collection).now = order;
  }

  /** Everything there is, in the order that is set. */
  showAll(): void {
    this.show({ ...EVERYTHING, order: orderOf(this.collection).now });
  }

  save(name: string): Promise<void> {
    return this.desk.saveView(this.collection, { name, ...$state.snapshot(this.now) });
  }

  remove(name: string): Promise<void> {
    return this.desk.removeView(this.collection, name);
  }
}
