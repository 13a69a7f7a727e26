// @vitest-environment happy-dom
// A value that Airflow began to hide while it was edited here.
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import type { ConflictField, RecordView } from "$lib/bindings";
import { settle } from "$lib/db/testing/computer";
import type { Session } from "$lib/state/session.svelte";
import { Box } from "../testing/box.svelte";
import SealedChoice from "./SealedChoice.svelte";

let open: Record<string, unknown> | undefined;
afterEach(async () => {
  if (open) await unmount(open);
  open = undefined;
});

const record = { collection: "variables", key: "db", fields: {}, sealed: ["value"] } as unknown as RecordView;
const mine = '{"host": "b"}';

function opened() {
  const done = () => Promise.resolve();
  const calls = { secretReplace: vi.fn(done), resolve: vi.fn(done), takeBack: vi.fn(done), ondone: vi.fn() };
  const session = { id: "One", platform: calls, desk: calls } as unknown as Session;
  const box = new Box<unknown>(mine);
  const props = {
    ...{ session, record, isOver: false, ondone: calls.ondone },
    get field() {
      return { name: "value", mine: box.value, paths: [], against: "airflow" } as ConflictField;
    },
  };
  open = mount(SealedChoice, { target: document.body, props });
  flushSync();
  return { ...calls, box };
}

async function click(testid: string): Promise<void> {
  document.querySelector<HTMLElement>(`[data-testid=${testid}]`)?.click();
  flushSync();
  await settle();
}

it("is replaced whole, as a secret, and then settled by it", async () => {
  const { secretReplace, resolve, ondone, box } = opened();
  await click("conflict-sealed-replace");
  expect(secretReplace).not.toHaveBeenCalled();
  await click("conflict-sealed-replace-yes");
  expect(secretReplace).toHaveBeenCalledWith("One", "variables", "db", mine, {}, null);
  expect(resolve).not.toHaveBeenCalled();
  const secret = { $secret: "s1" };
  box.value = secret;
  await settle();
  const change = { value: { to: secret } };
  expect(resolve).toHaveBeenCalledExactlyOnceWith("variables", "db", change, false, undefined, {
    value: secret,
  });
  expect(ondone).toHaveBeenCalledOnce();
});

it("is left as it is in Airflow", async () => {
  const { secretReplace, takeBack, ondone } = opened();
  await click("conflict-sealed-drop");
  expect(takeBack).toHaveBeenCalledWith("variables", "db", record);
  expect(secretReplace).not.toHaveBeenCalled();
  expect(ondone).toHaveBeenCalledOnce();
});
