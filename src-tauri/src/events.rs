//! What the window is told without asking; `ui/src/lib/platform` is the other end.

use leeward_model::Status;
use serde::Serialize;
use tauri::{AppHandle, Emitter};

/// The feed of an environment's mirror moved: pull.
#[derive(Debug, Clone, Serialize)]
struct MirrorChanged<'a> {
    env: &'a str,
}

/// Where an environment stands now.
#[derive(Debug, Clone, Serialize)]
struct StatusChanged<'a> {
    env: &'a str,
    status: &'a Status,
}

/// The screens that a click outside the window leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Screen {
    /// What a person must decide.
    Conflicts,
    /// How runs ended.
    Runs,
    /// What is not in Airflow yet.
    Pending,
    /// Where everything stands, sign-in included.
    Overview,
}

/// A click on the tray or on a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Navigate {
    pub(crate) env: String,
    pub(crate) to: Screen,
    /// The record or run, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
}

/// Tells the window to pull.
pub(crate) fn mirror_changed(app: &AppHandle, env: &str) {
    send(app, "mirror-changed", &MirrorChanged { env });
}

/// Tells the window that an environment was added, changed or removed, by whomever.
pub(crate) fn environments_changed(app: &AppHandle) {
    send(app, "environments-changed", &());
}

/// Tells the window where an environment stands.
pub(crate) fn status_changed(app: &AppHandle, env: &str, status: &Status) {
    send(app, "status-changed", &StatusChanged { env, status });
}

/// Tells the window to show a screen.
pub(crate) fn navigate(app: &AppHandle, target: &Navigate) {
    send(app, "navigate", target);
}

fn send<T: Serialize + Clone>(app: &AppHandle, name: &str, payload: &T) {
    if let Err(error) = app.emit(name, payload.clone()) {
        tracing::warn!(%error, name, "an event did not reach the window");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_named_as_the_window_expects() {
        let target = Navigate {
            env: "prod".into(),
            to: Screen::Conflicts,
            key: None,
        };
        let sent = serde_json::to_string(&target).unwrap();
        assert_eq!(sent, r#"{"env":"prod","to":"conflicts"}"#);
    }
}
