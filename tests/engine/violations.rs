//! What breaks a rule of a data model together with other records is not sent, until an edit settles it.

use crate::desk::Desk;
use leeward_model::{BrokenRule, Change, EntryKind, RecordState, TrayState, Value};
use leeward_store::Work;
use leeward_sync::{Live, Runtime};
use serde_json::json;
use std::sync::Arc;

/// Two collections in Airflow: no two currencies have the same name, and each rate refers to a currency.
const AIRFLOW: [(&str, &str); 5] = [
    (
        "cur.$model",
        r#"{"type": "object", "properties": {"code": {"type": "string"}, "name": {"type": "string"}},
            "required": ["code"],
            "x-leeward": {"collection": "currencies", "version": 1, "key": ["code"], "unique": [["name"]]}}"#,
    ),
    ("cur.EUR", r#"{"code": "EUR", "name": "Euro"}"#),
    ("cur.USD", r#"{"code": "USD", "name": "Dollar"}"#),
    (
        "fx.$model",
        r#"{"type": "object", "properties": {"id": {"type": "string"}, "currency": {"type": "string"}},
            "required": ["id"],
            "x-leeward": {"collection": "fx", "version": 1, "key": ["id"],
                          "references": {"currency": "currencies"}}}"#,
    ),
    ("fx.1", r#"{"id": "1", "currency": "EUR"}"#),
];

pub(crate) async fn synced() -> Desk {
    let desk = Desk::new(&AIRFLOW);
    desk.sync().await;
    desk
}

pub(crate) fn set(desk: &Desk, collection: &str, key: &str, field: &str, to: &str) {
    let record = desk.ledger(|ledger| ledger.record(collection, key));
    let from = record.and_then(|record| record.local(field).cloned());
    let change = Change {
        from,
        to: Some(json!(to)),
    };
    let work = Work {
        collection: collection.into(),
        key: key.into(),
        fields: [(field.to_owned(), change)].into(),
        ..desk.work(EntryKind::Edit)
    };
    desk.enter("window", work);
}

pub(crate) fn about(desk: &Desk, kind: EntryKind, collection: &str, key: &str) {
    let record = desk.ledger(|ledger| ledger.record(collection, key)).unwrap();
    let seen = |(name, value): (String, Value)| {
        let change = Change {
            from: Some(value),
            to: None,
        };
        (name, change)
    };
    let fields = record.local_fields().unwrap_or_default();
    let work = Work {
        collection: collection.into(),
        key: key.into(),
        fields: fields.into_iter().map(seen).collect(),
        ..desk.work(kind)
    };
    desk.enter("window", work);
}

fn state(desk: &Desk, collection: &str, key: &str) -> RecordState {
    let record = desk.ledger(|ledger| ledger.record(collection, key));
    record.unwrap().state()
}

fn broken(desk: &Desk) -> Vec<(BrokenRule, Vec<String>)> {
    let all = desk.ledger(|ledger| ledger.violations());
    all.into_iter().map(|one| (one.rule, one.keys)).collect()
}

/// The member of a record's JSON in Airflow.
fn there(desk: &Desk, key: &str, field: &str) -> Option<Value> {
    let record: Value = serde_json::from_str(&desk.raw(key)?).unwrap();
    record.get(field).cloned()
}

#[tokio::test]
async fn a_duplicate_is_not_sent_until_an_edit_of_either_settles_it() {
    let desk = synced().await;
    set(&desk, "currencies", "USD", "name", "Euro");
    let summary = desk.sync().await;
    assert_eq!((summary.pushed, summary.violations), (0, 1));
    assert_eq!(there(&desk, "cur.USD", "name"), Some(json!("Dollar")));
    assert_eq!(
        broken(&desk),
        [(BrokenRule::Unique, vec!["EUR".to_owned(), "USD".to_owned()])]
    );
    set(&desk, "currencies", "EUR", "name", "Euro (old)");
    let summary = desk.sync().await;
    assert_eq!((summary.pushed, summary.violations), (2, 0));
    assert_eq!(there(&desk, "cur.USD", "name"), Some(json!("Euro")));
    assert_eq!(there(&desk, "cur.EUR", "name"), Some(json!("Euro (old)")));
}

#[tokio::test]
async fn two_clean_edits_of_two_desktops_break_a_rule_and_ours_is_not_sent() {
    let desk = synced().await;
    set(&desk, "currencies", "EUR", "name", "Money");
    desk.set_remote("cur.USD", r#"{"code": "USD", "name": "Money"}"#);
    desk.sync().await;
    assert_eq!(there(&desk, "cur.EUR", "name"), Some(json!("Euro")), "not sent");
    for key in ["EUR", "USD"] {
        assert_eq!(state(&desk, "currencies", key), RecordState::Violation);
    }
    desk.set_remote("cur.USD", r#"{"code": "USD", "name": "Dollar"}"#);
    desk.sync().await;
    assert_eq!(
        there(&desk, "cur.EUR", "name"),
        Some(json!("Money")),
        "settled there"
    );
    assert_eq!(broken(&desk), []);
}

/// The other one's value comes in the same reading in which ours would go out.
#[tokio::test]
async fn what_both_have_sent_already_is_told_with_nothing_pending() {
    let desk = synced().await;
    desk.set_remote("cur.USD", r#"{"code": "USD", "name": "Euro"}"#);
    let summary = desk.sync().await;
    assert_eq!((summary.pushed, summary.violations), (0, 1));
    let now = desk.clock.now();
    let status = desk.ledger(|ledger| leeward_sync::status(ledger, "test", &Live::default(), now));
    assert_eq!((status.violations, status.pending, status.unsent), (1, 0, 0));
    assert_eq!(
        (status.tray, status.line.as_str()),
        (TrayState::Conflict, "1 broken rule needs you")
    );
    set(&desk, "currencies", "USD", "name", "Dollar");
    desk.sync().await;
    assert_eq!(there(&desk, "cur.USD", "name"), Some(json!("Dollar")));
}

#[tokio::test]
async fn of_a_page_the_others_arrive() {
    let desk = synced().await;
    for number in 0..60 {
        let key = format!("C{number:02}");
        set(&desk, "currencies", &key, "code", &key);
        set(
            &desk,
            "currencies",
            &key,
            "name",
            &format!("Name {}", number.max(1)),
        );
    }
    let summary = desk.sync().await;
    assert_eq!((summary.pushed, summary.violations), (58, 1));
    assert_eq!((desk.raw("cur.C00"), desk.raw("cur.C01")), (None, None));
    assert!(desk.raw("cur.C02").is_some());
    set(&desk, "currencies", "C00", "name", "Name 0");
    assert_eq!(desk.sync().await.pushed, 2);
}

/// One write alone, and pages: another record takes the value while the write is being guarded.
#[tokio::test]
async fn what_breaks_a_rule_while_it_is_about_to_be_sent_is_not() {
    let desk = Arc::new(synced().await);
    set(&desk, "currencies", "USD", "name", "Money");
    desk.once_while_guarded("/cur.USD", |desk| set(desk, "currencies", "EUR", "name", "Money"));
    desk.sync().await;
    assert_eq!(there(&desk, "cur.USD", "name"), Some(json!("Dollar")));
    assert_eq!(there(&desk, "cur.EUR", "name"), Some(json!("Euro")));
    assert_eq!(
        broken(&desk),
        [(BrokenRule::Unique, vec!["EUR".to_owned(), "USD".to_owned()])]
    );
}

#[tokio::test]
async fn a_reference_to_nothing_waits_for_its_record() {
    let desk = synced().await;
    set(&desk, "fx", "1", "currency", "CHF");
    desk.sync().await;
    assert_eq!(there(&desk, "fx.1", "currency"), Some(json!("EUR")));
    assert_eq!(broken(&desk), [(BrokenRule::Reference, vec!["1".to_owned()])]);
    desk.set_remote("cur.CHF", r#"{"code": "CHF", "name": "Franc"}"#);
    desk.sync().await;
    assert_eq!(there(&desk, "fx.1", "currency"), Some(json!("CHF")));
}

#[tokio::test]
async fn a_record_that_others_refer_to_is_not_deleted() {
    let desk = synced().await;
    about(&desk, EntryKind::Delete, "currencies", "EUR");
    desk.sync().await;
    assert!(desk.raw("cur.EUR").is_some(), "not sent");
    assert_eq!(state(&desk, "currencies", "EUR"), RecordState::Violation);
    set(&desk, "fx", "1", "currency", "USD");
    desk.sync().await;
    assert_eq!((desk.raw("cur.EUR"), broken(&desk)), (None, Vec::new()));
}

#[tokio::test]
async fn what_breaks_a_rule_is_not_there_to_be_reviewed() {
    let desk = synced().await.reviewing();
    set(&desk, "currencies", "USD", "name", "Euro");
    assert_eq!(desk.ledger(|ledger| ledger.to_review()), 0);
    desk.ledger(|ledger| ledger.approve_pending());
    assert_eq!(desk.sync().await.pushed, 0);
    set(&desk, "currencies", "USD", "name", "Money");
    assert_eq!(desk.ledger(|ledger| ledger.to_review()), 1);
}

#[tokio::test]
async fn a_run_after_the_edits_waits_for_what_breaks_a_rule() {
    let desk = synced().await;
    set(&desk, "currencies", "USD", "name", "Euro");
    desk.trigger("slow_report", true);
    desk.sync().await;
    assert_eq!(desk.runs(), 0);
    about(&desk, EntryKind::TakeBack, "currencies", "USD");
    desk.sync().await;
    assert_eq!(desk.runs(), 1);
}

/// A mirror that was lost finds again what is broken, once everything was read.
#[tokio::test]
async fn a_rebuilt_mirror_finds_what_is_broken() {
    let desk = synced().await;
    desk.set_remote("cur.USD", r#"{"code": "USD", "name": "Euro"}"#);
    desk.set_remote("fx.1", r#"{"id": "1", "currency": "CHF"}"#);
    desk.sync().await;
    let before = broken(&desk);
    assert_eq!(before.len(), 2);
    let desk = desk.rebuilt(&[]);
    assert_eq!(broken(&desk), []);
    desk.sync().await;
    assert_eq!(broken(&desk), before);
}

#[tokio::test]
async fn a_cycle_with_a_violation_and_nothing_new_is_quiet() {
    let desk = synced().await;
    set(&desk, "currencies", "USD", "name", "Euro");
    desk.sync().await;
    let feed = desk.ledger(|ledger| ledger.last_feed());
    let summary = desk.look().await;
    assert_eq!((summary.pushed, summary.pulled), (0, 0));
    assert_eq!(
        desk.ledger(|ledger| ledger.last_feed()),
        feed,
        "nothing is told anew"
    );
}
