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
  environmentUpdate: (env, { interval_s: intervalS, ...marks }) =>
    invoke("environment_update", { env, intervalS, ...marks }),
  environmentRemove: (env) => invoke("environment_remove", { env }),

  mirrorHandshake: (id, handshake) => invoke("mirror_handshake", { id, handshake }),
  mirrorPush: (id, client, epoch, fromSeq, entries) =>
    invoke("mirror_push", { id, client, epoch, fromSeq, entries }),
  mirrorPull: (id, client, cursor, limit) => invoke("mirror_pull", { id, client, cursor, limit }),
  mirrorRebuild: (id, rebuild) => invoke("mirror_rebuild", { id, rebuild }),

  status: (env) => invoke("status", { env }),
  syncNow: (env) => invoke("sync_now", { env }),
  syncSend: (id) => invoke("sync_send", { id }),
  syncPause: (env, paused) => invoke("sync_pause", { env, paused }),

  dags: (env) => invoke("dags", { env }),
  dag: (env, dagId) => invoke("dag", { env, dagId }),
  confCheck: (env, dagId, conf) => invoke("conf_check", { env, dagId, conf }),
  runs: (env) => invoke("runs", { env }),
  history: (env, collection, key) => invoke("history", { env, collection, key }),

  brakes: (env) => invoke("brakes", { env }),
  brakeAccept: (id, collection) => invoke("brake_accept", { id, collection }),

  secretReplace: (id, collection, key, value, description, reason) =>
    invoke("secret_replace", {
      ...{ id, collection, key, value, reason },
      fields: description ? { description } : {},
    }),
  vaultState: () => invoke("vault_state"),
  vaultUnlock: (passphrase) => invoke("vault_unlock", { passphrase }),

  hasTray: () => invoke("has_tray"),
  windowZoom: (factor) => invoke("window_zoom", { factor }),

  onMirrorChanged: (run) => subscribe<MirrorChanged>("mirror-changed", run),
  onStatusChanged: (run) => subscribe<StatusChanged>("status-changed", run),
  onEnvironmentsChanged: (run) => subscribe<null>("environments-changed", run),
  onNavigate: (run) => subscribe<Navigate>("navigate", run),
};
