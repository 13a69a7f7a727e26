//! Secrets: unlocking where they are kept, and replacing one that is in Airflow.

use super::{Answer, Open};
use crate::problems::{blocking, not_found};
use leeward_model::{Change, Collection, EntryKind, FieldKind, VaultState, secret_ref, sensitive};
use leeward_profile::SecretText;
use leeward_store::Work;
use std::collections::BTreeMap;
use std::sync::Arc;
use ulid::Ulid;

/// The client of the log for work that the window must not hold itself.
const CLIENT: &str = "app";

/// Where secrets are kept, and whether they can be read now.
#[tauri::command]
pub(crate) async fn vault_state(open: Open<'_>) -> Answer<VaultState> {
    let secrets = open.kit.secrets.clone();
    blocking(move || secrets.state()).await
}

/// Unlocks the encrypted file; environments that waited for their secret go on.
#[tauri::command]
pub(crate) async fn vault_unlock(open: Open<'_>, passphrase: String) -> Answer<()> {
    let secrets = open.kit.secrets.clone();
    let passphrase = SecretText::new(passphrase);
    blocking(move || secrets.unlock(passphrase)).await?;
    open.reopen_without_secret().await;
    Ok(())
}

/// Replaces a secret value: it goes to the keychain, and only its id into the log. `fields`: what was typed beside it, such
/// as the description of a new record; they are one piece of work.
#[tauri::command]
pub(crate) async fn secret_replace(
    open: Open<'_>,
    id: Ulid,
    collection: String,
    key: String,
    value: String,
    fields: BTreeMap<String, Change>,
    reason: Option<String>,
) -> Answer<()> {
    sensitive::check_replacement(&value)?;
    let workspace = open.of(id)?;
    let field = secret_field(&collection)?;
    let mut fields = fields;
    // In clear it must not get into the log.
    fields.remove(&field);
    let runtime = Arc::clone(&open.kit.runtime);
    let secret_id = leeward_sync::new_ulid(runtime.as_ref());
    let (secrets, value) = (open.kit.secrets.clone(), SecretText::new(value));
    blocking(move || secrets.keep_replacement(&secret_id.to_string(), &value)).await?;
    let entry_id = leeward_sync::new_ulid(runtime.as_ref());
    workspace
        .write(move |ledger| {
            // What is there now is what is replaced: a sealed value cannot be shown to decide by.
            let from = ledger
                .record(&collection, &key)?
                .and_then(|record| record.local(&field).cloned());
            let change = Change {
                from,
                to: Some(secret_ref(&secret_id.to_string())),
            };
            fields.insert(field, change);
            let work = Work {
                collection,
                key,
                fields,
                reason,
                ..Work::new(entry_id, EntryKind::Edit)
            };
            ledger.enter(CLIENT, work, runtime.now())
        })
        .await?;
    workspace.edited().await
}

/// The field of a collection that can hold a secret: a text that may be JSON is what Airflow masks.
fn secret_field(collection: &str) -> Answer<String> {
    Collection::built_in(collection)
        .and_then(|model| {
            model
                .fields
                .into_iter()
                .find(|field| field.kind == FieldKind::JsonText)
        })
        .map(|field| field.name)
        .ok_or_else(|| not_found(format!("There is no collection {collection} with secrets.")))
}
