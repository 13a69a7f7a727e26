// @vitest-environment happy-dom
// A secret is typed or pasted unseen: what is sent must be what was given, since nobody can look at it afterwards.
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import { settle } from "$lib/db/testing/computer";
import type { Desk } from "$lib/db/desk";
import { CollectionState } from "$lib/state/collection.svelte";
import { VARIABLE_DRAFTS } from "$lib/state/draft.svelte";
import type { Session } from "$lib/state/session.svelte";
import SecretForm from "./SecretForm.svelte";

let open: Record<string, unknown> | undefined;
afterEach(async () => {
  if (open) await unmount(open);
  open = undefined;
});

it("keeps the line breaks of a key", async () => {
  const secretReplace = vi.fn(() => Promise.resolve());
  const variables = new CollectionState("variables", {} as Desk, VARIABLE_DRAFTS);
  const session = { id: "One", platform: { secretReplace }, variables } as unknown as Session;
  const props = { session, secretKey: "tls_private_key", sealed: true, sentAt: null };
  const description = { from: "old", to: null };
  const beside = () => ({ description, reason: "rotated" });
  open = mount(SecretForm, {
    target: document.body,
    props: { ...props, beside, oncancel: undefined, ondone: vi.fn() },
  });
  const element = <E extends HTMLElement>(id: string) => document.querySelector<E>(`[data-testid=${id}]`);
  element("secret-replace")?.click();
  flushSync();
  const field = element<HTMLTextAreaElement>("secret-value");
  const key = "-----BEGIN KEY-----\nabc\ndef\n-----END KEY-----\n";
  if (field) field.value = key;
  field?.dispatchEvent(new Event("input", { bubbles: true }));
  flushSync();
  element("secret-save")?.click();
  await settle();
  expect(secretReplace).toHaveBeenCalledExactlyOnceWith(
    ...["One", "variables", "tls_private_key", key, { description }, "rotated"],
  );
});
