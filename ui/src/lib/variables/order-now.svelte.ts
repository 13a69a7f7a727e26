// The order that the list has: the same when one comes back to it.
import { type Order, USUAL } from "./order";

export const order = $state<{ now: Order }>({ now: USUAL });
