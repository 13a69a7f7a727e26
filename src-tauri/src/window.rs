//! The one window: opened at the start, hidden in the tray, shown again.

use crate::events;
use leeward_model::Navigate;
use std::path::PathBuf;
use tauri::{App, AppHandle, Manager, WebviewWindow, WebviewWindowBuilder};

/// The window's label, as in `tauri.conf.json` and in the capabilities.
pub(crate) const MAIN: &str = "main";

/// Opens the window as configured; unseen, it works as it does when it was closed into the tray.
///
/// # Errors
/// Those of the desktop.
pub(crate) fn open(app: &App, visible: bool) -> tauri::Result<WebviewWindow> {
    let windows = &app.config().app.windows;
    let config = windows.iter().find(|config| config.label == MAIN);
    let mut builder = WebviewWindowBuilder::from_config(app, config.ok_or(tauri::Error::WindowNotFound)?)?;
    builder = builder.visible(visible);
    if let Some(folder) = own_webview_data() {
        builder = builder.data_directory(folder);
    }
    builder.build()
}

/// A data folder of its own goes with an IndexedDB of its own, or the logs of two folders would be taken for one.
fn own_webview_data() -> Option<PathBuf> {
    let folder = std::env::var_os("LEEWARD_DATA_DIR").filter(|value| !value.is_empty())?;
    std::path::absolute(PathBuf::from(folder).join("webview")).ok()
}

/// Brings the window back, wherever it is.
pub(crate) fn show(app: &AppHandle) {
    let Some(window) = app.get_webview_window(MAIN) else {
        tracing::warn!("there is no window to show");
        return;
    };
    let shown = window
        .show()
        .and_then(|()| window.unminimize())
        .and_then(|()| window.set_focus());
    if let Err(error) = shown {
        tracing::warn!(%error, "the window could not be brought to the front");
    }
}

/// Brings the window back and tells it which screen to show.
pub(crate) fn show_at(app: &AppHandle, target: &Navigate) {
    show(app);
    events::navigate(app, target);
}
