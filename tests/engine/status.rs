//! honest-status: the line and the tray are a function of the mirror, and "in sync" is only said when it is true.

use crate::desk::{Desk, Fault, When, is_write};
use jiff::SignedDuration;
use leeward_model::{Status, TrayState, VARIABLES};
use leeward_sync::{Live, Runtime};

fn status(desk: &Desk, live: &Live) -> Status {
    let now = desk.clock.now();
    desk.ledger(|ledger| leeward_sync::status(ledger, "test", live, now))
}

fn tells(desk: &Desk, tray: TrayState, line: &str) {
    let status = status(desk, &Live::default());
    assert_eq!((status.tray, status.line.as_str()), (tray, line));
}

#[tokio::test]
async fn in_sync_needs_a_recent_complete_observation() {
    let desk = Desk::new(&[("a", "1")]);
    tells(&desk, TrayState::Offline, "Not connected yet");
    desk.sync().await;
    tells(&desk, TrayState::InSync, "In sync, just now");
    desk.clock.pass(SignedDuration::from_mins(20));
    tells(&desk, TrayState::InSync, "In sync, all read 20 min ago");
    desk.clock.pass(SignedDuration::from_secs(1));
    tells(&desk, TrayState::Offline, "Last read 20 min ago");
}

/// A cycle that follows the event log has not seen what tasks did: both times are told.
#[tokio::test]
async fn a_cycle_that_reads_what_changed_is_told_beside_the_full_reading() {
    let desk = Desk::new(&[("a", "1")]);
    desk.airflow(|airflow| airflow.log_about("cli_scheduler", "root", &serde_json::json!({})));
    desk.sync().await;
    desk.clock.pass(SignedDuration::from_mins(8));
    desk.set_in_ui("bob", "a", "2");
    desk.look().await;
    tells(
        &desk,
        TrayState::InSync,
        "In sync, checked just now, all read 8 min ago",
    );
    desk.clock.pass(SignedDuration::from_mins(2));
    tells(
        &desk,
        TrayState::InSync,
        "In sync, checked 2 min ago, all read 10 min ago",
    );
}

/// What a process knows that heard from Airflow then.
fn after_21_minutes(desk: &Desk) -> Live {
    let passed = SignedDuration::from_mins(21);
    desk.clock.pass(passed);
    Live {
        server_clock: Some(desk.airflow(|airflow| airflow.clock()) + passed),
        ..Live::default()
    }
}

/// By the clock that was set back everything was read eleven minutes ago.
#[tokio::test]
async fn a_clock_that_was_set_back_makes_no_reading_recent() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    let live = after_21_minutes(&desk);
    desk.clock.jump(SignedDuration::from_mins(-10));
    assert_eq!(status(&desk, &live).tray, TrayState::Offline);
    desk.sync().await;
    assert_eq!(status(&desk, &live).tray, TrayState::InSync);
}

/// The clock was set back by just the time that passed: the mirror's own time of the last reading looks like now.
#[tokio::test]
async fn a_reading_is_taken_down_although_the_clock_says_that_no_time_passed() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    let live = after_21_minutes(&desk);
    desk.clock.jump(SignedDuration::from_mins(-21));
    desk.sync().await;
    assert_eq!(status(&desk, &live).tray, TrayState::InSync);
}

#[tokio::test]
async fn in_sync_needs_nothing_pending() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    desk.edit("a", "2");
    tells(&desk, TrayState::Pending, "1 change waiting to be sent");
    desk.trigger("daily_pricing", true);
    tells(&desk, TrayState::Pending, "1 change and 1 run waiting to be sent");
    desk.sync().await;
    tells(&desk, TrayState::InSync, "In sync, just now");
}

#[tokio::test]
async fn in_doubt_is_not_in_sync() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    desk.edit("a", "2");
    desk.tamper(|method, path, when, _| {
        (is_write(method, path) && when == When::Before).then_some(Fault::RequestLost)
    });
    desk.sync().await;
    tells(
        &desk,
        TrayState::Pending,
        "Checking whether the last change arrived, 1 change kept here",
    );
    assert_eq!(status(&desk, &Live::default()).in_doubt, 1);
}

#[tokio::test]
async fn a_conflict_does_not_hide_that_airflow_is_away() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    desk.edit("a", "2");
    desk.set_remote("a", "3");
    desk.sync().await;
    desk.tamper(|_, _, when, _| (when == When::Before).then_some(Fault::Refused));
    assert!(desk.engine.cycle().await.is_err());
    tells(
        &desk,
        TrayState::Conflict,
        "1 conflict needs you, Airflow is away",
    );
}

#[tokio::test]
async fn what_needs_a_person_comes_first() {
    let desk = Desk::new(&[("a", "1"), ("b", "1")]);
    desk.sync().await;
    desk.edit("a", "2");
    let run = desk.trigger("daily_pricing", true);
    desk.set_remote("a", "3");
    desk.sync().await;
    let told = status(
        &desk,
        &Live {
            syncing: true,
            paused: true,
            ..Live::default()
        },
    );
    assert_eq!(
        (told.tray, told.conflicts, told.held),
        (TrayState::Conflict, 1, 1),
        "{:?}",
        desk.action(run)
    );
    assert_eq!(told.line, "1 conflict needs you, 1 run waits for you, paused");
}

#[tokio::test]
async fn nothing_is_counted_twice() {
    let desk = Desk::new(&[("a", "1"), ("b", "1")]);
    desk.sync().await;
    desk.edit("a", "2");
    let _held = desk.trigger("daily_pricing", true);
    desk.set_remote("a", "3");
    desk.sync().await;
    desk.edit("b", "2");
    desk.trigger("daily_pricing", false);
    let told = status(&desk, &Live::default());
    assert_eq!(
        (told.pending, told.conflicts, told.held, told.unsent),
        (1, 1, 1, 4)
    );
    assert_eq!(told.waiting(), 2);
    assert_eq!(
        told.line,
        "1 conflict needs you, 1 run waits for you, 1 change and 1 run kept here"
    );
}

#[tokio::test]
async fn what_was_refused_is_named_and_paused_is_said_with_it() {
    let desk = Desk::new(&[]);
    desk.sync().await;
    desk.trigger("no_such_dag", false);
    desk.sync().await;
    let paused = Live {
        paused: true,
        ..Live::default()
    };
    assert_eq!(status(&desk, &paused).line, "1 run was refused, paused");
    desk.edit("api_token", "a secret cannot be typed like this");
    tells(&desk, TrayState::Error, "1 change and 1 run were refused");
    assert_eq!(status(&desk, &Live::default()).pending, 0);
}

#[tokio::test]
async fn a_brake_is_told_until_it_is_accepted() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    desk.airflow(|airflow| airflow.variables.clear());
    desk.sync().await;
    let told = status(&desk, &Live::default());
    assert!(told.braked);
    assert_eq!(
        (told.tray, told.line.as_str()),
        (TrayState::Error, "Stopped: please look at what vanished")
    );
    desk.ledger(|ledger| ledger.accept_brake(VARIABLES));
    desk.sync().await;
    assert!(!status(&desk, &Live::default()).braked);
}

#[tokio::test]
async fn paused_and_syncing_are_told_while_nothing_needs_a_person() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    let told = |syncing, paused| {
        status(
            &desk,
            &Live {
                syncing,
                paused,
                ..Live::default()
            },
        )
        .tray
    };
    assert_eq!(told(true, false), TrayState::Syncing);
    assert_eq!(told(false, true), TrayState::Paused);
    assert_eq!(told(true, true), TrayState::Paused);
}
