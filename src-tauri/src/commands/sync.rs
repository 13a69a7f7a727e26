//! Where an environment stands, and syncing it by hand.

use super::{Answer, Open};
use crate::problems::blocking;
use leeward_model::{CycleSummary, Status};
use std::sync::Arc;
use ulid::Ulid;

/// Where the environment stands.
#[tauri::command]
pub(crate) async fn status(open: Open<'_>, env: String) -> Answer<Status> {
    open.get(&env)?.status().await
}

/// One cycle now.
#[tauri::command]
pub(crate) async fn sync_now(open: Open<'_>, env: String) -> Answer<CycleSummary> {
    let workspace = open.get(&env)?;
    match &workspace.no_secret {
        Some(problem) => Err(problem.clone()),
        None => workspace.driver.sync_now().await,
    }
}

/// What is pending now was looked at and may go out; it does at once, or as soon as Airflow can be reached.
#[tauri::command]
pub(crate) async fn sync_send(open: Open<'_>, id: Ulid) -> Answer<CycleSummary> {
    let workspace = open.of(id)?;
    workspace.write(|ledger| ledger.approve_pending()).await?;
    match &workspace.no_secret {
        Some(problem) => Err(problem.clone()),
        None => workspace.driver.sync_now().await,
    }
}

/// Ends the cycle under way where nothing is done by half. What is pending waits until the next "Sync now".
#[tauri::command]
pub(crate) async fn sync_stop(open: Open<'_>, env: String) -> Answer<()> {
    open.get(&env)?.driver.stop_cycle();
    Ok(())
}

/// Pauses automatic cycles, or goes on with them.
#[tauri::command]
pub(crate) async fn sync_pause(open: Open<'_>, env: String, paused: bool) -> Answer<Status> {
    let workspace = open.get(&env)?;
    let driver = Arc::clone(&workspace.driver);
    blocking(move || {
        driver.pause(paused);
        driver.status()
    })
    .await
}
