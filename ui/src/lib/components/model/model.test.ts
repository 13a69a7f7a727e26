// @vitest-environment happy-dom
// The screen of a data model on the real stores; what the engine says of a model, a test says in its place.
import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ModelDraft, ModelLook } from "$lib/bindings";
import { keyProblem } from "$lib/collections/keys";
import { Computer, settle } from "$lib/db/testing/computer";
import { emptyWorld, type World } from "$lib/platform/memory";
import type { App } from "$lib/state/app.svelte";
import Rail from "../frame/Rail.svelte";
import { page } from "../testing/router.svelte";
import { CURRENCIES, FX, viewOf } from "../testing/typed";
import { TestWindow } from "../testing/window";

vi.mock("$app/navigation", () => import("../testing/router.svelte"));
vi.mock("$app/state", () => import("../testing/router.svelte"));

let computer: Computer;
let world: World;
let window: TestWindow;
/** What the engine was asked about last. */
let asked: ModelDraft | undefined;
let says: (draft: ModelDraft) => Partial<ModelLook>;

beforeEach(async () => {
  computer = new Computer();
  world = { ...emptyWorld(), collections: [viewOf(FX), viewOf(CURRENCIES)] };
  says = () => ({});
  await start();
});

afterEach(() => window.close());

async function start(at = "/model?collection=fx"): Promise<void> {
  window = await TestWindow.open(computer, world);
  window.platform.modelLook = (_id, draft) => {
    asked = draft;
    return Promise.resolve({ faults: [], file: draft.file, effect: null, ...says(draft) });
  };
  await window.goto(at);
}

/** Until the engine has said what it has to say of what is typed. */
async function looked(): Promise<void> {
  await window.rest();
  await vi.waitFor(
    () => expect(window.find("model-foot")?.getAttribute("aria-busy")).not.toBe("true"),
    5_000,
  );
  flushSync();
}

async function type(testid: string, text: string): Promise<void> {
  window.type(testid, text);
  await looked();
}

const file = () => JSON.parse(asked?.file ?? "{}") as { properties: Record<string, unknown> };

const EFFECT = {
  ...{ version: 2, is_same: false, additions: [], records: 2, changed: 2 },
  ...{ fields: [], broken: 0, broken_examples: [], together: [] },
};

describe("a collection that there is", () => {
  it("shows its fields, with their titles, types and rules", () => {
    const names = [...document.querySelectorAll<HTMLElement>("[data-testid=model-field]")];
    expect(names.map((row) => row.dataset["name"])).toEqual([
      ...["currency", "valid_from", "rate", "lots", "source", "base", "approved", "seen_at", "limits"],
    ]);
    expect(window.text("field-0-title")).toBe("Currency");
    expect(window.get("field-2-type").dataset["value"]).toBe("decimal");
    expect(window.words("field-2-rules")).toBe("6 places · at least 0.000001");
    expect(window.words("field-5-rules")).toBe("key of Currencies");
    for (const fixed of ["drop", "type", "key"])
      expect((window.get(`field-0-${fixed}`) as HTMLButtonElement).disabled, fixed).toBe(true);
    expect((window.get("field-0-name") as HTMLInputElement).readOnly).toBe(true);
    expect((window.get("model-keep") as HTMLButtonElement).disabled).toBe(true);
    expect(window.words("model-key")).toContain("Currency · Valid from");
  });

  it("tells what a rename and a drop do before they are kept", async () => {
    says = () => ({
      effect: {
        ...EFFECT,
        fields: [
          { kind: "renamed", field: "value", was: "rate", records: 2, examples: [] },
          {
            ...{ kind: "dropped", field: "lots", was: "lots", records: 1 },
            examples: [{ key: "EUR", before: "7", after: null }],
          },
        ],
        broken: 1,
        broken_examples: [{ key: "USD", field: "source", why: 'must be one of "ECB"' }],
        together: [{ fields: ["rate"], refers_to: null, records: 2, examples: ["EUR", "USD"] }],
      },
    });
    await type("field-2-name", "value");
    await window.click("field-3-drop");
    await looked();
    expect(asked?.origins).toContainEqual({ name: "value", was: "rate", map: [] });
    expect(asked?.origins.map(({ was }) => was)).not.toContain("lots");
    expect(asked?.from).toBe(FX);
    expect(window.words("effect-renamed")).toBe("rate is called value from then on, in 2 records.");
    expect(window.words("effect-dropped")).toContain("lots is dropped: 1 record has a value there");
    expect(window.words("effect-dropped")).toContain("EUR: 7");
    expect(window.words("effect-broken")).toContain("USD: source must be one of");
    expect(window.words("effect-together")).toContain("2 records share");
    await window.click("bring-back-lots");
    await looked();
    expect(asked?.origins.map(({ was }) => was)).toContain("lots");
  });

  it("keeps it, and begins again from what was kept", async () => {
    const keep = vi.spyOn(window.platform, "modelKeep");
    says = () => ({ effect: EFFECT });
    await type("field-2-name", "value");
    await window.press("s", { ctrlKey: true });
    await looked();
    expect(keep).toHaveBeenCalledOnce();
    expect(window.words("model-kept")).toContain("Version 2: Kept on this computer");
    expect(window.words("model-version")).toContain("version 2");
    expect(window.find("field-2-was")).toBeNull();
    expect(window.session.modelDrafts.size).toBe(0);
  });

  it("names the version that was kept, though the collections cannot be read then", async () => {
    says = () => ({ effect: EFFECT });
    await type("field-2-name", "value");
    window.platform.collections = () => Promise.reject(new Error("locked"));
    await window.click("model-keep");
    await looked();
    expect(window.words("model-kept")).toContain("Version 2: Kept on this computer");
  });

  it("keeps nothing that is wrong, and goes to where it is", async () => {
    const keep = vi.spyOn(window.platform, "modelKeep");
    says = () => ({
      faults: [{ pointer: "/properties/rate/x-leeward/scale", what: "is too much", instead: "Give less." }],
      file: null,
    });
    await type("field-2-title", "Rates");
    expect(window.find("model-faults")).toBeNull();
    await window.click("model-keep");
    await window.rest();
    expect(keep).not.toHaveBeenCalled();
    expect(window.words("model-faults")).toBe("Rates, scale is too much. Give less.");
    expect(window.words("rule-scale-problem")).toBe("It is too much. Give less.");
    expect((document.activeElement as HTMLElement).dataset["testid"]).toBe("rule-scale");
    expect(window.text("field-2-title")).toBe("Rates");
  });

  it("says what stands in no number at once, and sends the engine none", async () => {
    await window.click("field-3-rules");
    await type("rule-maximum", "many");
    await type("rule-minimum", "1");
    window.get("rule-maximum").focus();
    window.get("rule-minimum").focus();
    flushSync();
    expect(window.words("rule-maximum-problem")).toBe(
      "It is not a whole number. Type digits alone, such as 10.",
    );
    expect(file().properties["lots"]).toEqual({ type: "integer", minimum: 1 });
  });

  it("keeps no choice with the text of another, and says of none that its records get it", async () => {
    const keep = vi.spyOn(window.platform, "modelKeep");
    await window.click("field-4-rules");
    await type("choice-0", "bank");
    expect(window.words("choice-0-was")).toBe("was ECB: records get the new text");
    await type("choice-0", "treasury");
    await type("choice-1", "ECB");
    for (const at of [0, 1]) expect(window.find(`choice-${at}-was`), `${at}`).toBeNull();
    expect(asked?.origins).toContainEqual({ name: "source", was: "source", map: [] });
    await window.click("model-keep");
    await window.rest();
    expect(keep).not.toHaveBeenCalled();
    const told = 'has at choice 1 what is the text of another choice until now: records may hold "treasury"';
    expect(window.words("choices-problem")).toContain(`It ${told}`);
    expect(window.words("model-faults")).toContain("source, choices has at choice 2");
  });

  it("does not write over what another made of it meanwhile", async () => {
    const CAME = "note is a new field.";
    await type("field-2-name", "value");
    says = () => ({
      faults: [{ pointer: "from", what: "is another one by now", instead: CAME }],
      file: null,
    });
    await type("field-2-name", "values");
    expect(window.words("model-moved-what")).toBe(`What came: ${CAME}`);
    await window.click("model-start-again");
    expect(window.text("field-2-name")).toBe("rate");
    await window.click("model-undo");
    expect(window.text("field-2-name")).toBe("values");
  });

  it("goes along with another's version while nothing is typed", async () => {
    world.collections = [viewOf(FX.replace('"Valid from"', '"From"'), { version: 2 }), viewOf(CURRENCIES)];
    await window.session.readCollections();
    await window.rest();
    expect(window.text("field-1-title")).toBe("From");
  });

  it("is removed once that was said twice", async () => {
    await window.click("model-remove");
    await window.click("model-remove-yes");
    await window.rest();
    expect(world.collections.map(({ name }) => name)).toEqual(["currencies"]);
    expect(page.path).toBe("/variables");
  });
});

describe("a collection in a database", () => {
  beforeEach(async () => {
    world.collections = [viewOf(FX), viewOf(CURRENCIES, { binding: "dag", prefix: null })];
    await window.session.readCollections();
  });

  it("shows its data model, which is changed elsewhere", async () => {
    await window.goto("/model?collection=currencies");
    expect(window.words("model-elsewhere")).toContain("a file beside Airflow's DAGs");
    expect(window.find("model-foot")).toBeNull();
    expect(window.get("model-title").closest("fieldset")?.disabled).toBe(true);
    await window.click("model-json-open");
    await window.rest();
    expect(window.find("model-json-use")).toBeNull();
    expect(window.find("model-json-copy")).not.toBeNull();
  });

  it("takes a key that Airflow would hide were it that of a Variable", () => {
    expect(keyProblem("currencies", "password", false)).toBeNull();
    expect(keyProblem("currencies", "x".repeat(300), false)?.what).toContain("300 characters long");
  });
});

describe("what is typed", () => {
  it("is there after another screen, and after a restart", async () => {
    await type("field-2-name", "value");
    await window.goto("/runs");
    await window.goto("/model?collection=fx");
    expect(window.text("field-2-name")).toBe("value");
    await settle(50);
    await window.kill();
    await start();
    expect(window.text("field-2-name")).toBe("value");
    expect(window.words("field-2-was")).toBe("was rate");
    await window.click("model-drop");
    expect(window.text("field-2-name")).toBe("rate");
    await window.click("model-undo");
    expect(window.text("field-2-name")).toBe("value");
  });

  it("has a field's place in the rules for it, though that was taken out before a restart", async () => {
    const group = '"references": {"base": "currencies"}';
    const unique = { unique: [["base", "lots"]], merge: [["rate", "lots"]] };
    const more = JSON.stringify(unique).slice(1, -1);
    world.collections = [viewOf(FX.replace(group, `${group}, ${more}`)), viewOf(CURRENCIES)];
    await window.session.readCollections();
    await window.rest();
    const rules = () => (JSON.parse(asked?.file ?? "{}") as { "x-leeward": object })["x-leeward"];
    await window.click("field-3-drop");
    await looked();
    expect(rules()).toMatchObject({ unique: [["base"]], merge: [["rate"]] });
    await settle(50);
    await window.kill();
    await start();
    await window.click("bring-back-lots");
    await looked();
    expect(rules()).toMatchObject(unique);
    for (const box of ["unique-rule-0-lots", "merge-group-0-lots"])
      expect((window.get(box) as HTMLInputElement).checked, box).toBe(true);
  });

  it("is not there once it was kept, though the app was killed before that was noted", async () => {
    await type("field-2-title", "Rate");
    world.collections = [viewOf(asked?.file ?? "", { version: 2, prefix: "fx." }), viewOf(CURRENCIES)];
    await settle(50);
    await window.kill();
    await start();
    expect(window.find("model-drop")).toBeNull();
    expect(window.text("field-2-title")).toBe("Rate");
  });
});

describe("a new collection", () => {
  beforeEach(() => window.goto("/model"));

  it("says why it cannot be made while nothing is typed", async () => {
    expect((window.get("model-keep") as HTMLButtonElement).disabled).toBe(true);
    expect(window.words("model-missing")).toBe("Nothing is typed yet: it needs a title, and its fields.");
    await type("model-title", "Rates");
    expect(window.find("model-missing")).toBeNull();
    expect((window.get("model-keep") as HTMLButtonElement).disabled).toBe(false);
  });

  it("follows its title with its name, and its name with its prefix", async () => {
    expect((document.activeElement as HTMLElement).dataset["testid"]).toBe("model-title");
    await type("model-title", "Cost centres");
    expect(window.text("model-name")).toBe("cost_centres");
    expect(window.text("model-prefix")).toBe("cost_centres.");
    await type("model-name", "centres");
    await type("model-title", "Centres of cost");
    expect(window.text("model-name")).toBe("centres");
    await type("model-prefix", "cc.");
    expect(asked?.prefix).toBe("cc.");
  });

  it("is made, and its grid opens", async () => {
    await type("model-title", "Cost centres");
    await type("field-0-title", "Code");
    await window.click("model-add-field");
    expect((document.activeElement as HTMLElement).dataset["testid"]).toBe("field-1-title");
    await type("field-1-title", "Cost centre");
    expect(file().properties).toEqual({
      code: { title: "Code", type: "string" },
      cost_centre: { title: "Cost centre", type: "string" },
    });
    await window.click("model-keep");
    await window.rest();
    expect(page.path).toBe("/c/cost_centres");
    await window.goto("/model");
    expect(window.text("model-title")).toBe("");
  });

  it("says what is wrong with a name once that was left", async () => {
    says = () => ({
      faults: [{ pointer: "/x-leeward/collection", what: "is taken", instead: "Choose another." }],
      file: null,
    });
    window.get("model-name").focus();
    await type("model-name", "pools");
    expect(window.find("model-name-problem")).toBeNull();
    window.get("field-0-title").focus();
    flushSync();
    expect(window.words("model-name-problem")).toBe("It is taken. Choose another.");
    expect(window.get("model-name").getAttribute("aria-invalid")).toBe("true");
  });

  it("moves its fields by keys", async () => {
    await type("field-0-name", "a");
    await window.click("model-add-field");
    await type("field-1-name", "b");
    window.get("field-1-name").focus();
    await window.press("ArrowUp", { altKey: true });
    expect(window.text("field-0-name")).toBe("b");
    expect((document.activeElement as HTMLElement).dataset["testid"]).toBe("field-0-name");
  });
});

describe("the model's file", () => {
  beforeEach(() => window.click("model-json-open"));

  it("is shown, and another takes its place", async () => {
    expect(window.text("model-json")).toBe(FX);
    window.type("model-json", FX.replace('"Valid from"', '"From"').replace('"lots": {', '"pieces": {'));
    await window.click("model-json-use");
    await looked();
    expect(window.text("field-1-title")).toBe("From");
    expect(asked?.origins.map(({ was }) => was)).not.toContain("lots");
    expect(window.find("bring-back-lots")).not.toBeNull();
  });

  it("is saved as a file, as it is shown", async () => {
    const save = vi.spyOn(window.platform, "modelSave");
    const typed = FX.replace('"Valid from"', '"From"');
    window.type("model-json", typed);
    await window.click("model-json-save");
    expect(save).toHaveBeenCalledWith("fx", typed);
    expect(window.words("model-json-saved")).toBe("fx.json, in Downloads");
    window.type("model-json", FX);
    expect(window.find("model-json-saved")).toBeNull();
  });

  it("is opened from a file, unless that is no file of a model", async () => {
    const choose = async (file: File) => {
      const input = window.get("model-json-choose-file") as HTMLInputElement;
      Object.defineProperty(input, "files", { value: [file], configurable: true });
      input.dispatchEvent(new Event("change", { bubbles: true }));
      await settle(20);
      await window.rest();
    };
    await choose(new File(["x".repeat(1_048_577)], "large.json"));
    expect(window.words("problem")).toContain("large.json has 1,048,577 bytes.");
    expect(window.text("model-json")).toBe(FX);
    await choose(new File([CURRENCIES], "currencies.json"));
    expect(window.find("problem")).toBeNull();
    expect(window.text("model-json")).toBe(CURRENCIES);
    expect((window.get("model-json-use") as HTMLButtonElement).disabled).toBe(false);
  });

  it("is told at once where it is none, and stays typed over a restart", async () => {
    window.platform.modelRead = () =>
      Promise.resolve({
        faults: [{ pointer: "", what: "is not JSON", instead: "Correct it." }],
        file: null,
        effect: null,
      });
    await type("field-2-name", "value");
    window.type("model-json", "{");
    await window.click("model-json-use");
    expect((window.get("model-keep") as HTMLButtonElement).disabled).toBe(true);
    expect(window.words("model-json-unused")).toBe("The text in JSON is not used yet.");
    expect(window.words("model-json-faults")).toBe("The file is not JSON. Correct it.");
    await settle(50);
    await window.kill();
    await start();
    expect(window.text("model-json")).toBe("{");
  });
});

it("has a place in the rail, and its collection is where one is", async () => {
  const app = { hasTray: true, session: window.session } as unknown as App;
  const rail = mount(Rail, { target: document.body, props: { app, session: window.session } });
  flushSync();
  expect(window.get("rail-new-collection").getAttribute("href")).toBe("/model");
  expect(window.get("rail-fx").getAttribute("aria-current")).toBe("page");
  await window.goto("/model");
  expect(window.get("rail-new-collection").getAttribute("aria-current")).toBe("page");
  expect(window.get("rail-fx").getAttribute("aria-current")).toBeNull();
  await unmount(rail);
});

it("marks in the rail whose model has unsaved changes", async () => {
  const app = { hasTray: true, session: window.session } as unknown as App;
  const rail = mount(Rail, { target: document.body, props: { app, session: window.session } });
  flushSync();
  expect(window.find("rail-fx-draft")).toBeNull();
  await type("field-2-name", "value");
  await window.goto("/runs");
  expect(window.get("rail-fx-draft").dataset["tip"]).toBe("Its data model has unsaved changes");
  expect(window.find("rail-new-collection-draft")).toBeNull();
  await window.goto("/model?collection=fx");
  await window.click("model-drop");
  expect(window.find("rail-fx-draft")).toBeNull();
  await unmount(rail);
});
