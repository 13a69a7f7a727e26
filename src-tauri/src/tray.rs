//! The tray: the state as an icon, the status line in words, and the few things one does without the window.

mod face;
mod host;
mod icons;

use crate::desks::Desks;
use crate::events::{Navigate, Screen};
use crate::{app, window};
use face::Face;
use leeward_model::Status;
use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tauri::menu::{Menu, MenuItem, PredefinedMenuItem};
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Manager, Wry};

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

/// The tray and what it shows. Without an icon (no library for one) it still knows the statuses.
pub(crate) struct Tray {
    parts: Option<Parts>,
    known: Mutex<Known>,
}

struct Known {
    statuses: BTreeMap<String, Status>,
    shown: Face,
}

/// What changes with the status.
#[derive(Clone)]
struct Parts {
    icon: TrayIcon,
    status: MenuItem<Wry>,
    sync: MenuItem<Wry>,
    pending: MenuItem<Wry>,
    conflicts: MenuItem<Wry>,
    quit: MenuItem<Wry>,
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
    app.manage(Tray {
        parts,
        known: Mutex::new(Known {
            statuses: BTreeMap::new(),
            shown: face,
        }),
    });
}

/// Whether closing the window can leave the app in the tray.
pub(crate) fn is_usable(app: &AppHandle) -> bool {
    app.try_state::<Tray>().is_some_and(|tray| tray.parts.is_some()) && host::is_present()
}

/// Shows an environment's new status, if anything of it differs. Returns at once: the change is made by the main thread.
pub(crate) fn show(app: &AppHandle, status: &Status) {
    change(app, |statuses| {
        statuses.insert(status.environment.clone(), status.clone());
    });
}

/// An environment is no longer there.
pub(crate) fn forget(app: &AppHandle, environment: &str) {
    change(app, |statuses| {
        statuses.remove(environment);
    });
}

/// What is not in Airflow yet, in words; `None` when nothing is.
pub(crate) fn unsent_words(app: &AppHandle) -> Option<String> {
    app.try_state::<Tray>()
        .and_then(|tray| tray.known().shown.unsent_words())
}

impl Tray {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn change(app: &AppHandle, change: impl FnOnce(&mut BTreeMap<String, Status>)) {
    let Some(tray) = app.try_state::<Tray>() else {
        return;
    };
    let mut known = tray.known();
    change(&mut known.statuses);
    let face = Face::of(&known.statuses);
    if face == known.shown {
        return;
    }
    let same_icon = face.state == known.shown.state && face.connected == known.shown.connected;
    known.shown = face.clone();
    drop(known);
    if let Some(parts) = tray.parts.clone() {
        hand_to_main_thread(app, move || parts.apply(&face, same_icon));
    }
}

fn hand_to_main_thread(app: &AppHandle, work: impl FnOnce() -> tauri::Result<()> + Send + 'static) {
    let handed = app.run_on_main_thread(move || {
        if let Err(error) = work() {
            tracing::warn!(%error, "the tray could not be changed");
        }
    });
    if let Err(error) = handed {
        tracing::warn!(%error, "the tray could not be reached");
    }
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

impl Parts {
    fn apply(&self, face: &Face, same_icon: bool) -> tauri::Result<()> {
        if !same_icon {
            self.icon.set_icon(Some(icons::of(face.state)))?;
        }
        self.icon.set_title(Some(&face.line))?;
        self.icon.set_tooltip(Some(&face.line))?;
        self.status.set_text(&face.line)?;
        self.pending.set_text(face.pending_label())?;
        self.conflicts.set_text(face.conflicts_label())?;
        self.quit.set_text(face.quit_label())?;
        for needs_environment in [&self.sync, &self.pending, &self.conflicts] {
            needs_environment.set_enabled(face.connected)?;
        }
        Ok(())
    }
}

fn clicked(app: &AppHandle, id: &str) {
    match id {
        line::SYNC => sync_all(app),
        line::PENDING => go(app, Screen::Pending),
        line::CONFLICTS => go(app, Screen::Conflicts),
        line::OPEN => window::show(app),
        line::QUIT => app::quit(app),
        _ => {}
    }
}

/// Problems are told by the status line, which the cycle itself changes.
fn sync_all(app: &AppHandle) {
    let Some(desks) = app.try_state::<Arc<Desks>>() else {
        return;
    };
    for desk in desks.all() {
        tauri::async_runtime::spawn(async move {
            if let Err(problem) = desk.driver.sync_now().await {
                tracing::info!(environment = desk.environment.name, %problem, "the cycle asked for from the tray");
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
