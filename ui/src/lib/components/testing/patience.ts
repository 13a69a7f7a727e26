// What a test waits for comes, or hangs: a busy machine may need many times the second that vitest gives it.
import { vi } from "vitest";

const PATIENCE_MS = 30_000;
const { waitFor, waitUntil } = vi;

vi.waitFor = (callback, options) => waitFor(callback, options ?? { timeout: PATIENCE_MS });
vi.waitUntil = (callback, options) => waitUntil(callback, options ?? { timeout: PATIENCE_MS });
