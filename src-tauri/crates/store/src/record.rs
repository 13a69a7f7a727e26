//! A record of the mirror, and what follows from its parts. Pure.

use jiff::Timestamp;
use leeward_model::{
    BaseField, Conflict, Content, Fields, Overlay, RecordState, RecordView, Remote, Value, secret_id,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A record with everything the mirror knows of it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRecord {
    /// The collection's name.
    pub collection: String,
    /// The record's key.
    pub key: String,
    /// As last confirmed by Airflow; `None` when it was not there.
    pub base: Option<BTreeMap<String, BaseField>>,
    /// The analyst's pending work.
    pub overlay: Option<Overlay>,
    /// As last observed in Airflow.
    pub remote: Remote,
    /// What a person must settle.
    pub conflict: Option<Conflict>,
    /// Why work was refused, in plain words: by Airflow the overlay, or by the mirror an entry.
    pub rejected: Option<String>,
    /// The client whose entry the mirror refused, where `rejected` is about one: nothing of it is in the overlay.
    pub refused_of: Option<String>,
    /// A write is in flight: it has an intent. Not written by `save`.
    pub in_doubt: bool,
    /// Since when the outcome of that write is unknown. Not written by `save`.
    pub in_doubt_since: Option<Timestamp>,
    /// Why it is in doubt, in plain words. Not written by `save`.
    pub in_doubt_note: Option<String>,
    /// What it breaks together with others, in plain words. Not written by `save`, which judges the record anew.
    pub violation: Option<String>,
    /// The revision of the last local work on it; 0 when there never was any.
    pub rev: u64,
    /// The last revision that Airflow confirmed, or that left nothing to send.
    pub verified_rev: u64,
    /// The analyst's reason for the pending work.
    pub reason: Option<String>,
    /// When the pending work was done, or else when the record last changed here.
    pub changed_at: Option<Timestamp>,
}

/// The mirror's own form of a record inside its view: what a rebuild needs.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct LedgerForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) base: Option<BTreeMap<String, BaseField>>,
    /// The base is the view's, each value as Airflow returned it. Most are, and need not be told twice.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) base_as_shown: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) overlay: Option<Overlay>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rejected: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refused_of: Option<String>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) rev: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) verified_rev: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl LedgerForm {
    /// The record's base, given the view that the form came with.
    pub(crate) fn base(&mut self, view: &RecordView) -> Option<BTreeMap<String, BaseField>> {
        if !self.base_as_shown {
            return self.base.take();
        }
        let seen =
            |(name, value): (&String, &Value)| (name.clone(), BaseField::seen(Content::Value(value.clone())));
        Some(view.base.iter().flatten().map(seen).collect())
    }
}

impl StoredRecord {
    /// A record of which nothing is known.
    #[must_use]
    pub fn new(collection: &str, key: &str) -> Self {
        Self {
            collection: collection.to_owned(),
            key: key.to_owned(),
            base: None,
            overlay: None,
            remote: Remote::Unknown,
            conflict: None,
            rejected: None,
            refused_of: None,
            in_doubt: false,
            in_doubt_since: None,
            in_doubt_note: None,
            violation: None,
            rev: 0,
            verified_rev: 0,
            reason: None,
            changed_at: None,
        }
    }

    /// A field's base.
    #[must_use]
    pub fn base_of(&self, field: &str) -> Option<&BaseField> {
        self.base.as_ref()?.get(field)
    }

    /// A field as the analyst's work leaves it: the overlay over the base. A pending delete leaves nothing; a sealed
    /// field has no value.
    #[must_use]
    pub fn local(&self, field: &str) -> Option<&Value> {
        leeward_merge::local(self.base.as_ref(), self.overlay.as_ref(), field)
    }

    /// A pending delete.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.overlay.as_ref().is_some_and(|overlay| overlay.deleted)
    }

    /// Whether the record is there for the analyst: in Airflow as last confirmed, or by their own work.
    #[must_use]
    pub fn exists(&self) -> bool {
        !self.is_deleted() && (self.base.is_some() || self.overlay.is_some())
    }

    /// Whether screens and lists show it. One that was observed but not yet taken over is not shown.
    #[must_use]
    pub fn is_visible(&self) -> bool {
        self.base.is_some() || self.has_work()
    }

    /// Whether something of the analyst's is unfinished here.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.overlay.is_some() || self.conflict.is_some() || self.rejected.is_some()
    }

    /// Whether Airflow refused the pending work: it is not sent again before somebody changes it.
    #[must_use]
    pub fn is_parked(&self) -> bool {
        self.rejected.is_some() && self.refused_of.is_none()
    }

    /// The pending work came to its end, and what Airflow said to it is over. What the mirror refused never was part of it.
    pub fn end_parking(&mut self) {
        if self.refused_of.is_none() {
            self.rejected = None;
        }
    }

    /// What was refused is answered: by newer work, or by taking it back.
    pub(crate) fn end_refusal(&mut self) {
        (self.rejected, self.refused_of) = (None, None);
    }

    /// Nothing is left of it: not in Airflow, nothing pending, nothing in flight.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        !self.is_visible() && !self.in_doubt && !matches!(self.remote, Remote::Present(_))
    }

    /// Whether the base is not what was last observed.
    #[must_use]
    pub fn is_moved(&self) -> bool {
        match (&self.base, &self.remote) {
            (_, Remote::Unknown) | (None, Remote::Absent) => false,
            (Some(_), Remote::Absent) | (None, Remote::Present(_)) => true,
            (Some(base), Remote::Present(remote)) => !same_as_seen(base, remote),
        }
    }

    /// Where the pending work stands.
    #[must_use]
    pub fn state(&self) -> RecordState {
        if self.conflict.is_some() {
            RecordState::Conflict
        } else if self.rejected.is_some() {
            RecordState::Rejected
        } else if self.in_doubt_since.is_some() {
            RecordState::InDoubt
        } else if self.violation.is_some() {
            RecordState::Violation
        } else if self.overlay.is_some() {
            RecordState::Pending
        } else {
            RecordState::Clean
        }
    }

    /// The record as the analyst's work leaves it, sealed fields missing; `None` when it is (to be) deleted.
    #[must_use]
    pub fn local_fields(&self) -> Option<Fields> {
        self.exists().then(|| {
            let shown = |name: &String| Some((name.clone(), shown(self.local(name))?.clone()));
            self.names().iter().filter_map(shown).collect()
        })
    }

    /// The record as screens show it.
    #[must_use]
    pub fn view(&self) -> RecordView {
        self.view_with(self.ledger_form(self.base.clone(), false))
    }

    /// The same view, in which the mirror's own form does not repeat what the view says.
    #[must_use]
    pub(crate) fn short_view(&self) -> RecordView {
        let as_shown = self.base.as_ref().is_some_and(is_as_shown);
        let base = if as_shown { None } else { self.base.clone() };
        self.view_with(self.ledger_form(base, as_shown))
    }

    fn view_with(&self, ledger: Value) -> RecordView {
        let base = self.base.as_ref().map(local_of_base);
        // A deleted row stays visible, struck through, with what it had.
        let fields = self.local_fields().or_else(|| base.clone()).unwrap_or_default();
        RecordView {
            collection: self.collection.clone(),
            key: self.key.clone(),
            fields,
            base,
            sealed: self.sealed(),
            state: self.state(),
            deleted: self.is_deleted(),
            note: self.note().cloned(),
            reason: self.reason.clone(),
            changed_at: self.changed_at,
            changed_by: None,
            conflict: self.conflict.clone(),
            ledger,
        }
    }

    fn note(&self) -> Option<&String> {
        let doubt = self.in_doubt_note.as_ref();
        self.rejected.as_ref().or(doubt).or(self.violation.as_ref())
    }

    /// Names of every field it has or had.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        let base = self.base.iter().flat_map(BTreeMap::keys);
        let overlay = self.overlay.iter().flat_map(|overlay| overlay.fields.keys());
        base.chain(overlay).cloned().collect()
    }

    fn sealed(&self) -> Vec<String> {
        self.names()
            .into_iter()
            .filter(|name| self.is_sealed(name))
            .collect()
    }

    /// Whether the field holds a secret: in Airflow, or one that waits in the keychain to be sent.
    #[must_use]
    pub fn is_sealed(&self, field: &str) -> bool {
        let edited = self
            .overlay
            .as_ref()
            .and_then(|overlay| overlay.fields.get(field)?.to.as_ref());
        match edited {
            Some(value) => secret_id(value).is_some(),
            None => self
                .base_of(field)
                .is_some_and(|base| matches!(base.seen, Content::Sealed(_))),
        }
    }

    fn ledger_form(&self, base: Option<BTreeMap<String, BaseField>>, base_as_shown: bool) -> Value {
        let form = LedgerForm {
            base,
            base_as_shown,
            overlay: self.overlay.clone(),
            rejected: self.rejected.clone(),
            refused_of: self.refused_of.clone(),
            rev: self.rev,
            verified_rev: self.verified_rev,
        };
        serde_json::to_value(form).unwrap_or_default()
    }
}

fn same_as_seen(base: &BTreeMap<String, BaseField>, remote: &BTreeMap<String, Content>) -> bool {
    base.len() == remote.len()
        && base
            .iter()
            .all(|(name, field)| remote.get(name) == Some(&field.seen))
}

/// Whether a base can be told from what screens show of it.
fn is_as_shown(base: &BTreeMap<String, BaseField>) -> bool {
    base.values()
        .all(|field| field.typed.is_none() && field.seen.value().is_some())
}

fn local_of_base(base: &BTreeMap<String, BaseField>) -> Fields {
    let local = |(name, field): (&String, &BaseField)| Some((name.clone(), field.local()?.clone()));
    base.iter().filter_map(local).collect()
}

/// A reference to a secret is nobody's to see.
fn shown(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| secret_id(value).is_none())
}
