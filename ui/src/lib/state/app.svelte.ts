// The window: the environments that are known, the one that is open, and how to open another.
import { createContext } from "svelte";
import type { EnvironmentView, Problem } from "$lib/bindings";
import type { Desk } from "$lib/db/desk";
import type { NewEnvironment, Platform, VaultState } from "$lib/platform/platform";
import { asProblem } from "$lib/words/problem";
import { Session } from "./session.svelte";
import { Theme } from "./theme.svelte";
import { Zoom } from "./zoom.svelte";

export type OpenDesk = (platform: Platform, env: string) => Promise<Desk>;
/** Deletes what this window keeps of an environment that is no longer there. */
export type ForgetEnvironment = (env: string) => Promise<void>;

const LAST_KEY = "leeward-environment";

export class App {
  environments = $state.raw<EnvironmentView[]>([]);
  session = $state.raw<Session | null>(null);
  problem = $state.raw<Problem | null>(null);
  vault = $state<VaultState>("keychain");
  /** False until it is known which environments there are. */
  started = $state(false);
  /** Whether closing the window leaves Leeward in a tray; null until it is known. */
  hasTray = $state<boolean | null>(null);
  /** The sheet of keys is open. */
  showsKeys = $state(false);
  readonly theme = new Theme();
  readonly zoom: Zoom;

  constructor(
    readonly platform: Platform,
    private readonly openDesk: OpenDesk,
    private readonly forget: ForgetEnvironment,
  ) {
    this.zoom = new Zoom((factor) => platform.windowZoom(factor));
  }

  async start(): Promise<void> {
    void this.lookForTray();
    try {
      this.vault = await this.platform.vaultState();
      await this.readEnvironments();
      const last = localStorage.getItem(LAST_KEY);
      const first = this.environments.find((one) => one.name === last) ?? this.environments[0];
      if (first) await this.open(first);
    } catch (error) {
      this.problem = asProblem(error);
    } finally {
      this.started = true;
    }
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
    const desk = await this.openDesk(this.platform, environment.name);
    const session = new Session(this.platform, desk, environment);
    this.session?.close();
    this.session = session;
    this.problem = null;
    localStorage.setItem(LAST_KEY, environment.name);
    await session.start();
    return session;
  }

  /**
   * Probes and signs in before anything is stored. What the window kept of an earlier environment of that name (one that
   * `leewardctl` removed, or whose removal was cut short) goes first: the new mirror would be rebuilt from it.
   */
  async connect(environment: NewEnvironment): Promise<EnvironmentView> {
    await this.readEnvironments();
    // A name that is taken is refused below, and its work is nobody's to forget.
    if (!this.environments.some(({ name }) => name === environment.name)) {
      this.leave(environment.name);
      await this.forget(environment.name);
    }
    const added = await this.platform.environmentAdd(environment);
    await this.readEnvironments();
    return added;
  }

  async update(env: string, colour: string | null, intervalS: number | null): Promise<void> {
    const changed = await this.platform.environmentUpdate(env, colour, intervalS);
    if (this.session?.env === env) this.session.environment = changed;
    await this.readEnvironments();
  }

  async signIn(env: string, username: string | null, secret: string): Promise<void> {
    await this.platform.environmentSignIn(env, username, secret);
    if (this.session?.env === env) await this.session.syncNow();
  }

  /** Its records and its unsent work go with it, here and in the mirror. */
  async remove(env: string): Promise<void> {
    this.leave(env);
    try {
      await this.platform.environmentRemove(env);
      await this.forget(env);
    } finally {
      await this.readEnvironments();
      const next = this.environments.find(({ name }) => name === env) ?? this.environments[0];
      if (!this.session && next) await this.open(next);
    }
  }

  async unlock(passphrase: string): Promise<void> {
    await this.platform.vaultUnlock(passphrase);
    this.vault = await this.platform.vaultState();
    await this.session?.syncNow();
  }

  /** A store that is open cannot be deleted. */
  private leave(env: string): void {
    if (this.session?.env !== env) return;
    this.session.close();
    this.session = null;
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
