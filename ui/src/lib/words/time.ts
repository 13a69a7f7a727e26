// Times in words: relative for reading, exact for certainty.

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

/**
 * "just now", "4 min ago", "3 h ago", "2 days ago", "in 20 min", "in 3 h", else the date. Rust tells the age of a reading in
 * the same words: `tests/vectors/ago.json` holds both to them.
 */
export function ago(iso: string, nowMs: number): string {
  const seconds = Math.floor((nowMs - Date.parse(iso)) / 1000);
  if (Number.isNaN(seconds)) return "";
  if (seconds < -DAY_S) return exact(iso).slice(0, 16);
  if (seconds < -HOUR_S) return `in ${Math.round(-seconds / HOUR_S)} h`;
  if (seconds < -MINUTE_S) return `in ${Math.round(-seconds / MINUTE_S)} min`;
  if (seconds < MINUTE_S) return "just now";
  if (seconds < HOUR_S) return `${Math.floor(seconds / MINUTE_S)} min ago`;
  if (seconds < DAY_S) return `${Math.floor(seconds / HOUR_S)} h ago`;
  const days = Math.floor(seconds / DAY_S);
  if (days < 14) return days === 1 ? "1 day ago" : `${days} days ago`;
  return exact(iso).slice(0, 10);
}

/** `2026-11-22 14:02:11`, in this computer's zone. */
export function exact(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const two = (part: number) => String(part).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `17:02`, in this computer's zone. */
export function hourMinute(iso: string): string {
  return exact(iso).slice(11, 16);
}

/** How long something took, or has taken so far: "0.8 s", "42 s", "3 min 5 s", "2 h 10 min". */
export function lasted(startIso: string, endIso: string | null, nowMs: number): string {
  const ms = (endIso ? Date.parse(endIso) : nowMs) - Date.parse(startIso);
  if (Number.isNaN(ms) || ms < 0) return "";
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < MINUTE_S) return `${seconds} s`;
  if (seconds < HOUR_S) return `${Math.floor(seconds / MINUTE_S)} min ${seconds % MINUTE_S} s`;
  return `${Math.floor(seconds / HOUR_S)} h ${Math.round((seconds % HOUR_S) / MINUTE_S)} min`;
}
