//! The typed collections that there are.

use super::{Answer, Open};
use leeward_model::CollectionView;
use ulid::Ulid;

/// The typed collections by name, each with its data model; read again when the part `collections` of the mirror changed.
#[tauri::command]
pub(crate) async fn collections(open: Open<'_>, id: Ulid) -> Answer<Vec<CollectionView>> {
    open.of(id)?.read(|ledger| ledger.collection_views()).await
}
