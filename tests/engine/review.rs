//! Review before sending: nothing leaves before the analyst says so, and everything else goes on.

use crate::desk::Desk;
use leeward_model::{ActionState, RecordState};
use leeward_sync::{Live, Runtime, status};

/// A desk that has read Airflow, where changes are reviewed first.
async fn desk() -> Desk {
    let desk = Desk::new(&[("a", "1"), ("b", "1")]).reviewing();
    desk.sync().await;
    desk
}

fn send(desk: &Desk) {
    desk.ledger(|ledger| ledger.approve_pending());
}

fn to_review(desk: &Desk) -> (u32, String) {
    let live = Live {
        review: true,
        ..Live::default()
    };
    let now = desk.clock.now();
    let told = desk.ledger(|ledger| status(ledger, "test", &live, now));
    (told.to_review, told.line)
}

#[tokio::test]
async fn a_change_waits_while_airflow_is_still_observed() {
    let desk = desk().await;
    desk.edit("a", "mine");
    desk.set_remote("b", "theirs");
    desk.look().await;
    desk.sync().await;
    assert_eq!(desk.raw("a").as_deref(), Some("1"));
    assert_eq!(
        (desk.state("a"), desk.value("b").as_str()),
        (RecordState::Pending, "theirs")
    );
    assert_eq!(to_review(&desk), (1, "1 change to review".into()));
}

#[tokio::test]
async fn what_is_pending_goes_when_it_is_sent_and_what_comes_later_does_not() {
    let desk = desk().await;
    desk.edit("a", "mine");
    send(&desk);
    desk.edit("b", "not looked at");
    desk.sync().await;
    assert_eq!(desk.raw("a").as_deref(), Some("mine"));
    assert_eq!(desk.raw("b").as_deref(), Some("1"));
    assert_eq!(to_review(&desk).0, 1);
}

#[tokio::test]
async fn an_edit_after_it_was_sent_is_looked_at_again() {
    let desk = desk().await;
    desk.edit("a", "mine");
    send(&desk);
    desk.edit("a", "mine again");
    desk.sync().await;
    assert_eq!(desk.raw("a").as_deref(), Some("1"));
}

#[tokio::test]
async fn a_restart_keeps_both_what_is_held_and_what_was_sent() {
    let desk = desk().await;
    desk.edit("a", "mine");
    let desk = desk.restarted();
    desk.sync().await;
    assert_eq!(desk.raw("a").as_deref(), Some("1"));
    send(&desk);
    let desk = desk.restarted();
    desk.sync().await;
    assert_eq!(desk.raw("a").as_deref(), Some("mine"));
}

#[tokio::test]
async fn a_run_waits_as_changes_do() {
    let desk = desk().await;
    let run = desk.trigger("daily_pricing", false);
    desk.sync().await;
    assert_eq!((desk.runs(), desk.action_state(run)), (0, ActionState::Queued));
    assert_eq!(to_review(&desk).0, 1);
    send(&desk);
    desk.sync().await;
    assert_eq!(desk.runs(), 1);
}

#[tokio::test]
async fn what_is_taken_back_was_never_sent() {
    let desk = desk().await;
    desk.edit("a", "mine");
    desk.sync().await;
    desk.take_back("a");
    desk.sync().await;
    assert_eq!((desk.state("a"), to_review(&desk).0), (RecordState::Clean, 0));
    assert_eq!(desk.raw("a").as_deref(), Some("1"));
}
