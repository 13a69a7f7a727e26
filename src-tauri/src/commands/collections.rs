//! The typed collections that there are, and their data models: looked at while one describes them, kept and removed.

use super::{Answer, Open};
use crate::downloads;
use crate::events;
use crate::problems::blocking;
use crate::workspace::Workspace;
use leeward_model::carried::Carried;
use leeward_model::{CollectionView, MirrorPart, ModelDraft, ModelLook, Problem, SavedFile};
use leeward_sync::collections::{self, Author, Refusal};
use std::sync::Arc;
use tauri::AppHandle;
use ulid::Ulid;

/// The client of the log for work on data models.
const CLIENT: &str = "app";

/// The typed collections by name, each with its data model; read again when the part `collections` of the mirror changed.
#[tauri::command]
pub(crate) async fn collections(open: Open<'_>, id: Ulid) -> Answer<Vec<CollectionView>> {
    let views = open.of(id)?.read(|ledger| ledger.collection_views()).await?;
    Ok(views.to_window())
}

/// A data model's file in its canonical form, or what is wrong with it.
#[tauri::command]
pub(crate) async fn model_read(file: String) -> Answer<ModelLook> {
    blocking(move || Ok(collections::read(&file))).await
}

/// Writes a data model among the downloads, as it is shown: a text that is none, yet, as well. `stem`: the file's name without
/// its ending.
#[tauri::command]
pub(crate) async fn model_save(app: AppHandle, stem: String, text: String) -> Answer<SavedFile> {
    let folder = downloads::folder(&app)?;
    blocking(move || {
        let stem = downloads::stem(&stem);
        let name = downloads::save(&folder, &stem, "json", text.as_bytes())?;
        Ok(SavedFile {
            name,
            folder: folder.display().to_string(),
            rows: 0,
            left_out: 0,
        })
    })
    .await
}

/// What is wrong with a described data model, and what keeping it would do to the records that there are.
#[tauri::command]
pub(crate) async fn model_look(open: Open<'_>, id: Ulid, draft: ModelDraft) -> Answer<ModelLook> {
    let look = move |ledger: &leeward_store::Ledger<'_>| Ok(collections::look(ledger, &draft));
    open.of(id)?.read(look).await?.map_err(problem)
}

/// Makes the collection that was described, or gives it its next version; tells its name. The next sync shares it.
#[tauri::command]
pub(crate) async fn model_keep(
    app: AppHandle,
    open: Open<'_>,
    id: Ulid,
    draft: ModelDraft,
) -> Answer<String> {
    let workspace = open.of(id)?;
    let runtime = Arc::clone(&open.kit.runtime);
    let name = workspace
        .try_write(move |ledger| {
            let author = Author {
                client: CLIENT,
                id: leeward_sync::new_ulid(runtime.as_ref()),
                now: runtime.now(),
            };
            collections::keep(ledger, author, &draft)
        })
        .await?
        .map_err(problem)?;
    changed(&app, &workspace).await?;
    Ok(name)
}

/// Deletes a collection's data model with the next sync; its records stay, as Variables.
#[tauri::command]
pub(crate) async fn model_remove(app: AppHandle, open: Open<'_>, id: Ulid, name: String) -> Answer<()> {
    let workspace = open.of(id)?;
    let runtime = Arc::clone(&open.kit.runtime);
    workspace
        .try_write(move |ledger| {
            let author = Author {
                client: CLIENT,
                id: leeward_sync::new_ulid(runtime.as_ref()),
                now: runtime.now(),
            };
            collections::remove(ledger, author, &name)
        })
        .await?
        .map_err(problem)?;
    changed(&app, &workspace).await
}

/// The collections follow their models, and the window learns of it before it asks.
async fn changed(app: &AppHandle, workspace: &Workspace) -> Result<(), Problem> {
    workspace.follow_models().await?;
    events::mirror_changed(app, &workspace.environment.name, &[MirrorPart::Collections]);
    workspace.edited().await
}

/// With what to do next in the window.
fn problem(refusal: Refusal) -> Problem {
    let next = match &refusal {
        Refusal::NoCollection(_) => "Choose another one on the left.",
        Refusal::NameTaken(_) => "Choose another name.",
        Refusal::NoPrefix
        | Refusal::BadPrefix(_)
        | Refusal::HiddenPrefix(_)
        | Refusal::PrefixTaken { .. }
        | Refusal::VariableTaken(_) => "Choose another prefix.",
        Refusal::Moved { .. } | Refusal::CannotFollow { .. } => {
            "Look at the one that is there, and change that."
        }
        Refusal::MayNotFollow(_) => "Make another collection for it.",
        Refusal::WorkWaits(_) => "Send what waits there, or take it back, and remove it then.",
        Refusal::NoVariable(_) => "Sync, and look again.",
        Refusal::Faults(_) => "Correct it, and try again.",
        Refusal::KeptByCompanion(_) => "Ask whoever keeps Airflow's DAGs.",
        Refusal::Store(_) => "Try again.",
    };
    refusal.into_problem(next)
}
