//! Typed collections follow from the Variables that hold their data models.

use crate::support::{Fixture, at, base, edit, now, remote, text, variable};
use leeward_model::{Change, Entry, EntryKind, Overlay, OverlayField, Value};
use leeward_store::{Intent, IntentOp, StoredRecord};
use serde_json::json;
use std::collections::BTreeMap;

const MODEL: &str = "fx.$model";

/// A version of the data model of `fx`: its rate may be called otherwise.
fn model(version: u32, rate: &str, changes: &Value) -> String {
    let mut file = json!({
        "type": "object",
        "properties": {"currency": {"type": "string"}, "lots": {"type": "integer"}},
        "required": ["currency"],
        "x-leeward": {"collection": "fx", "version": version, "key": ["currency"], "changes": changes},
    });
    file["properties"][rate] = json!({"type": "string", "format": "decimal", "x-leeward": {"scale": 6}});
    file.to_string()
}

fn first() -> String {
    model(1, "rate", &json!([]))
}

fn second() -> String {
    model(
        2,
        "value",
        &json!([{"version": 2, "rename": "rate", "to": "value"}]),
    )
}

impl Fixture {
    fn has_model(&mut self, text: &str) {
        self.confirmed(MODEL, &variable(text));
        self.write(|ledger| ledger.follow_models(now()));
    }

    fn trouble(&mut self) -> Option<String> {
        self.read(|ledger| ledger.typed_collection("fx")).unwrap().trouble
    }

    fn of_fx(&mut self, key: &str) -> Option<StoredRecord> {
        self.read(|ledger| ledger.record("fx", key))
    }

    /// A record that Airflow has, with an edit of its rate.
    fn edited(&mut self, key: &str) {
        let seen = [
            ("currency", json!(key)),
            ("rate", json!("1")),
            ("lots", json!("5")),
        ];
        let mut record = StoredRecord::new("fx", key);
        record.base = Some(
            seen.iter()
                .map(|(name, value)| ((*name).into(), base(value.clone())))
                .collect(),
        );
        record.remote = remote(&seen);
        let rate = OverlayField {
            to: Some(json!("2")),
            base: Some(base(json!("1"))),
        };
        record.overlay = Some(Overlay {
            fields: BTreeMap::from([("rate".into(), rate)]),
            deleted: false,
        });
        self.write(|ledger| ledger.save(&record, now()));
    }
}

fn of_fx(key: &str, fields: &[(&str, Value)]) -> Entry {
    let change = |(name, to): &(&str, Value)| {
        (
            (*name).to_owned(),
            Change {
                from: None,
                to: Some(to.clone()),
            },
        )
    };
    Entry {
        collection: "fx".into(),
        fields: fields.iter().map(change).collect(),
        ..edit(key, &[])
    }
}

/// A write of the record that was sent, and of which nothing is known yet.
fn in_flight(record: &StoredRecord) -> Intent {
    Intent {
        collection: record.collection.clone(),
        key: record.key.clone(),
        op: IntentOp::Update,
        fields: BTreeMap::new(),
        before: record.remote.clone(),
        rev: 1,
        sent_at: now(),
        in_doubt_since: None,
        server_at: None,
    }
}

#[test]
fn a_model_makes_a_collection_as_soon_as_it_is_entered() {
    let mut fixture = Fixture::new();
    fixture.edit(MODEL, &[("value", None, json!(first()))]);
    let all = fixture.read(|ledger| ledger.collection_views());
    assert_eq!(
        (all[0].name.as_str(), all[0].prefix.as_deref(), all[0].version),
        ("fx", Some("fx."), 1)
    );
    fixture.push(of_fx("EUR", &[("currency", json!("EUR")), ("rate", json!("1"))]));
    let all = fixture.read(|ledger| ledger.collection_views());
    assert_eq!((all[0].records, all[0].pending), (1, 1));
}

#[test]
fn what_is_no_model_or_one_too_many_makes_none() {
    let mut fixture = Fixture::new();
    fixture.has_model(&first());
    fixture.confirmed("other.$model", &variable(&first()));
    fixture.confirmed(
        "fx.more.$model",
        &variable(&first().replace("\"fx\"", "\"more\"")),
    );
    fixture.confirmed("$model", &variable(&first().replace("\"fx\"", "\"none\"")));
    fixture.confirmed("text.$model", &variable("{}"));
    fixture.write(|ledger| ledger.follow_models(now()));
    let names = fixture.read(|ledger| ledger.typed_collections());
    assert_eq!(
        names
            .iter()
            .filter_map(|one| one.prefix.as_deref())
            .collect::<Vec<_>>(),
        ["fx."]
    );
}

#[test]
fn variables_under_the_prefix_are_let_go_of_but_for_work() {
    let mut fixture = Fixture::new();
    for key in ["fx.a", "fx.b", "fx.c", "fxx", "fx"] {
        fixture.confirmed(key, &variable("1"));
    }
    fixture.edit("fx.b", &[("value", text("1"), json!("2"))]);
    let record = fixture.record("fx.c").unwrap();
    fixture.write(|ledger| ledger.put_intent(&in_flight(&record)));
    fixture.has_model(&first());
    let left = ["fx.a", "fx.b", "fx.c", "fxx", "fx", MODEL].map(|key| fixture.record(key).is_some());
    assert_eq!(left, [false, true, true, true, true, true]);
    assert_eq!(
        fixture.read(|ledger| ledger.claimed_with_work("fx.")),
        ["fx.b", "fx.c"]
    );
    let take_back = crate::support::entry(EntryKind::TakeBack, "fx.b");
    fixture.push(take_back);
    fixture.write(|ledger| ledger.follow_models(at(9)));
    assert!(fixture.record("fx.b").is_none());
    assert!(fixture.record("fx.c").is_some());
}

#[test]
fn a_newer_version_takes_base_edit_and_what_was_observed_along() {
    let mut fixture = Fixture::new();
    fixture.has_model(&first());
    fixture.edited("EUR");
    fixture.has_model(&second());
    let record = fixture.of_fx("EUR").unwrap();
    assert_eq!(record.local("value"), Some(&json!("2")));
    assert_eq!(
        (record.local("rate"), record.local("lots")),
        (None, Some(&json!("5")))
    );
    let edit = record.overlay.clone().unwrap().fields.remove("value").unwrap();
    assert_eq!(edit.base, Some(base(json!("1"))));
    assert!(!record.is_moved(), "{record:?}");
}

/// Else the default would count as a change of Airflow's, and the delete as one in conflict with it.
#[test]
fn a_delete_that_waits_has_seen_the_default_of_a_field_that_came() {
    let mut fixture = Fixture::new();
    fixture.has_model(&first());
    fixture.edited("EUR");
    let delete = Entry {
        collection: "fx".into(),
        ..crate::support::delete("EUR", &[("currency", json!("EUR")), ("rate", json!("2"))])
    };
    fixture.push(delete);
    let lots = r#""lots":{"type":"integer"}"#;
    let more = format!(r#"{lots},"grade":{{"type":"string","default":"a"}}"#);
    fixture.has_model(&model(2, "rate", &json!([])).replace(lots, &more));
    let overlay = fixture.of_fx("EUR").unwrap().overlay.unwrap();
    assert!(overlay.deleted);
    let grade = &overlay.fields["grade"];
    assert_eq!((&grade.to, &grade.base), (&None, &Some(base(json!("a")))));
}

/// Of two versions that were made at once, the later one may have been made from the other: what it does not know is never
/// read, so that work on it would be sent without end.
#[test]
fn work_on_a_field_that_the_next_version_never_had_is_none() {
    let mut fixture = Fixture::new();
    fixture.has_model(&first());
    fixture.push(of_fx(
        "CHF",
        &[
            ("currency", json!("CHF")),
            ("rate", json!("1")),
            ("lots", json!("7")),
        ],
    ));
    fixture.has_model(&model(3, "rate", &json!([])).replace(r#""lots":{"type":"integer"},"#, ""));
    assert_eq!(fixture.trouble(), None);
    let record = fixture.of_fx("CHF").unwrap();
    assert_eq!(
        (record.local("rate"), record.local("lots")),
        (Some(&json!("1")), None)
    );
    let all = fixture.read(|ledger| ledger.history("fx", "CHF", 10));
    let had = |fields: &leeward_model::Fields| fields.get("lots") == Some(&json!("7"));
    assert!(
        all.iter().filter_map(|item| item.fields.as_ref()).any(had),
        "history has it: {all:?}"
    );
}

/// The window may have been typed in before it heard of the new name.
#[test]
fn work_by_an_earlier_name_of_a_field_is_work_on_that_field() {
    let mut fixture = Fixture::new();
    fixture.has_model(&first());
    fixture.edited("EUR");
    fixture.has_model(&second());
    let rate = Change {
        from: Some(json!("2")),
        to: Some(json!("4")),
    };
    let mut entry = of_fx("EUR", &[]);
    entry.fields.insert("rate".into(), rate);
    fixture.push(entry);
    let record = fixture.of_fx("EUR").unwrap();
    assert_eq!(
        (record.rejected.as_ref(), record.local("value")),
        (None, Some(&json!("4")))
    );
    fixture.push(of_fx("EUR", &[("never", json!("1"))]));
    let refused = fixture.of_fx("EUR").unwrap().rejected.unwrap();
    assert!(refused.contains("no field named never"), "{refused}");
}

/// Between a model's arrival and its being followed, what Airflow has may be of either version.
#[test]
fn a_model_that_was_seen_to_change_is_told_until_it_is_followed() {
    let mut fixture = Fixture::new();
    let works = |fixture: &mut Fixture| fixture.read(|ledger| ledger.works_by_its_model("fx"));
    fixture.has_model(&first());
    assert!(works(&mut fixture));
    fixture.confirmed(MODEL, &variable(&second()));
    assert!(!works(&mut fixture));
    fixture.write(|ledger| ledger.follow_models(now()));
    assert!(works(&mut fixture));
}

#[test]
fn nothing_changes_while_a_write_is_in_flight() {
    let mut fixture = Fixture::new();
    fixture.has_model(&first());
    fixture.edited("EUR");
    let record = fixture.of_fx("EUR").unwrap();
    fixture.write(|ledger| ledger.put_intent(&in_flight(&record)));
    fixture.has_model(&second());
    assert_eq!(fixture.of_fx("EUR").unwrap().local("rate"), Some(&json!("2")));
    // Else what is in flight would never be settled.
    assert!(fixture.read(|ledger| ledger.works_by_its_model("fx")));
    fixture.write(|ledger| ledger.clear_intent("fx", "EUR"));
    fixture.write(|ledger| ledger.follow_models(now()));
    assert_eq!(fixture.of_fx("EUR").unwrap().local("value"), Some(&json!("2")));
}

/// It stood still with a write in flight: were it not to go on, nobody would ever learn what became of that.
#[test]
fn a_usable_model_lets_what_is_in_flight_be_settled_first() {
    let mut fixture = Fixture::new();
    fixture.has_model(&first());
    fixture.edited("EUR");
    let record = fixture.of_fx("EUR").unwrap();
    fixture.write(|ledger| ledger.put_intent(&in_flight(&record)));
    fixture.has_model("{}");
    assert!(fixture.trouble().is_some());
    fixture.has_model(&second());
    assert_eq!(fixture.trouble(), None);
    assert_eq!(fixture.of_fx("EUR").unwrap().local("rate"), Some(&json!("2")));
    fixture.write(|ledger| ledger.clear_intent("fx", "EUR"));
    fixture.write(|ledger| ledger.follow_models(now()));
    assert_eq!(fixture.of_fx("EUR").unwrap().local("value"), Some(&json!("2")));
}

#[test]
fn a_model_that_cannot_be_used_stops_and_changes_nothing() {
    let other_field = second().replace("\"lots\"", "\"lot\"");
    let rows = [
        ("no JSON", "cannot be used by this Leeward"),
        (
            first().as_str(),
            "is of version 1, and this computer has worked with version 2",
        ),
        (
            &second().replace("\"fx\"", "\"gx\""),
            "is that of another collection, gx",
        ),
        (&other_field, "is another one of the same version"),
        (&model(3, "rate", &json!([])), "cannot follow"),
        (
            &second().replace("[\"currency\"]", "[\"lots\"]"),
            "has another key",
        ),
    ]
    .map(|(text, why)| (text.to_owned(), why));
    for (text, why) in rows {
        let mut fixture = Fixture::new();
        fixture.has_model(&first());
        fixture.has_model(&second());
        fixture.write(|ledger| {
            let record = StoredRecord {
                base: Some(BTreeMap::from([("value".into(), base(json!("1")))])),
                ..StoredRecord::new("fx", "EUR")
            };
            ledger.save(&record, now())
        });
        let before = fixture.of_fx("EUR");
        fixture.has_model(&text);
        let said = fixture.trouble().unwrap_or_default();
        assert!(said.contains(why), "{text}: {said}");
        assert_eq!(fixture.of_fx("EUR"), before);
        fixture.has_model(&second());
        assert_eq!(fixture.trouble(), None, "{text}");
    }
}

/// Another version 2 won, and a version 4 of that is here: the edit goes on as the field's name there, and all is read anew,
/// since what the version that lost made of values is not what Airflow has.
#[test]
fn a_version_that_lost_brings_its_work_to_the_one_that_won() {
    let mut fixture = Fixture::new();
    fixture.has_model(&first());
    fixture.edited("EUR");
    fixture.has_model(&second());
    let demanded = fixture.read(|ledger| ledger.demanded_full_scan("fx"));
    let theirs = model(
        4,
        "price",
        &json!([{"version": 2, "rename": "rate", "to": "price"}]),
    );
    fixture.has_model(&theirs);
    assert_eq!(fixture.trouble(), None);
    let record = fixture.of_fx("EUR").unwrap();
    assert_eq!(record.local("price"), Some(&json!("2")));
    assert_eq!(record.local("value"), None);
    let again = fixture.read(|ledger| ledger.demanded_full_scan("fx"));
    assert!(again.is_some() && again != demanded, "{demanded:?} {again:?}");
}

#[test]
fn without_its_model_a_collection_ends_unless_work_waits() {
    let mut fixture = Fixture::new();
    fixture.has_model(&first());
    fixture.edited("EUR");
    fixture.write(|ledger| {
        let mut record = ledger.record("variables", MODEL)?.unwrap();
        (record.base, record.remote) = (None, leeward_model::Remote::Absent);
        ledger.save(&record, now())?;
        ledger.follow_models(now())
    });
    assert!(fixture.trouble().unwrap().contains("is not there any more"));
    assert_eq!(fixture.of_fx("EUR").unwrap().local("rate"), Some(&json!("2")));
    let take_back = Entry {
        collection: "fx".into(),
        ..crate::support::entry(EntryKind::TakeBack, "EUR")
    };
    fixture.push(take_back);
    fixture.write(|ledger| ledger.follow_models(now()));
    assert!(fixture.read(|ledger| ledger.typed_collections()).is_empty());
    assert!(fixture.of_fx("EUR").is_none());
    assert!(
        fixture
            .read(|ledger| ledger.demanded_full_scan("variables"))
            .is_some()
    );
}

#[test]
fn two_changes_of_a_model_are_a_question() {
    let mut fixture = Fixture::new();
    fixture.confirmed(MODEL, &variable(r#"{"a": 1, "b": 1}"#));
    fixture.edit(
        MODEL,
        &[("value", text(r#"{"a": 1, "b": 1}"#), json!(r#"{"a": 2, "b": 1}"#))],
    );
    fixture.edit(
        MODEL,
        &[("value", text(r#"{"a": 1, "b": 1}"#), json!(r#"{"a": 1, "b": 2}"#))],
    );
    assert!(fixture.record(MODEL).unwrap().conflict.is_some());
}

#[test]
fn a_record_keeps_its_key_and_needs_what_is_required() {
    let mut fixture = Fixture::new();
    fixture.has_model(&first());
    fixture.push(of_fx("EUR", &[("currency", json!("USD"))]));
    let refused = fixture.of_fx("EUR").unwrap().rejected.unwrap();
    assert!(refused.contains("part of the key"), "{refused}");
    fixture.push(of_fx("CHF", &[("rate", json!("1"))]));
    let refused = fixture.of_fx("CHF").unwrap().rejected.unwrap();
    assert!(refused.contains("needs a currency"), "{refused}");
    fixture.push(of_fx("GBP", &[("currency", json!("GBP"))]));
    assert_eq!(fixture.of_fx("GBP").unwrap().rejected, None);
    fixture.push(of_fx("***", &[("currency", json!("***"))]));
    assert!(fixture.of_fx("***").unwrap().rejected.is_some());
}

/// Missing, it would read as the default: a removal would be sent again and again, and never be seen to arrive.
#[test]
fn a_field_with_a_default_is_emptied_to_that() {
    let lots = r#""lots":{"type":"integer"}"#;
    let mut fixture = Fixture::new();
    fixture.has_model(&first().replace(lots, r#""lots":{"type":"integer","default":1}"#));
    fixture.edited("EUR");
    let emptied = Change {
        from: Some(json!("5")),
        to: None,
    };
    let mut entry = of_fx("EUR", &[]);
    entry.fields.insert("lots".into(), emptied);
    fixture.push(entry);
    assert_eq!(fixture.of_fx("EUR").unwrap().local("lots"), Some(&json!("1")));
    // The same where a record is made anew over one whose delete waits.
    let seen = [
        ("currency", json!("EUR")),
        ("rate", json!("2")),
        ("lots", json!("1")),
    ];
    fixture.push(Entry {
        collection: "fx".into(),
        ..crate::support::delete("EUR", &seen)
    });
    fixture.push(of_fx("EUR", &[("currency", json!("EUR")), ("rate", json!("3"))]));
    assert_eq!(fixture.of_fx("EUR").unwrap().local("lots"), Some(&json!("1")));
}

/// A delete of it waits, and it is typed anew: what the deleted one had is not in it, unless it is given again.
#[test]
fn a_record_made_anew_has_nothing_of_the_deleted_one() {
    let mut fixture = Fixture::new();
    fixture.has_model(&first());
    fixture.edited("EUR");
    let delete = Entry {
        collection: "fx".into(),
        ..crate::support::delete(
            "EUR",
            &[
                ("currency", json!("EUR")),
                ("rate", json!("2")),
                ("lots", json!("5")),
            ],
        )
    };
    fixture.push(delete);
    assert!(fixture.of_fx("EUR").unwrap().is_deleted());
    fixture.push(of_fx("EUR", &[("currency", json!("EUR")), ("rate", json!("3"))]));
    let record = fixture.of_fx("EUR").unwrap();
    assert!(!record.is_deleted());
    assert_eq!(record.local("rate"), text("3").as_ref());
    assert_eq!(record.local("lots"), None, "nobody asked for it");
    let lots = &record.overlay.unwrap().fields["lots"];
    assert_eq!((&lots.to, &lots.base), (&None, &Some(base(json!("5")))));
}

/// An edit of one field, by who was shown the record as it was, makes none anew.
#[test]
fn an_edit_of_one_field_brings_the_deleted_record_back_whole() {
    let mut fixture = Fixture::new();
    fixture.has_model(&first());
    fixture.edited("EUR");
    let seen = [
        ("currency", json!("EUR")),
        ("rate", json!("2")),
        ("lots", json!("5")),
    ];
    fixture.push(Entry {
        collection: "fx".into(),
        ..crate::support::delete("EUR", &seen)
    });
    fixture.push(of_fx("EUR", &[("rate", json!("3"))]));
    let record = fixture.of_fx("EUR").unwrap();
    assert_eq!(record.local("lots"), text("5").as_ref());
}
