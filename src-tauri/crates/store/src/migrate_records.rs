//! What the mirror has of a collection's records, brought to the next version of its data model: bases, pending edits, what
//! was observed and what is asked, by one function.

use crate::{Ledger, StoreError, StoredRecord};
use jiff::Timestamp;
use leeward_model::{
    BaseField, Conflict, ConflictField, Content, Fields, Overlay, OverlayField, Remote, Slot, Value,
    kept_field,
};
use leeward_schema::DataModel;
use std::collections::BTreeMap;

/// The way from one version of a model to a later one.
pub(crate) struct Way<'m> {
    from: &'m DataModel,
    to: &'m DataModel,
}

impl Ledger<'_> {
    /// Brings all records of the collection to the next version.
    pub(crate) fn migrate_records(
        &self,
        from: &DataModel,
        to: &DataModel,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let way = Way { from, to };
        for before in self.records(from.collection())? {
            let mut record = before.clone();
            way.migrate(&mut record);
            self.save_over(Some(&before), &record, now)?;
        }
        Ok(())
    }
}

impl Way<'_> {
    pub(crate) fn migrate(&self, record: &mut StoredRecord) {
        let whole_seal = seal_of(record);
        record.base = record.base.take().map(|base| match &whole_seal {
            Some(seal) => self
                .sealed(seal)
                .map(|(name, seal)| (name, BaseField::seen(seal)))
                .collect(),
            None => self.with_defaults(
                base.iter()
                    .filter_map(|(name, field)| self.base(name, field))
                    .collect(),
            ),
        });
        if let Remote::Present(remote) = &record.remote {
            let is_sealed = |content: &Content| content.value().is_none();
            record.remote = Remote::Present(match remote.values().find(|content| is_sealed(content)) {
                Some(seal) => self.sealed(seal).collect(),
                None => self.contents(remote),
            });
        }
        record.overlay = record.overlay.take().and_then(|overlay| self.overlay(&overlay));
        record.conflict = record
            .conflict
            .take()
            .and_then(|conflict| self.conflict(conflict));
    }

    /// A field by its new name and in its new form; `None` where it was dropped.
    fn field(&self, name: &str, value: &Value) -> Option<(String, Value)> {
        let one = Fields::from([(name.to_owned(), value.clone())]);
        self.from.migrate(self.to, one).into_iter().next()
    }

    /// Its new name; `None` where the next version has no such field, since it was dropped, or since this version lost against
    /// another and the next one never had it. Nothing of such a field is ever read, so that work on it would have no end.
    fn name(&self, name: &str) -> Option<String> {
        let (name, _) = self.field(name, &Value::Null)?;
        self.to.field(&name).is_some().then_some(name)
    }

    fn value(&self, name: &str, value: &Value) -> Option<Value> {
        self.field(name, value).map(|(_, value)| value)
    }

    fn base(&self, name: &str, field: &BaseField) -> Option<(String, BaseField)> {
        let (new, seen) = self.field(name, field.seen.value()?)?;
        let typed = field.local().and_then(|local| self.value(name, local));
        let base = match typed {
            Some(typed) => BaseField::written(Content::Value(seen), typed),
            None => BaseField::seen(Content::Value(seen)),
        };
        Some((new, base))
    }

    /// A record that Airflow has reads so from now on.
    fn with_defaults(&self, mut base: BTreeMap<String, BaseField>) -> BTreeMap<String, BaseField> {
        for (name, value) in self.to.with_defaults(Fields::new()) {
            base.entry(name)
                .or_insert_with(|| BaseField::seen(Content::Value(value)));
        }
        base
    }

    fn contents(&self, remote: &BTreeMap<String, Content>) -> BTreeMap<String, Content> {
        let fields = remote
            .iter()
            .filter_map(|(name, content)| self.field(name, content.value()?));
        let fields = self.to.with_defaults(fields.collect());
        fields
            .into_iter()
            .map(|(name, value)| (name, Content::Value(value)))
            .collect()
    }

    /// A record that nobody can read has all fields of the model.
    fn sealed<'s>(&'s self, seal: &'s Content) -> impl Iterator<Item = (String, Content)> + 's {
        self.to
            .fields()
            .iter()
            .map(|field| (field.name.clone(), seal.clone()))
    }

    /// Pending work. An edit of a field that is not there any more is none; history has it.
    fn overlay(&self, overlay: &Overlay) -> Option<Overlay> {
        let edit = |(name, edit): (&String, &OverlayField)| {
            let base = edit.base.as_ref().and_then(|base| self.base(name, base));
            let (new, to) = (self.name(name)?, edit.to.as_ref());
            let default = || self.to.field(&new)?.default.clone();
            let edit = OverlayField {
                to: to
                    .and_then(|to| self.value(name, to))
                    .or_else(|| default().filter(|_| !overlay.deleted)),
                base: base.map(|(_, base)| base),
            };
            Some((new, edit))
        };
        let mut fields: BTreeMap<_, _> = overlay.fields.iter().filter_map(edit).collect();
        if overlay.deleted && !fields.is_empty() {
            self.add_seen_defaults(&mut fields);
        }
        let is_left = overlay.deleted || !fields.is_empty() || overlay.fields.is_empty();
        is_left.then_some(Overlay {
            fields,
            deleted: overlay.deleted,
        })
    }

    /// A delete holds all that was seen: to it, too, the record reads so from now on. Otherwise a default would count as a change
    /// of Airflow's, and the delete as one in conflict with that.
    fn add_seen_defaults(&self, fields: &mut BTreeMap<String, OverlayField>) {
        for (name, value) in self.to.with_defaults(Fields::new()) {
            let seen = || OverlayField {
                to: None,
                base: Some(BaseField::seen(Content::Value(value))),
            };
            fields.entry(name).or_insert_with(seen);
        }
    }

    fn conflict(&self, mut conflict: Conflict) -> Option<Conflict> {
        let side = |name: &str, slot: &Slot| slot.as_ref().and_then(|value| self.value(name, value));
        let field = |field: ConflictField| {
            Some(ConflictField {
                base: side(&field.name, &field.base),
                mine: side(&field.name, &field.mine),
                airflow: side(&field.name, &field.airflow),
                suggestion: None,
                name: self.name(&field.name)?,
                ..field
            })
        };
        let had_fields = !conflict.fields.is_empty();
        conflict.fields = conflict.fields.into_iter().filter_map(field).collect();
        let decided = |(place, value): (String, Value)| {
            let (name, number) = place.split_at(kept_field(&place).len());
            let (name, value) = self.field(name, &value)?;
            Some((format!("{name}{number}"), value))
        };
        conflict.decided = conflict
            .decided
            .map(|all| all.into_iter().filter_map(decided).collect());
        (!had_fields || !conflict.fields.is_empty()).then_some(conflict)
    }
}

/// What stands for a record that nobody can read.
fn seal_of(record: &StoredRecord) -> Option<Content> {
    let base = record.base.as_ref()?;
    base.values()
        .map(|field| &field.seen)
        .find(|seen| seen.value().is_none())
        .cloned()
}
