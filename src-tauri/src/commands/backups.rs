//! Backups of everything that is kept here, secrets excepted.

use super::exchange::part_of;
use super::{Answer, Open};
use crate::backups::Backups;
use crate::downloads;
use crate::problems::blocking;
use leeward_model::SavedBackup;
use leeward_sync::new_ulid;
use std::sync::Arc;
use tauri::{AppHandle, State};

/// Writes everything that is kept here among the downloads, secrets excepted.
#[tauri::command]
pub(crate) async fn backup_save(
    app: AppHandle,
    open: Open<'_>,
    backups: State<'_, Arc<Backups>>,
) -> Answer<SavedBackup> {
    let (data, now, backups) = (
        open.kit.data.clone(),
        open.kit.runtime.now(),
        Arc::clone(&backups),
    );
    let folder = downloads::folder(&app)?;
    blocking(move || backups.save(&data, &folder, now)).await
}

/// Begins to take a backup over, and gives the id by which it is meant from then on. One that was open is let go.
#[tauri::command]
pub(crate) async fn restore_begin(open: Open<'_>, backups: State<'_, Arc<Backups>>) -> Answer<String> {
    let file = new_ulid(open.kit.runtime.as_ref()).to_string();
    backups.begin(&open.kit.data, file.clone())?;
    Ok(file)
}

/// The next part of the backup, in base64.
#[tauri::command]
pub(crate) async fn restore_part(backups: State<'_, Arc<Backups>>, file: String, part: String) -> Answer<()> {
    let (backups, part) = (Arc::clone(&backups), part_of(&part)?);
    blocking(move || backups.add(&file, &part)).await
}

/// Checks the whole backup and brings its environments back, replacing nothing; tells their names.
#[tauri::command]
pub(crate) async fn restore_end(
    open: Open<'_>,
    backups: State<'_, Arc<Backups>>,
    file: String,
) -> Answer<Vec<String>> {
    let (data, backups) = (open.kit.data.clone(), Arc::clone(&backups));
    blocking(move || backups.restore(&data, &file)).await
}
