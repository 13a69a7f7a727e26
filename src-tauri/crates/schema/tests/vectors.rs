//! The vectors in `tests/vectors/model`, to which the window's and Python's validators are held as well.

use crate::made::{self, EXAMPLE, example, with_field};
use leeward_model::Fields;
use leeward_schema::KeyFault;
use serde_json::{Value, from_str, json};

const VALUES: &str = include_str!("../../../../tests/vectors/model/values.json");
const KEYS: &str = include_str!("../../../../tests/vectors/model/keys.json");
const RECORDS: &str = include_str!("../../../../tests/vectors/model/records.json");
const FOLLOWS: &str = include_str!("../../../../tests/vectors/model/follows.json");
const MIGRATIONS: &str = include_str!("../../../../tests/vectors/model/migrations.json");

pub(crate) fn rows(text: &str) -> Vec<Value> {
    from_str(text).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn fields(value: &Value) -> Fields {
    value.as_object().unwrap().clone().into_iter().collect()
}

/// JSON Schema's verdict, formats included.
pub(crate) fn is_valid(schema: &Value, value: &Value) -> bool {
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    options.build(schema).unwrap().is_valid(value)
}

#[test]
fn values_have_their_canonical_form_or_are_refused() {
    for row in rows(VALUES) {
        let model = with_field(&row["field"]);
        let kind = &model.field("f").unwrap().kind;
        for case in list(&row["values"]) {
            let taken = match (case.get("json"), case.get("text")) {
                (Some(value), None) => kind.take(value),
                (None, Some(text)) => kind.take_text(text.as_str().unwrap()),
                _ => panic!("neither json nor text: {case}"),
            };
            if let Some(written) = case.get("written") {
                let taken = taken.map(|value| kind.text_of(&value));
                assert_eq!(taken.as_deref(), Ok(written.as_str().unwrap()), "{case}");
                continue;
            }
            let expected = match (case.get("is"), case.get("not")) {
                (Some(canonical), None) => Ok(canonical.clone()),
                (None, Some(why)) => Err(why.as_str().unwrap().to_owned()),
                _ => panic!("neither is nor not nor written: {case}"),
            };
            assert_eq!(taken, expected, "{} {case}", row["field"]);
        }
    }
}

#[test]
fn json_schema_says_the_same_of_values() {
    let mut agreed = 0;
    for row in rows(VALUES) {
        let model = with_field(&row["field"]);
        let kind = &model.field("f").unwrap().kind;
        for case in list(&row["values"]) {
            // What JSON Schema has no words for is marked in the vectors.
            let is_taken = ["is", "written", "stricter"];
            let expected = is_taken.iter().any(|word| case.get(word).is_some());
            let judged = match (case.get("is"), case.get("json")) {
                (Some(canonical), _) => kind.to_json(canonical),
                (None, Some(value)) => value.clone(),
                (None, None) => continue,
            };
            assert_eq!(
                is_valid(&row["field"], &judged),
                expected,
                "{} {case}",
                row["field"]
            );
            agreed += 1;
        }
    }
    assert!(agreed > 100, "{agreed}");
}

#[test]
fn the_example_is_canonical() {
    assert_eq!(example().write(), EXAMPLE);
    assert!(jsonschema::draft202012::meta::is_valid(
        &from_str(EXAMPLE).unwrap()
    ));
}

#[test]
fn records_are_held_to_the_example() {
    let (model, schema) = (example(), from_str(EXAMPLE).unwrap());
    for row in rows(RECORDS) {
        let fields = fields(&row["fields"]);
        let told: Vec<Value> = model
            .check(&fields)
            .iter()
            .map(|(name, why)| json!([name, why]))
            .collect();
        assert_eq!(Value::from(told), row["broken"], "{}", row["fields"]);

        let known = fields.iter().filter_map(|(name, value)| {
            let json = model.field(name)?.kind.to_json(value);
            Some((name.clone(), json))
        });
        let is_kept = list(&row["broken"]).is_empty();
        assert_eq!(is_valid(&schema, &known.collect()), is_kept, "{}", row["fields"]);
    }
}

#[test]
fn keys_are_made_and_read() {
    for row in rows(KEYS) {
        let required: Vec<_> = row["types"].as_object().unwrap().keys().collect();
        let file = json!({"type": "object", "properties": row["types"], "required": required,
            "x-leeward": {"collection": "c", "version": 1, "key": row["key"]}});
        let model = made::read(&file.to_string());
        for case in list(&row["keys"]) {
            if let Some(text) = case.get("no_key") {
                assert!(model.fields_of_key(text.as_str().unwrap()).is_err(), "{case}");
                continue;
            }
            let key = model
                .key_of(&fields(&case["fields"]))
                .map_err(|fault| word(&fault));
            match (case.get("is"), case.get("not")) {
                (Some(text), None) => assert_eq!(key.as_deref(), Ok(text.as_str().unwrap()), "{case}"),
                (None, Some(word)) => assert_eq!(key, Err(word.as_str().unwrap()), "{case}"),
                _ => panic!("neither is nor not: {case}"),
            }
            if let Ok(key) = key {
                let back = model.fields_of_key(&key).unwrap();
                assert_eq!(model.key_of(&back), Ok(key), "{case}");
            }
        }
    }
}

fn word(fault: &KeyFault) -> &'static str {
    match fault {
        KeyFault::Generated => "generated",
        KeyFault::Missing { .. } => "missing",
        KeyFault::Wrong { .. } => "wrong",
        KeyFault::Empty => "empty",
        KeyFault::Reserved => "reserved",
        KeyFault::TooLong { .. } => "too long",
        KeyFault::NotAKey => "no key",
    }
}

#[test]
fn a_key_has_an_end() {
    let model = with_field(&json!({}));
    let record = |length| fields(&json!({"id": "é".repeat(length)}));
    assert!(model.check(&record(200)).is_empty());
    let told = vec![(
        "id".to_owned(),
        "makes a key of more than 200 characters".to_owned(),
    )];
    assert_eq!(model.check(&record(201)), told);
    let told = vec![(
        "id".to_owned(),
        "must not be empty: the record is found by it".to_owned(),
    )];
    assert_eq!(model.check(&record(0)), told);
}

#[test]
fn no_record_takes_the_place_of_the_model() {
    let told = with_field(&json!({})).check(&fields(&json!({"id": "$model"})));
    let why = "must not be $model: the data model is kept under it";
    assert_eq!(told, [("id".to_owned(), why.to_owned())]);
}

#[test]
fn a_generated_key_is_a_ulid() {
    let mut file = made::file(&json!({}), 1, &json!([]));
    file["x-leeward"]["key"] = json!("ulid");
    let model = made::read(&file.to_string());
    assert_eq!(
        model.fields_of_key("01JDX3K5WQ8Z9R7N2M4V6T8Y0B"),
        Ok(Fields::new())
    );
    assert!(model.check(&fields(&json!({"id": ""}))).is_empty());
}

#[test]
fn what_a_next_version_lacks_is_told() {
    for row in rows(FOLLOWS) {
        let old = made::model(&row["from"], 1, &json!([]));
        let mut new = made::file(&row["to"], 2, &row["changes"]);
        let required = row.get("required").map_or(&[][..], list);
        new["required"]
            .as_array_mut()
            .unwrap()
            .extend(required.iter().cloned());
        let missing = old.difference(&made::read(&new.to_string())).missing;
        let told: Vec<Value> = missing.iter().map(|one| one.to_string().into()).collect();
        assert_eq!(told, list(&row["missing"]), "{row}");
    }
}

#[test]
fn records_are_migrated() {
    for row in rows(MIGRATIONS) {
        let old = made::model(&row["from"], 1, &json!([]));
        let new = made::model(&row["to"], 2, &row["changes"]);
        assert_eq!(old.difference(&new).missing, [], "{}", row["changes"]);
        for case in list(&row["records"]) {
            let migrated = old.migrate(&new, fields(&case["fields"]));
            assert_eq!(migrated, fields(&case["is"]), "{} {case}", row["changes"]);
        }
    }
}
