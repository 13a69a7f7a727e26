//! Collections that are stopped until a person has looked.

use super::{Answer, Open};
use leeward_model::BrakeView;
use ulid::Ulid;

/// The brakes that are on.
#[tauri::command]
pub(crate) async fn brakes(open: Open<'_>, env: String) -> Answer<Vec<BrakeView>> {
    open.get(&env)?.read(|ledger| ledger.brakes()).await
}

/// What was listed is truly gone: the next cycle believes it.
#[tauri::command]
pub(crate) async fn brake_accept(open: Open<'_>, id: Ulid, collection: String) -> Answer<()> {
    let workspace = open.of(id)?;
    workspace
        .write(move |ledger| ledger.accept_brake(&collection))
        .await?;
    workspace.edited().await
}
