//! A model beside its next version.

use crate::made::{file, model, read};
use leeward_schema::{DataModel, Difference};
use serde_json::{Value, json};

/// What is said of a change of the field `f` of version 1.
fn of_field(old: &Value, new: &Value, changes: &Value) -> (Vec<String>, Vec<String>) {
    let old = model(&json!({"f": old}), 1, &json!([]));
    said(&old.difference(&model(&json!({"f": new}), 2, changes)))
}

fn said(difference: &Difference) -> (Vec<String>, Vec<String>) {
    assert_eq!(difference.is_complete(), difference.missing.is_empty());
    let additions = difference.additions.iter().map(ToString::to_string);
    (
        additions.collect(),
        difference.missing.iter().map(ToString::to_string).collect(),
    )
}

const WIDER: &str = "f has a wider type.";
const LOOSER: &str = "f has a looser rule.";
const CONVERT: &str =
    "f has a rule that values may break. Say in changes that it is converted, or loosen the rule.";

fn decimal(scale: u8, limits: &Value) -> Value {
    let mut own = limits.clone();
    own["scale"] = scale.into();
    json!({"type": "string", "format": "decimal", "x-leeward": own})
}

#[test]
fn a_type_is_wider_looser_or_needs_a_step() {
    let text = json!({"type": "string"});
    let rows = [
        (text.clone(), text.clone(), None),
        (json!({"type": "integer"}), text.clone(), Some(WIDER)),
        (json!({"type": "integer"}), decimal(0, &json!({})), Some(WIDER)),
        (
            json!({"type": "integer", "minimum": 0}),
            decimal(2, &json!({"minimum": "0"})),
            Some(WIDER),
        ),
        (
            json!({"type": "integer"}),
            decimal(2, &json!({"minimum": "0"})),
            Some(CONVERT),
        ),
        (json!({"enum": ["a"]}), text.clone(), Some(WIDER)),
        (
            json!({"type": "string", "format": "date"}),
            text.clone(),
            Some(WIDER),
        ),
        (
            json!({"type": "integer"}),
            json!({"type": "string", "maxLength": 3}),
            Some(CONVERT),
        ),
        (text.clone(), json!({"type": "integer"}), Some(CONVERT)),
        (text.clone(), json!({}), Some(CONVERT)),
        (json!({"type": "boolean"}), text.clone(), Some(CONVERT)),
        (json!({"type": "object"}), json!({}), Some(LOOSER)),
        (json!({}), json!({"type": "object"}), Some(CONVERT)),
        (
            json!({"enum": ["a", "b"]}),
            json!({"enum": ["b", "c", "a"]}),
            Some("f has more texts to choose from."),
        ),
        (
            json!({"enum": ["a", "b"]}),
            json!({"enum": ["b", "c"]}),
            Some(CONVERT),
        ),
        (
            json!({"enum": ["a"]}),
            json!({"oneOf": [{"const": "a", "title": "A"}]}),
            Some("f has other words for people."),
        ),
        (decimal(2, &json!({})), decimal(6, &json!({})), Some(LOOSER)),
        (decimal(6, &json!({})), decimal(2, &json!({})), Some(CONVERT)),
        (
            decimal(2, &json!({"maximum": "9.5"})),
            decimal(2, &json!({"maximum": "10"})),
            Some(LOOSER),
        ),
        (
            decimal(2, &json!({"maximum": "10"})),
            decimal(2, &json!({"maximum": "9.5"})),
            Some(CONVERT),
        ),
        (
            decimal(2, &json!({})),
            decimal(2, &json!({"minimum": "0"})),
            Some(CONVERT),
        ),
        (
            json!({"type": "string", "pattern": "a"}),
            text.clone(),
            Some(LOOSER),
        ),
        (
            text.clone(),
            json!({"type": "string", "pattern": "a"}),
            Some(CONVERT),
        ),
        (
            json!({"type": "string", "minLength": 2}),
            json!({"type": "string", "minLength": 1}),
            Some(LOOSER),
        ),
        (
            json!({"type": "string", "minLength": 1}),
            json!({"type": "string", "minLength": 2}),
            Some(CONVERT),
        ),
        (
            json!({"type": "string", "maxLength": 2}),
            json!({"type": "string", "maxLength": 1}),
            Some(CONVERT),
        ),
        (
            text,
            json!({"type": "string", "default": ""}),
            Some("f has another default for new records."),
        ),
    ];
    for (old, new, expected) in rows {
        let (additions, missing) = of_field(&old, &new, &json!([]));
        let all: Vec<String> = additions.into_iter().chain(missing).collect();
        assert_eq!(
            all,
            expected.map(str::to_owned).into_iter().collect::<Vec<_>>(),
            "{old} {new}"
        );
        if expected == Some(CONVERT) {
            let convert = json!([{"version": 2, "convert": "f"}]);
            assert_eq!(of_field(&old, &new, &convert).1, [""; 0], "{old} {new}");
        }
    }
}

/// Two versions of one model; what differs is put over the second.
fn versions(over: &Value) -> (DataModel, DataModel) {
    let fields = json!({"a": {"type": "string"}, "b": {"type": "string"}});
    let old = model(&fields, 1, &json!([]));
    let mut new = file(&fields, 2, &json!([]));
    for (pointer, value) in over.as_object().unwrap() {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = new.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match value {
            Value::Null => drop(parent.remove(name)),
            value => drop(parent.insert(name.to_owned(), value.clone())),
        }
    }
    (old, read(&new.to_string()))
}

#[test]
fn what_is_of_the_whole_model_is_told() {
    let none: &[&str] = &[];
    let rows: [(Value, &[&str], &[&str]); 15] = [
        (json!({}), none, none),
        (json!({"/properties/c": {}}), &["c is a new field."], none),
        (
            json!({"/properties/c": {"type": "boolean", "default": false}, "/required": ["id", "c"]}),
            &["c is a new field."],
            none,
        ),
        (
            json!({"/properties/c": {"type": "boolean"}, "/required": ["id", "c"]}),
            none,
            &[
                "c is new and required. Give it a default for the records that there are, or do not require it.",
            ],
        ),
        (
            json!({"/properties/a": null}),
            none,
            &["a is gone. Say in changes that it was dropped or renamed."],
        ),
        (
            json!({"/properties/a": null, "/x-leeward/changes": [{"version": 2, "drop": "a"}]}),
            none,
            none,
        ),
        (
            json!({"/required": ["id", "a"]}),
            none,
            &["a has a rule that values may break. Say in changes that it is converted, or loosen the rule."],
        ),
        (
            json!({"/x-leeward/version": 3}),
            none,
            &["The model is not the next version. Its version must be 2."],
        ),
        (
            json!({"/x-leeward/collection": "others"}),
            none,
            &["The model is that of another collection. The name cannot change."],
        ),
        (
            json!({"/x-leeward/key": ["id", "a"], "/required": ["id", "a"]}),
            none,
            &[
                "a has a rule that values may break. Say in changes that it is converted, or loosen the rule.",
                "The model has another key. Say it in changes; from fields to a generated key there is no way.",
            ],
        ),
        (
            json!({"/x-leeward/key": ["id", "a"], "/required": ["id", "a"], "/x-leeward/changes": [
                {"version": 2, "convert": "a"}, {"version": 2, "key": ["id", "a"]}]}),
            none,
            none,
        ),
        (
            json!({"/x-leeward/merge": "record", "/x-leeward/unique": [["a"]], "/title": "T",
                "/x-leeward/references": {"b": "others"}}),
            &[
                "b has another reference.",
                "The model merges other fields together.",
                "The model has other groups of fields that no two records may share.",
                "The model has other words for people.",
            ],
            none,
        ),
        (
            json!({"/properties/a": null, "/x-leeward/changes": [{"version": 2, "rename": "a", "to": "b"}]}),
            none,
            &["b is there already, and a step gives its name to another field. Drop or rename it before."],
        ),
        (
            json!({"/properties/c": {}, "/x-leeward/changes": [{"version": 2, "drop": "c"}]}),
            &["c is a new field."],
            &["c is named by a step, and is not there before it."],
        ),
        (
            json!({"/properties/key": {"type": "string"}, "/properties/id": null, "/required": ["key"],
                "/x-leeward/key": ["key"], "/x-leeward/changes": [{"version": 2, "rename": "id", "to": "key"}]}),
            none,
            none,
        ),
    ];
    for (over, additions, missing) in rows {
        let (old, new) = versions(&over);
        let (added, missed) = said(&old.difference(&new));
        assert_eq!(
            (added.as_slice(), missed.as_slice()),
            (&owned(additions)[..], &owned(missing)[..]),
            "{over}"
        );
    }
}

fn owned(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn steps_to_earlier_versions_stay() {
    let steps = json!([{"version": 2, "drop": "x"}]);
    let old = model(&json!({}), 2, &steps);
    assert!(old.difference(&model(&json!({}), 3, &steps)).is_complete());
    let (_, missing) = said(&old.difference(&model(&json!({}), 3, &json!([]))));
    let told =
        "The model lacks steps to earlier versions. Keep them as they were: other desktops go through them.";
    assert_eq!(missing, [told]);
}

#[test]
fn several_versions_are_gone_through() {
    let old = model(&json!({"a": {"type": "string"}}), 1, &json!([]));
    let steps = json!([
        {"version": 2, "rename": "a", "to": "b"},
        {"version": 3, "convert": "b", "map": {"none": "0"}},
        {"version": 4, "rename": "b", "to": "c"},
        {"version": 5, "drop": "d"},
    ]);
    let new = model(&json!({"c": {"type": "integer"}}), 5, &steps);
    let record = |json: Value| json.as_object().unwrap().clone().into_iter().collect();
    let migrated = old.migrate(&new, record(json!({"a": "none", "d": 1, "e": 2})));
    assert_eq!(migrated, record(json!({"c": "0", "e": 2})));
    let third = model(
        &json!({"b": {"type": "integer"}}),
        3,
        &json!([steps[0], steps[1]]),
    );
    let migrated = third.migrate(&new, record(json!({"a": "unknown by now", "b": "none"})));
    assert_eq!(migrated, record(json!({"a": "unknown by now", "c": "none"})));
    assert_eq!(
        new.migrate(&old, record(json!({"c": "0"}))),
        record(json!({"a": "0"}))
    );
}

#[test]
fn a_version_that_lost_follows_the_one_that_won() {
    let fields = |name: &str| json!({name: {"type": "string"}, "note": {"type": "string"}});
    let renamed = |to: &str| json!([{"version": 2, "rename": "name", "to": to}]);
    let mine = model(&fields("mine"), 2, &renamed("mine"));
    let added = model(&fields("name"), 2, &json!([]));
    let theirs = model(&fields("theirs"), 4, &renamed("theirs"));
    let record = |json: Value| json.as_object().unwrap().clone().into_iter().collect();
    for (old, name) in [(&mine, "mine"), (&added, "name")] {
        assert!(!old.leads_to(&theirs), "{name}");
        let migrated = old.migrate(&theirs, record(json!({name: "a", "note": "b"})));
        assert_eq!(migrated, record(json!({"theirs": "a", "note": "b"})));
        assert_eq!(old.name_in_version(&theirs, name).as_deref(), Some("theirs"));
    }
    let plain = model(&fields("name"), 3, &json!([]));
    assert_eq!(mine.name_in_version(&plain, "mine").as_deref(), Some("name"));
    let first = model(&fields("name"), 1, &json!([]));
    assert!(first.leads_to(&theirs) && mine.leads_to(&mine) && first.leads_to(&plain));
}

#[test]
fn defaults_fill_what_is_missing_alone() {
    let model = model(
        &json!({"a": {"type": "integer", "default": 5}, "b": {}}),
        1,
        &json!([]),
    );
    let record = |json: Value| json.as_object().unwrap().clone().into_iter().collect();
    assert_eq!(
        model.with_defaults(record(json!({"z": 1}))),
        record(json!({"a": "5", "z": 1}))
    );
    assert_eq!(
        model.with_defaults(record(json!({"a": null}))),
        record(json!({"a": null}))
    );
}

#[test]
fn a_merge_unit_is_a_field_its_group_or_the_record() {
    let unit = |merge: Value, name: &str| {
        let (_, model) = versions(&json!({"/x-leeward/merge": merge, "/properties/c": {}}));
        model.merge_unit(name).join(" ")
    };
    assert_eq!(unit(json!([]), "a"), "a");
    assert_eq!(unit(json!([["b", "a"]]), "a"), "a b");
    assert_eq!(unit(json!([["b", "a"]]), "c"), "c");
    assert_eq!(unit(json!([["b", "a"]]), "unknown"), "unknown");
    assert_eq!(unit(json!("record"), "a"), "a b c id");
    assert_eq!(unit(json!("record"), "unknown"), "a b c id unknown");
}
