//! Records packed for the window: they say what the views say, also for a rebuild.

use crate::rebuilds::{full_desk, lose, views, window};
use crate::support::{Fixture, WINDOW, base, variable};
use leeward_model::{BaseField, Content, PackedRecord, RebuildRecord, RecordView, Seal, VARIABLES, Value};
use serde_json::json;
use std::path::PathBuf;

/// Something of everything; a value that Airflow returned otherwise than it was typed, and a secret.
fn fixture() -> (Fixture, Vec<leeward_model::Entry>) {
    let (mut fixture, log) = full_desk();
    for (key, value) in [
        (
            "typed",
            BaseField::written(Content::Value(json!("3.1")), json!("3.10")),
        ),
        ("password", BaseField::seen(Content::Sealed(Seal::new("5ea1")))),
        ("text", base(json!("a\nb\t\"c\" č\u{2028}"))),
    ] {
        fixture.confirmed(key, &variable("1"));
        let mut record = fixture.record(key).unwrap();
        record.base.as_mut().unwrap().insert("value".into(), value);
        fixture.write(|ledger| ledger.save(&record, crate::support::now()));
    }
    (fixture, log)
}

/// Each record's view and what it was packed to, in the order of the feed.
fn both(fixture: &mut Fixture) -> Vec<(RecordView, PackedRecord)> {
    let views = fixture.read(|ledger| ledger.pull(WINDOW, 0, 1_000)).items;
    let packed = fixture.read(|ledger| ledger.pull_packed(WINDOW, 0, 1_000)).items;
    assert_eq!(views.len(), packed.len());
    let pairs = views.into_iter().zip(packed);
    pairs
        .filter_map(|(view, packed)| {
            assert_eq!(
                (view.feed, &view.key, &view.action),
                (packed.feed, &packed.key, &packed.action)
            );
            Some((view.record?, packed.record?))
        })
        .collect()
}

/// As the window unpacks it.
fn unpacked(of: &RecordView, packed: &PackedRecord) -> RebuildRecord {
    let (fields, rest) = packed.text.split_once('\n').unwrap();
    let fields: Value = serde_json::from_str(fields).unwrap();
    let mut view: Value = serde_json::from_str(rest).unwrap();
    let included_seq = view["included_seq"].as_u64().unwrap_or_default();
    let members = view.as_object_mut().unwrap();
    let usual = [
        ("sealed", json!([])),
        ("state", json!("clean")),
        ("deleted", json!(false)),
        ("conflict", Value::Null),
    ];
    for (name, value) in usual {
        members.entry(name).or_insert(value);
    }
    members.entry("base").or_insert_with(|| fields.clone());
    members.insert("fields".into(), fields);
    members.insert("collection".into(), json!(of.collection));
    members.insert("key".into(), json!(of.key));
    let record = serde_json::from_value(view).unwrap();
    RebuildRecord { record, included_seq }
}

#[test]
fn they_say_what_the_views_say() {
    let (mut fixture, _) = fixture();
    let acked = fixture.seq;
    for (view, packed) in both(&mut fixture) {
        assert_eq!(packed.state, view.state);
        let RebuildRecord { record, included_seq } = unpacked(&view, &packed);
        assert_eq!(included_seq, acked);
        let ledger = view.ledger.clone();
        assert_eq!(RecordView { ledger, ..record }, view);
    }
}

#[test]
fn a_pull_says_what_the_record_says() {
    let (mut fixture, _) = fixture();
    for (view, _) in both(&mut fixture) {
        let stored = fixture.read(|ledger| ledger.record(&view.collection, &view.key));
        let pulled = RecordView {
            changed_by: None,
            ..view
        };
        assert_eq!(stored.map(|stored| stored.view()), Some(pulled));
    }
}

#[test]
fn a_value_is_told_once_where_once_says_all() {
    let (mut fixture, _) = fixture();
    for (view, packed) in both(&mut fixture) {
        let told = packed.text.matches("\\\"c\\\"").count();
        assert_eq!(told, usize::from(view.key == "text"), "{}", packed.text);
    }
}

#[test]
fn a_mirror_is_rebuilt_from_them() {
    let (mut fixture, log) = fixture();
    let before = views(&mut fixture);
    let rows = both(&mut fixture);
    let mut window = window(&mut fixture, log);
    window.rows = rows.iter().map(|(view, packed)| unpacked(view, packed)).collect();
    lose(&mut fixture, &window);
    assert_eq!(views(&mut fixture), before);
    let bases = fixture.read(|ledger| ledger.records(VARIABLES));
    assert!(bases.iter().any(|record| record.base.is_some()));
}

/// The window's tests unpack what is packed here.
#[test]
fn the_windows_fixture_is_fresh() {
    let (mut fixture, _) = fixture();
    let cases = both(&mut fixture);
    let cases: Vec<Value> = cases
        .iter()
        .map(|(view, packed)| json!({ "view": view, "packed": packed }))
        .collect();
    let fresh = format!("{}\n", serde_json::to_string_pretty(&cases).unwrap());
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../ui/src/lib/db/testing/packed.json");
    if std::env::var_os("LEEWARD_WRITE_BINDINGS").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == fresh,
        "packed.json is stale: run `cargo xtask bindings`"
    );
}
