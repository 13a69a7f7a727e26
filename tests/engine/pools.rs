//! Pools, through the same steps as Variables, and beside them.

use crate::desk::{Desk, Fault, When, is_write};
use harness::fake_airflow::PoolRow;
use leeward_model::{Change, EntryKind, POOLS, RecordState, RecordView, VARIABLES, Value};
use leeward_store::Work;
use serde_json::json;

fn pool(slots: i64) -> PoolRow {
    PoolRow {
        slots,
        description: None,
        include_deferred: false,
    }
}

async fn synced(pools: &[(&str, i64)]) -> Desk {
    let desk = Desk::new(&[("same", "1")]);
    desk.airflow(|airflow| {
        let rows = pools
            .iter()
            .map(|(name, slots)| ((*name).to_owned(), pool(*slots)));
        airflow.pools.extend(rows);
        airflow.log_about("cli_scheduler", "root", &json!({}));
    });
    desk.sync().await;
    desk
}

fn record(desk: &Desk, name: &str) -> RecordView {
    desk.ledger(|ledger| ledger.record(POOLS, name)).unwrap().view()
}

fn change(desk: &Desk, name: &str, field: &str, to: Value) {
    let from = desk
        .ledger(|ledger| ledger.record(POOLS, name))
        .and_then(|record| record.view().fields.get(field).cloned());
    let mut work = pool_work(desk, EntryKind::Edit, name);
    work.fields.insert(field.into(), Change { from, to: Some(to) });
    desk.enter("window", work);
}

fn pool_work(desk: &Desk, kind: EntryKind, name: &str) -> Work {
    Work {
        collection: POOLS.into(),
        key: name.into(),
        ..desk.work(kind)
    }
}

fn delete(desk: &Desk, name: &str) {
    let mut work = pool_work(desk, EntryKind::Delete, name);
    let seen = record(desk, name).fields.into_iter();
    work.fields = seen
        .map(|(field, from)| {
            (
                field,
                Change {
                    from: Some(from),
                    to: None,
                },
            )
        })
        .collect();
    desk.enter("window", work);
}

fn slots(desk: &Desk, name: &str) -> Option<i64> {
    desk.airflow(|airflow| airflow.pools.get(name).map(|row| row.slots))
}

#[tokio::test]
async fn a_pool_is_read_changed_made_and_deleted() {
    let desk = synced(&[("etl", 4), ("old", 1)]).await;
    assert_eq!(record(&desk, "etl").fields["slots"], json!(4));
    change(&desk, "etl", "slots", json!(8));
    change(&desk, "new", "slots", json!(-1));
    delete(&desk, "old");
    let summary = desk.sync().await;
    assert_eq!(summary.pushed, 3);
    assert_eq!(
        (slots(&desk, "etl"), slots(&desk, "new"), slots(&desk, "old")),
        (Some(8), Some(-1), None)
    );
    assert_eq!(record(&desk, "etl").state, RecordState::Clean);
    let new = record(&desk, "new");
    assert_eq!(
        (&new.fields["description"], &new.fields["include_deferred"]),
        (&Value::Null, &json!(false)),
        "a new one has the model's defaults"
    );
}

#[tokio::test]
async fn a_change_of_one_field_leaves_what_another_wrote_meanwhile() {
    let desk = synced(&[("etl", 4)]).await;
    change(&desk, "etl", "description", json!("for the nightly load"));
    desk.airflow(|airflow| airflow.pools.get_mut("etl").unwrap().slots = 16);
    desk.sync().await;
    assert_eq!(slots(&desk, "etl"), Some(16));
    let described = desk.airflow(|airflow| airflow.pools["etl"].description.clone());
    assert_eq!(described.as_deref(), Some("for the nightly load"));
}

#[tokio::test]
async fn the_same_field_on_both_sides_waits_for_a_person() {
    let desk = synced(&[("etl", 4)]).await;
    change(&desk, "etl", "slots", json!(8));
    desk.airflow(|airflow| airflow.pools.get_mut("etl").unwrap().slots = 16);
    assert_eq!(desk.sync().await.conflicts, 1);
    assert_eq!(record(&desk, "etl").state, RecordState::Conflict);
    assert_eq!(slots(&desk, "etl"), Some(16));
}

/// A pool and a Variable may have the same key.
#[tokio::test]
async fn nothing_is_taken_for_the_other_collections() {
    let desk = synced(&[("same", 4)]).await;
    change(&desk, "same", "slots", json!(8));
    desk.tamper(|method, path, when, _| {
        let hit = is_write(method, path) || (method == "PATCH" && path.contains("/pools/"));
        (hit && when == When::After).then_some(Fault::AnswerLost)
    });
    assert_eq!(desk.sync().await.in_doubt, 1);
    desk.leave_alone();
    assert_eq!(desk.state("same"), RecordState::Clean, "the Variable");
    desk.set_in_ui("bob", "same", "2");
    desk.sync().await;
    assert_eq!(desk.value("same"), "2");
    assert_eq!(
        (record(&desk, "same").state, slots(&desk, "same")),
        (RecordState::Clean, Some(8))
    );
    let told = desk.ledger(|ledger| ledger.history(VARIABLES, "same", 10));
    assert_eq!(told.len(), 2, "the pool's change is no change of the Variable");
}

#[tokio::test]
async fn what_airflow_never_does_to_its_default_pool_is_refused_with_the_reason() {
    let desk = synced(&[]).await;
    let name = harness::fake_airflow::DEFAULT_POOL;
    delete(&desk, name);
    desk.sync().await;
    let refused = record(&desk, name);
    assert_eq!(refused.state, RecordState::Rejected);
    assert!(slots(&desk, name).is_some());
    assert!(format!("{refused:?}").contains("default pool"), "{refused:?}");
}

#[tokio::test]
async fn a_row_of_the_event_log_points_at_a_pool() {
    let desk = synced(&[("etl", 4)]).await;
    desk.airflow(|airflow| {
        airflow.log_about("patch_pool", "bob", &json!({"pool_name": "etl", "slots": 6}));
        airflow.pools.get_mut("etl").unwrap().slots = 6;
    });
    let hinted = desk.look().await;
    assert_eq!((hinted.observed, hinted.pulled), (1, 1), "{hinted:?}");
    assert_eq!(record(&desk, "etl").fields["slots"], json!(6));
}

/// One that may read Variables alone works with them as before.
#[tokio::test]
async fn a_user_who_may_not_read_pools_is_in_sync_without_them() {
    let desk = Desk::new(&[("a", "1")]);
    change(&desk, "etl", "slots", json!(8));
    desk.tamper(|_, path, when, _| {
        (path.contains("/pools") && when == When::Before).then_some(Fault::Forbidden)
    });
    desk.edit("b", "2");
    desk.sync().await;
    assert_eq!(desk.raw("b").as_deref(), Some("2"));
    assert_eq!(
        record(&desk, "etl").state,
        RecordState::Rejected,
        "told, not left waiting"
    );
    assert_eq!(desk.line(), "1 change was refused");
}

/// A brake on one collection holds nothing of the other.
#[tokio::test]
async fn a_stopped_collection_stops_no_other() {
    let names: Vec<String> = (0..30).map(|number| format!("p{number:02}")).collect();
    let pools: Vec<(&str, i64)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    let desk = synced(&pools).await;
    desk.airflow(|airflow| airflow.pools.retain(|name, _| !name.starts_with('p')));
    desk.edit("same", "2");
    change(&desk, "p00", "slots", json!(9));
    desk.sync().await;
    assert_eq!(desk.ledger(|ledger| ledger.brakes()).len(), 1);
    assert_eq!(desk.raw("same").as_deref(), Some("2"));
    assert_eq!(slots(&desk, "p00"), None, "nothing is made anew unasked");
}
