// What the editor's button says: what happens to a change once it is saved.
import type { Status } from "$lib/bindings";

/** Saved is kept on this computer, always; whether it goes out at once depends on how things stand. */
export function saveWords(
  status: Pick<Status, "link" | "paused"> | null,
  review: boolean,
): { word: string; why: string } {
  const later = (why: string) => ({ word: "Save", why });
  if (review) return later("Kept on this computer, and on Pending until you send it.");
  if (status?.paused) return later("Kept on this computer. Sync is paused: it is sent once you resume.");
  if (status?.link !== "online")
    return later("Kept on this computer, and sent as soon as Airflow can be reached.");
  return { word: "Save and send", why: "Kept on this computer and sent to Airflow at once." };
}
