// States as words, tones and shapes. Tray, rail, rows and text say the same thing in the same way.
import type { ActionState, ActionView, ProblemCode, RecordView, TrayState } from "$lib/bindings";
import { same } from "$lib/db/same";

export type Tone =
  "quiet" | "pending" | "conflict" | "failed" | "running" | "success" | "offline" | "held" | "doubt";

export type Shape =
  | "insync"
  | "pending"
  | "syncing"
  | "offline"
  | "conflict"
  | "doubt"
  | "held"
  | "rejected"
  | "signin"
  | "paused"
  | "running"
  | "queued"
  | "lock";

export interface Sign {
  word: string;
  tone: Tone;
  shape: Shape;
}

const sign = (word: string, tone: Tone, shape: Shape): Sign => ({ word, tone, shape });

/** Null for a record with nothing to say. In a list there is room for 18 letters. */
export function recordSign(
  record: Pick<RecordView, "state" | "deleted" | "base">,
  isToReview = false,
): Sign | null {
  switch (record.state) {
    case "clean":
      return null;
    case "conflict":
      return sign("Conflict", "conflict", "conflict");
    case "in_doubt":
      return sign("Outcome unknown", "doubt", "doubt");
    case "rejected":
      return sign("Refused by Airflow", "failed", "rejected");
    case "violation":
      return sign("Breaks a rule", "conflict", "conflict");
    case "pending":
      return sign(pendingWord(record, isToReview), "pending", "pending");
  }
}

function pendingWord(record: Pick<RecordView, "deleted" | "base">, isToReview: boolean): string {
  const todo = isToReview ? "to review" : "to be sent";
  if (record.deleted) return `Delete, ${todo}`;
  return record.base === null ? `New, ${todo}` : waits(isToReview);
}

const waits = (isToReview: boolean) => (isToReview ? "Waits for review" : "Waits to be sent");

export function actionSign(view: Pick<ActionView, "state" | "waits_for">, isToReview = false): Sign {
  const signs: Record<ActionState, Sign> = {
    queued: sign(waits(isToReview), "pending", "pending"),
    waiting: sign(waitsFor(view.waits_for.length), "pending", "queued"),
    held: sign(view.waits_for.length > 0 ? waitsFor(view.waits_for.length) : "Waits for you", "held", "held"),
    in_doubt: sign("Outcome unknown", "doubt", "doubt"),
    done: sign("Sent", "success", "insync"),
    rejected: sign("Refused by Airflow", "failed", "rejected"),
    cancelled: sign("Taken back", "quiet", "paused"),
  };
  return signs[view.state];
}

function waitsFor(edits: number): string {
  if (edits === 0) return "Waits for edits";
  return edits === 1 ? "Waits for 1 edit" : `Waits for ${edits} edits`;
}

export function runSign(state: string): Sign {
  switch (state) {
    case "success":
      return sign("Success", "success", "insync");
    case "failed":
      return sign("Failed", "failed", "rejected");
    case "running":
      return sign("Running", "running", "running");
    case "queued":
      return sign("Queued in Airflow", "offline", "queued");
    default:
      return sign(state.replaceAll("_", " "), "quiet", "queued");
  }
}

const TRAY: Record<TrayState, { tone: Tone; shape: Shape }> = {
  in_sync: { tone: "success", shape: "insync" },
  syncing: { tone: "running", shape: "syncing" },
  offline: { tone: "offline", shape: "offline" },
  pending: { tone: "pending", shape: "pending" },
  conflict: { tone: "conflict", shape: "conflict" },
  sign_in: { tone: "failed", shape: "signin" },
  paused: { tone: "offline", shape: "paused" },
  error: { tone: "failed", shape: "rejected" },
};

export function traySign(tray: TrayState): { tone: Tone; shape: Shape } {
  return TRAY[tray];
}

/** Red is for failure: an Airflow that is away, or another process at work, is none. */
export function problemSign(code: ProblemCode): { tone: Tone; shape: Shape } {
  if (code === "unreachable") return { tone: "offline", shape: "offline" };
  if (code === "busy") return { tone: "offline", shape: "syncing" };
  return { tone: "failed", shape: "rejected" };
}

/** Work that still has to reach Airflow, or cannot without a person. */
export function isOpen(action: Pick<ActionView, "state">): boolean {
  return ["queued", "waiting", "held", "in_doubt"].includes(action.state);
}

/** Whether work on the record is unfinished. One that breaks a rule together with others may have none. */
export function isWorkedOn({ state, deleted, base, fields }: RecordView): boolean {
  if (state === "violation") return deleted || !same(base, fields);
  return state !== "clean";
}
