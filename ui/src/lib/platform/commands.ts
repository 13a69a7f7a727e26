// Generated from src-tauri/src/commands by `cargo xtask bindings`; do not edit.
import { invoke } from "@tauri-apps/api/core";
import type {
  BrakeView,
  Change,
  CollectionView,
  ConfFault,
  CycleSummary,
  DagView,
  Entry,
  EnvironmentChanges,
  EnvironmentView,
  FileFormat,
  Handshake,
  HandshakeAnswer,
  HistoryItem,
  ImportOptions,
  ImportPart,
  ImportPreview,
  ImportRow,
  ImportWork,
  Link,
  ModelDraft,
  ModelLook,
  NewEnvironment,
  PackedRecord,
  PullAnswer,
  PushAnswer,
  Rebuild,
  RunView,
  SavedBackup,
  SavedFile,
  Status,
  VaultState,
  Violation,
} from "$lib/bindings";

/** The app's commands. Each rejects with a `Problem`. */
export const commands = {
  /** Writes everything that is kept here among the downloads, secrets excepted. */
  backupSave: (): Promise<SavedBackup> => invoke("backup_save"),
  /** Begins to take a backup over, and gives the id by which it is meant from then on. One that was open is let go. */
  restoreBegin: (): Promise<string> => invoke("restore_begin"),
  /** The next part of the backup, in base64. */
  restorePart: (file: string, part: string): Promise<void> => invoke("restore_part", { file, part }),
  /** Checks the whole backup and brings its environments back, replacing nothing; tells their names. */
  restoreEnd: (file: string): Promise<string[]> => invoke("restore_end", { file }),
  /** The brakes that are on. */
  brakes: (env: string): Promise<BrakeView[]> => invoke("brakes", { env }),
  /** What was listed is truly gone: the next cycle believes it. */
  brakeAccept: (id: string, collection: string): Promise<void> => invoke("brake_accept", { id, collection }),
  /** The typed collections by name, each with its data model; read again when the part `collections` of the mirror changed. */
  collections: (id: string): Promise<CollectionView[]> => invoke("collections", { id }),
  /** A data model's file in its canonical form, or what is wrong with it. */
  modelRead: (file: string): Promise<ModelLook> => invoke("model_read", { file }),
  /**
   * Writes a data model among the downloads, as it is shown: a text that is none, yet, as well. `stem`: the file's name without
   * its ending.
   */
  modelSave: (stem: string, text: string): Promise<SavedFile> => invoke("model_save", { stem, text }),
  /** What is wrong with a described data model, and what keeping it would do to the records that there are. */
  modelLook: (id: string, draft: ModelDraft): Promise<ModelLook> => invoke("model_look", { id, draft }),
  /** Makes the collection that was described, or gives it its next version; tells its name. The next sync shares it. */
  modelKeep: (id: string, draft: ModelDraft): Promise<string> => invoke("model_keep", { id, draft }),
  /** Deletes a collection's data model with the next sync; its records stay, as Variables. */
  modelRemove: (id: string, name: string): Promise<void> => invoke("model_remove", { id, name }),
  /** All DAGs, as last read. */
  dags: (env: string): Promise<DagView[]> => invoke("dags", { env }),
  /**
   * One DAG with its params: as last read, and read again behind the answer. Waited for only where its params were
   * never read.
   */
  dag: (env: string, dagId: string): Promise<DagView> => invoke("dag", { env, dagId }),
  /** What keeps Airflow from starting a run with this conf, by the DAG's params as last read. Nothing where they never were. */
  confCheck: (env: string, dagId: string, conf: Record<string, unknown>): Promise<ConfFault[]> => invoke("conf_check", { env, dagId, conf }),
  /** Runs, newest first, those queued here flagged. */
  runs: (env: string): Promise<RunView[]> => invoke("runs", { env }),
  /** All environments; those that `leewardctl` added meanwhile are opened. */
  environments: (): Promise<EnvironmentView[]> => invoke("environments"),
  /** What answers at an address. */
  environmentProbe: (url: string): Promise<Link> => invoke("environment_probe", { url }),
  /** Adds an environment, after it answered and let the analyst in. Without a user name the secret is a token. */
  environmentAdd: (environment: NewEnvironment, secret: string): Promise<EnvironmentView> => invoke("environment_add", { environment, secret }),
  /** Signs in again, after the secret changed or expired. */
  environmentSignIn: (env: string, username: string | null, secret: string): Promise<void> => invoke("environment_sign_in", { env, username, secret }),
  /** Changes what is given of an environment; the rest stays. */
  environmentUpdate: (env: string, changes: EnvironmentChanges): Promise<EnvironmentView> => invoke("environment_update", { env, changes }),
  /** Removes an environment, its mirror and its secret. What was not sent is gone: the window asks first. */
  environmentRemove: (env: string): Promise<void> => invoke("environment_remove", { env }),
  /** Begins to import a file into a collection, and gives the id by which it is meant from then on. One that was open is let go. */
  importBegin: (collection: string): Promise<string> => invoke("import_begin", { collection }),
  /** The next part of the file, in base64. */
  importPart: (file: string, part: string): Promise<void> => invoke("import_part", { file, part }),
  /** What importing the file would do to the records that there are. */
  importPlan: (id: string, file: string, options: ImportOptions): Promise<ImportPreview> => invoke("import_plan", { id, file, options }),
  /** Lines of a part of the preview, from one on. */
  importRows: (file: string, part: ImportPart, from: number, count: number): Promise<ImportRow[]> => invoke("import_rows", { file, part, from, count }),
  /** Whether the records are still what they were when the plan was made: what was shown is what keeping it does. */
  importIsCurrent: (id: string, file: string): Promise<boolean> => invoke("import_is_current", { id, file }),
  /**
   * The work that keeping the import is, from one record on; empty at the end. `with_rest` deletes the records that are not in
   * the file.
   */
  importWorks: (file: string, withRest: boolean, from: number, count: number): Promise<ImportWork[]> => invoke("import_works", { file, withRest, from, count }),
  /** Writes the refused rows with their reasons among the downloads, as CSV: to be mended and imported again. */
  importRefusedSave: (file: string, collection: string): Promise<SavedFile> => invoke("import_refused_save", { file, collection }),
  /** Ends an import, kept or not: nothing of the file stays. */
  importEnd: (file: string): Promise<void> => invoke("import_end", { file }),
  /** Writes a collection's records among the downloads, as they are shown. `plain`: a workbook without the hidden sheet. */
  exportSave: (id: string, collection: string, format: FileFormat, plain: boolean): Promise<SavedFile> => invoke("export_save", { id, collection, format, plain }),
  /** What a record was, newest first. */
  history: (env: string, collection: string, key: string): Promise<HistoryItem[]> => invoke("history", { env, collection, key }),
  /** Whether Leeward starts when the analyst logs in; null where this system offers no such start. */
  loginStart: (): Promise<boolean | null> => invoke("login_start"),
  /** Has Leeward start at login from now on, with the tray alone, or no more. */
  loginStartSet: (on: boolean): Promise<void> => invoke("login_start_set", { on }),
  /** The window's first word: who must tell whom what. */
  mirrorHandshake: (id: string, handshake: Handshake): Promise<HandshakeAnswer> => invoke("mirror_handshake", { id, handshake }),
  /** Takes over entries of the window's log; durable when this returns. */
  mirrorPush: (id: string, client: string, epoch: number, fromSeq: number, entries: Entry[]): Promise<PushAnswer> => invoke("mirror_push", { id, client, epoch, fromSeq, entries }),
  /** What changed in the mirror after a place in its feed. */
  mirrorPull: (id: string, client: string, cursor: number, limit: number): Promise<PullAnswer<PackedRecord>> => invoke("mirror_pull", { id, client, cursor, limit }),
  /** Takes over what the window holds, after the mirror was lost. */
  mirrorRebuild: (id: string, rebuild: Rebuild): Promise<PushAnswer> => invoke("mirror_rebuild", { id, rebuild }),
  /** Where the environment stands. */
  status: (env: string): Promise<Status> => invoke("status", { env }),
  /** One cycle now. */
  syncNow: (env: string): Promise<CycleSummary> => invoke("sync_now", { env }),
  /** What is pending now was looked at and may go out; it does at once, or as soon as Airflow can be reached. */
  syncSend: (id: string): Promise<CycleSummary> => invoke("sync_send", { id }),
  /** Ends the cycle under way where nothing is done by half. What is pending waits until the next "Sync now". */
  syncStop: (env: string): Promise<void> => invoke("sync_stop", { env }),
  /** Pauses automatic cycles, or goes on with them. */
  syncPause: (env: string, paused: boolean): Promise<Status> => invoke("sync_pause", { env, paused }),
  /** Where secrets are kept, and whether they can be read now. */
  vaultState: (): Promise<VaultState> => invoke("vault_state"),
  /** Unlocks the encrypted file; environments that waited for their secret go on. */
  vaultUnlock: (passphrase: string): Promise<void> => invoke("vault_unlock", { passphrase }),
  /**
   * Replaces a secret value: it goes to the keychain, and only its id into the log. `fields`: what was typed beside it, such
   * as the description of a new record; they are one piece of work.
   */
  secretReplace: (id: string, collection: string, key: string, value: string, fields: Record<string, Change>, reason: string | null): Promise<void> => invoke("secret_replace", { id, collection, key, value, fields, reason }),
  /** The rules of data models that are broken, by collection; read again when the part `violations` of the mirror changed. */
  violations: (id: string): Promise<Violation[]> => invoke("violations", { id }),
  /** Whether closing the window leaves Leeward in the tray; where not, it ends. */
  hasTray: (): Promise<boolean> => invoke("has_tray"),
  /** Whether a secret is half typed, which would be lost with the window: then it is asked before the app ends. */
  windowHoldsSecret: (holds: boolean): Promise<void> => invoke("window_holds_secret", { holds }),
  /** Ends the app, whatever would be lost. */
  appEnd: (): Promise<void> => invoke("app_end"),
  /** Enlarges everything in the window; 1 is as designed. */
  windowZoom: (factor: number): Promise<void> => invoke("window_zoom", { factor }),
};

export type Commands = typeof commands;
