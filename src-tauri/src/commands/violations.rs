//! What records break together.

use super::{Answer, Open};
use leeward_model::Violation;
use ulid::Ulid;

/// The rules of data models that are broken, by collection; read again when the part `violations` of the mirror changed.
#[tauri::command]
pub(crate) async fn violations(open: Open<'_>, id: Ulid) -> Answer<Vec<Violation>> {
    open.of(id)?.read(|ledger| ledger.violations()).await
}
