import { describe, expect, it } from "vitest";
import type { ActionView, RunView } from "$lib/bindings";
import { runList } from "./list";

const action = (state: ActionView["state"], run_id: string | null = null) =>
  ({ state, run_id }) as unknown as ActionView;
const run = (run_id: string, mine: boolean) => ({ run_id, mine }) as unknown as RunView;

describe("the list of runs", () => {
  it("shows an action until its run is there, and then the run alone", () => {
    const done = action("done", "leeward__1");
    expect(runList([done], []).actions).toEqual([done]);
    const list = runList([done], [run("leeward__1", true)]);
    expect(list.actions).toEqual([]);
    expect(list.mine).toHaveLength(1);
  });

  it("shows what waits, is held, in doubt or was refused, and not what was taken back", () => {
    const states = ["queued", "waiting", "held", "in_doubt", "rejected", "cancelled"] as const;
    const shown = runList(
      states.map((state) => action(state)),
      [],
    ).actions.map(({ state }) => state);
    expect(shown).toEqual(["queued", "waiting", "held", "in_doubt", "rejected"]);
  });

  it("puts mine before those of others", () => {
    const list = runList([], [run("a", false), run("b", true)]);
    expect(list.mine.map((one) => one.run_id)).toEqual(["b"]);
    expect(list.others.map((one) => one.run_id)).toEqual(["a"]);
  });
});
