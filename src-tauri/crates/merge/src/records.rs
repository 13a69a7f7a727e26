//! Three plain records merged: the same rules, played on records that no mirror holds.

mod plain_record;
mod sides;

use leeward_model::{Collection, Conflict, Fields, Value};
use plain_record::PlainRecord;
use sides::{Sides, field_of};
use std::collections::{BTreeMap, BTreeSet};

/// Where a field of a merged record comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The local record: it alone changed the field, or means the same, or a policy or the data model says so.
    Local,
    /// The remote record: it alone changed the field, or a policy says so.
    Remote,
    /// Both have the same, to the letter.
    Both,
    /// Both changed different parts of it.
    Merged,
}

/// What the merge of three records comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Merge {
    /// The record, without its sealed fields; `None` when there is none, or a conflict.
    pub record: Option<Fields>,
    /// There was a record, and the merge is that there is none.
    pub deleted: bool,
    /// Where each field that is settled comes from, those that are gone included. Empty for a record that is gone.
    pub taken: BTreeMap<String, Side>,
    /// Fields that hold something secret on some side. Their values are in no other member.
    pub sealed: BTreeSet<String>,
    /// What a person must decide.
    pub conflict: Option<Conflict>,
}

/// Merges records; `None` is an absent one. The rules are those of [`reconcile`](crate::reconcile): `local` is an edit of
/// `base`, `remote` is what Airflow has. A secret is compared and never returned; a local change of one is a conflict.
#[must_use]
pub fn merge_records(
    collection: &Collection,
    base: Option<&Fields>,
    local: Option<&Fields>,
    remote: Option<&Fields>,
) -> Merge {
    let sides = Sides { base, local, remote };
    let sealed = sides.sealed();
    let mut merged = PlainRecord::of(&sides, &sealed);
    merged.reconcile(collection);
    merged.lock(&sides.locked(&sealed));
    let seen = merged.record();
    let conflict = merged.conflict(&sealed);
    let record = seen.clone().filter(|_| conflict.is_none());
    Merge {
        deleted: conflict.is_none() && record.is_none() && sides.any(),
        taken: taken(&sides, seen.as_ref(), conflict.as_ref(), &sealed),
        record,
        sealed,
        conflict,
    }
}

/// The fields that nobody needs to be asked about. Where a whole record is gone on a side there are none.
fn taken(
    sides: &Sides<'_>,
    record: Option<&Fields>,
    conflict: Option<&Conflict>,
    sealed: &BTreeSet<String>,
) -> BTreeMap<String, Side> {
    let asked: BTreeSet<&String> = conflict
        .iter()
        .flat_map(|conflict| conflict.fields.iter().map(|field| &field.name))
        .collect();
    let is_half = |conflict: &Conflict| conflict.mine_deleted || conflict.airflow_deleted;
    let Some(record) = record.filter(|_| !conflict.is_some_and(is_half)) else {
        return BTreeMap::new();
    };
    let names = sides
        .names()
        .chain(record.keys())
        .filter(|name| !asked.contains(name));
    names
        .map(|name| {
            let merged = if sealed.contains(name) {
                sealed_side(sides, name)
            } else {
                record.get(name)
            };
            (name.clone(), side(sides, name, merged))
        })
        .collect()
}

/// A secret that is no conflict is Airflow's.
fn sealed_side<'r>(sides: &Sides<'r>, name: &str) -> Option<&'r Value> {
    field_of(sides.remote, name)
}

fn side(sides: &Sides<'_>, name: &str, merged: Option<&Value>) -> Side {
    let (local, remote) = (field_of(sides.local, name), field_of(sides.remote, name));
    match () {
        () if local == remote && merged == local => Side::Both,
        () if merged == local || local == remote => Side::Local,
        () if merged == remote => Side::Remote,
        () => Side::Merged,
    }
}
