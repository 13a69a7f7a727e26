//! The tray: the state as an icon, the status line in words, and the few things one does without the window.

pub(crate) mod board;
mod face;
mod host;
mod icons;

use crate::workspaces::Workspaces;
use crate::{closing, notifications, window};
use board::{Parts, Tray};
use face::Face;
use leeward_model::{Navigate, Screen};
use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use tauri::menu::{Menu, MenuItem, PredefinedMenuItem};
use tauri::tray::TrayIconBuilder;
use tauri::{AppHandle, Manager};

/// The tray's id within the app.
const ID: &str = "leeward";

/// What a menu line does.
mod line {
    pub(super) const STATUS: &str = "status";
    pub(super) const SYNC: &str = "sync";
    pub(super) const PENDING: &str = "pending";
    pub(super) const CONFLICTS: &str = "conflicts";
    pub(super) const OPEN: &str = "open";
    pub(super) const QUIT: &str = "quit";
}

/// Puts the icon into the tray. A desktop without one goes without, and the log says so.
pub(crate) fn start(app: &AppHandle) {
    let face = Face::of(&BTreeMap::new());
    // The library behind the icon is loaded at run time, and its absence is a panic there.
    let built = panic::catch_unwind(AssertUnwindSafe(|| build(app, &face)));
    let parts = match built {
        Ok(Ok(parts)) => Some(parts),
        Ok(Err(error)) => {
            tracing::warn!(%error, "there is no tray icon");
            None
        }
        Err(_) => None,
    };
    app.manage(Tray::new(parts, face));
}

/// Whether closing the window can leave the app in the tray.
pub(crate) fn is_usable(app: &AppHandle) -> bool {
    app.try_state::<Tray>().is_some_and(|tray| tray.parts.is_some()) && host::is_present()
}

fn build(app: &AppHandle, face: &Face) -> tauri::Result<Parts> {
    let item =
        |id: &str, label: &str, enabled: bool| MenuItem::with_id(app, id, label, enabled, None::<&str>);
    let status = item(line::STATUS, &face.line, false)?;
    let sync = item(line::SYNC, "Sync now", face.connected)?;
    let pending = item(line::PENDING, &face.pending_label(), face.connected)?;
    let conflicts = item(line::CONFLICTS, &face.conflicts_label(), face.connected)?;
    let open = item(line::OPEN, "Open Leeward", true)?;
    let quit = item(line::QUIT, &face.quit_label(), true)?;
    let separator = || PredefinedMenuItem::separator(app);
    let menu = Menu::with_items(
        app,
        &[
            &status,
            &separator()?,
            &sync,
            &pending,
            &conflicts,
            &separator()?,
            &open,
            &quit,
        ],
    )?;
    let icon = TrayIconBuilder::with_id(ID)
        .icon(icons::of(face.state))
        .title(&face.line)
        .tooltip(&face.line)
        .menu(&menu)
        .on_menu_event(|app, event| clicked(app, event.id().as_ref()))
        .build(app)?;
    Ok(Parts {
        icon,
        status,
        sync,
        pending,
        conflicts,
        quit,
    })
}

fn clicked(app: &AppHandle, id: &str) {
    match id {
        line::SYNC => sync_all(app),
        line::PENDING => go(app, Screen::Pending),
        line::CONFLICTS => go(app, Screen::Conflicts),
        line::OPEN => window::show(app),
        line::QUIT => quit(app),
        _ => {}
    }
}

/// Problems are told by the status line, which the cycle itself changes.
fn sync_all(app: &AppHandle) {
    let Some(workspaces) = app.try_state::<Arc<Workspaces>>() else {
        return;
    };
    for workspace in workspaces.all() {
        tauri::async_runtime::spawn(async move {
            if let Err(problem) = workspace.driver.sync_now().await {
                tracing::info!(environment = workspace.environment.name, %problem, "the cycle asked for from the tray");
            }
        });
    }
}

fn go(app: &AppHandle, to: Screen) {
    let environment = app
        .try_state::<Tray>()
        .and_then(|tray| face::environment_for(to, &tray.known().statuses));
    match environment {
        Some(env) => window::show_at(app, &Navigate { env, to, key: None }),
        None => window::show(app),
    }
}

/// Says that nothing is synced from now on, where there is no tray to go on from.
pub(crate) fn tell_that_sync_ends(app: &AppHandle) {
    let kept = board::unsent_words(app)
        .map_or_else(String::new, |words| format!(" {words}, kept on this computer."));
    let body = format!("This desktop has no tray to sync from, so Leeward was closed.{kept}");
    tracing::info!("no tray: closing the window ends the app");
    notifications::tell_now("Leeward no longer syncs", &body);
}

/// Ends the app, whatever it is doing: what was entered is durable, and a cut cycle is settled at the next start.
fn quit(app: &AppHandle) {
    if closing::asks(app) {
        return;
    }
    tracing::info!("quitting");
    app.exit(0);
}
