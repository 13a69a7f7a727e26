// @vitest-environment happy-dom
import Dexie from "dexie";
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { flushSync } from "svelte";
import { SvelteMap } from "svelte/reactivity";
import { beforeEach, expect, it } from "vitest";
import type { Conflict, RecordView } from "$lib/bindings";
import type { Desk } from "$lib/db/desk";
import { settle } from "$lib/db/testing/computer";
import { openUnsaved, type UnsavedRow, unsavedName } from "$lib/db/unsaved";
import { CollectionState } from "./collection.svelte";
import { ConflictDraft } from "./conflict-draft.svelte";
import { Draft, VARIABLE_DRAFTS } from "./draft.svelte";
import { RunDraft } from "./run-draft.svelte";
import type { ModelDraft } from "./model-draft.svelte";
import { keepUnsaved } from "./unsaved.svelte";

const NO_DESK = {} as Desk;

/** What is typed in a session with two collections; `drafts` and `conflictDrafts` are the first one's. */
function typed() {
  const all = [
    new CollectionState("variables", NO_DESK, VARIABLE_DRAFTS),
    new CollectionState("pools", NO_DESK, VARIABLE_DRAFTS),
  ] as const;
  const { drafts, conflictDrafts } = all[0];
  const [runDrafts, modelDrafts] = [new SvelteMap<string, RunDraft>(), new SvelteMap<string, ModelDraft>()];
  return { all: [...all], drafts, conflictDrafts, runDrafts, modelDrafts };
}

const record = (fields: Record<string, unknown>) =>
  ({ key: "rate", fields, sealed: [], base: fields }) as unknown as RecordView;

const conflict = { kind: "fields", fields: [], decided: null } as unknown as Conflict;

beforeEach(() => {
  Object.assign(Dexie.dependencies, { indexedDB: new IDBFactory(), IDBKeyRange });
});

/** Types, and gives what a second start of the app finds. */
async function restarted(type: (session: ReturnType<typeof typed>) => void) {
  const first = typed();
  const store = openUnsaved("one", {});
  const stop = await keepUnsaved(first, store);
  type(first);
  flushSync();
  await settle(20);
  stop();
  const second = typed();
  const stopSecond = await keepUnsaved(second, store);
  const rows = JSON.stringify(await store.read());
  stopSecond();
  store.close();
  return { ...second, rows };
}

it("finds a form again, and from what it began", async () => {
  const { drafts } = await restarted(({ drafts }) => {
    const draft = new Draft(record({ value: "1", description: null }));
    drafts.set("rate", draft);
    draft.value = "2\r\n";
    draft.reason = "why";
  });
  const draft = drafts.get("rate");
  expect(draft?.reason).toBe("why");
  expect(draft?.changes()).toEqual({ value: { from: "1", to: "2\r\n" } });
  expect(draft?.isIn(record({ value: "2\r\n", description: null }))).toBe(true);
});

it("finds a new variable and a conflict again", async () => {
  const { drafts, conflictDrafts } = await restarted((session) => {
    session.drafts.set("", Object.assign(new Draft(), { key: "fresh", value: "1" }));
    const draft = new ConflictDraft(conflict);
    session.conflictDrafts.set("tax", draft);
    draft.choose("value", { side: "edited", text: "2.5" });
  });
  expect(drafts.get("")).toMatchObject({ isNew: true, key: "fresh", value: "1" });
  expect(conflictDrafts.get("tax")?.choices).toEqual({ value: { side: "edited", text: "2.5" } });
});

it("keeps the records of two collections apart that have the same key", async () => {
  const { all } = await restarted(({ all }) => {
    for (const [at, { drafts }] of all.entries()) {
      drafts.set("rate", Object.assign(new Draft(record({ value: "1" })), { value: `mine ${at}` }));
    }
  });
  expect(all.map(({ drafts }) => drafts.get("rate")?.value)).toEqual(["mine 0", "mine 1"]);
});

it("forgets what was discarded", async () => {
  const { drafts } = await restarted(({ drafts }) => {
    drafts.set("", Object.assign(new Draft(), { key: "fresh" }));
    flushSync();
    drafts.delete("");
  });
  expect(drafts.size).toBe(0);
});

it("never writes a secret, nor a value whose key is still being typed", async () => {
  const { rows } = await restarted(({ drafts, conflictDrafts }) => {
    drafts.set(
      "rate",
      Object.assign(new Draft(record({ value: "{}" })), { value: '{"password": "hunter2"}' }),
    );
    drafts.set("", Object.assign(new Draft(), { key: "api", value: "hunter2", isNaming: true }));
    const draft = new ConflictDraft(conflict);
    conflictDrafts.set("tax", draft);
    draft.choose("value", { side: "edited", text: '{"token": "hunter2' });
  });
  expect(rows).not.toContain("hunter2");
});

it("forgets a value that was kept before its key was that of a secret", async () => {
  const { rows } = await restarted(({ drafts }) => {
    const draft = Object.assign(new Draft(), { key: "abc", value: "hunter2" });
    drafts.set("", draft);
    flushSync();
    draft.naming(true);
    draft.key = "my_password";
  });
  expect(rows).toContain("my_password");
  expect(rows).not.toContain("hunter2");
});

it("finds a run again beside what was written before there were any", async () => {
  const form = new Draft(record({ value: "1", description: null }));
  form.value = "2";
  const before: UnsavedRow[] = [
    { kind: "form", key: "rate", form: form.unsaved as NonNullable<typeof form.unsaved> },
    { kind: "conflict", key: "tax", conflict: { conflict, choices: {}, reason: "why", shownAt: "" } },
  ];
  const old = new Dexie(unsavedName("one"));
  old.version(1).stores({ rows: "[kind+key]" });
  await old.table("rows").bulkPut(before);
  old.close();

  const { drafts, conflictDrafts, runDrafts } = await restarted(({ runDrafts }) => {
    const draft = new RunDraft("load", null).shownFrom({ conf: "{}", note: "", afterEdits: true });
    runDrafts.set(draft.slot, draft);
    draft.note = "month end";
  });
  expect(drafts.get("rate")?.value).toBe("2");
  expect(conflictDrafts.get("tax")?.reason).toBe("why");
  expect(runDrafts.get("load")).toMatchObject({ conf: "{}", note: "month end", afterEdits: true });
});
