// Why something that is shown is not to be settled any more, in plain words.
import type { Conflict, RecordView } from "$lib/bindings";
import { wordsOf } from "$lib/collections/models";
import { same } from "$lib/db/same";

/** Why the conflict is over, by what the record is now; undefined where there is none any more. */
export function whyOver(conflict: Conflict, now: RecordView | undefined, collection: string): string {
  const { one } = wordsOf(collection);
  if (!now || now.deleted) return `The ${one} was deleted meanwhile.`;
  if (now.state === "conflict") return "It ended, and is in conflict again: that one is in the list.";
  if (now.state === "pending" || now.state === "in_doubt")
    return "It was decided elsewhere on this computer, and that waits to be sent.";
  const isMine = conflict.fields.every(({ name, mine }) => same(now.fields[name] ?? null, mine ?? null));
  if (isMine && conflict.fields.length > 0) return "Airflow holds the same as yours by now.";
  return `It was settled elsewhere: the ${one} is the same here and in Airflow.`;
}
