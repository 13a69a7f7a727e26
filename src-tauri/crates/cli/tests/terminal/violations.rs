//! What records break together, at a terminal.

use crate::data_folder::DataFolder;
use serde_json::{Value, json};

/// No two currencies have the same name, and each rate refers to a currency.
fn currencies() -> DataFolder {
    let data = DataFolder::new();
    let money = json!({
        "type": "object",
        "properties": {"code": {"type": "string"}, "name": {"type": "string"}},
        "required": ["code"],
        "x-leeward": {"collection": "currencies", "version": 1, "key": ["code"], "unique": [["name"]]},
    });
    let fx = json!({
        "type": "object",
        "properties": {"id": {"type": "string"}, "currency": {"type": "string"}},
        "required": ["id"],
        "x-leeward": {"collection": "fx", "version": 1, "key": ["id"], "references": {"currency": "currencies"}},
    });
    data.has_collection(&money, "cur.");
    data.has_collection(&fx, "fx.");
    for (code, name) in [("EUR", "Euro"), ("USD", "Dollar")] {
        data.has_record(
            "currencies",
            code,
            &[("code", json!(code)), ("name", json!(name))],
        );
    }
    data.has_record("fx", "1", &[("id", json!("1")), ("currency", json!("USD"))]);
    data
}

fn told(data: &DataFolder, line: &[&str]) -> Value {
    let line = [line, &["-o", "json"]].concat();
    data.run(&line).exits(0).json()
}

#[test]
fn a_duplicate_is_listed_until_an_edit_settles_it() {
    let data = currencies();
    assert_eq!(told(&data, &["violations", "list"]), json!([]));
    let set = ["records", "set", "currencies", "USD", "--field"];
    let view = told(&data, &[set.as_slice(), &["name=Euro"]].concat());
    let why = "Another record has the same name. No two may.";
    assert_eq!(
        (&view["state"], &view["note"]),
        (&json!("violation"), &json!(why))
    );
    let broken = json!([{
        "collection": "currencies", "rule": "unique", "keys": ["EUR", "USD"], "fields": ["name"],
        "why": "These records have the same name. No two may.",
    }]);
    assert_eq!(told(&data, &["violations", "list"]), broken);
    let status = told(&data, &["status"]);
    assert_eq!(
        (&status["violations"], &status["pending"], &status["unsent"]),
        (&json!(1), &json!(0), &json!(1))
    );
    let view = told(&data, &[set.as_slice(), &["name=Money"]].concat());
    assert_eq!(view["state"], "pending");
    assert_eq!(told(&data, &["violations", "list"]), json!([]));
}

#[test]
fn a_delete_of_what_others_refer_to_says_so() {
    let data = currencies();
    let view = told(&data, &["records", "delete", "currencies", "USD"]);
    assert_eq!(
        (&view["state"], &view["note"]),
        (
            &json!("violation"),
            &json!("Records of fx refer to this one, in currency.")
        )
    );
    let broken = json!([{
        "collection": "fx", "rule": "reference", "keys": ["1"], "fields": ["currency"],
        "why": "currency refers to USD, and currencies has no such record.",
    }]);
    assert_eq!(told(&data, &["violations", "list"]), broken);
    assert_eq!(told(&data, &["records", "get", "fx", "1"])["state"], "violation");
}
