//! Between two full scans: what a quiet cycle costs, what the event log shows, and what only a full scan sees.

use crate::desk::{Desk, Fault, When, set_raw};
use jiff::SignedDuration;
use leeward_model::{RecordState, Scan, VARIABLES};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Full scans come at least so often.
const FULL_SCAN: SignedDuration = SignedDuration::from_mins(15);
/// Both later looks at a key are over after that.
const LOOKS: SignedDuration = SignedDuration::from_secs(121);

/// A desk that has read everything, and whose later looks are over.
async fn at_rest(variables: &[(&str, &str)]) -> Desk {
    let desk = Desk::new(variables);
    desk.airflow(|airflow| airflow.log_about("cli_scheduler", "root", &serde_json::json!({})));
    desk.sync().await;
    rest(&desk).await;
    desk
}

async fn rest(desk: &Desk) {
    for _ in 0..3 {
        desk.clock.pass(LOOKS);
        desk.look().await;
    }
}

/// Every byte that SQLite keeps; the shared-memory file is no part of what is stored.
fn stored(desk: &Desk) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(desk.folder.path()).unwrap();
    let mut stored: Vec<_> = files
        .map(|file| file.unwrap())
        .map(|file| {
            (
                file.file_name().into_string().unwrap(),
                std::fs::read(file.path()).unwrap(),
            )
        })
        .filter(|(name, _)| !name.ends_with("-shm"))
        .collect();
    stored.sort();
    stored
}

fn last_scan(desk: &Desk) -> Scan {
    desk.ledger(|ledger| ledger.activities(1))[0].scan
}

#[tokio::test]
async fn a_quiet_cycle_makes_three_requests_at_most_and_writes_nothing() {
    let desk = at_rest(&[("a", "1"), ("b", "2")]).await;
    desk.edit("a", "10");
    desk.trigger("daily_pricing", true);
    desk.sync().await;
    desk.airflow(|airflow| (0..3).for_each(|_| airflow.tick()));
    rest(&desk).await;
    let before = stored(&desk);
    let written = Arc::<AtomicUsize>::default();
    let count = written.clone();
    desk.tamper(move |method, _, when, _| {
        count.fetch_add(
            usize::from(method != "GET" && when == When::Before),
            Ordering::Relaxed,
        );
        None
    });
    for _ in 0..5 {
        desk.clock.pass(SignedDuration::from_secs(60));
        let quiet = desk.look().await;
        assert!(quiet.requests <= 3, "{quiet:?}");
        assert_eq!((quiet.observed, quiet.pulled), (0, 0));
    }
    assert_eq!(
        written.load(Ordering::Relaxed),
        0,
        "nothing is written in Airflow"
    );
    assert!(stored(&desk) == before, "nor is a byte in the mirror");
}

#[tokio::test]
async fn a_quiet_cycle_is_as_cheap_where_the_log_tells_of_no_variable() {
    let desk = at_rest(&[("a", "1")]).await;
    desk.trigger("daily_pricing", false);
    desk.sync().await;
    desk.airflow(|airflow| (0..3).for_each(|_| airflow.tick()));
    rest(&desk).await;
    let before = stored(&desk);
    let quiet = desk.look().await;
    assert!((1..=3).contains(&quiet.requests), "{quiet:?}");
    assert!(stored(&desk) == before);
}

#[tokio::test]
async fn a_change_in_airflows_screens_is_seen_without_reading_everything() {
    let desk = at_rest(&[("a", "1"), ("b", "2")]).await;
    desk.set_in_ui("bob", "a", "theirs");
    let summary = desk.look().await;
    assert_eq!((summary.observed, summary.pulled), (1, 1));
    assert_eq!(desk.value("a"), "theirs");
    assert_eq!(last_scan(&desk), Scan::Hinted);
}

#[tokio::test]
async fn the_first_row_of_an_empty_log_may_not_be_the_only_one() {
    let desk = Desk::new(&[("a", "1"), ("b", "1")]);
    desk.sync().await;
    desk.set_in_ui("bob", "a", "2");
    desk.set_in_ui("bob", "b", "2");
    desk.look().await;
    assert_eq!((desk.value("a"), desk.value("b")), ("2".into(), "2".into()));
}

#[tokio::test]
async fn a_deleted_and_a_created_record_are_seen_too() {
    let desk = at_rest(&[("a", "1"), ("b", "2")]).await;
    desk.airflow(|airflow| {
        airflow.log_about(
            "delete_variable",
            "bob",
            &serde_json::json!({"variable_key": "a"}),
        );
        airflow.variables.remove("a");
        airflow.note_event("post_variable", "bob", "new/one");
        set_raw(airflow, "new/one", "3");
    });
    desk.look().await;
    assert!(desk.find("a").is_none());
    assert_eq!(desk.value("new/one"), "3");
}

#[tokio::test]
async fn a_change_by_a_task_leaves_no_row_and_is_seen_by_the_next_full_scan() {
    let desk = at_rest(&[("a", "1")]).await;
    desk.set_remote("a", "by a task");
    desk.look().await;
    assert_eq!(desk.value("a"), "1", "nothing points at it");
    desk.clock.pass(FULL_SCAN);
    desk.look().await;
    assert_eq!(desk.value("a"), "by a task");
    assert_eq!(last_scan(&desk), Scan::Full);
}

#[tokio::test]
async fn a_row_comes_before_its_change_and_the_key_is_read_again() {
    let desk = at_rest(&[("a", "1")]).await;
    desk.airflow(|airflow| airflow.note_event("patch_variable", "bob", "a"));
    desk.look().await;
    assert_eq!(desk.value("a"), "1", "the row is there, the change is not");
    desk.set_remote("a", "late");
    desk.clock.pass(SignedDuration::from_secs(10));
    desk.look().await;
    assert_eq!(desk.value("a"), "late");
    desk.set_remote("a", "very late");
    desk.clock.pass(LOOKS);
    desk.look().await;
    assert_eq!(desk.value("a"), "very late");
}

#[tokio::test]
async fn a_look_that_was_to_come_survives_a_restart() {
    let desk = at_rest(&[("a", "1")]).await;
    desk.airflow(|airflow| airflow.note_event("patch_variable", "bob", "a"));
    desk.look().await;
    let desk = desk.restarted();
    desk.set_remote("a", "late");
    desk.look().await;
    assert_eq!(desk.value("a"), "late");
}

#[tokio::test]
async fn a_cycle_that_was_cut_reads_the_rows_again() {
    let desk = at_rest(&[("a", "1")]).await;
    desk.set_in_ui("bob", "a", "theirs");
    desk.tamper(|_, path, when, _| {
        (path.ends_with("/variables/a") && when == When::Before).then_some(Fault::Refused)
    });
    assert!(
        desk.engine
            .cycle_for(leeward_model::Trigger::Interval)
            .await
            .is_err()
    );
    desk.leave_alone();
    desk.look().await;
    assert_eq!(desk.value("a"), "theirs");
}

#[tokio::test]
async fn a_key_that_airflow_has_trouble_with_is_read_again_and_holds_up_no_other() {
    let desk = at_rest(&[("a", "1"), ("b", "1")]).await;
    desk.set_in_ui("bob", "a", "theirs");
    desk.set_in_ui("bob", "b", "theirs");
    desk.tamper(|_, path, when, _| {
        (path.ends_with("/variables/a") && when == When::Before).then_some(Fault::Trouble)
    });
    assert!(
        desk.engine
            .cycle_for(leeward_model::Trigger::Interval)
            .await
            .is_err()
    );
    assert_eq!(desk.value("b"), "theirs");
    desk.leave_alone();
    desk.clock.pass(SignedDuration::from_secs(10));
    desk.look().await;
    assert_eq!(desk.value("a"), "theirs");
}

#[tokio::test]
async fn a_row_that_names_no_key_means_that_everything_is_read() {
    let desk = at_rest(&[("a", "1")]).await;
    desk.airflow(|airflow| {
        let import =
            serde_json::json!({"host_name": "h", "full_command": "['airflow', 'variables', 'import', 'f']"});
        airflow.log_about("cli_variables_import", "root", &import);
        set_raw(airflow, "a", "imported");
        set_raw(airflow, "b", "imported");
    });
    desk.look().await;
    assert_eq!(
        (desk.value("a"), desk.value("b")),
        ("imported".into(), "imported".into())
    );
}

#[tokio::test]
async fn rows_about_pools_are_no_news_of_variables() {
    let desk = at_rest(&[("a", "1"), ("b", "1")]).await;
    let log = |event: &str, extra: serde_json::Value| {
        desk.airflow(|airflow| airflow.log_about(event, "bob", &extra));
    };
    log("post_pool", serde_json::json!({"name": "a", "slots": 1}));
    assert_eq!(desk.look().await.observed, 1, "that pool");
    rest(&desk).await;
    log(
        "cli_pool_import",
        serde_json::json!({"full_command": "['airflow', 'pools', 'import']"}),
    );
    assert_eq!(desk.look().await.observed, 1, "all pools: the default one");
    desk.set_in_ui("bob", "a", "theirs");
    assert_eq!(desk.look().await.pulled, 1);
}

#[tokio::test]
async fn where_the_log_cannot_be_read_everything_is_read_each_time() {
    let desk = at_rest(&[("a", "1")]).await;
    desk.airflow(|airflow| airflow.event_log_is_readable = false);
    desk.set_remote("a", "2");
    desk.look().await;
    assert_eq!(desk.value("a"), "2");
    let activity = desk.ledger(|ledger| ledger.activities(1)).remove(0);
    assert_eq!((activity.scan, activity.detection), (Scan::Full, false));
    let before = stored(&desk);
    desk.look().await;
    assert!(
        stored(&desk) == before,
        "and still nothing is written for nothing"
    );
}

#[tokio::test]
async fn a_log_that_has_trouble_is_no_reason_to_stop() {
    let desk = at_rest(&[("a", "1")]).await;
    desk.set_remote("a", "2");
    desk.tamper(|_, path, when, _| {
        (path.ends_with("/eventLogs") && when == When::Before).then_some(Fault::Trouble)
    });
    desk.look().await;
    assert_eq!(desk.value("a"), "2");
}

#[tokio::test]
async fn a_clock_that_was_set_back_or_forward_means_that_everything_is_read() {
    for jump in [SignedDuration::from_hours(-5), SignedDuration::from_hours(5)] {
        let desk = at_rest(&[("a", "1")]).await;
        desk.set_remote("a", "2");
        desk.clock.jump(jump);
        desk.look().await;
        assert_eq!(desk.value("a"), "2", "{jump:?}");
        assert_eq!(desk.line(), "In sync, just now");
        let before = stored(&desk);
        desk.look().await;
        assert!(stored(&desk) == before, "once is enough: {jump:?}");
    }
}

#[tokio::test]
async fn after_a_restart_a_recent_scan_still_counts_and_an_old_one_does_not() {
    let desk = at_rest(&[("a", "1")]).await.restarted();
    desk.set_remote("a", "by a task");
    desk.look().await;
    assert_eq!(desk.value("a"), "1");
    let desk = desk.restarted();
    desk.clock.jump(FULL_SCAN);
    desk.look().await;
    assert_eq!(desk.value("a"), "by a task");
}

#[tokio::test]
async fn many_deletes_that_the_log_tells_of_are_braked_like_any_others() {
    let keys: Vec<String> = (0..30).map(|index| format!("key-{index:02}")).collect();
    let variables: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "1")).collect();
    let desk = at_rest(&variables).await;
    desk.airflow(|airflow| {
        let gone: Vec<String> = keys[..10].to_vec();
        let delete = serde_json::json!({"actions": [{"action": "delete", "entities": gone}]});
        airflow.log_about("bulk_variables", "bob", &delete);
        gone.iter().for_each(|key| drop(airflow.variables.remove(key)));
    });
    desk.look().await;
    assert_eq!(desk.ledger(|ledger| ledger.brakes()).len(), 1);
    assert!(desk.find("key-00").is_some());
    desk.ledger(|ledger| ledger.accept_brake(VARIABLES));
    desk.look().await;
    assert!(desk.find("key-00").is_none());
}

#[tokio::test]
async fn rows_that_airflow_cleaned_up_are_no_other_server() {
    let desk = at_rest(&[("a", "1")]).await;
    desk.set_in_ui("bob", "a", "2");
    rest(&desk).await;
    desk.airflow(|airflow| {
        airflow.note_event("trigger_dag_run", "bob", "x");
        airflow.clean_event_log(1);
    });
    desk.look().await;
    assert!(desk.ledger(|ledger| ledger.brakes()).is_empty());
    rest(&desk).await;
    assert!(desk.look().await.requests <= 3, "a new mark was found");
    desk.set_in_ui("bob", "a", "3");
    desk.look().await;
    assert_eq!(desk.value("a"), "3");
}

#[tokio::test]
async fn an_edit_between_two_scans_is_sent_and_its_own_rows_are_no_news() {
    let desk = at_rest(&[("a", "1")]).await;
    desk.edit("a", "2");
    assert_eq!(desk.look().await.pushed, 1);
    assert_eq!(
        (desk.raw("a").as_deref(), desk.state("a")),
        (Some("2"), RecordState::Clean)
    );
    desk.clock.pass(LOOKS);
    assert_eq!(desk.look().await.observed, 0);
}

#[tokio::test]
async fn a_rebuild_during_a_full_scan_calls_for_another_one() {
    let desk = at_rest(&[("a", "1")]).await;
    let path = desk.folder.path().join("mirror.sqlite");
    let clock = desk.clock.clone();
    let mut rebuilt = false;
    desk.tamper(move |method, path_asked, when, _| {
        let lists = method == "GET" && path_asked.ends_with("/variables") && when == When::Before;
        if lists && !std::mem::replace(&mut rebuilt, true) {
            let mut mirror = leeward_sync::open_mirror(&path, clock.as_ref()).unwrap();
            mirror
                .write(|ledger| ledger.handshake(&of_a_lost_mirror()))
                .unwrap();
        }
        None
    });
    desk.sync().await;
    desk.leave_alone();
    assert!(
        desk.ledger(|ledger| ledger.demanded_full_scan(VARIABLES))
            .is_some()
    );
    desk.look().await;
    assert_eq!(desk.ledger(|ledger| ledger.demanded_full_scan(VARIABLES)), None);
}

/// A window that brings what another mirror, now lost, had.
fn of_a_lost_mirror() -> leeward_model::Handshake {
    leeward_model::Handshake {
        client: "window".into(),
        store_id: Some(ulid::Ulid::from(7u128)),
        epoch: 1,
        last_seq: 0,
        cursor: 0,
        environment: None,
        pulled_at: None,
        entered: None,
        digest: leeward_model::Digest { rows: 0 },
        tail: Vec::new(),
    }
}

#[tokio::test]
async fn a_long_row_is_not_read_in_every_cycle_and_later_ones_are_still_seen() {
    let keys: Vec<String> = (0..30).map(|index| format!("key-{index:02}")).collect();
    let variables: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "1")).collect();
    let desk = at_rest(&variables).await;
    desk.airflow(|airflow| {
        let entities: Vec<_> = keys
            .iter()
            .map(|key| serde_json::json!({"key": key, "value": "2"}))
            .collect();
        let update = serde_json::json!({"actions": [{"action": "update", "entities": entities}]});
        airflow.log_about("bulk_variables", "bob", &update);
        keys.iter().for_each(|key| set_raw(airflow, key, "2"));
    });
    desk.look().await;
    assert_eq!(
        (desk.value("key-29").as_str(), last_scan(&desk)),
        ("2", Scan::Full),
        "many keys are a scan"
    );
    rest(&desk).await;
    let before = stored(&desk);
    assert!(
        desk.look().await.requests <= 2,
        "the long row is not even asked for by its number"
    );
    assert!(stored(&desk) == before);
    desk.set_in_ui("bob", "key-03", "3");
    assert_eq!(desk.look().await.observed, 1);
    assert_eq!(desk.value("key-03"), "3");
}

#[tokio::test]
async fn what_happened_long_ago_is_read_once_after_a_restart_and_not_waited_for() {
    let desk = at_rest(&[("a", "1")]).await;
    desk.set_in_ui("bob", "a", "2");
    rest(&desk).await;
    let desk = desk.restarted();
    desk.airflow(|airflow| airflow.pass(SignedDuration::from_hours(1)));
    assert_eq!(
        desk.look().await.observed,
        2,
        "the variable and the pool: a look may have been cut"
    );
    desk.clock.pass(LOOKS);
    assert_eq!(desk.look().await.observed, 0);
}

#[tokio::test]
async fn tokens_that_expire_all_the_time_lose_and_double_nothing() {
    let desk = at_rest(&[("a", "1"), ("b", "1"), ("c", "1")]).await;
    for key in ["a", "b", "c"] {
        desk.edit(key, "2");
    }
    let run = desk.trigger("daily_pricing", true);
    // Every answer is the last that its token gets.
    desk.tamper(|_, path, when, airflow| {
        if when == When::After && !path.ends_with("/auth/token") {
            airflow.expire_tokens();
        }
        None
    });
    assert_eq!(desk.look().await.pushed, 3);
    desk.leave_alone();
    assert_eq!(
        (desk.raw("a"), desk.raw("c")),
        (Some("2".into()), Some("2".into()))
    );
    assert_eq!((desk.runs(), desk.action(run).run_id.is_some()), (1, true));
    assert_eq!(
        desk.ledger(|ledger| ledger.activities(1))[0].overwritten,
        0,
        "each was written once"
    );
}

#[tokio::test]
async fn more_rows_than_are_worth_reading_mean_that_everything_is_read_and_the_log_is_followed_on() {
    let desk = at_rest(&[("a", "1"), ("b", "1")]).await;
    desk.airflow(|airflow| (0..600).for_each(|_| airflow.note_event("patch_variable", "bob", "a")));
    desk.set_in_ui("bob", "b", "2");
    desk.look().await;
    assert_eq!(
        (desk.value("b").as_str(), last_scan(&desk)),
        ("2", Scan::Full),
        "b's row was not reached"
    );
    desk.airflow(|airflow| airflow.pass(SignedDuration::from_mins(5)));
    rest(&desk).await;
    desk.set_in_ui("bob", "b", "3");
    desk.airflow(|airflow| airflow.pass(SignedDuration::from_mins(5)));
    desk.look().await;
    assert_eq!(desk.value("b"), "3");
    rest(&desk).await;
    assert!(desk.look().await.requests <= 3);
}

/// The overlap shows rows again that were read before: those are no reason to read everything.
#[tokio::test]
async fn rows_that_were_seen_before_do_not_count_as_news() {
    let desk = at_rest(&[("a", "1"), ("b", "1")]).await;
    for (rows, value) in [(450, "2"), (200, "3")] {
        desk.airflow(|airflow| (0..rows).for_each(|_| airflow.note_event("patch_variable", "bob", "a")));
        desk.set_in_ui("bob", "b", value);
        desk.look().await;
        assert_eq!(
            (desk.value("b").as_str(), last_scan(&desk)),
            (value, Scan::Hinted)
        );
    }
}

/// Of new work, nothing was ever read: its key is asked for by name before anything is sent.
#[tokio::test]
async fn a_new_key_is_read_by_name_and_what_is_there_is_not_replaced() {
    let desk = at_rest(&[("a", "1")]).await;
    desk.set_remote("taken", "a task's");
    desk.edit("taken", "mine");
    desk.edit("free", "mine");
    desk.look().await;
    assert_eq!(last_scan(&desk), Scan::Hinted);
    assert_eq!(desk.raw("free").as_deref(), Some("mine"));
    assert_eq!(desk.raw("taken").as_deref(), Some("a task's"));
    assert_eq!(desk.state("taken"), RecordState::Conflict);
}

#[tokio::test]
async fn new_work_is_sent_by_the_first_cycle_after_a_restart() {
    let desk = at_rest(&[("a", "1")]).await;
    desk.edit("new", "1");
    let desk = desk.restarted();
    desk.look().await;
    assert_eq!(desk.raw("new").as_deref(), Some("1"));
}

/// More than are worth reading by name: then everything is read, at once.
#[tokio::test]
async fn many_new_variables_are_sent_by_the_next_cycle_too() {
    let desk = at_rest(&[("a", "1")]).await;
    let keys: Vec<String> = (0..30).map(|number| format!("new_{number}")).collect();
    keys.iter().for_each(|key| desk.edit(key, "1"));
    desk.look().await;
    assert_eq!(last_scan(&desk), Scan::Full);
    assert!(keys.iter().all(|key| desk.raw(key).as_deref() == Some("1")));
}
