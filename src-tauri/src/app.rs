//! Puts the app together, and decides what closing, quitting and a second start do.

use crate::backups::Backups;
use crate::closing::{self, Closing};
use crate::imports::Imports;
use crate::notifications::Notifier;
use crate::secrets::Secrets;
use crate::workspace::Kit;
use crate::workspaces::Workspaces;
use crate::{hidden_start, panics, problems, restart, tray, window};
use leeward_model::Problem;
use leeward_profile::{DataDir, log};
use leeward_sync::SystemRuntime;
use std::error::Error;
use std::sync::Arc;
use tauri::{App, AppHandle, CloseRequestApi, Manager, RunEvent, Window, WindowEvent};
use tauri_plugin_window_state::StateFlags;

/// Runs the app until it is quit.
///
/// # Errors
/// When the data folder cannot be used or the desktop refuses a window.
pub(crate) fn run() -> Result<(), Problem> {
    let data = DataDir::resolve(None)?;
    let _log = log::init(&data, "app")?;
    panics::log();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "starting");
    let app = build(data).map_err(|error| {
        if restart::is_called_for(&error) {
            restart::start_again();
        }
        problems::of_desktop(&error)
    })?;
    app.run(during);
    Ok(())
}

fn build(data: DataDir) -> tauri::Result<App> {
    tauri::Builder::default()
        // First, so that a second start ends before it touches anything.
        .plugin(tauri_plugin_single_instance::init(|app, arguments, _| {
            started_again(app, &arguments);
        }))
        .plugin(remembering_the_window())
        // Made by build.rs of every function in `commands` that is a command.
        .invoke_handler(include!(concat!(env!("OUT_DIR"), "/handler.rs")))
        .on_window_event(on_window_event)
        .setup(move |app| set_up(app, data))
        .build(tauri::generate_context!())
}

/// A second start by a person wants the window; one at login does not.
fn started_again(app: &AppHandle, arguments: &[String]) {
    if !hidden_start::is_asked_for(arguments.iter()) {
        window::show(app);
    }
}

/// Size and place, but not whether it was visible: it starts hidden only where that is asked for.
fn remembering_the_window() -> tauri::plugin::TauriPlugin<tauri::Wry> {
    let kept = StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED;
    tauri_plugin_window_state::Builder::new()
        .with_state_flags(kept)
        .build()
}

/// Environments are opened behind the window, so that it is there at once.
fn set_up(app: &mut App, data: DataDir) -> Result<(), Box<dyn Error>> {
    let handle = app.handle().clone();
    let kit = Kit {
        secrets: Secrets::of(&data),
        data,
        runtime: Arc::new(SystemRuntime::new()),
    };
    let workspaces = Arc::new(Workspaces::new(handle.clone(), kit));
    app.manage(Arc::clone(&workspaces));
    app.manage(Notifier::start(&handle));
    app.manage(Closing::default());
    app.manage(Imports::default());
    app.manage(Arc::new(Backups::default()));
    tray::start(&handle);
    let is_hidden = hidden_start::is_asked_for(std::env::args_os());
    window::open(app, !is_hidden)?;
    if is_hidden {
        tauri::async_runtime::spawn(hidden_start::show_without_tray(handle, SystemRuntime::new()));
    }
    tauri::async_runtime::spawn(workspaces.follow());
    Ok(())
}

fn on_window_event(window: &Window, event: &WindowEvent) {
    if let WindowEvent::CloseRequested { api, .. } = event {
        close(window, api);
    }
}

/// Closing leaves the app in the tray, where there is one. Elsewhere it would be gone from sight and still run.
fn close(window: &Window, api: &CloseRequestApi) {
    let app = window.app_handle();
    if !tray::is_usable(app) {
        if closing::asks(app) {
            api.prevent_close();
        } else {
            tray::tell_that_sync_ends(app);
        }
        return;
    }
    api.prevent_close();
    if let Err(error) = window.hide() {
        tracing::warn!(%error, "the window could not be hidden");
    }
}

#[expect(clippy::needless_pass_by_value, reason = "Tauri hands the event over")]
fn during(app: &AppHandle, event: RunEvent) {
    match event {
        RunEvent::Exit => {
            if let Some(workspaces) = app.try_state::<Arc<Workspaces>>() {
                workspaces.stop();
            }
        }
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => window::show(app),
        _ => {}
    }
}
