// The platform inside the app: Tauri's commands and events.
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { MirrorChanged, Navigate, Platform, StatusChanged, Unsubscribe } from "./platform";

function subscribe<T>(name: string, run: (event: T) => void): Promise<Unsubscribe> {
  return listen<T>(name, (event) => run(event.payload));
}

export const tauri: Platform = {
  environments: () => invoke("environments"),
  environmentProbe: (url) => invoke("environment_probe", { url }),
  environmentAdd: (environment) => invoke("environment_add", { ...environment }),
  environmentSignIn: (env, username, secret) => invoke("environment_sign_in", { env, username, secret }),
  environmentUpdate: (env, colour, intervalS) => invoke("environment_update", { env, colour, intervalS }),
  environmentRemove: (env) => invoke("environment_remove", { env }),

  mirrorHandshake: (env, handshake) => invoke("mirror_handshake", { env, handshake }),
  mirrorPush: (env, client, epoch, fromSeq, entries) =>
    invoke("mirror_push", { env, client, epoch, fromSeq, entries }),
  mirrorPull: (env, client, cursor, limit) => invoke("mirror_pull", { env, client, cursor, limit }),
  mirrorRebuild: (env, rebuild) => invoke("mirror_rebuild", { env, rebuild }),

  status: (env) => invoke("status", { env }),
  syncNow: (env) => invoke("sync_now", { env }),
  syncPause: (env, paused) => invoke("sync_pause", { env, paused }),

  dags: (env) => invoke("dags", { env }),
  dag: (env, dagId) => invoke("dag", { env, dagId }),
  runs: (env) => invoke("runs", { env }),
  history: (env, collection, key) => invoke("history", { env, collection, key }),

  brakes: (env) => invoke("brakes", { env }),
  brakeAccept: (env, collection) => invoke("brake_accept", { env, collection }),

  secretReplace: (env, collection, key, value) => invoke("secret_replace", { env, collection, key, value }),
  vaultState: () => invoke("vault_state"),
  vaultUnlock: (passphrase) => invoke("vault_unlock", { passphrase }),

  hasTray: () => invoke("has_tray"),
  windowZoom: (factor) => invoke("window_zoom", { factor }),

  onMirrorChanged: (run) => subscribe<MirrorChanged>("mirror-changed", run),
  onStatusChanged: (run) => subscribe<StatusChanged>("status-changed", run),
  onNavigate: (run) => subscribe<Navigate>("navigate", run),
};
