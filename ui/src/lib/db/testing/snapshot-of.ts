import type { RecordView } from "$lib/bindings";
import { byCodeUnit } from "../page";
import { Records, Row, type Snapshot } from "../records";

/** The snapshot of a store that holds these records. */
export function snapshotOf(records: RecordView[]): Snapshot {
  const names = new Set(records.map(({ collection }) => collection));
  const collections = [...names].map((name) => {
    const mine = records.filter(({ collection }) => collection === name);
    const rows = mine.sort((a, b) => byCodeUnit(a.key, b.key)).map((record) => Row.of(record));
    return [name, new Records(rows)] as const;
  });
  return { collections: new Map(collections), open: records.filter(({ state }) => state !== "clean") };
}
