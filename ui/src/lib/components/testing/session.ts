import type { ActionView, EnvironmentView, RecordView } from "$lib/bindings";
import { snapshotOf } from "$lib/db/testing/snapshot-of";
import type { Desk, Live } from "$lib/db/desk";
import { emptyWorld, memoryPlatform } from "$lib/platform/memory";
import type { Platform } from "$lib/platform/platform";
import { Session } from "$lib/state/session.svelte";

const constant = <T>(value: T): Live<T> => ({
  subscribe(run) {
    run(value);
    return () => undefined;
  },
});

/** A session over what a test says there is; `desk` holds the calls that the test listens to. */
export function sessionOf(
  { records = [], actions = [] }: { records?: RecordView[]; actions?: ActionView[] },
  desk: Partial<Desk> = {},
  platform: Platform = memoryPlatform(emptyWorld()),
): Session {
  const environment = { id: "01", name: "One", colour: "#0f766e" } as unknown as EnvironmentView;
  const whole = {
    ...{ env: "One", records: () => constant(snapshotOf(records)), actions: () => constant(actions) },
    ...{
      decided: () => constant(null),
      trouble: () => constant(null),
      close: () => undefined,
      flush: () => Promise.resolve(),
    },
    ...desk,
  } as unknown as Desk;
  return new Session(platform, whole, environment);
}
