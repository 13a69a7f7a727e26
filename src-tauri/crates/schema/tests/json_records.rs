//! Records as JSON outside of Leeward, and the collection that the merge works by.

use crate::made::{example, model};
use leeward_model::{Field, FieldKind, Fields, Format, Value};
use leeward_schema::DataModel;
use serde_json::json;

fn fields(json: &Value) -> Fields {
    serde_json::from_value(json.clone()).unwrap()
}

fn written(model: &DataModel, before: &Value, changes: &Value, removed: &[&str]) -> String {
    let removed: Vec<String> = removed.iter().map(|name| (*name).to_owned()).collect();
    let members = model.write_record(fields(before), &fields(changes), &removed);
    let member = |(name, value): &(String, Value)| format!("{name}={value}");
    members.iter().map(member).collect::<Vec<_>>().join(" ")
}

/// Version 3 of a model whose `rate` was called `value`, whose `source` had other texts, and whose `lots` was a number.
fn renamed() -> DataModel {
    let fields = json!({
        "rate": {"type": "string", "format": "decimal", "x-leeward": {"scale": 6}},
        "source": {"enum": ["ECB", "treasury"]},
        "lots": {"type": "string"},
        "big": {"type": "integer"},
    });
    let changes = json!([
        {"version": 2, "rename": "value", "to": "rate"},
        {"version": 3, "convert": "source", "map": {"ecb": "ECB"}},
    ]);
    model(&fields, 3, &changes)
}

#[test]
fn whole_numbers_are_texts_within() {
    let read = renamed().read_record(&fields(
        &serde_json::from_str(r#"{"big": 9007199254740993, "rate": "1.50"}"#).unwrap(),
    ));
    assert_eq!(read, fields(&json!({"big": "9007199254740993", "rate": "1.5"})));
    let text = written(&renamed(), &json!({}), &json!({"big": "9007199254740993"}), &[]);
    assert_eq!(text, "big=9007199254740993");
}

#[test]
fn what_an_earlier_version_wrote_is_read() {
    let read = renamed().read_record(&fields(&json!({"value": "2", "source": "ecb", "lots": 5})));
    assert_eq!(read, fields(&json!({"rate": "2", "source": "ECB", "lots": "5"})));
}

#[test]
fn a_conversion_before_a_rename_is_followed() {
    let fields_of = json!({"f": {"enum": ["C", "B"]}, "grade": {"enum": ["x", "A"]}});
    let changes = json!([
        {"version": 2, "convert": "grade", "map": {"a": "b"}},
        {"version": 3, "rename": "grade", "to": "f"},
        {"version": 4, "convert": "f", "map": {"b": "B"}},
        {"version": 5, "convert": "grade", "map": {"x1": "x"}},
    ]);
    let model = model(&fields_of, 5, &changes);
    let read = |json: Value| model.read_record(&fields(&json));
    assert_eq!(read(json!({"f": "a"})), fields(&json!({"f": "B"})));
    // This `grade` came after the other one had its new name: that one's conversion is not its own.
    assert_eq!(read(json!({"grade": "a"})), fields(&json!({"grade": "a"})));
    assert_eq!(read(json!({"grade": "x1"})), fields(&json!({"grade": "x"})));
}

#[test]
fn what_does_not_fit_or_is_unknown_is_kept() {
    let odd = json!({"rate": "much", "later": [1], "source": "x"});
    assert_eq!(
        renamed().read_record(&fields(&odd)),
        fields(&json!({"rate": "much", "source": "x"}))
    );
    assert_eq!(
        written(&renamed(), &odd, &json!({"big": "1"}), &[]),
        r#"big=1 rate="much" source="x" later=[1]"#
    );
}

#[test]
fn a_former_name_goes_with_the_first_change() {
    let old = json!({"value": "2", "id": "a", "big": 1});
    assert_eq!(
        written(&renamed(), &old, &json!({"rate": "3"}), &["big"]),
        r#"id="a" rate="3""#
    );
    assert_eq!(
        written(&renamed(), &old, &json!({}), &["rate"]),
        r#"big=1 id="a""#
    );
    assert_eq!(
        written(&renamed(), &old, &json!({"big": "2"}), &[]),
        r#"big=2 id="a" rate="2""#
    );
}

#[test]
fn the_merge_works_by_the_same_rules() {
    let collection = example().to_collection();
    assert_eq!(
        (collection.name.as_str(), collection.key.len()),
        ("fx_overrides", 2)
    );
    assert!(
        collection
            .merge_group("rate")
            .is_some_and(|group| group.contains(&"source".to_owned()))
    );
    assert_eq!(collection.merge_group("lots"), None);
    let rate = collection.field("rate").unwrap();
    assert_eq!(
        (rate.kind, rate.format, rate.scale),
        (FieldKind::Text, Some(Format::Decimal), Some(6))
    );
    let said = |field: &Field, value: &str| field.broken_rule(&json!(value));
    assert_eq!(said(rate, "0"), Some("must be at least 0.000001".into()));
    assert_eq!(said(rate, "1.0850"), None);
    let lots = collection.field("lots").unwrap();
    assert_eq!(said(lots, "9223372036854775807"), None);
    assert!(said(lots, "9223372036854775808").is_some());
    assert_eq!(lots.default, Some(json!("1")));
}
