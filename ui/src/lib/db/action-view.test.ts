import type { ActionView, Entry } from "$lib/bindings";
import { expect, test } from "vitest";
import { actionOverlaid } from "./action-view";

const action = {
  id: "a1",
  what: { kind: "trigger_run", dag_id: "rates", conf: {}, note: null },
  after_edits: true,
} as const;

function work(kind: Entry["kind"], with_action = false): Entry {
  const rest = { fields: {}, deleted: false, reason: "month end", at: "2026-02-02T00:00:00Z" };
  return { id: kind, seq: 1, kind, collection: "", key: "a1", action: with_action ? action : null, ...rest };
}

test("an action shows at once, in the state that it will have", () => {
  const view = actionOverlaid(undefined, [work("act", true)]);
  expect(view).toMatchObject({
    action,
    state: "waiting",
    reason: "month end",
    queued_at: "2026-02-02T00:00:00Z",
  });
});

test("taking back is a request: the state stays the engine's", () => {
  const held: ActionView = {
    ...(actionOverlaid(undefined, [work("act", true)]) as ActionView),
    state: "held",
    note: "why",
  };
  expect(actionOverlaid(held, [work("take_back")])).toMatchObject({
    state: "held",
    note: "Being taken back.",
  });
  expect(actionOverlaid(held, [work("release")])).toMatchObject({ state: "queued", note: null });
  expect(actionOverlaid(held, [work("act", true)])).toEqual(held);
});

test("a run that was refused is dismissed at once: it is in nobody's hands", () => {
  const refused: ActionView = {
    ...(actionOverlaid(undefined, [work("act", true)]) as ActionView),
    ...{ state: "rejected", note: "region must be EU or US." },
  };
  expect(actionOverlaid(refused, [work("take_back")])).toMatchObject({ state: "cancelled", note: null });
});

test("work on an action that nobody knows shows nothing", () => {
  expect(actionOverlaid(undefined, [work("take_back"), work("release")])).toBeUndefined();
});
