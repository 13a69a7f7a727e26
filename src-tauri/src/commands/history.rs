//! The history of a record.

use super::{Answer, Open};
use leeward_model::HistoryItem;
use leeward_model::carried::Carried;

/// Items that a screen gets.
const ITEMS_MAX: u32 = 500;

/// What a record was, newest first.
#[tauri::command]
pub(crate) async fn history(
    open: Open<'_>,
    env: String,
    collection: String,
    key: String,
) -> Answer<Vec<HistoryItem>> {
    let items = open
        .get(&env)?
        .read(move |ledger| ledger.history(&collection, &key, ITEMS_MAX))
        .await?;
    Ok(items.into_iter().map(Carried::to_window).collect())
}
