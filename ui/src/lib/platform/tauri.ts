// The platform inside the app: Tauri's commands and events.
import { listen } from "@tauri-apps/api/event";
import type { MirrorChanged, Navigate, StatusChanged } from "$lib/bindings";
import { commands } from "./commands";
import type { Platform, Unsubscribe } from "./platform";

function subscribe<T>(name: string, run: (event: T) => void): Promise<Unsubscribe> {
  return listen<T>(name, (event) => run(event.payload));
}

export const tauri: Platform = {
  ...commands,
  onMirrorChanged: (run) => subscribe<MirrorChanged>("mirror-changed", run),
  onStatusChanged: (run) => subscribe<StatusChanged>("status-changed", run),
  onEnvironmentsChanged: (run) => subscribe<null>("environments-changed", run),
  onClosingAsked: (run) => subscribe<null>("closing-asked", run),
  onNavigate: (run) => subscribe<Navigate>("navigate", run),
};
