// A backup on its way back. It is checked whole before anything is changed, and replaces nothing.
import { sendFile } from "$lib/exchange/send";
import type { Platform } from "$lib/platform/platform";

/** Brings back the environments of a backup, and tells their names; `told` hears how much of the file is sent, from 0 to 1. */
export async function restoreBackup(
  platform: Platform,
  file: Blob,
  told: (share: number) => void,
): Promise<string[]> {
  const id = await platform.restoreBegin();
  await sendFile(
    file,
    (part) => platform.restorePart(id, part),
    (share) => (told(share), true),
  );
  return platform.restoreEnd(id);
}
