//! What the tray shows: each environment's status, as one icon and one line.

use super::face::Face;
use super::icons;
use leeward_model::Status;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tauri::menu::MenuItem;
use tauri::tray::TrayIcon;
use tauri::{AppHandle, Manager, Wry};

/// The tray and what it shows. Without an icon (no library for one) it still knows the statuses.
pub(crate) struct Tray {
    pub(super) parts: Option<Parts>,
    known: Mutex<Known>,
}

pub(super) struct Known {
    pub(super) statuses: BTreeMap<String, Status>,
    shown: Face,
}

/// What changes with the status.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) icon: TrayIcon,
    pub(super) status: MenuItem<Wry>,
    pub(super) sync: MenuItem<Wry>,
    pub(super) pending: MenuItem<Wry>,
    pub(super) conflicts: MenuItem<Wry>,
    pub(super) quit: MenuItem<Wry>,
}

impl Tray {
    /// Nothing is known yet.
    pub(super) fn new(parts: Option<Parts>, face: Face) -> Self {
        let known = Known {
            statuses: BTreeMap::new(),
            shown: face,
        };
        Self {
            parts,
            known: Mutex::new(known),
        }
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
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
