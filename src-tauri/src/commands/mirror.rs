//! Between the window's IndexedDB and the mirror. The window speaks for its own client only, and with an environment by
//! its identity: one that was removed and added again under its name has another.

use super::{Answer, Open};
use crate::events;
use crate::workspace::Workspace;
use leeward_model::carried::Carried;
use leeward_model::{
    Entry, Handshake, HandshakeAnswer, PackedRecord, Problem, PullAnswer, PushAnswer, Rebuild,
};
use tauri::AppHandle;
use ulid::Ulid;

/// The window's first word: who must tell whom what.
#[tauri::command]
pub(crate) async fn mirror_handshake(
    open: Open<'_>,
    id: Ulid,
    handshake: Handshake,
) -> Answer<HandshakeAnswer> {
    let workspace = open.of(id)?;
    let answer = workspace
        .write(move |ledger| ledger.handshake(&handshake))
        .await?;
    workspace.window_spoke().await?;
    Ok(answer)
}

/// Takes over entries of the window's log; durable when this returns.
#[tauri::command]
pub(crate) async fn mirror_push(
    app: AppHandle,
    open: Open<'_>,
    id: Ulid,
    client: String,
    epoch: u64,
    from_seq: u64,
    entries: Vec<Entry>,
) -> Answer<PushAnswer> {
    let workspace = open.of(id)?;
    let now = open.kit.runtime.now();
    let entries: Vec<Entry> = entries.into_iter().map(Carried::out_of_window).collect();
    let answer = workspace
        .write(move |ledger| ledger.push(&client, epoch, from_seq, &entries, now))
        .await?;
    worked(&app, &workspace).await?;
    Ok(answer)
}

/// What changed in the mirror after a place in its feed.
#[tauri::command]
pub(crate) async fn mirror_pull(
    open: Open<'_>,
    id: Ulid,
    client: String,
    cursor: u64,
    limit: u32,
) -> Answer<PullAnswer<PackedRecord>> {
    open.of(id)?
        .read(move |ledger| ledger.pull_packed(&client, cursor, limit))
        .await
}

/// Takes over what the window holds, after the mirror was lost.
#[tauri::command]
pub(crate) async fn mirror_rebuild(
    app: AppHandle,
    open: Open<'_>,
    id: Ulid,
    rebuild: Rebuild,
) -> Answer<PushAnswer> {
    let workspace = open.of(id)?;
    let now = open.kit.runtime.now();
    let rebuild = rebuild.out_of_window();
    let answer = workspace
        .write(move |ledger| ledger.rebuild(&rebuild, now))
        .await?;
    worked(&app, &workspace).await?;
    Ok(answer)
}

/// The window pulls what its push made of the record at once, and the engine learns that there is work.
async fn worked(app: &AppHandle, workspace: &Workspace) -> Result<(), Problem> {
    events::mirror_changed(app, &workspace.environment.name, &[]);
    workspace.edited().await
}
