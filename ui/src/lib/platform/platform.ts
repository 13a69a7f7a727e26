// The one door to the app's other half. Each method is one command; each rejects with a `Problem`.
import type {
  BrakeView,
  Change,
  ConfFault,
  CycleSummary,
  DagView,
  Entry,
  EnvironmentView,
  Handshake,
  HandshakeAnswer,
  HistoryItem,
  Link,
  PackedRecord,
  PullAnswer,
  PushAnswer,
  Rebuild,
  RunView,
  Status,
} from "$lib/bindings";

/** Where secrets are kept on this computer, and whether they can be read now. */
export type VaultState = "keychain" | "file_locked" | "file_open";

/** The feed of an environment's mirror moved: pull. */
export interface MirrorChanged {
  env: string;
}

export interface StatusChanged {
  env: string;
  status: Status;
}

/** A click on the tray or on a notification. */
export interface Navigate {
  env: string;
  to: "conflicts" | "runs" | "pending" | "overview";
  key?: string;
}

export interface NewEnvironment {
  name: string;
  url: string;
  /** Null when `secret` is a token. */
  username: string | null;
  secret: string;
  colour: string | null;
  production: boolean;
}

/** What may be changed of an environment; what is not given stays. */
export type EnvironmentChanges = Partial<
  Pick<EnvironmentView, "colour" | "interval_s" | "production" | "review">
>;

/** Stops a subscription. */
export type Unsubscribe = () => void;

/** What the local store needs of the mirror. `id` is the environment's identity, which outlives no removal. */
export interface MirrorPlatform {
  mirrorHandshake(id: string, handshake: Handshake): Promise<HandshakeAnswer>;
  mirrorPush(
    id: string,
    client: string,
    epoch: number,
    fromSeq: number,
    entries: Entry[],
  ): Promise<PushAnswer>;
  mirrorPull(id: string, client: string, cursor: number, limit: number): Promise<PullAnswer<PackedRecord>>;
  mirrorRebuild(id: string, rebuild: Rebuild): Promise<PushAnswer>;
  onMirrorChanged(run: (event: MirrorChanged) => void): Promise<Unsubscribe>;
}

export interface Platform extends MirrorPlatform {
  environments(): Promise<EnvironmentView[]>;
  environmentProbe(url: string): Promise<Link>;
  environmentAdd(environment: NewEnvironment): Promise<EnvironmentView>;
  environmentSignIn(env: string, username: string | null, secret: string): Promise<void>;
  environmentUpdate(env: string, changes: EnvironmentChanges): Promise<EnvironmentView>;
  environmentRemove(env: string): Promise<void>;

  status(env: string): Promise<Status>;
  syncNow(env: string): Promise<CycleSummary>;
  /** What is pending now was looked at and may be sent. */
  syncSend(id: string): Promise<CycleSummary>;
  syncPause(env: string, paused: boolean): Promise<Status>;

  dags(env: string): Promise<DagView[]>;
  dag(env: string, dagId: string): Promise<DagView>;
  /** Whether a conf suits the DAG's params: the engine's own check, also while Airflow is away. */
  confCheck(env: string, dagId: string, conf: Record<string, unknown>): Promise<ConfFault[]>;
  runs(env: string): Promise<RunView[]>;
  history(env: string, collection: string, key: string): Promise<HistoryItem[]>;

  brakes(env: string): Promise<BrakeView[]>;
  brakeAccept(id: string, collection: string): Promise<void>;

  /**
   * The value goes straight to the keychain; log and history hold only its id. A description that is undefined stays as
   * it is.
   */
  secretReplace(
    id: string,
    collection: string,
    key: string,
    value: string,
    description: Change | undefined,
    reason: string | null,
  ): Promise<void>;
  vaultState(): Promise<VaultState>;
  vaultUnlock(passphrase: string): Promise<void>;

  /** Whether closing the window leaves the app in a tray. */
  hasTray(): Promise<boolean>;
  /** 0.8 to 2. */
  windowZoom(factor: number): Promise<void>;

  onStatusChanged(run: (event: StatusChanged) => void): Promise<Unsubscribe>;
  /** An environment was added, changed or removed, by this window or by `leewardctl`. */
  onEnvironmentsChanged(run: () => void): Promise<Unsubscribe>;
  onNavigate(run: (event: Navigate) => void): Promise<Unsubscribe>;
}
