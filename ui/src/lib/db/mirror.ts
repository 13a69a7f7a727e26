// The mirror as one environment's window sees it.
import type {
  Entry,
  Handshake,
  HandshakeAnswer,
  PackedRecord,
  PullAnswer,
  PushAnswer,
  Rebuild,
} from "$lib/bindings";
import type { MirrorPlatform } from "$lib/platform/platform";
import { CLIENT } from "./schema";

/** The four questions; each rejects with a `Problem`, `handshake_needed` when the two must agree again. */
export interface Mirror {
  handshake(handshake: Handshake): Promise<HandshakeAnswer>;
  push(epoch: number, entries: Entry[]): Promise<PushAnswer>;
  pull(cursor: number, limit: number): Promise<PullAnswer<PackedRecord>>;
  rebuild(rebuild: Rebuild): Promise<PushAnswer>;
}

/** The mirror behind the app's commands; `id` is the environment's identity. */
export function mirrorOf(id: string, platform: MirrorPlatform): Mirror {
  return {
    handshake: (handshake) => platform.mirrorHandshake(id, handshake),
    push: (epoch, entries) => platform.mirrorPush(id, CLIENT, epoch, entries[0]?.seq ?? 0, entries),
    pull: (cursor, limit) => platform.mirrorPull(id, CLIENT, cursor, limit),
    rebuild: (rebuild) => platform.mirrorRebuild(id, rebuild),
  };
}
