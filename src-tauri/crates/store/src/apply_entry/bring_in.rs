//! What a client still had pending when its mirror was lost, brought into another mirror that knows the record: it is
//! applied as the edit or the delete that it was, on what the analyst was shown then.

use super::rules::Rules;
use super::{change, clash, refuse};
use crate::{Ledger, StoreError, StoredRecord};
use jiff::Timestamp;
use leeward_model::{
    Against, BaseField, Change, Conflict, ConflictField, ConflictKind, Content, Entry, EntryKind, Slot,
    secret_id,
};
use std::collections::BTreeMap;
use ulid::Ulid;

impl Ledger<'_> {
    /// Applies their pending work to our record. Where it comes to nothing new, nothing is written, so that bringing it
    /// in again is harmless.
    pub(crate) fn bring_in(
        &self,
        client: &str,
        ours: &StoredRecord,
        theirs: &StoredRecord,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let work = as_work(ours, theirs, now);
        let rules = Rules::of(self, &ours.collection, &ours.key)?;
        let refusal = theirs
            .overlay
            .as_ref()
            .and_then(|_| refuse::refusal(&rules, ours, &not_decided(ours, theirs, &work)));
        let mut record = ours.clone();
        if theirs.overlay.is_some() && refusal.is_none() {
            change(&rules, &mut record, &work, now);
        }
        keep_others(&mut record, ours, theirs, now);
        match refusal {
            Some(refusal) => {
                record.rejected = Some(refusal.why);
                record.refused_of = Some(client.to_owned());
            }
            None => keep_refusal(&mut record, ours, theirs),
        }
        let is_same = record.overlay == ours.overlay && record.conflict == ours.conflict;
        if is_same && (&record.rejected, &record.refused_of) == (&ours.rejected, &ours.refused_of) {
            return Ok(());
        }
        self.stamp(&mut record, &work)?;
        self.save(&record, now)?;
        if is_same {
            return Ok(());
        }
        self.remember(client, &record, &work)
    }
}

/// What was refused here stays told; or else what was refused there, unless it was about work that has come to its end.
fn keep_refusal(record: &mut StoredRecord, ours: &StoredRecord, theirs: &StoredRecord) {
    let holds_there = theirs.refused_of.is_some() || theirs.overlay.is_none() || record.overlay.is_some();
    let told = if ours.rejected.is_none() && holds_there {
        theirs
    } else {
        ours
    };
    record.rejected.clone_from(&told.rejected);
    record.refused_of.clone_from(&told.refused_of);
}

/// The work without what was decided over a value that was hidden there, as it is here: it was accepted as that decision.
fn not_decided(ours: &StoredRecord, theirs: &StoredRecord, work: &Entry) -> Entry {
    let was_hidden = |name: &str| {
        let edited = theirs
            .overlay
            .as_ref()
            .and_then(|overlay| overlay.fields.get(name));
        let over = edited.and_then(|edited| edited.base.as_ref());
        over.is_some_and(|over| matches!(over.seen, Content::Sealed(_)))
    };
    let mut rest = work.clone();
    rest.fields
        .retain(|name, _| !(ours.is_sealed(name) && was_hidden(name)));
    rest
}

/// It is applied, and never registered: the client's log has the true entries, as far as they are not pruned.
fn as_work(ours: &StoredRecord, theirs: &StoredRecord, now: Timestamp) -> Entry {
    let overlay = theirs.overlay.clone().unwrap_or_default();
    let changed = |(name, field): (String, leeward_model::OverlayField)| {
        let from = shown(ours, &name, field.base.as_ref());
        (name, Change { from, to: field.to })
    };
    let is_new = |name: &String| secret_clash(ours, theirs, name).is_none();
    let fields: BTreeMap<_, _> = overlay
        .fields
        .into_iter()
        .filter(|(name, _)| is_new(name))
        .map(changed)
        .collect();
    Entry {
        id: Ulid::nil(),
        seq: 0,
        kind: if overlay.deleted {
            EntryKind::Delete
        } else {
            EntryKind::Edit
        },
        collection: ours.collection.clone(),
        key: ours.key.clone(),
        creates: is_made_unseen(theirs) && fields.values().all(|change| change.from.is_none()),
        fields,
        mine: None,
        deleted: overlay.deleted,
        action: None,
        reason: theirs.reason.clone().or_else(|| ours.reason.clone()),
        at: theirs.changed_at.unwrap_or(now),
    }
}

/// Whether who works there knew no such record, or is being asked about one that was made elsewhere, too.
fn is_made_unseen(theirs: &StoredRecord) -> bool {
    let asked = theirs.conflict.as_ref();
    theirs.base.is_none() || asked.is_some_and(|conflict| conflict.kind == ConflictKind::CreateCreate)
}

/// What the analyst was shown. Where Airflow had the same as it has here, that is what is shown here: the formatting that
/// only the lost mirror knew is no difference.
fn shown(ours: &StoredRecord, name: &str, base: Option<&BaseField>) -> Slot {
    let here = ours
        .base_of(name)
        .filter(|here| base.is_some_and(|base| base.seen == here.seen));
    here.or(base)?.local().cloned()
}

/// Other edits of this computer that stand in their conflict alone. What clashed with Airflow was compared again when
/// the edit itself was applied.
fn keep_others(record: &mut StoredRecord, ours: &StoredRecord, theirs: &StoredRecord, now: Timestamp) {
    let none = clash::conflict(ConflictKind::Fields, Vec::new(), now);
    let kept = theirs.conflict.as_ref().unwrap_or(&none);
    let mut others = stand_alone(record, theirs, kept);
    let names = theirs.overlay.iter().flat_map(|overlay| overlay.fields.keys());
    others.extend(names.filter_map(|name| secret_clash(ours, theirs, name)));
    clash::add_kept(record, kept, others);
}

fn stand_alone(record: &StoredRecord, theirs: &StoredRecord, kept: &Conflict) -> Vec<ConflictField> {
    let has_no_edit = theirs.overlay.is_none();
    let stands = |field: &&ConflictField| {
        (has_no_edit || field.against == Against::Local)
            && field.airflow.as_ref() != record.local(&field.name)
    };
    kept.fields.iter().filter(stands).cloned().collect()
}

/// Two secrets wait in the keychain for the same field: neither can be merged, and a person must choose.
fn secret_clash(ours: &StoredRecord, theirs: &StoredRecord, name: &str) -> Option<ConflictField> {
    let pending = |record: &StoredRecord| {
        let to = record.overlay.as_ref()?.fields.get(name)?.to.clone()?;
        secret_id(&to).is_some().then_some(to)
    };
    let (mine, other) = (pending(ours)?, pending(theirs)?);
    (mine != other).then(|| ConflictField {
        name: name.to_owned(),
        base: None,
        mine: Some(mine),
        airflow: Some(other),
        paths: Vec::new(),
        against: Against::Local,
        sealed: false,
        suggestion: None,
    })
}
