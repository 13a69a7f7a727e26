//! Trouble that stays: writes on which Airflow fails every time, reads that are behind, a listing that cannot be read.

use crate::desk::{Desk, Fault, When, is_write, set_raw, text};
use harness::fake_airflow::Row;
use jiff::SignedDuration;
use leeward_model::{ActionState, LinkState, ProblemCode, RecordState, Status, TrayState};
use leeward_sync::{Live, Runtime};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const SETTLED: SignedDuration = SignedDuration::from_secs(121);

/// Counts the writes of Variables from now on.
fn count_writes(desk: &Desk) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    desk.tamper(move |method, path, when, _| {
        let hit = when == When::Before && is_write(method, path);
        counted.fetch_add(usize::from(hit), Ordering::Relaxed);
        None
    });
    count
}

fn sent(count: &AtomicUsize) -> usize {
    count.load(Ordering::Relaxed)
}

/// A Variable that Airflow cannot write: it fails, and takes everything back.
fn digits() -> String {
    "9".repeat(5_000)
}

fn status(desk: &Desk) -> Status {
    let now = desk.clock.now();
    desk.ledger(|ledger| leeward_sync::status(ledger, "test", &Live::default(), now))
}

#[tokio::test]
async fn a_write_on_which_airflow_fails_every_time_is_refused_with_its_reason() {
    let desk = Desk::new(&[("other", "1")]);
    desk.sync().await;
    desk.edit("big", &digits());
    let writes = count_writes(&desk);
    for _ in 0..20 {
        desk.sync().await;
        desk.clock.pass(MINUTE);
    }
    assert_eq!((desk.state("big"), sent(&writes)), (RecordState::Rejected, 3));
    let note = desk.record("big").note.unwrap();
    assert!(
        note.contains("status 500") && note.contains("tried 3 times"),
        "{note}"
    );
    assert_eq!(desk.raw("big"), None);
    desk.edit("big", "12");
    assert_eq!(desk.sync().await.pushed, 1, "what is put right goes out");
}

#[tokio::test]
async fn an_old_value_that_cannot_be_replaced_is_refused_too() {
    let desk = Desk::new(&[("big", "1")]);
    desk.sync().await;
    desk.edit("big", &digits());
    for _ in 0..20 {
        desk.sync().await;
        desk.clock.pass(MINUTE);
    }
    assert_eq!(desk.state("big"), RecordState::Rejected);
    assert_eq!(desk.raw("big").as_deref(), Some("1"));
}

/// Each failure is waited for longer than the one before, and syncing on does not make it more.
#[tokio::test]
async fn what_failed_is_sent_again_less_and_less_often() {
    let desk = Desk::new(&[]);
    desk.edit("big", &digits());
    let writes = count_writes(&desk);
    let mut seen = Vec::new();
    for minute in 0..10 {
        desk.sync().await;
        if seen.len() < sent(&writes) {
            seen.push(minute);
        }
        desk.clock.pass(MINUTE + SignedDuration::from_secs(1));
    }
    assert_eq!(seen, [0, 2, 6]);
    assert_eq!(desk.state("big"), RecordState::Rejected);
}

#[tokio::test]
async fn failures_are_counted_across_restarts() {
    let mut desk = Desk::new(&[]);
    desk.edit("big", &digits());
    for _ in 0..5 {
        desk.sync().await;
        desk.clock.pass(SETTLED * 2);
        desk = desk.restarted();
    }
    assert_eq!(desk.state("big"), RecordState::Rejected);
}

/// A value that was put right is not kept waiting for the one that failed.
#[tokio::test]
async fn a_newer_edit_waits_for_the_settle_time_alone() {
    let desk = Desk::new(&[]);
    desk.edit("big", &digits());
    for _ in 0..2 {
        desk.sync().await;
        desk.clock.pass(SETTLED);
    }
    desk.sync().await;
    desk.edit("big", "12");
    desk.clock.pass(SETTLED);
    assert_eq!(desk.sync().await.pushed, 1);
    assert_eq!(desk.raw("big").as_deref(), Some("12"));
}

/// What was lost on the way, or met a gateway's trouble, may go through any time: it is never refused.
#[tokio::test]
async fn what_is_lost_on_the_way_is_not_refused() {
    let desk = Desk::new(&[]);
    desk.edit("a", "1");
    for fault in [Fault::RequestLost, Fault::Gateway] {
        desk.tamper(move |method, path, when, _| {
            (is_write(method, path) && when == When::Before).then_some(fault)
        });
        for _ in 0..6 {
            desk.sync().await;
            desk.clock.pass(SETTLED);
        }
    }
    assert_eq!(desk.state("a"), RecordState::InDoubt);
    desk.leave_alone();
    desk.sync().await;
    desk.sync().await;
    assert_eq!(desk.raw("a").as_deref(), Some("1"));
}

/// Where the server fails on whole pages, its records go one by one in the end, whichever process sends them.
#[tokio::test]
async fn pages_that_fail_are_remembered_across_restarts() {
    let keys = ["a", "b", "c", "d"];
    let mut desk = Desk::new(&keys.map(|key| (key, "1")));
    desk.sync().await;
    keys.iter().for_each(|key| desk.edit(key, "2"));
    desk.tamper(|method, path, when, _| {
        let bad = method == "PATCH" && (path.ends_with("/variables") || path.ends_with("/variables/b"));
        (bad && when == When::Before).then_some(Fault::Trouble)
    });
    for _ in 0..9 {
        desk.sync().await;
        desk.clock.pass(SETTLED * 2);
        desk = desk.restarted();
    }
    assert_eq!(
        keys.map(|key| desk.state(key) == RecordState::Clean),
        [true, false, true, true]
    );
    assert_eq!(desk.state("b"), RecordState::Rejected);
}

/// In a page it would stay, and no listing could be read any more.
#[tokio::test]
async fn a_value_that_airflow_cannot_show_is_not_sent_in_a_page() {
    let desk = Desk::new(&[]);
    for key in ["a", "b", "c"] {
        desk.edit(key, "1");
    }
    desk.edit("big", &format!("[{}]", digits()));
    desk.sync().await;
    assert_eq!((desk.raw("big"), desk.raw("c").as_deref()), (None, Some("1")));
    assert_eq!(desk.sync().await.in_doubt, 1, "the listing can be read");
}

#[tokio::test]
async fn the_last_reason_is_kept_beside_the_state() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    desk.edit("a", "2");
    desk.strike_next(is_write, Fault::Gateway);
    desk.sync().await;
    desk.sync().await;
    let note = desk.record("a").note.unwrap();
    assert!(
        note.contains("Bad gateway") && note.contains("not known yet"),
        "{note}"
    );
}

/// A run is looked for before it is sent again, and not sent for ever either.
#[tokio::test]
async fn a_run_on_which_airflow_fails_every_time_is_refused_too() {
    let mut desk = Desk::new(&[]);
    desk.sync().await;
    let run = desk.trigger("daily_pricing", false);
    let starts = Arc::new(AtomicUsize::new(0));
    let counted = starts.clone();
    desk.tamper(move |method, path, when, _| {
        let hit = method == "POST" && path.ends_with("/dagRuns") && when == When::Before;
        counted.fetch_add(usize::from(hit), Ordering::Relaxed);
        hit.then_some(Fault::Trouble)
    });
    for _ in 0..20 {
        desk.sync().await;
        desk.clock.pass(MINUTE);
        desk = desk.restarted();
    }
    assert_eq!(
        (desk.action_state(run), sent(&starts)),
        (ActionState::Rejected, 3)
    );
    let note = desk.action(run).note.unwrap();
    assert!(note.contains("status 500") && note.contains("3 times"), "{note}");
    assert_eq!(desk.runs(), 0);
}

/// Until told otherwise the key reads as this, whatever Airflow has.
fn reads_as(desk: &Desk, key: &'static str, row: Option<Row>) {
    let mut real = None;
    desk.tamper(move |method, path, when, airflow| {
        if method == "GET" && path.contains("/variables") {
            let shown = match when {
                When::Before => {
                    real = airflow.variables.remove(key);
                    row.clone()
                }
                When::After => real.take(),
            };
            if let Some(row) = shown {
                airflow.variables.insert(key.to_owned(), row);
            } else {
                airflow.variables.remove(key);
            }
        }
        None
    });
}

fn row(raw: &str) -> Option<Row> {
    Some(Row {
        raw: raw.to_owned(),
        description: None,
    })
}

#[tokio::test]
async fn an_accepted_write_that_reads_as_before_is_not_sent_again_over_a_newer_value() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.edit("rate", "2");
    reads_as(&desk, "rate", row("1"));
    assert_eq!(desk.sync().await.in_doubt, 1);
    assert_eq!(desk.raw("rate").as_deref(), Some("2"));
    desk.set_remote("rate", "theirs");
    desk.clock.pass(SignedDuration::from_secs(10));
    assert_eq!(desk.sync().await.pushed, 0);
    assert_eq!(desk.raw("rate").as_deref(), Some("theirs"), "not overwritten");
    desk.leave_alone();
    desk.clock.pass(SETTLED);
    desk.sync().await;
    assert_eq!(
        (desk.raw("rate").as_deref(), desk.state("rate")),
        (Some("theirs"), RecordState::Conflict)
    );
}

#[tokio::test]
async fn an_accepted_write_that_shows_later_has_arrived() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.edit("rate", "2");
    reads_as(&desk, "rate", row("1"));
    desk.sync().await;
    let note = desk.record("rate").note.unwrap();
    assert!(note.contains("accepted"), "{note}");
    desk.leave_alone();
    let writes = count_writes(&desk);
    desk.sync().await;
    assert_eq!((desk.state("rate"), sent(&writes)), (RecordState::Clean, 0));
}

#[tokio::test]
async fn the_same_for_a_page_of_writes() {
    let keys = ["a", "b", "c", "d"];
    let desk = Desk::new(&keys.map(|key| (key, "1")));
    desk.sync().await;
    keys.iter().for_each(|key| desk.edit(key, "2"));
    reads_as(&desk, "b", row("1"));
    assert_eq!(desk.sync().await.in_doubt, 1);
    desk.set_remote("b", "theirs");
    desk.sync().await;
    assert_eq!(desk.raw("b").as_deref(), Some("theirs"), "not overwritten");
}

/// It was made, so somebody has deleted it since: only the analyst can say whether it is to be made anew.
#[tokio::test]
async fn what_was_made_and_is_gone_is_not_made_anew_unasked() {
    let desk = Desk::new(&[("other", "1")]);
    desk.sync().await;
    desk.edit("new", "1");
    desk.tamper(|method, _, when, airflow| {
        if method == "POST" && when == When::After {
            airflow.variables.remove("new");
        }
        None
    });
    desk.sync().await;
    assert_eq!(desk.state("new"), RecordState::InDoubt);
    desk.leave_alone();
    desk.clock.pass(SETTLED);
    desk.sync().await;
    assert_eq!(
        (desk.raw("new"), desk.state("new")),
        (None, RecordState::Conflict)
    );
}

#[tokio::test]
async fn a_listing_that_cannot_be_read_holds_up_no_pending_work() {
    let desk = Desk::new(&[("a", "1"), ("b", "1"), ("broken", "1"), ("gone", "1")]);
    desk.sync().await;
    desk.clock.pass(MINUTE * 30);
    desk.airflow(|airflow| {
        airflow.undecryptable.insert("broken".to_owned());
        airflow.variables.remove("gone");
    });
    desk.edit("a", "2");
    desk.edit("made", "1");
    desk.delete("b");
    let problem = desk.engine.cycle().await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::ServerTrouble);
    assert!(problem.what.contains("cannot decrypt"), "{problem:?}");
    assert_eq!(
        (
            desk.raw("a").as_deref(),
            desk.raw("made").as_deref(),
            desk.raw("b")
        ),
        (Some("2"), Some("1"), None)
    );
    assert_eq!(desk.state("a"), RecordState::Clean);
    let told = status(&desk);
    assert_eq!((told.link, told.tray), (LinkState::Trouble, TrayState::Error));
    assert!(told.trouble.unwrap().contains("cannot decrypt"));
    assert!(
        told.last_complete_observation.unwrap() < desk.clock.now() - MINUTE * 29,
        "it was no complete observation"
    );
    assert_eq!(desk.state("gone"), RecordState::Clean, "nothing is concluded");
    assert!(desk.find("gone").is_some() && !told.braked);
}

/// Without a read that guards it nothing can be sent. It is not tried for ever, and holds up no other.
#[tokio::test]
async fn an_edit_of_what_cannot_be_read_is_refused_in_the_end() {
    let desk = Desk::new(&[("a", "1"), ("broken", "1")]);
    desk.sync().await;
    desk.airflow(|airflow| airflow.undecryptable.insert("broken".to_owned()));
    desk.edit("broken", "2");
    for round in ["2", "3", "4", "5", "6"] {
        desk.edit("a", round);
        desk.engine.cycle().await.unwrap_err();
        assert_eq!(desk.raw("a").as_deref(), Some(round));
        desk.clock.pass(MINUTE);
    }
    assert_eq!(desk.state("broken"), RecordState::Rejected);
    let note = desk.record("broken").note.unwrap();
    assert!(note.contains("decrypt"), "{note}");
    assert_eq!(desk.raw("broken").as_deref(), Some("1"));
}

/// A page looks at its records in the listing, before and after.
#[tokio::test]
async fn many_records_go_by_key_while_the_listing_cannot_be_read() {
    let keys = ["a", "b", "c", "d", "e"];
    for asked in [true, false] {
        let desk = Desk::new(&keys.map(|key| (key, "1")));
        desk.set_remote("broken", "1");
        desk.sync().await;
        desk.airflow(|airflow| airflow.undecryptable.insert("broken".to_owned()));
        keys.iter().for_each(|key| desk.edit(key, "2"));
        if asked {
            desk.engine.cycle().await.unwrap_err();
        } else {
            assert_eq!(desk.look().await.pushed, 5, "between two full scans");
        }
        assert!(keys.iter().all(|key| desk.raw(key).as_deref() == Some("2")));
    }
}

/// Where nothing can be read, the trouble is the server's: it is asked little, and nothing is sent.
#[tokio::test]
async fn a_server_that_fails_on_every_read_is_left_alone() {
    let desk = Desk::new(&[("a", "1"), ("b", "1")]);
    desk.sync().await;
    desk.edit("a", "2");
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    desk.tamper(move |method, _, when, _| {
        counted.fetch_add(usize::from(when == When::Before), Ordering::Relaxed);
        (method == "GET" && when == When::Before).then_some(Fault::Trouble)
    });
    let problem = desk.engine.cycle().await.unwrap_err();
    assert!(!problem.what.contains("decrypt"), "{problem:?}");
    assert!(sent(&asked) <= 6, "{}", sent(&asked));
    assert_eq!(desk.state("a"), RecordState::Pending);
}

/// While a brake holds nothing is written, whether the listing can be read or not.
#[tokio::test]
async fn a_brake_holds_while_the_listing_cannot_be_read() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    desk.edit("a", "2");
    desk.airflow(|airflow| airflow.variables.clear());
    desk.sync().await;
    assert!(status(&desk).braked);
    desk.set_remote("a", "1");
    desk.set_remote("broken", "1");
    desk.airflow(|airflow| airflow.undecryptable.insert("broken".to_owned()));
    desk.engine.cycle().await.unwrap_err();
    assert_eq!(desk.raw("a").as_deref(), Some("1"));
}

#[tokio::test]
async fn what_is_pending_goes_out_while_the_list_keeps_changing() {
    let desk = Desk::new(&[("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")]);
    desk.airflow(|airflow| airflow.page_max = 2);
    desk.sync().await;
    desk.edit("d", "2");
    let mut there = false;
    desk.tamper(move |method, path, when, airflow| {
        if method == "GET" && path.ends_with("/variables") && when == When::Before {
            there = !there;
            if there {
                set_raw(airflow, "0", "1");
            } else {
                airflow.variables.remove("0");
            }
        }
        None
    });
    let problem = desk.engine.cycle().await.unwrap_err();
    assert!(problem.what.contains("kept changing"), "{problem:?}");
    assert!(!problem.what.contains("decrypt"));
    assert_eq!(
        (desk.raw("d").as_deref(), desk.state("d")),
        (Some("2"), RecordState::Clean)
    );
}

#[tokio::test]
async fn one_reset_connection_is_not_offline() {
    for path in ["/eventLogs", "/variables", "/dagRuns/list"] {
        let desk = Desk::new(&[("a", "1")]);
        desk.sync().await;
        desk.edit("a", "2");
        let mut spent = false;
        desk.tamper(move |method, asked, when, _| {
            let hit = !spent && method == "GET" && when == When::Before && asked.ends_with(path);
            spent |= hit;
            hit.then_some(Fault::RequestLost)
        });
        assert_eq!(desk.sync().await.pushed, 1, "{path}");
    }
}

/// A second time it is; and a write is never repeated for that.
#[tokio::test]
async fn a_connection_that_breaks_again_is_offline() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    desk.tamper(move |_, path, when, _| {
        let hit = path.ends_with("/eventLogs") && when == When::Before;
        counted.fetch_add(usize::from(hit), Ordering::Relaxed);
        hit.then_some(Fault::RequestLost)
    });
    let problem = desk.engine.cycle().await.unwrap_err();
    assert_eq!((problem.code, sent(&asked)), (ProblemCode::Unreachable, 2));
    desk.edit_from("window", "made", "value", None, text("1"));
    let writes = Arc::new(AtomicUsize::new(0));
    let counted = writes.clone();
    desk.tamper(move |method, path, when, _| {
        let hit = is_write(method, path) && when == When::Before;
        counted.fetch_add(usize::from(hit), Ordering::Relaxed);
        hit.then_some(Fault::RequestLost)
    });
    desk.sync().await;
    assert_eq!((sent(&writes), desk.state("made")), (1, RecordState::InDoubt));
}
