// @vitest-environment happy-dom
import { flushSync } from "svelte";
import { expect, it, vi } from "vitest";
import { Query } from "./query.svelte";

/** Answers that the test gives, one a reading. */
class Answers {
  private readonly asked: { resolve: (answer: string) => void; reject: (error: Error) => void }[] = [];
  readonly query = new Query(
    () => new Promise<string>((resolve, reject) => this.asked.push({ resolve, reject })),
  );

  get count(): number {
    return this.asked.length;
  }

  async give(answer: string | Error): Promise<void> {
    const { resolve, reject } = this.asked.at(-1) ?? {};
    if (answer instanceof Error) reject?.(answer);
    else resolve?.(answer);
    await settled();
  }
}

const settled = () => new Promise((done) => setTimeout(done));

/** What a screen that shows the query has drawn; `close` takes it away. */
function screen(query: Query<string>) {
  const drawn: (string | null)[] = [];
  const leave = $effect.root(() => {
    $effect(() => void drawn.push(query.now));
  });
  flushSync();
  const close = async () => {
    leave();
    await settled();
  };
  return { drawn, close };
}

it("is read by the first screen that shows it, and shown by all", async () => {
  const answers = new Answers();
  expect(answers.count).toBe(0);
  const [one, two] = [screen(answers.query), screen(answers.query)];
  expect(answers.count).toBe(1);
  await answers.give("a");
  expect([one.drawn, two.drawn]).toEqual([
    [null, "a"],
    [null, "a"],
  ]);
});

it("is read again when it has changed, as long as one screen shows it", async () => {
  const answers = new Answers();
  const [one, two] = [screen(answers.query), screen(answers.query)];
  await answers.give("a");
  await one.close();
  answers.query.changed();
  expect(answers.count).toBe(2);
  await answers.give("b");
  expect(two.drawn.at(-1)).toBe("b");
  await two.close();
  answers.query.changed();
  expect(answers.count).toBe(2);
});

it("is fresh on a screen that opens later, which shows what was last known until then", async () => {
  const answers = new Answers();
  const before = screen(answers.query);
  await answers.give("a");
  await before.close();
  answers.query.changed();
  const { drawn } = screen(answers.query);
  expect([answers.count, drawn]).toEqual([2, ["a"]]);
  await answers.give("b");
  expect(drawn).toEqual(["a", "b"]);
});

it("keeps what it knew when an answer fails, and asks again at the next occasion", async () => {
  const answers = new Answers();
  const { drawn } = screen(answers.query);
  await answers.give("a");
  answers.query.retry();
  expect(answers.count).toBe(1);
  answers.query.changed();
  await answers.give(new Error("locked"));
  expect(drawn).toEqual([null, "a"]);
  answers.query.retry();
  expect(answers.count).toBe(3);
  await answers.give("b");
  expect(drawn.at(-1)).toBe("b");
});

it("asks once more, and not once a call, for what changes while it reads", async () => {
  const answers = new Answers();
  const { drawn } = screen(answers.query);
  answers.query.changed();
  answers.query.changed();
  expect(answers.count).toBe(1);
  await answers.give("old");
  await vi.waitUntil(() => answers.count === 2);
  await answers.give("new");
  expect([answers.count, drawn.at(-1)]).toEqual([2, "new"]);
});

it("lets who waits for it go on with nothing from before the call", async () => {
  const answers = new Answers();
  const { drawn } = screen(answers.query);
  let isOver = false;
  void answers.query.readAgain().then(() => (isOver = true));
  await answers.give("before");
  expect([answers.count, isOver]).toEqual([2, false]);
  await answers.give("after");
  expect([drawn.at(-1), isOver]).toEqual(["after", true]);
});
