//! JSON on its way through the window. A number is a 64-bit float there, so a value with one that a float does not give back
//! travels as its text, and comes back as that: it is shown, decided on, undone and kept without being rounded.

use crate::canonical::is_exact_in_float;
use crate::{
    Change, CollectionView, Conflict, Entry, Fields, HistoryItem, ImportWork, RecordView, Slot, Value,
};

/// The one member of the object that stands for a value: its text. The window's `carried.ts` knows it too.
const TEXT: &str = "$leeward_json";

/// A value as the window gets it. One that looks like a carried one is carried itself.
#[must_use]
pub fn for_window(value: Value) -> Value {
    match is_carried(&value) || has_inexact(&value) {
        true => serde_json::json!({ TEXT: value.to_string() }),
        false => value,
    }
}

/// A value that the window gives, as it was before.
#[must_use]
pub fn from_window(value: Value) -> Value {
    let text = carried_text(&value);
    text.and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or(value)
}

fn carried_text(value: &Value) -> Option<&str> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.get(TEXT)?.as_str()
}

fn is_carried(value: &Value) -> bool {
    carried_text(value).is_some()
}

fn has_inexact(value: &Value) -> bool {
    match value {
        Value::Number(number) => !is_exact_in_float(number.as_str()),
        Value::Array(items) => items.iter().any(has_inexact),
        Value::Object(members) => members.values().any(has_inexact),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

/// What has values that a window gets or gives.
pub trait Carried {
    /// Puts each value through `way`: [`for_window`] or [`from_window`].
    fn carry(&mut self, way: fn(Value) -> Value);

    /// The same with its values as the window gets them.
    #[must_use]
    fn to_window(mut self) -> Self
    where
        Self: Sized,
    {
        self.carry(for_window);
        self
    }

    /// The same with its values as they were before the window.
    #[must_use]
    fn out_of_window(mut self) -> Self
    where
        Self: Sized,
    {
        self.carry(from_window);
        self
    }
}

impl Carried for Value {
    fn carry(&mut self, way: fn(Value) -> Value) {
        *self = way(self.take());
    }
}

impl Carried for Slot {
    fn carry(&mut self, way: fn(Value) -> Value) {
        if let Some(value) = self {
            value.carry(way);
        }
    }
}

impl Carried for Fields {
    fn carry(&mut self, way: fn(Value) -> Value) {
        self.values_mut().for_each(|value| value.carry(way));
    }
}

impl Carried for Conflict {
    fn carry(&mut self, way: fn(Value) -> Value) {
        for field in &mut self.fields {
            let slots = [
                &mut field.base,
                &mut field.mine,
                &mut field.airflow,
                &mut field.suggestion,
            ];
            slots.into_iter().for_each(|slot| slot.carry(way));
        }
        self.decided.iter_mut().for_each(|decided| decided.carry(way));
    }
}

impl Carried for RecordView {
    fn carry(&mut self, way: fn(Value) -> Value) {
        self.fields.carry(way);
        self.base.iter_mut().for_each(|base| base.carry(way));
        self.conflict.iter_mut().for_each(|conflict| conflict.carry(way));
        self.ledger.carry(way);
    }
}

impl Carried for HistoryItem {
    fn carry(&mut self, way: fn(Value) -> Value) {
        self.fields.iter_mut().for_each(|fields| fields.carry(way));
    }
}

impl Carried for Change {
    fn carry(&mut self, way: fn(Value) -> Value) {
        self.from.carry(way);
        self.to.carry(way);
    }
}

impl Carried for ImportWork {
    fn carry(&mut self, way: fn(Value) -> Value) {
        self.fields.values_mut().for_each(|change| change.carry(way));
        self.before.iter_mut().for_each(|before| before.carry(way));
    }
}

/// What a new record gets where nothing is typed is told with the fields.
impl Carried for CollectionView {
    fn carry(&mut self, way: fn(Value) -> Value) {
        for field in &mut self.collection.fields {
            field.default.carry(way);
        }
    }
}

impl<T: Carried> Carried for Vec<T> {
    fn carry(&mut self, way: fn(Value) -> Value) {
        self.iter_mut().for_each(|one| one.carry(way));
    }
}

impl Carried for Entry {
    fn carry(&mut self, way: fn(Value) -> Value) {
        self.fields.values_mut().for_each(|change| change.carry(way));
        self.mine.iter_mut().for_each(|mine| mine.carry(way));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BindingKind, Collection, ConflictField, ConflictKind, Field, FieldKind};
    use crate::{PackedRecord, RecordState};
    use serde_json::json;

    fn read(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    /// What JavaScript makes of a value.
    fn through_javascript(value: &Value) -> Value {
        match value {
            Value::Number(number) => json!(number.as_str().parse::<f64>().unwrap()),
            Value::Array(items) => items.iter().map(through_javascript).collect(),
            Value::Object(members) => {
                let member = |(name, value): (&String, &Value)| (name.clone(), through_javascript(value));
                Value::Object(members.iter().map(member).collect())
            }
            other => other.clone(),
        }
    }

    #[test]
    fn what_a_float_does_not_give_back_travels_as_text() {
        for text in [
            "9007199254740993",
            r#"{"a":[1,{"id":9007199254740993}]}"#,
            "[-100000000000000000000000001]",
        ] {
            let given = for_window(read(text));
            assert_eq!(given, json!({ TEXT: text }));
            assert_eq!(from_window(through_javascript(&given)), read(text));
        }
        for text in ["1.5", r#"{"a":[1,null,"9007199254740993"]}"#, "\"x\"", "null"] {
            assert_eq!(for_window(read(text)), read(text));
            assert_eq!(from_window(read(text)), read(text));
        }
    }

    /// As it is pulled, stored, unpacked, and given back in a rebuild.
    #[test]
    fn a_record_comes_back_from_the_window_as_it_was() {
        let big = || Some(read("[9007199254740993]"));
        let side = ConflictField {
            name: "limits".into(),
            base: big(),
            mine: Some(json!({})),
            airflow: big(),
            ..ConflictField::default()
        };
        let conflict = Conflict {
            kind: ConflictKind::Fields,
            fields: vec![side],
            mine_deleted: false,
            airflow_deleted: false,
            found_at: jiff::Timestamp::UNIX_EPOCH,
            decided: Some(Fields::from_iter([("limits".into(), read("9007199254740995"))])),
            note: None,
        };
        let fields: Fields = [
            ("limits".to_owned(), big().unwrap()),
            ("sku".to_owned(), json!("A-1")),
        ]
        .into_iter()
        .collect();
        let view = RecordView {
            collection: "prices".into(),
            key: "A-1".into(),
            base: Some(fields.clone()),
            fields,
            sealed: Vec::new(),
            state: RecordState::Conflict,
            deleted: false,
            note: None,
            reason: None,
            changed_at: None,
            changed_by: None,
            conflict: Some(conflict),
            ledger: read(r#"{"base": {"limits": {"seen": {"value": 9007199254740993}}}}"#),
        };
        let packed = PackedRecord::of(view.clone(), 7).unwrap();
        let (fields, rest) = packed.text.split_once('\n').unwrap();
        let mut unpacked = through_javascript(&read(rest));
        let members = unpacked.as_object_mut().unwrap();
        members.insert("fields".into(), through_javascript(&read(fields)));
        members.insert("base".into(), through_javascript(&read(fields)));
        members.insert("collection".into(), json!("prices"));
        members.insert("key".into(), json!("A-1"));
        // The window puts in what a packed record need not say.
        members.insert("sealed".into(), json!([]));
        members.insert("deleted".into(), json!(false));
        let back: RecordView = serde_json::from_value(unpacked).unwrap();
        assert_ne!(back, view);
        assert_eq!(back.out_of_window(), view);
    }

    #[test]
    fn a_default_reaches_the_window_with_every_digit() {
        let limits = Field {
            default: Some(read("[9007199254740993]")),
            ..Field::new("limits", FieldKind::Json)
        };
        let view = CollectionView {
            name: "prices".into(),
            title: "Prices".into(),
            binding: BindingKind::Variables,
            prefix: Some("prices.".into()),
            version: 1,
            model: "{}".into(),
            collection: Collection::new("prices", vec![limits, Field::new("sku", FieldKind::Text)]),
            trouble: None,
            stands_still: false,
            records: 0,
            pending: 0,
            conflicts: 0,
            rejected: 0,
        };
        let given = vec![view.clone()].to_window();
        let default = given[0].collection.fields[0].default.clone();
        assert_eq!(default, Some(json!({ TEXT: "[9007199254740993]" })));
        assert_eq!(given.out_of_window(), [view]);
    }

    #[test]
    fn what_looks_like_a_carried_value_stays_what_it_is() {
        for text in [r#"{"$leeward_json":"1"}"#, r#"{"$leeward_json":"no JSON"}"#] {
            assert_eq!(from_window(for_window(read(text))), read(text));
        }
        let other = read(r#"{"$leeward_json":"1","b":2}"#);
        assert_eq!(for_window(other.clone()), other);
    }
}
