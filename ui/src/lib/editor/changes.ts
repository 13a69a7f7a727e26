// How one text becomes another, by what differs alone: what stays keeps the caret and the selection that are in it.
import type { ChangeSpec, Text } from "@codemirror/state";
import { diffLines } from "diff";

/** Texts that differ in more take too long to compare: what differs is then one piece. */
const EDITS_MAX = 2000;

export function changesTo(before: Text, after: Text): ChangeSpec[] {
  const parts = diffLines(before.toString(), after.toString(), { maxEditLength: EDITS_MAX }) ?? [
    { value: before.toString(), removed: true },
    { value: after.toString(), added: true },
  ];
  const changes: ChangeSpec[] = [];
  let [from, to, start, end] = [0, 0, 0, 0];
  const change = () => {
    if (to > from || end > start) changes.push(trimmed(before, after, { from, to, start, end }));
    [from, start] = [to, end];
  };
  for (const { value, added, removed } of parts) {
    if (removed) to += value.length;
    else if (added) end += value.length;
    else {
      change();
      from = to += value.length;
      start = end += value.length;
    }
  }
  change();
  return changes;
}

interface Place {
  from: number;
  to: number;
  /** In the text that it becomes. */
  start: number;
  end: number;
}

/** Without what is the same at either end. */
function trimmed(before: Text, after: Text, { from, to, start, end }: Place): ChangeSpec {
  const [old, now] = [before.sliceString(from, to), after.sliceString(start, end)];
  const most = Math.min(old.length, now.length);
  let head = 0;
  while (head < most && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < most - head && old.at(-1 - tail) === now.at(-1 - tail)) tail++;
  // Half a character is none.
  if (head > 0 && /[\ud800-\udbff]/.test(old[head - 1] ?? "")) head--;
  if (tail > 0 && /[\udc00-\udfff]/.test(old.at(-tail) ?? "")) tail--;
  return { from: from + head, to: to - tail, insert: after.slice(start + head, end - tail) };
}
