//! Late writes: a write of ours that arrives after a newer one, or after it was given up. What it leaves in Airflow is
//! nobody's edit, so it is not taken over: where it can only be that, the local value is pushed again; else a person is
//! asked.

use crate::context::Context;
use crate::record::masks::arrived;
use crate::replacements::Replacements;
use jiff::{SignedDuration, Timestamp};
use leeward_merge::{FieldMerge, merge_field};
use leeward_model::{BaseField, Collection, Content, FieldKind, OverlayField, Remote, Value};
use leeward_store::{IntentOp, Ledger, Sent, SentOutcome, StoreError, StoredRecord};
use std::collections::BTreeMap;

/// How a late write is met.
enum LateWrite<'s> {
    /// Within the settle time, a write that was never answered: the local value goes out again.
    Late(&'s Sent),
    /// After it, or one that was answered: a person decides. What was read before that write is the base.
    Doubtful(&'s Sent),
}

/// Looks whether what was read is a late write, and turns it into work where it is. Reads nothing for a record that was
/// never worked on here.
pub(crate) fn meet(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    record: &mut StoredRecord,
) -> Result<(), StoreError> {
    if record.rev == 0 || record.in_doubt || !record.is_moved() {
        return Ok(());
    }
    let sent = ledger.sent_of(&record.collection, &record.key)?;
    if sent.is_empty() {
        return Ok(());
    }
    let detector = LateWriteDetector {
        collection: context.model(),
        replacements: context.replacements,
        sent: &sent,
        now: context.clock(),
        settle: SignedDuration::try_from(context.settings.settle).unwrap_or(SignedDuration::MAX),
    };
    if detector.detect(record) {
        tracing::info!(collection = record.collection, "a late write of our own");
        // What waits for this work waits until it is seen again.
        record.verified_rev = record.verified_rev.min(record.rev.saturating_sub(1));
    }
    Ok(())
}

/// What is known of the record's own writes.
struct LateWriteDetector<'s> {
    collection: &'s Collection,
    replacements: &'s dyn Replacements,
    sent: &'s [Sent],
    /// By the clock of [`Sent`].
    now: Timestamp,
    settle: SignedDuration,
}

impl LateWriteDetector<'_> {
    fn arrived(&self, sent: &Value, read: &Content) -> bool {
        arrived(sent, Some(read), self.replacements)
    }

    /// Whether everything that is not as it was confirmed is as this write left it.
    fn leaves_no_more(&self, record: &StoredRecord, sent: &Sent) -> bool {
        let Remote::Present(remote) = &record.remote else {
            return true;
        };
        remote.iter().all(|(name, content)| {
            let unmoved = record.base_of(name).is_some_and(|base| base.seen == *content);
            let left = sent.fields.get(name);
            unmoved || left.is_some_and(|value| self.arrived(value, content))
        })
    }

    fn detect(&self, record: &mut StoredRecord) -> bool {
        match record.remote.clone() {
            Remote::Present(remote) => {
                let found = |(name, content): (&String, &Content)| self.field(record, name, content);
                remote.iter().map(found).fold(false, |any, one| any | one)
            }
            Remote::Absent => self.deletion(record),
            Remote::Unknown => false,
        }
    }

    /// A field that holds an older value of ours.
    fn field(&self, record: &mut StoredRecord, name: &str, content: &Content) -> bool {
        let seen = record.base_of(name).map(|base| &base.seen);
        let Some(local) = record.local(name).cloned().filter(|_| seen != Some(content)) else {
            return false;
        };
        if self.arrived(&local, content) || is_asked(record, name) {
            return false;
        }
        let same = |sent: &Sent| {
            sent.fields
                .get(name)
                .is_some_and(|value| self.arrived(value, content))
        };
        match self.find(|sent| sent.fields.contains_key(name), same) {
            None => false,
            Some(LateWrite::Late(sent)) if self.leaves_no_more(record, sent) => {
                rebase(record, name, local, content);
                true
            }
            // Whoever wrote the other field may have written this one, too.
            Some(LateWrite::Late(sent) | LateWrite::Doubtful(sent)) => {
                self.ask(record, name, local, content, sent)
            }
        }
    }

    /// Airflow's value counts as the base that the local value is written on.
    fn ask(
        &self,
        record: &mut StoredRecord,
        name: &str,
        local: Value,
        content: &Content,
        sent: &Sent,
    ) -> bool {
        let edited = record
            .overlay
            .as_ref()
            .is_some_and(|overlay| overlay.fields.contains_key(name));
        if edited {
            // The edit clashes with it anyway.
            return false;
        }
        let base = read_before(sent, name).filter(|base| self.clashes(name, base, &local, content));
        put(
            record,
            name,
            OverlayField {
                to: Some(local),
                base,
            },
        );
        true
    }

    fn clashes(&self, name: &str, base: &BaseField, local: &Value, content: &Content) -> bool {
        let kind = self
            .collection
            .field(name)
            .map_or(FieldKind::Text, |field| field.kind);
        let merge = merge_field(kind, Some(base), Some(local), Some(content));
        matches!(merge, FieldMerge::Conflict { .. })
    }

    /// Gone, by an older delete of ours.
    fn deletion(&self, record: &mut StoredRecord) -> bool {
        let Some(fields) = whole(record) else { return false };
        match self.find(|_| true, |sent| sent.op == IntentOp::Delete) {
            Some(LateWrite::Late(_)) => {
                record.base = None;
                for (name, to) in fields {
                    put(
                        record,
                        &name,
                        OverlayField {
                            to: Some(to),
                            base: None,
                        },
                    );
                }
                true
            }
            Some(LateWrite::Doubtful(_)) if record.overlay.is_none() => {
                for (name, to) in fields {
                    let base = record.base_of(&name).cloned();
                    put(record, &name, OverlayField { to: Some(to), base });
                }
                true
            }
            _ => false,
        }
    }

    /// Whether an older write of ours did this: one that a newer and different one of ours took the place of, or one
    /// that was given up. `concerns` the part in question, `same` as what is seen there now.
    fn find(&self, concerns: impl Fn(&Sent) -> bool, same: impl Fn(&Sent) -> bool) -> Option<LateWrite<'_>> {
        let effective = |sent: &&Sent| !matches!(sent.outcome, SentOutcome::Refused | SentOutcome::Unread);
        let mut newer: Option<&Sent> = None;
        for sent in self
            .sent
            .iter()
            .rev()
            .filter(effective)
            .filter(|sent| concerns(sent))
        {
            if same(sent) {
                return self.how(sent, newer);
            }
            newer = Some(sent);
        }
        None
    }

    fn how<'s>(&self, sent: &'s Sent, newer: Option<&Sent>) -> Option<LateWrite<'s>> {
        // A future timestamp means that the clock was moved back: it proves nothing.
        let ago = |then: Timestamp| self.now.duration_since(then).abs();
        if sent.outcome != SentOutcome::Lost {
            // Answered: only a repeated request of it can still be on its way, and somebody may as well have put it back.
            let may_be = newer.is_some() && ago(sent.sent_at) < self.settle;
            return may_be.then_some(LateWrite::Doubtful(sent));
        }
        let since = newer.map_or(sent.done_at, |newer| newer.sent_at);
        // Where it took long to give a write up, what is seen soon after is as likely another's doing.
        let is_soon = ago(since) < self.settle && ago(sent.sent_at) < self.settle.saturating_mul(2);
        Some(if is_soon {
            LateWrite::Late(sent)
        } else {
            LateWrite::Doubtful(sent)
        })
    }
}

/// A person was asked about the field: their word decides.
fn is_asked(record: &StoredRecord, name: &str) -> bool {
    let asked = record.conflict.iter().flat_map(|conflict| &conflict.fields);
    asked.map(|field| &field.name).any(|asked| asked == name)
}

fn read_before(sent: &Sent, name: &str) -> Option<BaseField> {
    match &sent.before {
        Remote::Present(fields) => fields.get(name).cloned().map(BaseField::seen),
        Remote::Absent | Remote::Unknown => None,
    }
}

/// The local value, to be written on what Airflow holds now; a pending delete has now seen that.
fn rebase(record: &mut StoredRecord, name: &str, local: Value, content: &Content) {
    let base = BaseField::seen(content.clone());
    record
        .base
        .get_or_insert_with(BTreeMap::new)
        .insert(name.to_owned(), base.clone());
    put(
        record,
        name,
        OverlayField {
            to: Some(local),
            base: Some(base),
        },
    );
}

fn put(record: &mut StoredRecord, name: &str, edit: OverlayField) {
    record
        .overlay
        .get_or_insert_default()
        .fields
        .insert(name.to_owned(), edit);
}

/// The record as it is here, where all of it may be written: not deleted, nothing secret.
fn whole(record: &StoredRecord) -> Option<BTreeMap<String, Value>> {
    let fields = record.local_fields()?;
    let mut names = record.base.as_ref()?.keys();
    names.all(|name| fields.contains_key(name)).then_some(fields)
}
