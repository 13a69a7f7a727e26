// The window: the environments that are known, the one that is open, and how to open another.
import { createContext } from "svelte";
import type { EnvironmentChanges, EnvironmentView, NewEnvironment, Problem, VaultState } from "$lib/bindings";
import { showTyped } from "$lib/collections/shown.svelte";
import { restoreBackup } from "$lib/backup/restore";
import type { Desk } from "$lib/db/desk";
import type { LeftOver } from "$lib/db/left-over";
import type { Platform } from "$lib/platform/platform";
import { asProblem, notSignedIn } from "$lib/words/problem";
import { Session } from "./session.svelte";
import { Theme } from "./theme.svelte";
import { Zoom } from "./zoom.svelte";

/** The window's own stores, one an environment. */
export interface Stores {
  open: (platform: Platform, environment: EnvironmentView) => Promise<Desk>;
  /** The first word with the mirror of one that is not shown. */
  greet: (platform: Platform, environment: EnvironmentView) => Promise<void>;
  /** Deletes what this window keeps of an environment that is no longer there. */
  forget: (environment: EnvironmentView) => Promise<void>;
  /** How many texts were typed and not saved in one that is not shown. */
  unsavedIn: (environment: EnvironmentView) => Promise<number>;
  /** What is left of others than these, with work in it that was never sent. */
  leftOvers: (environments: EnvironmentView[]) => Promise<LeftOver[]>;
  forgetLeftOver: (left: LeftOver) => Promise<void>;
}

/** What is typed of an environment that is to be added; no secret. */
export interface TypedEnvironment {
  url: string;
  /** Null: the name that the address suggests. */
  name: string | null;
  kind: "password" | "token";
  username: string;
  /** Null: the next colour that is free. */
  colour: string | null;
  production: boolean;
}

const NOTHING_TYPED: TypedEnvironment = {
  ...{ url: "", name: null, kind: "password", username: "", colour: null, production: false },
};

const LAST_KEY = "leeward-environment";

export class App {
  environments = $state.raw<EnvironmentView[]>([]);
  session = $state.raw<Session | null>(null);
  problem = $state.raw<Problem | null>(null);
  vault = $state<VaultState>("keychain");
  /** Work of environments that were removed, never sent. */
  leftOvers = $state.raw<LeftOver[]>([]);
  /** False until it is known which environments there are. */
  started = $state(false);
  /** Whether closing the window leaves Leeward in a tray; null until it is known. */
  hasTray = $state<boolean | null>(null);
  /** The app was to end, and a secret that is typed would be lost. */
  asksToClose = $state(false);
  /** What is typed on the screen that adds an environment, for when one comes back to it. */
  typedEnvironment: TypedEnvironment = NOTHING_TYPED;
  /** The sheet of keys is open. */
  showsKeys = $state(false);
  readonly theme = new Theme();
  readonly zoom: Zoom;
  /** First words under way, by identity: two at once would count the work twice. */
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing on screen depends on it
  private readonly greetings = new Map<string, Promise<void>>();

  constructor(
    readonly platform: Platform,
    private readonly stores: Stores,
  ) {
    this.zoom = new Zoom((factor) => platform.windowZoom(factor));
  }

  /** The environment that was typed is there. */
  environmentAdded(): void {
    this.typedEnvironment = NOTHING_TYPED;
  }

  async start(): Promise<void> {
    void this.lookForTray();
    try {
      this.vault = await this.platform.vaultState();
      await this.readEnvironments();
      const last = localStorage.getItem(LAST_KEY);
      const first = this.environments.find((one) => one.name === last) ?? this.environments[0];
      this.greetAll(this.environments.filter((one) => one !== first));
      if (first) await this.open(first);
    } catch (error) {
      this.problem = asProblem(error);
    } finally {
      this.started = true;
    }
    await this.platform.onClosingAsked(() => (this.asksToClose = true));
    await this.platform.onEnvironmentsChanged(() => void this.environmentsChanged());
    await this.readLeftOvers();
  }

  /** The list is another one, perhaps by `leewardctl`. What is open may be gone; it is not closed, for it may hold work. */
  async environmentsChanged(): Promise<void> {
    await this.readEnvironments();
    if (!this.session) return;
    const listed = this.environments.find(({ id }) => id === this.session?.id);
    if (listed) this.session.environment = listed;
    else this.session.gone = true;
  }

  /** Closes an environment that was removed, and opens the one of its name, or another. What was never sent stays. */
  async leaveGone(): Promise<void> {
    const { session } = this;
    if (!session?.gone) return;
    this.leave(session.id);
    const next = this.environments.find(({ name }) => name === session.env) ?? this.environments[0];
    if (next) await this.open(next);
    await this.readLeftOvers();
  }

  async forgetLeftOver(left: LeftOver): Promise<void> {
    await this.stores.forgetLeftOver(left);
    await this.readLeftOvers();
  }

  /** How many texts were typed there and not saved. */
  async unsavedIn(environment: EnvironmentView): Promise<number> {
    const { session } = this;
    return session?.id === environment.id ? session.unsavedCount : this.stores.unsavedIn(environment);
  }

  /** Whether the app has to ask before it ends. The question is over with the answer, or with what it was about. */
  async holdSecret(holds: boolean): Promise<void> {
    this.asksToClose = false;
    await this.platform.windowHoldsSecret(holds);
  }

  /** Asked again now and then: a panel can be started and ended while the app runs. */
  async lookForTray(): Promise<void> {
    try {
      this.hasTray = await this.platform.hasTray();
    } catch {
      // What is known stays.
    }
  }

  async open(environment: EnvironmentView): Promise<Session> {
    await this.greetings.get(environment.id);
    const desk = await this.stores.open(this.platform, environment);
    const session = new Session(this.platform, desk, environment);
    await session.bringBackTyped();
    this.session?.close();
    showTyped(session.typedKnown);
    this.session = session;
    this.problem = null;
    localStorage.setItem(LAST_KEY, environment.name);
    await session.start();
    return session;
  }

  /** Probes and signs in before anything is stored. */
  async connect(environment: NewEnvironment, secret: string): Promise<EnvironmentView> {
    const added = await this.platform.environmentAdd(environment, secret);
    await this.readEnvironments();
    return added;
  }

  async update(env: string, changes: EnvironmentChanges): Promise<void> {
    const changed = await this.platform.environmentUpdate(env, changes);
    if (this.session?.id === changed.id) this.session.environment = changed;
    await this.readEnvironments();
  }

  async signIn(env: string, username: string | null, secret: string): Promise<void> {
    try {
      await this.platform.environmentSignIn(env, username, secret);
    } catch (error) {
      throw notSignedIn(asProblem(error));
    }
    if (this.session?.env === env) await this.session.syncNow();
  }

  /**
   * Its records and its unsent work go with it, here and in the mirror. A removal that is refused (`leewardctl` syncs)
   * leaves everything open as it is.
   */
  async remove(environment: EnvironmentView): Promise<void> {
    await this.platform.environmentRemove(environment.name);
    this.leave(environment.id);
    try {
      await this.stores.forget(environment);
    } finally {
      await this.readEnvironments();
      const next = this.environments[0];
      if (!this.session && next) await this.open(next);
    }
  }

  async unlock(passphrase: string): Promise<void> {
    await this.platform.vaultUnlock(passphrase);
    this.vault = await this.platform.vaultState();
    await this.session?.syncNow();
  }

  /** Brings back the environments of a backup, and tells their names; `told` hears how much of the file is sent. */
  async restore(file: Blob, told: (share: number) => void): Promise<string[]> {
    const names = await restoreBackup(this.platform, file, told);
    await this.readEnvironments();
    return names;
  }

  /** A store that is open cannot be deleted. */
  private leave(id: string): void {
    if (this.session?.id !== id) return;
    this.session.close();
    this.session = null;
  }

  /** The mirror of each waits for this window's word before anything of it is sent; it need not be on screen for that. */
  private greetAll(environments: EnvironmentView[]): void {
    for (const environment of environments) {
      const { id } = environment;
      // One that fails is tried again when it is opened; until then its mirror waits as long as it does for any window.
      const greeting = this.stores.greet(this.platform, environment).catch(() => undefined);
      this.greetings.set(id, greeting);
      void greeting.then(() => this.greetings.delete(id));
    }
  }

  private async readLeftOvers(): Promise<void> {
    // An empty list may be one that was lost: nothing is taken for left over then.
    if (this.environments.length === 0) return;
    this.leftOvers = await this.stores.leftOvers(this.environments);
  }

  private async readEnvironments(): Promise<void> {
    this.environments = await this.platform.environments();
  }
}

const [appContext, setAppContext] = createContext<App>();

export { setAppContext };

/** The window's state. */
export function useApp(): App {
  return appContext();
}

/** The open environment; only for screens inside the frame, which is drawn when there is one. */
export function useSession(): Session {
  const { session } = appContext();
  if (!session) throw new Error("no environment is open");
  return session;
}
