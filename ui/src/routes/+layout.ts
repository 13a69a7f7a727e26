// Everything is drawn in the window: the bundle has no server.
import { openPlatform } from "$lib/platform";

export const ssr = false;
export const prerender = false;

export async function load() {
  return { platform: await openPlatform() };
}
