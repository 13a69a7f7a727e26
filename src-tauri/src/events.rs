//! What the window is told without asking; `ui/src/lib/platform` is the other end.

use leeward_model::{MirrorChanged, MirrorPart, Navigate, Status, StatusChanged};
use serde::Serialize;
use tauri::{AppHandle, Emitter};

/// Tells the window to pull, and what else changed.
pub(crate) fn mirror_changed(app: &AppHandle, env: &str, parts: &[MirrorPart]) {
    let event = MirrorChanged {
        env: env.into(),
        parts: parts.to_vec(),
    };
    send(app, "mirror-changed", &event);
}

/// Tells the window that an environment was added, changed or removed, by whomever.
pub(crate) fn environments_changed(app: &AppHandle) {
    send(app, "environments-changed", &());
}

/// Tells the window where an environment stands.
pub(crate) fn status_changed(app: &AppHandle, env: &str, status: &Status) {
    let event = StatusChanged {
        env: env.into(),
        status: status.clone(),
    };
    send(app, "status-changed", &event);
}

/// Tells the window to show a screen.
pub(crate) fn navigate(app: &AppHandle, target: &Navigate) {
    send(app, "navigate", target);
}

/// Has the window ask whether to end, although something would be lost.
pub(crate) fn closing_asked(app: &AppHandle) {
    send(app, "closing-asked", &());
}

fn send<T: Serialize + Clone>(app: &AppHandle, name: &str, payload: &T) {
    if let Err(error) = app.emit(name, payload.clone()) {
        tracing::warn!(%error, name, "an event did not reach the window");
    }
}
