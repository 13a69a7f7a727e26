//! Tells Tauri the app's commands by name: only what is named here can be permitted to a window.

/// Every command that the app handles; `capabilities/main.json` permits them one by one.
const COMMANDS: &[&str] = &[
    "environments",
    "environment_probe",
    "environment_add",
    "environment_sign_in",
    "environment_update",
    "environment_remove",
    "mirror_handshake",
    "mirror_push",
    "mirror_pull",
    "mirror_rebuild",
    "status",
    "sync_now",
    "sync_send",
    "sync_pause",
    "dags",
    "dag",
    "conf_check",
    "runs",
    "history",
    "brakes",
    "brake_accept",
    "secret_replace",
    "vault_state",
    "vault_unlock",
    "has_tray",
    "window_zoom",
];

fn main() {
    // The built UI is part of the binary.
    println!("cargo:rerun-if-changed=../ui/build");
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    let attributes = tauri_build::Attributes::new().app_manifest(manifest);
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo:error={error:#}");
    }
}
