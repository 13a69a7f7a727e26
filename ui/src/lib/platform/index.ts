// Chooses the platform. In a build there is one only: the branch below is removed with everything that it reaches.
import type { Platform } from "./platform";
import { tauri } from "./tauri";

export async function openPlatform(): Promise<Platform> {
  if (import.meta.env.DEV && !("__TAURI_INTERNALS__" in window)) {
    const [{ memoryPlatform }, { scene }] = await Promise.all([import("./memory"), import("./scenes")]);
    return memoryPlatform(scene(new URLSearchParams(location.search).get("scene")), 600);
  }
  return tauri;
}
