//! The window itself: its zoom, and whether it can be closed into a tray.

use super::Answer;
use crate::closing::Closing;
use crate::problems::{bad_input, blocking, internal};
use crate::tray;
use tauri::{AppHandle, State, WebviewWindow};

/// The zooms that every screen is made for.
const ZOOM: std::ops::RangeInclusive<f64> = 0.8..=2.0;

/// Whether closing the window leaves Leeward in the tray; where not, it ends.
#[tauri::command]
pub(crate) async fn has_tray(app: AppHandle) -> Answer<bool> {
    blocking(move || Ok(tray::is_usable(&app))).await
}

/// Whether a secret is half typed, which would be lost with the window: then it is asked before the app ends.
#[tauri::command]
pub(crate) async fn window_holds_secret(closing: State<'_, Closing>, holds: bool) -> Answer<()> {
    closing.holds(holds);
    Ok(())
}

/// Ends the app, whatever would be lost.
#[tauri::command]
pub(crate) async fn app_end(app: AppHandle) -> Answer<()> {
    if !tray::is_usable(&app) {
        tray::tell_that_sync_ends(&app);
    }
    app.exit(0);
    Ok(())
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
