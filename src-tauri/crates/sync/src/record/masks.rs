//! Masks in what Airflow returns (docs/AIRFLOW.md H29): that Airflow begins to hide a part of a value, or shows it again,
//! is no change of that value. Such a reading moves the base without a trace in history, counts or merges; what was
//! known in clear is then taken out of the mirror (docs/adr/0007-masks-anywhere.md).

use crate::replacements::Replacements;
use leeward_merge::is_masked_form;
use leeward_model::{BaseField, Content, Remote, Seal, Value, secret_id};
use leeward_store::{Intent, Ledger, StoreError, StoredRecord};
use std::collections::BTreeMap;

/// Moves the base of those fields of which only the masks differ, and keeps in `remote` what is known of the text behind
/// them. Returns whether nothing else differs between what was last observed and `remote`: then nobody changed the record.
pub(crate) fn adopt(
    ledger: &Ledger<'_>,
    record: &mut StoredRecord,
    remote: &mut Remote,
) -> Result<bool, StoreError> {
    let Remote::Present(fields) = remote else {
        return Ok(false);
    };
    let observed = match &record.remote {
        Remote::Present(observed) => observed.clone(),
        Remote::Unknown | Remote::Absent => BTreeMap::new(),
    };
    let mut only_masks = observed.len() == fields.len();
    for (name, content) in fields {
        let before = observed.get(name);
        let is_as_before = before == Some(&*content);
        let is_mask = adopt_field(ledger, record, name, before, content)?;
        only_masks &= is_as_before || is_mask;
    }
    Ok(only_masks)
}

/// Whether what was read is what was there `before`, but for masks.
fn adopt_field(
    ledger: &Ledger<'_>,
    record: &mut StoredRecord,
    name: &str,
    before: Option<&Content>,
    read: &mut Content,
) -> Result<bool, StoreError> {
    let base = record.base_of(name).map(|base| base.seen.clone());
    if let Some(before) = before.filter(|before| *before == &*read) {
        // The same seal, and what is known of the text behind it.
        read.clone_from(before);
        return Ok(false);
    }
    // Where Airflow had changed it already, the base stays behind: that change is still to be asked about.
    let is_at_base = before.is_none() || before == base.as_ref();
    let base = base.filter(|_| is_at_base);
    for was in [base.as_ref(), before].into_iter().flatten() {
        if let Some(known) = same_but_for_masks(ledger, was, read)? {
            if base.is_some() {
                move_base(record, name, BaseField::seen(known.clone()));
            }
            *read = known;
            return Ok(true);
        }
    }
    Ok(false)
}

fn move_base(record: &mut StoredRecord, name: &str, now: BaseField) {
    let bases = record.base.get_or_insert_with(BTreeMap::new);
    let base = bases.insert(name.to_owned(), now.clone());
    // A pending delete was made over the same value.
    let deleted = record.overlay.as_mut().filter(|overlay| overlay.deleted);
    let deleted = deleted.and_then(|overlay| overlay.fields.get_mut(name));
    if let Some(field) = deleted.filter(|field| field.base == base) {
        field.base = Some(now);
    }
}

/// What was read, with what is known of it, if it differs from what was there before by masks alone.
fn same_but_for_masks(
    ledger: &Ledger<'_>,
    before: &Content,
    read: &Content,
) -> Result<Option<Content>, StoreError> {
    Ok(match (before, read) {
        (Content::Value(clear), Content::Sealed(seal)) if hides(clear, seal) => {
            let clear = clear.as_str().unwrap_or_default();
            Some(Content::Sealed(seal.clone().of_clear(ledger.secret_hash(clear)?)))
        }
        (Content::Sealed(seal), Content::Value(clear)) => {
            let hash = clear.as_str().map(|text| ledger.secret_hash(text)).transpose()?;
            (hash.is_some() && hash.as_deref() == seal.clear()).then(|| read.clone())
        }
        _ => None,
    })
}

/// Whether the masked text that was read can be this value.
fn hides(clear: &Value, seal: &Seal) -> bool {
    let texts = clear.as_str().zip(seal.masked_text());
    texts.is_some_and(|(clear, masked)| is_masked_form(clear, masked))
}

/// Whether a field reads back as it was sent. A replaced secret, and a text of which Airflow hides parts, cannot be read
/// back whole: they count as arrived when all that can be read is as sent.
pub(crate) fn arrived(sent: &Value, read: Option<&Content>, replacements: &dyn Replacements) -> bool {
    match (read, secret_id(sent)) {
        (None, _) => false,
        (Some(Content::Sealed(_)), Some(_)) => true,
        (Some(Content::Sealed(seal)), None) => hides(sent, seal),
        (Some(shown), Some(id)) => is_shown(id, shown, replacements),
        (Some(content), None) => leeward_merge::verifies(sent, content),
    }
}

/// Whether Airflow shows the secret of that id in clear: it has not met, or has forgotten, what it masked before.
pub(crate) fn is_shown(id: &str, content: &Content, replacements: &dyn Replacements) -> bool {
    let secret = replacements.get(id).ok().flatten();
    secret.is_some_and(|secret| leeward_merge::verifies(&Value::from(secret.reveal()), content))
}

/// What was sent reads back with masks: a keyed hash of it is kept, so that it is known again when they go.
pub(crate) fn note_what_is_hidden(
    ledger: &Ledger<'_>,
    record: &mut StoredRecord,
    intent: &Intent,
) -> Result<(), StoreError> {
    let bases = record.base.iter_mut().flatten();
    for (sent, base) in bases.filter_map(|(name, base)| Some((intent.fields.get(name)?, base))) {
        if let (Some(text), Content::Sealed(seal)) = (sent.as_str(), &base.seen)
            && hides(sent, seal)
        {
            base.seen = Content::Sealed(seal.clone().of_clear(ledger.secret_hash(text)?));
        }
    }
    Ok(())
}

/// Whether what is read shows nothing of the write: Airflow hides just that in which it differs from what was there before.
pub(crate) fn shows_no_difference(intent: &Intent, read: &Remote) -> bool {
    let (Remote::Present(before), Remote::Present(read)) = (&intent.before, read) else {
        return false;
    };
    intent
        .fields
        .keys()
        .any(|name| match (before.get(name), read.get(name)) {
            (Some(before), Some(Content::Sealed(seal))) => match before {
                Content::Value(before) => hides(before, seal),
                Content::Sealed(before) => before == seal,
            },
            _ => false,
        })
}

/// Takes what is hidden now, and what nobody here works on any more, out of the record's history and log.
pub(crate) fn forget_what_is_hidden(ledger: &Ledger<'_>, record: &StoredRecord) -> Result<(), StoreError> {
    if record.in_doubt || record.conflict.is_some() {
        return Ok(());
    }
    let is_hidden = |(name, base): &(&String, &BaseField)| {
        let is_edited = record.overlay.as_ref().is_some_and(|overlay| {
            let edit = overlay.fields.get(*name);
            edit.is_some_and(|edit| edit.to.is_some())
        });
        base.seen.value().is_none() && !is_edited
    };
    for (name, _) in record.base.iter().flatten().filter(is_hidden) {
        ledger.forget_clear(&record.collection, &record.key, name)?;
    }
    Ok(())
}
