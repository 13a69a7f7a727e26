// The one door to the app's other half: its commands, which each reject with a `Problem`, and its events.
import type { MirrorChanged, Navigate, StatusChanged } from "$lib/bindings";
import type { Commands } from "./commands";

/** Stops a subscription. */
export type Unsubscribe = () => void;

interface Events {
  onMirrorChanged(run: (event: MirrorChanged) => void): Promise<Unsubscribe>;
  onStatusChanged(run: (event: StatusChanged) => void): Promise<Unsubscribe>;
  /** An environment was added, changed or removed, by this window or by `leewardctl`. */
  onEnvironmentsChanged(run: () => void): Promise<Unsubscribe>;
  /** The app was to end, and something typed would be lost. */
  onClosingAsked(run: () => void): Promise<Unsubscribe>;
  onNavigate(run: (event: Navigate) => void): Promise<Unsubscribe>;
}

export type Platform = Commands & Events;

/** What the local store needs of the mirror. `id` is the environment's identity, which outlives no removal. */
export type MirrorPlatform = Pick<
  Platform,
  "mirrorHandshake" | "mirrorPush" | "mirrorPull" | "mirrorRebuild" | "onMirrorChanged"
>;
