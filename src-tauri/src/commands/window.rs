//! The window itself: its zoom, and whether it can be closed into a tray.

use super::Answer;
use crate::problems::{bad_input, blocking, internal};
use crate::tray;
use tauri::{AppHandle, WebviewWindow};

/// The zooms that every screen is made for.
const ZOOM: std::ops::RangeInclusive<f64> = 0.8..=2.0;

/// Whether closing the window leaves Leeward in the tray; where not, it ends.
#[tauri::command]
pub(crate) async fn has_tray(app: AppHandle) -> Answer<bool> {
    blocking(move || Ok(tray::is_usable(&app))).await
}

/// Enlarges everything in the window; 1 is as designed.
#[tauri::command]
pub(crate) async fn window_zoom(window: WebviewWindow, factor: f64) -> Answer<()> {
    if !ZOOM.contains(&factor) {
        let what = format!("{factor} is no zoom of this window.");
        return Err(bad_input(what, "Use 0.8 to 2."));
    }
    window.set_zoom(factor).map_err(|error| {
        tracing::warn!(%error, "the window could not be zoomed");
        internal("The window could not be zoomed.")
    })
}
