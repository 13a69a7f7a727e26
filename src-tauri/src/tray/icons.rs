//! The tray's icons, one a state, in the binary itself.

use leeward_model::TrayState;
use tauri::image::Image;
use tauri::include_image;

/// The icon of a state.
pub(crate) fn of(state: TrayState) -> Image<'static> {
    match state {
        TrayState::InSync => include_image!("../icons/tray/in-sync.png"),
        TrayState::Syncing => include_image!("../icons/tray/syncing.png"),
        TrayState::Offline => include_image!("../icons/tray/offline.png"),
        TrayState::Pending => include_image!("../icons/tray/pending.png"),
        TrayState::Conflict => include_image!("../icons/tray/conflict.png"),
        TrayState::SignIn => include_image!("../icons/tray/sign-in.png"),
        TrayState::Paused => include_image!("../icons/tray/paused.png"),
        TrayState::Error => include_image!("../icons/tray/error.png"),
    }
}
