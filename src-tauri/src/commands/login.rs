//! The start at login, which is off until it is asked for.

use super::Answer;
use crate::login::Login;
use crate::problems::{blocking, internal};
use tauri::AppHandle;

/// Whether Leeward starts when the analyst logs in; null where this system offers no such start.
#[tauri::command]
pub(crate) async fn login_start(app: AppHandle) -> Answer<Option<bool>> {
    let Some(login) = Login::of(&app) else {
        return Ok(None);
    };
    blocking(move || login.is_on().map(Some)).await
}

/// Has Leeward start at login from now on, with the tray alone, or no more.
#[tauri::command]
pub(crate) async fn login_start_set(app: AppHandle, on: bool) -> Answer<()> {
    let Some(login) = Login::of(&app) else {
        return Err(internal("This system offers no start at login."));
    };
    blocking(move || if on { login.turn_on() } else { login.turn_off() }).await
}
