//! The next version of a model, of a description without steps.

use crate::made::{file, model, read};
use leeward_schema::{DataModel, ModelFault, Origin};
use serde_json::{Value, json};

fn origin(name: &str, was: &str) -> Origin {
    Origin {
        name: name.into(),
        was: was.into(),
        map: Vec::new(),
    }
}

fn present() -> DataModel {
    model(
        &json!({"rate": {"type": "string"}, "note": {"type": "string"}, "source": {"enum": ["ecb", "x"]}}),
        1,
        &json!([]),
    )
}

fn described(fields: &Value, origins: &[Origin]) -> Result<DataModel, Vec<ModelFault>> {
    let mut origins = origins.to_vec();
    origins.push(origin("id", "id"));
    present().next_version(model(fields, 1, &json!([])), &origins)
}

fn steps(model: &DataModel) -> Value {
    let file: Value = serde_json::from_str(&model.write()).unwrap();
    file["x-leeward"]["changes"].clone()
}

#[test]
fn a_rename_is_told_from_a_field_that_went_and_one_that_came() {
    let text = json!({"type": "string"});
    let source = json!({"enum": ["ecb", "x"]});
    let fields = json!({"value": text, "note": text, "source": source});
    let kept = [origin("note", "note"), origin("source", "source")];
    let renamed = described(&fields, &[&kept[..], &[origin("value", "rate")]].concat()).unwrap();
    assert_eq!(
        steps(&renamed),
        json!([{"version": 2, "rename": "rate", "to": "value"}])
    );
    let other = described(&fields, &kept).unwrap();
    assert_eq!(steps(&other), json!([{"version": 2, "drop": "rate"}]));
    for next in [renamed, other] {
        assert_eq!(next.version(), 2);
        assert!(present().difference(&next).is_complete());
        assert_eq!(read(&next.write()), next);
    }
}

#[test]
fn what_values_may_break_is_converted_and_what_they_cannot_is_not() {
    let fields =
        json!({"rate": {"type": "integer"}, "note": {"type": "string"}, "source": {"enum": ["ECB"]}});
    let mut source = origin("source", "source");
    source.map = vec![("ecb".into(), "ECB".into())];
    let next = described(&fields, &[origin("rate", "rate"), origin("note", "note"), source]).unwrap();
    let expected = json!([
        {"version": 2, "convert": "rate"},
        {"version": 2, "convert": "source", "map": {"ecb": "ECB"}},
    ]);
    assert_eq!(steps(&next), expected);
}

#[test]
fn a_renamed_field_is_converted_under_its_new_name() {
    let fields = json!({"value": {"type": "integer"}});
    let next = described(&fields, &[origin("value", "rate")]).unwrap();
    let expected = json!([
        {"version": 2, "drop": "note"},
        {"version": 2, "drop": "source"},
        {"version": 2, "rename": "rate", "to": "value"},
        {"version": 2, "convert": "value"},
    ]);
    assert_eq!(steps(&next), expected);
    let record =
        |field: &str, value: Value| [("id", json!("a")), (field, value)].map(|(n, v)| (n.to_owned(), v));
    let migrated = present().migrate(&next, record("rate", json!("12")).into());
    assert_eq!(migrated, record("value", json!("12")).into());
    assert_eq!(present().name_in_version(&next, "rate").as_deref(), Some("value"));
    assert_eq!(present().name_in_version(&next, "note"), None);
}

#[test]
fn earlier_steps_stay() {
    let first = model(&json!({"a": {"type": "string"}}), 1, &json!([]));
    let keep = [origin("b", "a"), origin("id", "id")];
    let second = first
        .next_version(model(&json!({"b": {"type": "string"}}), 1, &json!([])), &keep)
        .unwrap();
    let keep = [origin("c", "b"), origin("id", "id")];
    let third = second
        .next_version(model(&json!({"c": {"type": "string"}}), 7, &json!([])), &keep)
        .unwrap();
    let expected = json!([
        {"version": 2, "rename": "a", "to": "b"},
        {"version": 3, "rename": "b", "to": "c"},
    ]);
    assert_eq!(steps(&third), expected);
    assert_eq!(third.version(), 3);
}

fn pointers(fields: &Value, origins: &[Origin]) -> Vec<String> {
    let faults = described(fields, origins).err().unwrap_or_default();
    faults.into_iter().map(|fault| fault.pointer).collect()
}

/// A record that was written before would be read as if its value were the other field's.
#[test]
fn a_name_does_not_go_from_one_field_to_another() {
    let text = json!({"type": "string"});
    let swapped = [origin("note", "rate"), origin("rate", "note")];
    let fields = json!({"note": text, "rate": text});
    assert_eq!(
        pointers(&fields, &swapped),
        ["/properties/note", "/properties/rate"]
    );
    assert_eq!(pointers(&json!({"rate": text}), &[]), ["/properties/rate"]);
    assert_eq!(
        pointers(&json!({"note": text}), &[origin("note", "rate")]),
        ["/properties/note"]
    );
}

/// A record that has the one text could have had either choice.
#[test]
fn two_choices_do_not_become_one() {
    let next = |choices: &[&str], map: &[(&str, &str)]| {
        let mut source = origin("source", "source");
        source.map = map
            .iter()
            .map(|(from, to)| ((*from).into(), (*to).into()))
            .collect();
        pointers(&json!({"source": {"enum": choices}}), &[source])
    };
    // The other is taken out, swapped, or gets another text itself.
    assert_eq!(
        next(&["x"], &[("ecb", "x")]),
        ["/properties/source/oneOf/0/const"]
    );
    let swapped = next(&["x", "ecb"], &[("ecb", "x"), ("x", "ecb")]);
    assert_eq!(
        swapped,
        [
            "/properties/source/oneOf/0/const",
            "/properties/source/oneOf/1/const"
        ]
    );
    assert_eq!(
        next(&["x", "y"], &[("ecb", "x"), ("x", "y")]),
        ["/properties/source/oneOf/0/const"]
    );
    assert_eq!(
        next(&["new"], &[("ecb", "new"), ("x", "new")]),
        ["/properties/source/oneOf/0/const"]
    );
    assert!(next(&["ECB", "x"], &[("ecb", "ECB"), ("x", "x")]).is_empty());
    assert!(next(&["x"], &[]).is_empty());
}

/// A record is found by the key that it was made with.
#[test]
fn values_of_a_key_stay() {
    let next = |id: &Value, map: &[(String, String)]| {
        let mut file = file(&json!({}), 1, &json!([]));
        file["properties"]["id"] = id.clone();
        let mut origin = origin("id", "id");
        origin.map = map.to_vec();
        let followed = present().next_version(read(&file.to_string()), &[origin]);
        let faults = followed.err().unwrap_or_default();
        faults.into_iter().map(|fault| fault.pointer).collect::<Vec<_>>()
    };
    assert_eq!(next(&json!({"type": "integer"}), &[]), ["/properties/id"]);
    let map = [("a".to_owned(), "b".to_owned())];
    assert_eq!(next(&json!({"type": "string"}), &map), ["/properties/id"]);
    assert!(next(&json!({"type": "string", "maxLength": 3}), &[]).is_empty());
}

#[test]
fn what_cannot_follow_is_told_at_its_field() {
    let present = present();
    let mut other = file(&json!({"new": {"type": "string"}}), 1, &json!([]));
    other["required"] = json!(["id", "new"]);
    other["x-leeward"]["collection"] = json!("others");
    other["x-leeward"]["key"] = json!("ulid");
    let faults = present
        .next_version(read(&other.to_string()), &[origin("id", "id")])
        .unwrap_err();
    let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        ["/x-leeward/collection", "/properties/new", "/x-leeward/key"]
    );
}

/// It is required from now on: a record without it breaks that, which is said and allowed.
#[test]
fn a_field_that_is_required_now_is_converted() {
    let mut other = file(&json!({"rate": {"type": "string"}}), 1, &json!([]));
    other["required"] = json!(["id", "rate"]);
    let origins = [origin("id", "id"), origin("rate", "rate")];
    let next = present()
        .next_version(read(&other.to_string()), &origins)
        .unwrap();
    let converted = json!({"version": 2, "convert": "rate"});
    assert!(steps(&next).as_array().unwrap().contains(&converted));
}
