// @vitest-environment happy-dom
// What is chosen and typed for a conflict, on the real screen: there until it is settled.
import { flushSync } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Computer, settle } from "$lib/db/testing/computer";
import { idOf } from "$lib/state/together.svelte";
import { TestWindow } from "../testing/window";

vi.mock("$app/navigation", () => import("../testing/router.svelte"));
vi.mock("$app/state", () => import("../testing/router.svelte"));

let computer: Computer;
let window: TestWindow;

/** Two variables that the analyst and somebody else changed. */
beforeEach(async () => {
  computer = new Computer();
  for (const key of ["rate", "tax"])
    computer.world.write("variables", key, { value: "1", description: null });
  computer.mirror.cycle();
  window = await TestWindow.open(computer);
  for (const key of ["rate", "tax"]) {
    await window.open(key);
    window.type("editor-value", "2");
    await window.press("s", { ctrlKey: true });
    computer.world.write("variables", key, { value: "3" });
  }
  await window.sync();
  expect(window.session.conflicts).toHaveLength(2);
  await window.goto("/conflicts");
});

afterEach(() => window.close());

/** As after a click beside the fields. */
const leaveFields = () => (document.activeElement as HTMLElement).blur();

it("keeps a result while others are looked at, here and on other screens", async () => {
  window.type("conflict-result", "2.5");
  window.type("conflict-reason", "as agreed");
  leaveFields();
  const first = window.words("conflict-key");
  await window.openConflict(first === "rate" ? "tax" : "rate");
  expect(window.words("conflict-key")).not.toBe(first);
  expect(window.text("conflict-result")).toBe("2");
  await window.press("k");
  expect(window.words("conflict-key")).toBe(first);
  expect(window.text("conflict-result")).toBe("2.5");
  await window.open("rate");
  await window.openConflict(first);
  expect(window.text("conflict-result")).toBe("2.5");
  expect(window.text("conflict-reason")).toBe("as agreed");
});

it("keeps a result through a sync's news, and sends it once it is settled", async () => {
  await window.openConflict("rate");
  window.type("conflict-result", "2.5");
  computer.world.write("variables", "rate", { value: "4" });
  await window.sync();
  await window.openConflict("tax");
  await window.openConflict("rate");
  expect(window.text("conflict-result")).toBe("2.5");
  expect(window.words("conflict-moved")).toContain("+4");
  expect(document.body.textContent).toMatch(/Airflow, as of \d\d:\d\d/);
  expect(window.words("conflict-wait")).toContain("compare with the new value");
  await window.click("conflict-show-now");
  expect(window.text("conflict-result")).toBe("2.5");
  await window.click("conflict-resolve");
  await window.sync();
  expect(computer.world.read("variables", "rate")?.["value"]).toBe("2.5");
  expect(window.variables.conflictDrafts.size).toBe(0);
});

it("resolves none by a key that is held down", async () => {
  await window.openConflict("rate");
  leaveFields();
  await window.press("1");
  for (const held of [{}, { ctrlKey: true }]) await window.press("Enter", { ...held, repeat: true });
  expect(window.words("conflict-key")).toBe("rate");
  expect(window.session.conflicts).toHaveLength(2);
});

it("resolves nothing by the Enter that takes up what an input method composed", async () => {
  await window.openConflict("rate");
  leaveFields();
  await window.press("1");
  window.type("conflict-reason", "合意");
  for (const held of [{}, { ctrlKey: true }])
    for (const composing of [{ isComposing: true }, { keyCode: 229 }])
      await window.press("Enter", { ...held, ...composing });
  expect(window.words("conflict-key")).toBe("rate");
  expect(window.session.conflicts).toHaveLength(2);
});

it("resolves by Enter in the reason, and goes on with the next", async () => {
  await window.openConflict("rate");
  leaveFields();
  await window.press("1");
  window.type("conflict-reason", "as agreed");
  await window.press("Enter");
  expect(window.words("conflict-kept")).toBe("rate: resolved");
  expect(window.words("conflict-key")).toBe("tax");
  expect(document.activeElement).toBe(window.get("conflict-key"));
  await window.sync();
  expect(computer.world.read("variables", "rate")?.["value"]).toBe("2");
});

describe("a key that goes on, pressed twice", () => {
  /** The other one has a result from before; the keys are at the page. */
  const chooseForTax = async () => {
    await window.openConflict("tax");
    leaveFields();
    await window.press("1");
    await window.openConflict("rate");
    leaveFields();
  };
  const expectTaxUnsettled = () => {
    expect(window.words("conflict-key")).toBe("tax");
    expect(window.words("conflict-look-first")).toContain("look at it first");
    expect(window.session.conflicts.map(({ key }) => key)).toContain("tax");
  };

  it("settles no next one that nobody has looked at", async () => {
    await chooseForTax();
    computer.world.write("variables", "rate", { value: "2" });
    await window.sync();
    window.get("conflict-go-on").focus();
    await window.press("Enter");
    await window.press("Enter");
    expectTaxUnsettled();
    await window.press("Enter", { ctrlKey: true });
    expectTaxUnsettled();
    await window.press("ArrowDown");
    expect(window.find("conflict-look-first")).toBeNull();
    await window.press("Enter");
    expect(window.session.conflicts).toEqual([]);
  });

  it("settles the one that it was for, and not the next", async () => {
    await chooseForTax();
    await window.press("2");
    await window.press("Enter");
    await window.press("Enter");
    expectTaxUnsettled();
    await window.press("Enter", { ctrlKey: true });
    expectTaxUnsettled();
  });

  it("settles none by the second click of a double click", async () => {
    await chooseForTax();
    await window.press("2");
    for (const detail of [1, 2]) {
      window.get("conflict-resolve").dispatchEvent(new MouseEvent("click", { bubbles: true, detail }));
      await window.rest();
    }
    expect(window.words("conflict-key")).toBe("tax");
    expect(window.session.conflicts.map(({ key }) => key)).toEqual(["tax"]);
  });
});

it("says both sides in each row, and why nothing can be resolved yet", () => {
  expect(window.words("conflict-stands")).toBe(
    "Not decided yet. Mine stands here to begin with: use a side, or edit it",
  );
  expect(window.words("conflict-sides")).toBe("2 ↔ 3");
  expect(window.words("conflict-wait")).toContain("Use a side");
});

it("cuts a side in a row once, where the row ends", async () => {
  await window.openConflict("rate");
  const long = "a".repeat(60);
  computer.world.write("variables", "rate", { value: long });
  await window.sync();
  const row = document.querySelector(
    '[data-testid=conflict-row][data-key="rate"] [data-testid=conflict-sides]',
  );
  const cut = [...(row?.querySelectorAll(".ellipsis") ?? [])].map(({ textContent }) => textContent);
  expect(cut).toEqual(["2", long]);
  expect(row?.closest(".row .ellipsis")).toBeNull();
});

it("has the sides in the order of their keys", () => {
  const keys = [...document.querySelectorAll("[data-testid^=conflict-take] kbd")];
  expect(keys.map(({ textContent }) => textContent)).toEqual(["1", "2"]);
});

it("shows no key on a choice while a text is typed as the result", async () => {
  await window.openConflict("rate");
  const keys = () => document.querySelectorAll("[data-field] kbd").length;
  expect(keys()).toBe(3);
  window.type("conflict-result", "2.5");
  expect(keys()).toBe(0);
  await window.click("conflict-take-mine");
  expect(keys()).toBe(3);
});

describe("once it is being resolved", () => {
  const typeOn = () => {
    window.type("conflict-result", "2.75");
    window.type("conflict-reason", "as agreed in Oslo");
    window.get("conflict-take-airflow").click();
    flushSync();
  };
  const expectNothingTyped = () => {
    expect(window.text("conflict-result")).toBe("2.5");
    expect(window.text("conflict-reason")).toBe("as agreed");
  };

  beforeEach(async () => {
    await window.openConflict("rate");
    window.type("conflict-reason", "as agreed");
    window.type("conflict-result", "2.5");
  });

  it("takes no letters that would go with the pane", async () => {
    window.strike("Enter", { ctrlKey: true });
    expect(window.words("conflict-key")).toBe("rate");
    typeOn();
    expectNothingTyped();
    await vi.waitUntil(() => window.words("conflict-key") === "tax");
    await window.sync();
    expect(computer.world.read("variables", "rate")?.["value"]).toBe("2.5");
    expect(window.variables.conflictDrafts.size).toBe(0);
  });

  it("takes none until the pane has closed, or shows another conflict", async () => {
    await window.openConflict("tax");
    await window.press("1");
    await window.press("Enter");
    await window.openConflict("rate");
    // As where the screen is not told yet.
    vi.spyOn(window.session.desk, "resolve").mockResolvedValue();
    window.editor("conflict-result").focus();
    await window.press("ArrowRight");
    await window.press("Enter", { ctrlKey: true });
    typeOn();
    expectNothingTyped();
    expect(window.variables.conflictDrafts.size).toBe(0);
    computer.world.write("variables", "rate", { value: "4" });
    await window.sync();
    window.type("conflict-result", "2.75");
    expect(window.text("conflict-result")).toBe("2.75");
  });

  it("takes them again when that failed", async () => {
    vi.spyOn(window.session.desk, "resolve").mockRejectedValue(new Error("disk full"));
    await window.press("Enter", { ctrlKey: true });
    expectNothingTyped();
    window.type("conflict-result", "2.75");
    expect(window.text("conflict-result")).toBe("2.75");
  });
});

describe("a text that was typed", () => {
  beforeEach(async () => {
    await window.openConflict("rate");
    window.type("conflict-result", "2.5");
  });

  const strikes = async (letters: string[]) => {
    for (const letter of letters) await window.press(letter);
  };
  const expectUntouched = async () => {
    expect(window.text("conflict-result")).toBe("2.5");
    expect(window.words("conflict-key")).toBe("rate");
    expect((await computer.log()).length).toBe(2);
  };

  it("is not replaced by letters that were meant for the reason", async () => {
    leaveFields();
    await strikes(["j", "u", "2", "1", "3", "e", "Enter"]);
    await expectUntouched();
    expect(document.activeElement).toBe(document.body);
    expect(window.words("conflict-keys-off")).toContain("Single keys are off");
    expect(window.words("conflict-resolve")).toMatch(/^Resolve (Ctrl|⌘) ?Enter$/);
  });

  it("is kept by Ctrl+Enter from the page, too", async () => {
    leaveFields();
    await window.press("Enter", { ctrlKey: true });
    await vi.waitUntil(() => window.words("conflict-key") === "tax");
  });

  it("is edited on behind its last letter", async () => {
    await window.openConflict("tax");
    leaveFields();
    await window.press("e");
    const { state } = window.editor("conflict-result");
    expect(state.selection.main.head).toBe(state.doc.length);
    expect(state.doc.length).toBeGreaterThan(0);
  });

  it("gives way by a click, and comes back by a key or a click that are offered then", async () => {
    for (const take of ["conflict-take-airflow", "conflict-take-mine"]) {
      window.get(take).focus();
      await window.click(take);
      expect(window.text("conflict-result")).not.toBe("2.5");
      expect(window.words("conflict-replaced")).toContain("was replaced");
      await window.press("u");
      expect(window.text("conflict-result")).toBe("2.5");
      expect(window.find("conflict-replaced")).toBeNull();
    }
    await window.click("conflict-take-airflow");
    await window.press("1");
    await window.click("conflict-undo");
    expect(window.text("conflict-result")).toBe("2.5");
  });

  it("is not called one's own where an undo in it leads to a side, and comes back from there", async () => {
    await window.click("conflict-take-airflow");
    await window.click("conflict-undo");
    expect(window.words("conflict-stands")).toBe("Your own text");
    const keys = (key: string) => (
      window.editor("conflict-result").focus(),
      window.press(key, { ctrlKey: true })
    );
    await keys("z");
    expect(window.text("conflict-result")).toBe("3");
    expect(window.words("conflict-stands")).toBe("Airflow now");
    expect(window.words("conflict-replaced")).toContain("was replaced");
    await window.click("conflict-undo");
    expect(window.text("conflict-result")).toBe("2.5");
    await keys("z");
    await keys("z");
    expect(window.text("conflict-result")).toBe("2.5");
    expect(window.words("conflict-stands")).toBe("Your own text");
    await keys("y");
    expect(window.text("conflict-result")).toBe("3");
    expect(window.words("conflict-stands")).toBe("Airflow now");
  });

  it("is called a side's where it is typed as that side's", () => {
    window.type("conflict-result", "3");
    expect(window.words("conflict-stands")).toBe("Airflow now");
    window.type("conflict-result", "3.5");
    expect(window.words("conflict-stands")).toBe("Your own text");
  });

  it("has the reason and the button after it, and what only scrolls after these", () => {
    const stops = [
      ...document.querySelectorAll<HTMLElement>(".pane [tabindex='0'], .pane input, .pane button"),
    ];
    const at = (element: Element | null | undefined) => stops.indexOf(element as HTMLElement);
    const result = at(window.find("conflict-result")?.querySelector(".cm-content"));
    expect(at(window.find("conflict-reason"))).toBe(result + 1);
    expect(at(window.find("conflict-resolve"))).toBe(result + 2);
    expect(at(window.find("conflict-effect")?.querySelector("[role=group]"))).toBe(result + 3);
  });
});

it("takes no command from where one scrolls a text or resolves", async () => {
  await window.openConflict("rate");
  await window.press("1");
  const places = [
    ...document.querySelectorAll<HTMLElement>(".pane [role=group]"),
    window.get("conflict-resolve"),
  ];
  expect(places.length).toBeGreaterThan(4);
  for (const place of places) {
    place.focus();
    expect(document.activeElement).toBe(place);
    for (const letter of ["2", "e", "j", "k"]) await window.press(letter);
    if (place !== window.find("conflict-resolve")) await window.press("Enter");
    expect(window.text("conflict-result")).toBe("2");
    expect(window.words("conflict-key")).toBe("rate");
  }
  expect((await computer.log()).length).toBe(2);
});

it("takes commands from the page's main part, where the rail leaves the focus", async () => {
  await window.openConflict("rate");
  const main = document.createElement("main");
  main.tabIndex = -1;
  document.body.append(main);
  main.focus();
  await window.press("1");
  expect(window.text("conflict-result")).toBe("2");
  await window.press("Enter");
  expect(window.words("conflict-kept")).toBe("rate: resolved");
  main.remove();
});

it("has a place for what changes before anything is chosen", () => {
  expect(window.words("conflict-effect")).toContain("Not decided yet");
});

it("says of a result that is refused that it changes nothing", async () => {
  await window.openConflict("rate");
  window.type("conflict-result", '{"token": "hunter2"}');
  expect(window.find("conflict-problem")).not.toBeNull();
  expect(window.words("conflict-effect")).toBe("What changes in Airflow: Nothing until the result is fixed");
  window.type("conflict-result", "2.5");
  expect(window.words("conflict-effect")).toContain("2.5");
});

describe("a result that holds a secret", () => {
  const text = '{"token": "hunter2"}';

  it("is stored of no field, and asked about before closing", async () => {
    computer.world.write("pools", "etl", { slots: 1, description: "a", include_deferred: false });
    await window.sync();
    await window.session.desk.edit("pools", "etl", { description: { from: "a", to: "b" } });
    computer.world.write("pools", "etl", { description: "c" });
    await window.sync();
    await window.goto("/conflicts?c=pools&key=etl");
    window.type("conflict-result", text);
    await settle(20);
    expect(JSON.stringify(await window.session.desk.unsaved.read())).not.toContain("hunter2");
    expect(window.session.holdsSecret).toBe(true);
  });

  async function restart() {
    await settle(20);
    await window.kill();
    window = await TestWindow.open(computer);
  }

  it.each([
    ["alone", ""],
    ["beside a reason", "as agreed"],
  ])("is said to be lost after a restart, typed %s, until there is another", async (_, reason) => {
    await window.openConflict("rate");
    window.type("conflict-result", text);
    window.type("conflict-reason", reason);
    for (let start = 0; start < 2; start++) {
      await restart();
      expect(JSON.stringify(await window.session.desk.unsaved.read())).not.toContain("hunter2");
      await window.openConflict("rate");
      expect(window.words("conflict-secret-lost")).toContain("was not kept");
      expect(window.text("conflict-reason")).toBe(reason);
      expect(window.text("conflict-result")).toBe("2");
    }
    window.type("conflict-result", "2.5");
    expect(window.find("conflict-secret-lost")).toBeNull();
    await window.press("Enter", { ctrlKey: true });
    await window.sync();
    expect(computer.world.read("variables", "rate")?.["value"]).toBe("2.5");
  });

  it.each([
    ["before", true],
    ["after", false],
  ])(
    "is said to be lost in the next conflict, where a restart came %s that was found",
    async (_, isBefore) => {
      const settled = (from: string) =>
        window.session.desk.resolve("variables", "rate", { value: { from, to: from } }, false);
      const again = async (from: string, to: string, airflow: string) => {
        await window.session.desk.edit("variables", "rate", { value: { from, to } });
        await window.rest();
        computer.world.write("variables", "rate", { value: airflow });
        await window.sync();
      };
      await window.openConflict("rate");
      // It has its place in the form once the conflict is over.
      window.type("conflict-result", "2.6");
      await settled("3");
      await window.sync();
      await again("3", "4", "5");
      await window.goto("/variables");
      await window.openConflict("rate");
      window.type("conflict-result", text);
      if (isBefore) await restart();
      await settled("5");
      await window.sync();
      await again("5", "7", "8");
      await window.goto("/variables");
      if (!isBefore) await restart();
      await window.openConflict("rate");
      expect(window.text("conflict-result")).toBe("7");
      expect(window.words("conflict-secret-lost")).toContain("was not kept");
      expect(JSON.stringify(await window.session.desk.unsaved.read())).not.toContain("hunter2");
    },
  );

  it("is said to be lost beside the variable where the conflict went away", async () => {
    await window.openConflict("rate");
    window.type("conflict-result", text);
    await restart();
    await window.session.desk.resolve("variables", "rate", { value: { from: "3", to: "3" } }, false);
    await window.sync();
    await window.open("rate");
    expect(window.words("panel-standing")).toContain("Lost, type again");
    expect(window.find("editor-secret-lost")).not.toBeNull();
  });
});

describe("a conflict that goes away by itself", () => {
  const settled = async (to: string) => {
    await window.session.desk.resolve("variables", "rate", { value: { from: "3", to } }, false);
    await window.sync();
    expect(window.session.conflicts.map(({ key }) => key)).toEqual(["tax"]);
  };
  const row = () => document.querySelector('[data-testid=variable-row][data-key="rate"]')?.textContent;

  beforeEach(async () => {
    await window.openConflict("rate");
    window.type("conflict-result", "2.5");
    window.type("conflict-reason", "as agreed");
  });

  it("leaves what was typed as an unsaved edit", async () => {
    await settled("3");
    await window.open("rate");
    expect(row()).toContain("Unsaved");
    expect(window.text("editor-value")).toBe("2.5");
    expect(window.text("editor-reason")).toBe("as agreed");
    await window.click("editor-save");
    await window.sync();
    expect(computer.world.read("variables", "rate")?.["value"]).toBe("2.5");
  });

  it("leaves nothing but the reason where that is what the variable holds", async () => {
    await settled("2.5");
    await window.open("rate");
    expect(window.text("editor-value")).toBe("2.5");
    expect(window.text("editor-reason")).toBe("as agreed");
    expect(window.variables.drafts.get("rate")?.changed).toBe(false);
    expect(window.variables.conflictDrafts.size).toBe(0);
  });

  it("leaves nothing in the next one of that variable, which has its own sides", async () => {
    await settled("3");
    await window.open("rate");
    await window.click("editor-drop");
    window.type("editor-value", "7");
    await window.press("s", { ctrlKey: true });
    computer.world.write("variables", "rate", { value: "8" });
    await window.sync();
    await window.openConflict("rate");
    expect(window.words("conflict-title")).not.toBe("");
    expect(window.find("conflict-moved")).toBeNull();
    expect(window.text("conflict-result")).toBe("7");
    expect(window.text("conflict-reason")).toBe("");
  });

  it("is not the result of another that came in its place while nobody looked", async () => {
    await window.rest();
    await window.kill();
    const ctl = await computer.start();
    await ctl.resolve("variables", "rate", { value: { from: "3", to: "3" } }, false);
    await ctl.flush();
    computer.mirror.cycle();
    await ctl.edit("variables", "rate", { value: { from: "3", to: "7" } });
    await ctl.flush();
    computer.world.write("variables", "rate", { value: "8" });
    computer.mirror.cycle();
    await ctl.flush();
    computer.kill(ctl);
    window = await TestWindow.open(computer);
    await window.sync();
    await window.openConflict("rate");
    expect(window.find("conflict-moved")).toBeNull();
    expect(window.text("conflict-result")).toBe("7");
    expect(window.text("conflict-reason")).toBe("");
    expect(window.words("conflict-unsaved")).toContain("unsaved text");
    expect(window.variables.drafts.get("rate")?.value).toBe("2.5");
    expect(window.variables.drafts.get("rate")?.reason).toBe("as agreed");
  });

  it("is offered in the next one where other text has its place in the form, after a restart too", async () => {
    const again = async (from: string, to: string, airflow: string) => {
      await window.session.desk.edit("variables", "rate", { value: { from, to } });
      await window.rest();
      computer.world.write("variables", "rate", { value: airflow });
      await window.sync();
      await window.goto("/variables");
      await window.openConflict("rate");
    };
    await settled("3");
    await again("3", "4", "5");
    window.type("conflict-result", "7.5");
    window.type("conflict-reason", "in Oslo");
    await window.session.desk.resolve("variables", "rate", { value: { from: "5", to: "5" } }, false);
    await window.sync();
    expect(window.variables.drafts.get("rate")?.value).toBe("2.5");
    await again("5", "6", "8");
    await window.goto("/variables");
    await settle(20);
    await window.kill();
    window = await TestWindow.open(computer);
    await window.openConflict("rate");
    expect(window.text("conflict-result")).toBe("6");
    expect(window.text("conflict-reason")).toBe("");
    expect(window.words("conflict-wait")).toContain("Use a side");
    expect(window.words("conflict-earlier")).toContain("7.5");
    expect(window.words("conflict-earlier-reason")).toContain("in Oslo");
    await window.click("conflict-use-earlier");
    expect(window.text("conflict-result")).toBe("7.5");
  });

  it("does so too where it went while the app was closed", async () => {
    await window.rest();
    await window.kill();
    const ctl = await computer.start();
    await ctl.resolve("variables", "rate", { value: { from: "3", to: "3" } }, false);
    await ctl.flush();
    computer.mirror.cycle();
    await ctl.flush();
    computer.kill(ctl);
    window = await TestWindow.open(computer);
    await window.sync();
    await window.open("rate");
    expect(window.text("editor-value")).toBe("2.5");
    expect(window.variables.conflictDrafts.size).toBe(0);
  });
});

describe("a result typed in JSON, when Airflow changes another place", () => {
  const text = (coffee: number, margin: number) => `{"coffee": ${coffee}, "margin": ${margin}}`;
  const airflow = () => computer.world.read("variables", "prices")?.["value"];

  beforeEach(async () => {
    computer.world.write("variables", "prices", { value: text(1, 0.18), description: null });
    await window.sync();
    await window.session.desk.edit("variables", "prices", {
      value: { from: text(1, 0.18), to: text(2, 0.18) },
    });
    computer.world.write("variables", "prices", { value: text(3, 0.18) });
    await window.sync();
    await window.openConflict("prices");
  });

  const moveOn = async () => {
    computer.world.write("variables", "prices", { value: text(3, 0.19) });
    await window.sync();
    await window.click("conflict-show-now");
  };

  it("stays as it was typed when it is compared, and is said to put that back", async () => {
    window.type("conflict-result", text(2.5, 0.18));
    await moveOn();
    expect(window.text("conflict-result")).toBe(text(2.5, 0.18));
    expect(window.words("conflict-puts-back")).toContain("margin: 0.19 → 0.18");
    await window.click("conflict-carry");
    expect(window.text("conflict-result")).toBe(text(2.5, 0.19));
    await window.click("conflict-uncarry");
    expect(window.text("conflict-result")).toBe(text(2.5, 0.18));
    await window.click("conflict-carry");
    window.type("conflict-result", text(2.75, 0.19));
    expect(window.find("conflict-uncarry")).toBeNull();
  });

  it("has that change once it was brought in, and sends it on", async () => {
    window.type("conflict-result", text(2.5, 0.18));
    await moveOn();
    await window.click("conflict-carry");
    expect(window.text("conflict-result")).toBe(text(2.5, 0.19));
    expect(window.words("conflict-carried")).toContain("what Airflow changed since: margin.");
    expect(window.words("conflict-stands")).toBe("Your own text");
    await window.press("Enter", { ctrlKey: true });
    await window.sync();
    expect(airflow()).toBe(text(2.5, 0.19));
  });

  it("is said to put that back where it could not be brought in, after a restart too", async () => {
    window.type("conflict-result", `${text(2.5, 0.18)},`);
    await moveOn();
    expect(window.text("conflict-result")).toBe(`${text(2.5, 0.18)},`);
    await settle(20);
    await window.kill();
    window = await TestWindow.open(computer);
    await window.openConflict("prices");
    window.type("conflict-result", text(2.5, 0.18));
    expect(window.words("conflict-puts-back")).toContain("margin: 0.19 → 0.18");
    await window.click("conflict-carry");
    expect(window.text("conflict-result")).toBe(text(2.5, 0.19));
    expect(window.find("conflict-puts-back")).toBeNull();
  });
});

describe("newer sides that were taken up", () => {
  const moveOn = async (value: string) => {
    computer.world.write("variables", "rate", { value });
    await window.sync();
    await window.click("conflict-show-now");
  };

  beforeEach(() => window.openConflict("rate"));

  it("give way to the older ones, with what was chosen of them", async () => {
    leaveFields();
    await window.press("2");
    await moveOn("4");
    expect(window.words("conflict-wait")).toContain("Use a side");
    await window.click("conflict-unshow");
    expect(window.text("conflict-result")).toBe("3");
    expect(window.words("conflict-moved")).toContain("+4");
    await window.click("conflict-show-now");
    leaveFields();
    await window.press("1");
    await window.press("u");
    await window.press("u");
    expect(window.text("conflict-result")).toBe("3");
    expect(window.find("conflict-moved")).not.toBeNull();
  });

  it("take no letter with them that was typed since", async () => {
    window.type("conflict-result", "2.5");
    await moveOn("4");
    window.type("conflict-result", "2.75");
    await window.click("conflict-unshow");
    expect(window.find("conflict-moved")).not.toBeNull();
    expect(window.text("conflict-result")).toBe("2.75");
  });
});

describe("a result that is what Airflow held before", () => {
  const said = () => window.words("conflict-puts-old-back");

  it("is said to put that back, whichever it was, after a restart too", async () => {
    await window.openConflict("rate");
    window.type("conflict-result", "1");
    expect(said()).toContain("It puts back what Airflow changed since: 3 → 1");
    window.type("conflict-result", "2.5");
    expect(window.find("conflict-puts-old-back")).toBeNull();
    computer.world.write("variables", "rate", { value: "4" });
    await window.sync();
    await window.click("conflict-show-now");
    window.type("conflict-result", "3");
    expect(said()).toContain("4 → 3");
    await settle(20);
    await window.kill();
    window = await TestWindow.open(computer);
    await window.openConflict("rate");
    expect(said()).toContain("4 → 3");
    await window.goto("/conflicts");
    window.type("conflict-result", "4");
    expect(window.find("conflict-puts-old-back")).toBeNull();
  });

  it("is said so of a place in JSON", async () => {
    const text = (coffee: number) => `{"coffee": ${coffee}, "tea": 1}`;
    computer.world.write("variables", "prices", { value: text(1), description: null });
    await window.sync();
    await window.session.desk.edit("variables", "prices", { value: { from: text(1), to: text(2) } });
    computer.world.write("variables", "prices", { value: text(3) });
    await window.sync();
    await window.openConflict("prices");
    window.type("conflict-result", '{"coffee": 1, "tea": 5}');
    expect(window.words("conflict-puts-back")).toContain("coffee: 3 → 1");
  });

  it("is said so where several are decided at once", async () => {
    await window.openConflict("rate");
    window.type("conflict-result", "1");
    await window.goto("/conflicts?several");
    const { together } = window.session;
    together.select([idOf({ collection: "variables", key: "tax" })], true);
    together.choose({ side: "mine", field: null });
    await window.openConflict("tax");
    window.type("conflict-result", "1");
    await window.goto("/conflicts?several");
    expect(window.words("held-puts-old-back")).toContain("before Airflow changed it");
  });
});

describe("a conflict that a sync ends while it is open", () => {
  /** Somebody writes in Airflow what the analyst has. */
  const end = async (key = "rate") => {
    computer.world.write("variables", key, { value: "2" });
    await window.sync();
    expect(window.session.conflicts.map((record) => record.key)).not.toContain(key);
  };
  const strikes = async () => {
    for (const letter of ["2", "Enter", "1", "e", "u", "Enter", "3"]) await window.press(letter);
    await window.press("Enter", { ctrlKey: true });
  };
  const expectNothingDecided = async () => {
    expect((await computer.log()).map(({ kind }) => kind)).not.toContain("resolve");
    expect(window.variables.conflictDrafts.size).toBe(0);
    expect(window.session.conflicts.map(({ key }) => key)).toEqual(["tax"]);
    expect(computer.world.read("variables", "tax")?.["value"]).toBe("3");
  };

  beforeEach(() => window.openConflict("rate"));

  it("stays, with what was typed and the focus in it, and no key acts on the next", async () => {
    window.type("conflict-result", "2.5");
    window.type("conflict-reason", "as agreed");
    await end();
    expect(window.words("conflict-over")).toContain("This variable is no longer in conflict.");
    expect(window.words("conflict-over")).toContain("Airflow holds the same as yours by now.");
    expect(document.activeElement).toBe(window.get("conflict-reason"));
    await window.typeOn("21");
    await strikes();
    leaveFields();
    await strikes();
    await window.press("j");
    expect(window.words("conflict-key")).toBe("rate");
    expect(window.text("conflict-result")).toBe("2.5");
    expect(window.text("conflict-reason")).toBe("as agreed");
    expect(window.words("conflict-text-kept")).toContain("kept as unsaved text");
    await expectNothingDecided();
    await window.click("conflict-go-on");
    expect(window.words("conflict-key")).toBe("tax");
    expect(document.activeElement).toBe(window.get("conflict-key"));
    await window.open("rate");
    expect(window.text("editor-value")).toBe("2.5");
    expect(window.text("editor-reason")).toBe("as agreed");
  });

  it("has the caret where one types in the result", async () => {
    window.type("conflict-result", "2.5");
    await end();
    expect(document.activeElement).toBe(window.editor("conflict-result").contentDOM);
    await strikes();
    expect(window.words("conflict-key")).toBe("rate");
    await expectNothingDecided();
  });

  it("stays where it is only looked at, until the analyst goes on by a key", async () => {
    leaveFields();
    await end();
    await strikes();
    expect(window.words("conflict-key")).toBe("rate");
    expect(window.find("conflict-text-kept")).toBeNull();
    await expectNothingDecided();
    await window.press("j");
    expect(window.words("conflict-key")).toBe("tax");
    expect(window.find("conflict-over")).toBeNull();
  });

  it("keeps a reason alone as unsaved text", async () => {
    window.type("conflict-reason", "as agreed");
    await end();
    expect(window.text("conflict-reason")).toBe("as agreed");
    await window.open("rate");
    expect(window.text("editor-reason")).toBe("as agreed");
  });

  it("is another one where the record is in conflict again", async () => {
    window.type("conflict-result", "2.5");
    await end();
    await window.session.desk.edit("variables", "rate", { value: { from: "2", to: "4" } });
    computer.world.write("variables", "rate", { value: "5" });
    await window.sync();
    expect(window.session.conflicts).toHaveLength(2);
    expect(window.words("conflict-over")).toContain("is in conflict again");
    expect(window.text("conflict-result")).toBe("2.5");
    document.querySelector<HTMLElement>('[data-testid=conflict-row][data-key="rate"]')?.click();
    await window.rest();
    expect(window.find("conflict-over")).toBeNull();
    expect(window.text("conflict-result")).toBe("4");
  });

  it("is closed by a click where it was the last", async () => {
    await end("tax");
    await end();
    expect(window.words("conflict-key")).toBe("rate");
    await window.click("conflict-go-on");
    expect(window.find("conflict-key")).toBeNull();
    expect(document.body.textContent).toContain("No conflicts");
  });

  it("is not left for one that is found meanwhile", async () => {
    await window.goto("/conflicts");
    const shown = window.words("conflict-key");
    computer.world.write("variables", "new", { value: "1", description: null });
    await window.sync();
    await window.session.desk.edit("variables", "new", { value: { from: "1", to: "2" } });
    computer.world.write("variables", "new", { value: "3" });
    await window.sync();
    expect(window.session.conflicts).toHaveLength(3);
    expect(window.words("conflict-key")).toBe(shown);
    expect(window.find("conflict-over")).toBeNull();
  });

  it("leaves several that are decided at once where they are, down to the last", async () => {
    await window.goto("/conflicts?several");
    window.type("together-reason", "as agreed");
    await end();
    expect(document.activeElement).toBe(window.get("together-reason"));
    await strikes();
    expect(window.find("conflict-key")).toBeNull();
    expect(window.text("together-reason")).toBe("as agreed");
    await expectNothingDecided();
  });
});

it("is left by Escape where one types, and the keys are commands again", async () => {
  await window.openConflict("rate");
  window.type("conflict-reason", "as agreed");
  await window.press("Escape");
  expect(document.activeElement).not.toBe(window.get("conflict-reason"));
  expect(window.text("conflict-reason")).toBe("as agreed");
  await window.press("2");
  expect(window.text("conflict-result")).toBe("3");
  window.editor("conflict-result").focus();
  await window.press("Escape");
  expect(document.activeElement?.closest(".cm-editor")).toBeNull();
  await window.press("k");
  await window.press("j");
  await window.goto("/conflicts?several");
  window.get("together-reason").focus();
  await window.press("Escape");
  expect(window.find("together")).not.toBeNull();
  expect(document.activeElement).not.toBe(window.get("together-reason"));
  await window.press("Escape");
  expect(window.find("together")).toBeNull();
});

it("undoes a choice", async () => {
  await window.press("1");
  await window.press("2");
  expect(window.text("conflict-result")).toBe("3");
  await window.press("u");
  expect(window.text("conflict-result")).toBe("2");
});
