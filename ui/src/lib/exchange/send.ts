// A file on its way to the app, in parts: the window never holds it whole.

/** Bytes of a part. */
export const PART_BYTES = 768 * 1024;

/** Hands over the file part by part; `told` hears how much of it is sent, from 0 to 1, and says whether to go on. */
export async function sendFile(
  file: Blob,
  send: (part: string) => Promise<void>,
  told: (share: number) => boolean,
): Promise<boolean> {
  for (let from = 0; from < file.size; from += PART_BYTES) {
    const part = file.slice(from, from + PART_BYTES);
    await send(base64(new Uint8Array(await part.arrayBuffer())));
    if (!told(Math.min(1, (from + PART_BYTES) / file.size))) return false;
  }
  return true;
}

/** Arguments of a call are limited, and a letter at a time is slow. */
const LETTERS = 8192;

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let from = 0; from < bytes.length; from += LETTERS) {
    text += String.fromCharCode(...bytes.subarray(from, from + LETTERS));
  }
  return btoa(text);
}
