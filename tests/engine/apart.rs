//! One collection's trouble is its own: what is to be read and sent in another goes on.

use crate::desk::{Desk, Fault, When};
use harness::fake_airflow::PoolRow;
use leeward_model::{ActionState, Change, EntryKind, POOLS, RecordState, Value};
use leeward_store::Work;
use leeward_sync::Runtime;
use serde_json::json;

const VARIABLES_PATH: &str = "/api/v2/variables";
const POOLS_PATH: &str = "/api/v2/pools";

/// A Variable `a` and 30 pools, all known here.
async fn synced() -> Desk {
    let desk = Desk::new(&[("a", "1")]);
    desk.airflow(|airflow| {
        let pool = PoolRow {
            slots: 1,
            description: None,
            include_deferred: false,
        };
        let pools = (0..30).map(|number| (format!("p{number:02}"), pool.clone()));
        airflow.pools.extend(pools);
        airflow.log_about("cli_scheduler", "root", &json!({}));
    });
    desk.sync().await;
    desk
}

fn set_slots(desk: &Desk, name: &str, to: i64) {
    let from = desk
        .ledger(|ledger| ledger.record(POOLS, name))
        .and_then(|record| record.local("slots").cloned());
    let change = Change {
        from,
        to: Some(Value::from(to)),
    };
    let work = Work {
        collection: POOLS.into(),
        key: name.into(),
        fields: [("slots".to_owned(), change)].into(),
        ..desk.work(EntryKind::Edit)
    };
    desk.enter("window", work);
}

fn slots(desk: &Desk, name: &str) -> Option<i64> {
    desk.airflow(|airflow| airflow.pools.get(name).map(|row| row.slots))
}

/// Everything under the path meets this.
fn struck(desk: &Desk, under: &'static str, fault: Fault) {
    desk.tamper(move |_, path, when, _| (path.starts_with(under) && when == When::Before).then_some(fault));
}

#[tokio::test]
async fn a_collection_that_fails_leaves_the_variables_in_sync() {
    let desk = synced().await;
    desk.edit("a", "2");
    set_slots(&desk, "p00", 8);
    struck(&desk, POOLS_PATH, Fault::Trouble);
    let told = desk.engine.cycle().await;
    assert!(told.is_err(), "the trouble is told: {told:?}");
    assert_eq!(desk.raw("a").as_deref(), Some("2"));
    desk.leave_alone();
    desk.sync().await;
    assert_eq!(slots(&desk, "p00"), Some(8), "nothing of it was lost");
}

#[tokio::test]
async fn the_variables_trouble_leaves_the_pools_in_sync() {
    for fault in [Fault::Trouble, Fault::Forbidden] {
        let desk = synced().await;
        desk.edit("a", "2");
        set_slots(&desk, "p00", 8);
        struck(&desk, VARIABLES_PATH, fault);
        let told = desk.engine.cycle().await;
        assert!(told.is_err(), "{fault:?} is told: {told:?}");
        assert_eq!(slots(&desk, "p00"), Some(8), "{fault:?}");
        desk.leave_alone();
        desk.sync().await;
        assert_eq!(desk.raw("a").as_deref(), Some("2"), "{fault:?}");
    }
}

/// So many that the cycle gives the collection up.
#[tokio::test]
async fn many_bad_records_of_one_collection_leave_the_other_in_sync() {
    let desk = synced().await;
    for number in 0..10 {
        desk.edit(&format!("bad{number}"), "1");
    }
    set_slots(&desk, "p00", 8);
    desk.tamper(|method, path, when, _| {
        let is_bad = path.contains("/variables/bad") || (method != "GET" && path.starts_with(VARIABLES_PATH));
        (is_bad && when == When::Before).then_some(Fault::Trouble)
    });
    let told = desk.engine.cycle().await;
    assert!(told.is_err(), "{told:?}");
    assert_eq!(slots(&desk, "p00"), Some(8));
}

#[tokio::test]
async fn a_stopped_collection_holds_no_run() {
    let desk = synced().await;
    desk.airflow(|airflow| airflow.pools.retain(|name, _| !name.starts_with('p')));
    let run = desk.trigger("slow_report", false);
    desk.sync().await;
    assert_eq!(desk.ledger(|ledger| ledger.brakes()).len(), 1);
    assert_eq!(desk.runs(), 1, "{:?}", desk.action(run));
}

/// So much gone among the Variables may mean another server.
#[tokio::test]
async fn a_stop_of_the_variables_holds_runs() {
    let desk = synced().await;
    desk.airflow(|airflow| airflow.variables.clear());
    let run = desk.trigger("slow_report", false);
    set_slots(&desk, "p00", 8);
    desk.sync().await;
    assert_eq!(desk.runs(), 0);
    assert_ne!(desk.action_state(run), ActionState::Done);
    assert_eq!(slots(&desk, "p00"), Some(8));
}

/// What is stopped is looked at in each cycle; the others are read as ever.
#[tokio::test]
async fn a_stop_makes_no_other_collection_be_read_whole() {
    let desk = synced().await;
    desk.airflow(|airflow| airflow.pools.retain(|name, _| !name.starts_with('p')));
    desk.sync().await;
    assert_eq!(desk.ledger(|ledger| ledger.brakes()).len(), 1);
    let listed = std::sync::Arc::new(std::sync::Mutex::new(0));
    let count = std::sync::Arc::clone(&listed);
    desk.tamper(move |_, path, when, _| {
        *count.lock().unwrap() += usize::from(path == VARIABLES_PATH && when == When::Before);
        None
    });
    desk.look().await;
    assert_eq!(*listed.lock().unwrap(), 0);
}

#[tokio::test]
async fn a_parked_pool_holds_no_variable() {
    let desk = synced().await;
    set_slots(&desk, "p00", 8);
    desk.edit("a", "2");
    desk.tamper(|method, path, when, _| {
        let hit = method == "PATCH" && path.starts_with(POOLS_PATH) && when == When::Before;
        hit.then_some(Fault::Forbidden)
    });
    desk.sync().await;
    let pool = desk.ledger(|ledger| ledger.record(POOLS, "p00"));
    assert_eq!(pool.map(|pool| pool.state()), Some(RecordState::Rejected));
    assert_eq!(desk.raw("a").as_deref(), Some("2"));
}

/// A viewer, say. The collection is named, and no error for ever.
#[tokio::test]
async fn an_account_that_may_not_read_variables_is_in_sync_without_them() {
    let desk = Desk::new(&[("a", "1")]);
    struck(&desk, VARIABLES_PATH, Fault::Forbidden);
    for _ in 0..2 {
        desk.sync().await;
        assert_eq!(desk.line(), "In sync except Variables (not allowed), just now");
    }
    set_slots(&desk, harness::fake_airflow::DEFAULT_POOL, 8);
    desk.trigger("slow_report", true);
    desk.sync().await;
    assert_eq!(slots(&desk, harness::fake_airflow::DEFAULT_POOL), Some(8));
    assert_eq!(desk.runs(), 1);
    desk.leave_alone();
    desk.sync().await;
    assert_eq!(
        (desk.line().as_str(), desk.value("a").as_str()),
        ("In sync, just now", "1")
    );
}

/// What is typed there all the same is told at once as what it is, in a cycle that would have read nothing else.
#[tokio::test]
async fn work_that_is_not_allowed_is_refused_at_once() {
    let desk = Desk::new(&[("a", "1")]);
    struck(&desk, VARIABLES_PATH, Fault::Forbidden);
    desk.sync().await;
    desk.edit("b", "2");
    desk.look().await;
    assert_eq!(desk.state("b"), RecordState::Rejected);
}

#[tokio::test]
async fn who_may_read_no_collection_may_run_dags() {
    let desk = Desk::new(&[]);
    desk.tamper(|_, path, when, _| {
        let is_one = path.starts_with(VARIABLES_PATH) || path.starts_with(POOLS_PATH);
        (is_one && when == When::Before).then_some(Fault::Forbidden)
    });
    desk.trigger("slow_report", false);
    desk.sync().await;
    assert_eq!(desk.runs(), 1);
    assert_eq!(
        desk.line(),
        "In sync except Pools and Variables (not allowed), just now"
    );
}

/// What is kept waits for the permission: who it is that must act is said at once, and what to do.
#[tokio::test]
async fn a_permission_that_was_lost_is_told_as_that() {
    let desk = synced().await;
    desk.edit("a", "2");
    struck(&desk, VARIABLES_PATH, Fault::Forbidden);
    assert!(desk.engine.cycle().await.is_err());
    assert_eq!(
        desk.line(),
        "Your account may not read Variables, 1 change kept here"
    );
    let now = desk.clock.now();
    let told =
        desk.ledger(|ledger| leeward_sync::status(ledger, "test", &leeward_sync::Live::default(), now));
    assert!(told.signed_in && told.reachable, "{told:?}");
    let trouble = told.trouble.unwrap();
    assert!(trouble.contains("Ask whoever runs this Airflow"), "{trouble}");
    desk.leave_alone();
    desk.sync().await;
    assert_eq!(desk.raw("a").as_deref(), Some("2"));
    assert_eq!(desk.line(), "In sync, just now");
}
