// The window on a test's computer: the real screens, on the real stores, worked as an analyst works them.
import { EditorView } from "@codemirror/view";
import { flushSync, mount, unmount } from "svelte";
import type { EnvironmentView, RecordView } from "$lib/bindings";
import { type Computer, ENV, recordsNow, settle } from "$lib/db/testing/computer";
import type { WindowDesk } from "$lib/db/window-desk";
import { emptyWorld, memoryPlatform, type World } from "$lib/platform/memory";
import type { Platform } from "$lib/platform/platform";
import { App } from "$lib/state/app.svelte";
import type { CollectionState } from "$lib/state/collection.svelte";
import type { Draft } from "$lib/state/draft.svelte";
import type { Session } from "$lib/state/session.svelte";
import { keepFocus } from "$lib/focus/keeper";
import { point } from "./point";
import { goto } from "./router.svelte";
import Screen from "./Screen.svelte";

const ENVIRONMENT = { ...ENV, colour: "#0f766e" } as EnvironmentView;

/**
 * happy-dom tells of a moved selection in the midst of moving it, where a browser waits. CodeMirror moves it itself in
 * these tests, so it need not be told.
 */
function tellNoSelection(): void {
  const real = Object.getPrototypeOf(document) as Document;
  document.dispatchEvent = (event) =>
    event.type === "selectionchange" || real.dispatchEvent.call(document, event);
}

const isField = (element: HTMLElement): element is HTMLInputElement | HTMLTextAreaElement =>
  element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;

function typeAtCaret(field: HTMLInputElement | HTMLTextAreaElement, letter: string): void {
  if (field.readOnly) return;
  const [from, to] = [field.selectionStart ?? 0, field.selectionEnd ?? 0];
  field.value = field.value.slice(0, from) + letter + field.value.slice(to);
  field.setSelectionRange(from + letter.length, from + letter.length);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

interface Parts {
  computer: Computer;
  platform: Platform;
  desk: WindowDesk;
  session: Session;
  screen: Record<string, unknown>;
  stopKeeper: () => void;
}

export class TestWindow {
  private constructor(private readonly parts: Parts) {}

  /** Starts the app on what the computer holds, with the list of variables open. */
  static async open(computer: Computer, world: World = emptyWorld()): Promise<TestWindow> {
    tellNoSelection();
    const platform = memoryPlatform(world);
    const desk = await computer.start();
    const nothing = () => Promise.resolve();
    const stores = {
      greet: nothing,
      forget: nothing,
      unsavedIn: () => Promise.resolve(0),
      leftOvers: () => Promise.resolve([]),
      forgetLeftOver: nothing,
    };
    const app = new App(platform, { open: () => Promise.resolve(desk), ...stores });
    const session = await app.open(ENVIRONMENT);
    await desk.flush();
    await goto("/variables");
    const screen = mount(Screen, { target: document.body, props: { app } });
    const stopKeeper = keepFocus(document.body);
    const window = new TestWindow({ computer, platform, desk, session, screen, stopKeeper });
    await window.rest();
    return window;
  }

  get session(): Session {
    return this.parts.session;
  }

  /** The collection that the screens under test show. */
  get variables(): CollectionState<Draft> {
    return this.session.variables;
  }

  /** The variables as the session holds them. */
  get records(): RecordView[] {
    return this.variables.records?.rows.map(({ record }) => record) ?? [];
  }

  get platform(): Platform {
    return this.parts.platform;
  }

  /** The process dies: what was only in its memory is gone. */
  async kill(): Promise<void> {
    this.parts.computer.kill(this.parts.desk);
    this.parts.stopKeeper();
    await unmount(this.parts.screen);
    this.parts.session.close();
  }

  /** Closes as an analyst does, after everything that was begun is done. */
  async close(): Promise<void> {
    await this.rest();
    await this.kill();
  }

  /** Waits until the mirror has what was kept, and the screen shows what the stores hold. */
  async rest(): Promise<void> {
    await this.parts.desk.flush();
    const held = JSON.stringify(await recordsNow(this.parts.desk));
    for (let turn = 0; turn < 50 && JSON.stringify(this.records) !== held; turn++) await settle(2);
    await settle(2);
    flushSync();
  }

  /** One cycle of the engine, and its news on the screen. */
  async sync(): Promise<void> {
    await this.parts.desk.flush();
    this.parts.computer.mirror.cycle();
    await this.rest();
  }

  async goto(address: string): Promise<void> {
    await goto(address);
    flushSync();
    await settle(2);
    flushSync();
  }

  /** Opens a variable from the list; null opens the form for a new one. */
  open(key: string | null): Promise<void> {
    return this.goto(key === null ? "/variables?new" : `/variables?key=${encodeURIComponent(key)}`);
  }

  openConflict(key: string): Promise<void> {
    return this.goto(`/conflicts?key=${encodeURIComponent(key)}`);
  }

  find(testid: string): HTMLElement | null {
    return document.querySelector<HTMLElement>(`[data-testid="${testid}"]`);
  }

  get(testid: string): HTMLElement {
    const found = this.find(testid);
    if (!found) throw new Error(`${testid} is not on the screen`);
    return found;
  }

  /** The words of an element, runs of space as one. */
  words(testid: string): string {
    return (this.find(testid)?.textContent ?? "").replace(/\s+/g, " ").trim();
  }

  async click(testid: string): Promise<void> {
    const button = this.get(testid);
    if (button instanceof HTMLButtonElement && button.disabled) throw new Error(`${testid} is disabled`);
    button.click();
    await this.rest();
  }

  /** The pointer goes down on a field or an editor; what is typed next goes where the focus is then. */
  async point(testid: string): Promise<void> {
    const found = this.get(testid);
    await point(isField(found) ? found : this.editor(testid).contentDOM);
    await this.rest();
  }

  editor(testid: string): EditorView {
    const view = EditorView.findFromDOM(this.get(testid));
    if (!view) throw new Error(`${testid} is no editor`);
    return view;
  }

  /** What a field or an editor holds. */
  text(testid: string): string {
    const found = this.get(testid);
    return isField(found) ? found.value : this.editor(testid).state.sliceDoc();
  }

  /** Selects all in a field or an editor, and types over it, where it lets one. The caret is last. */
  type(testid: string, text: string): void {
    const found = this.get(testid);
    if (isField(found)) {
      found.focus();
      if (found.readOnly) return;
      found.value = text;
      found.dispatchEvent(new Event("input", { bubbles: true }));
    } else {
      const view = this.editor(testid);
      view.focus();
      if (view.state.readOnly) return;
      const to = view.state.doc.length;
      const selection = { anchor: text.replaceAll(view.state.lineBreak, "\n").length };
      view.dispatch({ changes: { from: 0, to, insert: text }, selection, userEvent: "input.type" });
    }
    flushSync();
  }

  /** Types letter by letter at the caret, wherever that is, while the screen changes under it. */
  async typeOn(letters: string): Promise<void> {
    for (const letter of letters) {
      const at = document.activeElement as HTMLElement | null;
      if (at && isField(at)) typeAtCaret(at, letter);
      else {
        const view = at && EditorView.findFromDOM(at);
        view?.dispatch(view.state.replaceSelection(letter), { userEvent: "input.type" });
      }
      flushSync();
      await settle(1);
    }
    await this.rest();
  }

  /** Presses a key where the focus is, as the browser would: what nobody prevents has its own effect on a button. */
  async press(key: string, held: KeyboardEventInit = {}): Promise<void> {
    this.strike(key, held);
    await this.rest();
  }

  /** As `press`, but waits for nothing. */
  strike(key: string, held: KeyboardEventInit = {}): void {
    const target = document.activeElement ?? document.body;
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...held });
    const goesOn = target.dispatchEvent(event);
    if (goesOn && key === "Enter" && target instanceof HTMLButtonElement) target.click();
    flushSync();
  }
}
