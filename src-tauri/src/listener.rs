//! What an environment's driver tells, passed on to the window, the tray and the notifications.

use crate::events;
use crate::notifications::Notifier;
use crate::tray::board;
use leeward_model::{MirrorPart, Status};
use leeward_sync::{Listener, Notice};
use tauri::{AppHandle, Manager};

/// Passes on what one environment's driver tells.
pub(crate) struct WorkspaceListener {
    app: AppHandle,
    environment: String,
}

impl WorkspaceListener {
    pub(crate) fn new(app: AppHandle, environment: &str) -> Self {
        Self {
            app,
            environment: environment.into(),
        }
    }
}

impl Listener for WorkspaceListener {
    fn mirror_changed(&self, parts: &[MirrorPart]) {
        events::mirror_changed(&self.app, &self.environment, parts);
    }

    fn status_changed(&self, status: &Status) {
        events::status_changed(&self.app, &self.environment, status);
        board::show(&self.app, status);
    }

    fn notice(&self, notice: &Notice) {
        if let Some(notifier) = self.app.try_state::<Notifier>() {
            notifier.add(&self.environment, notice);
        }
    }
}
