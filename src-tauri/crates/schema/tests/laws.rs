//! Laws that hold for every model and every value.

use crate::made::read;
use crate::vectors::is_valid;
use leeward_model::Fields;
use leeward_schema::{DataModel, FieldType};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

fn any_text() -> impl Strategy<Value = String> {
    "[^*]{0,6}"
}

fn limits(least: i64, most: i64) -> impl Strategy<Value = (i64, i64)> {
    (least..most).prop_flat_map(move |low| (Just(low), low..most))
}

fn texts() -> impl Strategy<Value = Value> {
    let pattern = prop_oneof![Just(None), Just(Some("^[A-Z]{3}$")), Just(Some("a|b"))];
    (pattern, limits(0, 9), any::<bool>()).prop_map(|(pattern, (least, most), has_limits)| {
        let mut field = json!({"type": "string"});
        if let Some(pattern) = pattern {
            field["pattern"] = json!(pattern);
        }
        if has_limits {
            field["minLength"] = json!(least);
            field["maxLength"] = json!(most);
        }
        field
    })
}

fn numbers() -> impl Strategy<Value = Value> {
    let decimals =
        (0..=18u8, limits(-99, 99), any::<bool>()).prop_map(|(scale, (least, most), has_limits)| {
            let mut own = json!({ "scale": scale });
            if has_limits {
                own["minimum"] = json!(least.to_string());
                own["maximum"] = json!(format!("{most}.0"));
            }
            json!({"type": "string", "format": "decimal", "x-leeward": own})
        });
    let integers = limits(i64::MIN, i64::MAX)
        .prop_map(|(least, most)| json!({"type": "integer", "minimum": least, "maximum": most}));
    prop_oneof![decimals, integers, Just(json!({"type": "integer"}))]
}

fn choices() -> impl Strategy<Value = Value> {
    let choices = prop::collection::btree_map("[^*\0]{0,3}", prop::option::of(any_text()), 1..4);
    choices.prop_map(|choices: BTreeMap<String, Option<String>>| {
        let one = |(value, title): (String, Option<String>)| match title {
            Some(title) => json!({"const": value, "title": title}),
            None => json!({ "const": value }),
        };
        json!({"oneOf": choices.into_iter().map(one).collect::<Vec<_>>()})
    })
}

fn schemas() -> impl Strategy<Value = Value> {
    let plain = prop_oneof![
        Just(json!({"type": "boolean", "default": true})),
        Just(json!({"type": "string", "format": "date"})),
        Just(json!({"type": "string", "format": "date-time"})),
        Just(json!({"enum": ["ABC", "true", "1"], "default": "1"})),
        Just(json!({"default": {"a": [1.10, null]}})),
        Just(json!({"type": "object"})),
        Just(json!({"type": "array"})),
    ];
    let notes = (any_text(), any_text(), any::<bool>(), any::<bool>());
    (prop_oneof![texts(), numbers(), choices(), plain], notes).prop_map(
        |(mut field, (title, comment, old, noted))| {
            if noted {
                field["title"] = json!(title);
                field["description"] = json!(comment);
                field["$comment"] = json!(comment);
                field["deprecated"] = json!(old);
                field["examples"] = json!([comment, {"b": 1.50}]);
            }
            field
        },
    )
}

fn values() -> impl Strategy<Value = Value> {
    let texts = prop_oneof![
        "-?[0-9]{1,20}",
        "-?[0-9]{1,3}(\\.[0-9]{1,7})?",
        "[0-9]{4}-(0[1-9]|1[0-2])-[0-3][0-9]",
        "20[0-9]{2}-1[0-2]-[0-2][0-9][Tt]0[0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,7})?([Zz]|[+-][01][0-9]:[03]0)",
        "true|false|TRUE|ABC|a|b",
        "\\PC{0,6}",
        ".{0,3}",
    ];
    let numbers = "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?";
    let numbers = numbers.prop_map(|text| Value::Number(text.parse().unwrap()));
    prop_oneof![
        4 => texts.prop_map(Value::String),
        2 => numbers,
        1 => any::<bool>().prop_map(Value::Bool),
        1 => Just(Value::Null),
        1 => any_text().prop_map(|name| json!({name: [1.10]})),
        1 => Just(json!([[]])),
    ]
}

/// Names that Airflow does not take for those of secrets: they have no vowels.
const NAME: &str = "[bcdfgh][bcdfgh0-9_]{0,5}";

/// A first version, with a key, merge units and references that fit its fields.
fn models() -> impl Strategy<Value = Value> {
    let fields = prop::collection::btree_map(NAME, schemas(), 1..6);
    (fields, 0..4u8, any::<bool>()).prop_map(|(fields, key, by_record)| {
        let mut properties: Map<String, Value> = fields.into_iter().collect();
        let others: Vec<String> = properties.keys().cloned().collect();
        properties.insert("id".into(), json!({"type": "string"}));
        properties.insert("no".into(), json!({"type": "integer"}));
        let key = match key {
            0 => json!("ulid"),
            1 => json!(["id"]),
            2 => json!(["no"]),
            _ => json!(["no", "id"]),
        };
        let group = if others.len() > 1 {
            json!([others])
        } else {
            json!([])
        };
        json!({"type": "object", "properties": properties, "required": ["id", "no"], "x-leeward": {
            "collection": "things", "version": 1, "key": key, "unique": [["id", "no"]],
            "merge": if by_record { json!("record") } else { group }, "references": {"id": "others"}}})
    })
}

/// The next version of a model: fields renamed, dropped, made text; and what each field became.
fn next_version(mut file: Value, what: &[u8]) -> Value {
    let names: Vec<String> = file["properties"].as_object().unwrap().keys().cloned().collect();
    let mut changes = Vec::new();
    file["x-leeward"]["merge"] = json!([]);
    for (name, what) in names
        .iter()
        .filter(|name| !["id", "no"].contains(&name.as_str()))
        .zip(what)
    {
        let properties = file["properties"].as_object_mut().unwrap();
        let new = format!("renamed_{name}");
        match what {
            0 => {
                let schema = properties.remove(name).unwrap();
                properties.insert(new.clone(), schema);
                changes.push(json!({"version": 2, "rename": name, "to": new}));
            }
            1 => {
                properties.remove(name);
                changes.push(json!({"version": 2, "drop": name}));
            }
            2 => {
                properties.insert(name.clone(), json!({"type": "string", "pattern": "a|1"}));
                changes.push(json!({"version": 2, "convert": name}));
            }
            _ => {}
        }
    }
    file["x-leeward"]["version"] = json!(2);
    file["x-leeward"]["changes"] = changes.into();
    file
}

fn kinds(file: &Value) -> (DataModel, Vec<FieldType>) {
    let model = read(&file.to_string());
    let kinds = model.fields().iter().map(|field| field.kind.clone()).collect();
    (model, kinds)
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(file in models(), what in prop::collection::vec(0..4u8, 6)) {
        for file in [file.clone(), next_version(file, &what)] {
            let model = read(&file.to_string());
            let written = model.write();
            prop_assert_eq!(&read(&written), &model);
            prop_assert_eq!(read(&written).write(), written);
        }
    }

    #[test]
    fn a_canonical_value_stays_and_is_valid(schema in schemas(), value in values()) {
        let (_, kinds) = kinds(&json!({"type": "object", "properties": {"f": schema}, "required": [],
            "x-leeward": {"collection": "c", "version": 1, "key": "ulid"}}));
        let kind = &kinds[0];
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        for taken in [kind.take(&value), kind.take_text(&text)].into_iter().flatten() {
            prop_assert_eq!(kind.take(&taken), Ok(taken.clone()));
            prop_assert_eq!(kind.take(&kind.to_json(&taken)), Ok(taken.clone()));
            prop_assert_eq!(kind.take_text(&kind.text_of(&taken)), Ok(taken.clone()));
            prop_assert!(is_valid(&schema, &kind.to_json(&taken)), "{} {}", schema, taken);
        }
    }

    #[test]
    fn a_key_gives_its_fields_back(file in models(), id in any_text(), no in any::<i64>()) {
        let model = read(&file.to_string());
        let fields = Fields::from([("id".to_owned(), json!(id)), ("no".to_owned(), json!(no.to_string()))]);
        if let Ok(key) = model.key_of(&fields) {
            let back = model.fields_of_key(&key).unwrap();
            prop_assert!(back.iter().all(|(name, value)| fields.get(name) == Some(value)));
            prop_assert_eq!(model.key_of(&back), Ok(key));
        }
    }

    #[test]
    fn any_text_is_a_key_or_none(file in models(), text in any_text()) {
        let model = read(&file.to_string());
        if let Ok(fields) = model.fields_of_key(&text)
            && !fields.is_empty()
        {
            prop_assert_eq!(model.key_of(&fields), Ok(text));
        }
    }

    #[test]
    fn a_migration_loses_nothing_but_what_is_dropped(
        file in models(),
        what in prop::collection::vec(0..4u8, 6),
        record in prop::collection::btree_map(prop_oneof![NAME, "zz[a-z]{0,3}"], values(), 0..8),
    ) {
        let (old, new) = (read(&file.to_string()), read(&next_version(file, &what).to_string()));
        prop_assert!(old.difference(&new).is_complete(), "{:?}", old.difference(&new));
        let migrated = old.migrate(&new, record.clone());
        for (name, value) in &record {
            match (old.field(name), new.field(name), new.field(&format!("renamed_{name}"))) {
                (None, _, _) => prop_assert_eq!(migrated.get(name), Some(value)),
                (Some(_), None, Some(renamed)) => prop_assert_eq!(migrated.get(&renamed.name), Some(value)),
                (Some(_), None, None) => prop_assert_eq!(migrated.get(name), None),
                (Some(was), Some(is), _) if was.kind == is.kind => prop_assert_eq!(migrated.get(name), Some(value)),
                (Some(_), Some(_), _) => prop_assert!(migrated.contains_key(name)),
            }
        }
    }

    #[test]
    fn a_change_without_its_step_is_told(file in models(), what in prop::collection::vec(0..3u8, 6)) {
        let old = read(&file.to_string());
        let mut next = next_version(file, &what);
        next["x-leeward"]["changes"] = json!([]);
        // Some first version has only fields that the conversion finds to be as they are.
        let changed = old.fields().iter().any(|field| next["properties"].get(&field.name).is_none());
        let complete = old.difference(&read(&next.to_string())).is_complete();
        prop_assert!(!changed || !complete);
    }

    #[test]
    fn no_text_breaks_the_reader(text in ".{0,40}") {
        prop_assert!(DataModel::read(&text).is_err());
    }
}
