// Where passwords are kept, in the same words wherever it is said.
import type { VaultState } from "$lib/bindings";

export const VAULT: Record<VaultState, string> = {
  keychain: "in this computer's keychain",
  file_open: "in a file on this computer, encrypted under your passphrase",
  file_locked: "in a file on this computer, encrypted under your passphrase (locked)",
};

/** What becomes of a password that is typed now. */
export function vaultPromise(vault: VaultState): string {
  const where =
    vault === "keychain"
      ? "goes to this computer's keychain"
      : "goes into a file on this computer, encrypted under your passphrase; this computer has no keychain";
  return `The password ${where}. It is stored only after Airflow accepted it.`;
}
