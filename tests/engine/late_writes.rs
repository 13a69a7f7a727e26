//! Late echoes: a write of ours that arrives when a newer one has taken its place.

use crate::desk::{Desk, Fault, When, is_write, text};
use jiff::SignedDuration;
use leeward_model::{ActionState, RecordState};

const SETTLED: SignedDuration = SignedDuration::from_secs(121);

/// `rate` was 1; a change to 2 was lost on the way and given up.
async fn gave_up() -> Desk {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.edit("rate", "2");
    lose_next_write(&desk);
    desk.sync().await;
    desk
}

fn lose_next_write(desk: &Desk) {
    desk.strike_next(is_write, Fault::RequestLost);
}

/// … and a change to 3 was sent in its place, and arrived.
async fn superseded() -> Desk {
    let desk = gave_up().await;
    desk.edit("rate", "3");
    desk.clock.pass(SETTLED);
    desk.sync().await;
    assert_eq!(desk.raw("rate").as_deref(), Some("3"));
    desk
}

#[tokio::test]
async fn a_superseded_value_that_arrives_soon_is_replaced_by_the_newer_one() {
    let desk = superseded().await;
    desk.set_remote("rate", "2");
    desk.clock.pass(SignedDuration::from_secs(100));
    let summary = desk.sync().await;
    assert_eq!((summary.pushed, summary.conflicts), (1, 0));
    assert_eq!(
        (desk.raw("rate").as_deref(), desk.value("rate").as_str()),
        (Some("3"), "3")
    );
    assert_eq!(desk.state("rate"), RecordState::Clean);
    assert_eq!(desk.sync().await.pushed, 0);
}

#[tokio::test]
async fn one_that_arrives_later_is_for_a_person() {
    let desk = superseded().await;
    desk.clock.pass(SETTLED);
    desk.set_remote("rate", "2");
    let summary = desk.sync().await;
    assert_eq!((summary.pushed, summary.conflicts), (0, 1));
    let field = &desk.conflict("rate").fields[0];
    assert_eq!(
        (&field.mine, &field.airflow, &field.base),
        (&Some(text("3")), &Some(text("2")), &Some(text("1")))
    );
    desk.resolve("rate", &[("value", text("3"))], false);
    desk.sync().await;
    assert_eq!(
        (desk.raw("rate").as_deref(), desk.state("rate")),
        (Some("3"), RecordState::Clean)
    );
}

#[tokio::test]
async fn an_edit_on_top_goes_out_over_the_echo_without_a_conflict() {
    let desk = superseded().await;
    desk.edit("rate", "4");
    desk.set_remote("rate", "2");
    let summary = desk.sync().await;
    assert_eq!((summary.pushed, summary.conflicts), (1, 0));
    assert_eq!(desk.raw("rate").as_deref(), Some("4"));
}

#[tokio::test]
async fn an_edit_that_was_taken_back_does_not_come_back_by_itself() {
    let desk = gave_up().await;
    desk.take_back("rate");
    desk.clock.pass(SETTLED);
    desk.sync().await;
    assert_eq!(
        (desk.value("rate").as_str(), desk.state("rate")),
        ("1", RecordState::Clean)
    );
    desk.set_remote("rate", "2");
    desk.sync().await;
    assert_eq!(
        (desk.raw("rate").as_deref(), desk.value("rate").as_str()),
        (Some("1"), "1")
    );
}

/// A gateway may repeat a request that was answered long since to us; or somebody put the older value back. Which, nobody
/// can see.
#[tokio::test]
async fn an_answered_write_that_shows_again_is_asked_about_while_it_can_be_under_way() {
    for (wait, conflicts) in [(60, 1), (121, 0)] {
        let desk = Desk::new(&[("rate", "1")]);
        desk.sync().await;
        for value in ["2", "3"] {
            desk.edit("rate", value);
            desk.sync().await;
        }
        desk.clock.pass(SignedDuration::from_secs(wait));
        desk.set_remote("rate", "2");
        let summary = desk.sync().await;
        assert_eq!(
            (summary.pushed, summary.conflicts),
            (0, conflicts),
            "after {wait} s"
        );
        assert_eq!(desk.raw("rate").as_deref(), Some("2"));
        let here = if conflicts == 1 { "3" } else { "2" };
        assert_eq!(
            desk.value("rate"),
            here,
            "later it is another's edit like any other"
        );
    }
}

#[tokio::test]
async fn anothers_value_after_ours_is_no_echo() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.edit("rate", "2");
    desk.sync().await;
    desk.set_remote("rate", "theirs");
    desk.sync().await;
    desk.set_remote("rate", "2");
    desk.sync().await;
    assert_eq!(
        (desk.raw("rate").as_deref(), desk.value("rate").as_str()),
        (Some("2"), "2")
    );
}

#[tokio::test]
async fn a_delete_that_arrives_after_it_was_taken_back_is_undone_or_asked_about() {
    for (given_up, wait, conflicts) in [(121, 0, 0), (121, 121, 1), (241, 0, 1)] {
        let desk = Desk::new(&[("rate", "1"), ("other", "1")]);
        desk.sync().await;
        desk.delete("rate");
        lose_next_write(&desk);
        desk.sync().await;
        desk.take_back("rate");
        desk.clock.pass(SignedDuration::from_secs(given_up));
        desk.sync().await;
        assert_eq!(desk.state("rate"), RecordState::Clean);
        desk.clock.pass(SignedDuration::from_secs(wait));
        desk.airflow(|airflow| airflow.variables.remove("rate"));
        assert_eq!(desk.sync().await.conflicts, conflicts);
        assert_eq!(desk.raw("rate").is_some(), conflicts == 0);
        assert_eq!(desk.value("rate"), "1", "what was taken back is not lost");
    }
}

/// Nothing was read of the record since: soon it was surely ours, long after it may be anybody's.
#[tokio::test]
async fn a_delete_that_was_taken_back_and_shows_long_after_is_asked_about() {
    for (wait, conflicts) in [(60, 0), (241, 1)] {
        let desk = Desk::new(&[("rate", "1"), ("other", "1")]);
        desk.sync().await;
        desk.delete("rate");
        lose_next_write(&desk);
        desk.sync().await;
        desk.take_back("rate");
        desk.airflow(|airflow| airflow.variables.remove("rate"));
        desk.clock.pass(SignedDuration::from_secs(wait));
        assert_eq!(desk.sync().await.conflicts, conflicts, "after {wait} s");
        assert_eq!(desk.raw("rate").is_some(), conflicts == 0);
        assert_eq!(desk.value("rate"), "1", "what was taken back is not lost");
    }
}

#[tokio::test]
async fn a_run_that_waits_for_the_edit_waits_until_it_is_there_again() {
    let desk = superseded().await;
    desk.set_remote("rate", "2");
    let mut refused = false;
    desk.edit("other", "1");
    let run = desk.trigger("daily_pricing", true);
    desk.tamper(move |method, path, when, _| {
        let hit = !refused && is_write(method, path) && when == When::Before;
        refused |= hit;
        hit.then_some(Fault::RequestLost)
    });
    desk.sync().await;
    assert_eq!(desk.action_state(run), ActionState::Waiting);
}

#[tokio::test]
async fn a_clock_that_is_set_forward_does_not_shorten_the_settle_time() {
    let desk = gave_up().await;
    desk.clock.jump(SignedDuration::from_hours(5));
    assert_eq!(
        desk.sync().await.in_doubt,
        1,
        "by the server's clock no time has passed"
    );
    desk.clock.pass(SETTLED);
    assert_eq!(desk.sync().await.pushed, 1);
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_hold_a_doubt_for_ever() {
    let desk = gave_up().await;
    desk.clock.jump(SignedDuration::from_hours(-5));
    desk.sync().await;
    desk.clock.pass(SETTLED);
    desk.sync().await;
    assert_eq!(desk.sync().await.in_doubt, 0);
    assert_eq!(desk.raw("rate").as_deref(), Some("2"));
}

/// The server's clock tells how long ago a delete of ours was, whatever this computer's says by now.
#[tokio::test]
async fn a_clock_that_is_set_back_does_not_make_anothers_delete_an_echo() {
    let desk = Desk::new(&[("rate", "1"), ("other", "1")]);
    desk.sync().await;
    desk.delete("rate");
    desk.sync().await;
    desk.set_remote("rate", "2");
    desk.sync().await;
    desk.edit("rate", "3");
    desk.sync().await;
    desk.clock.pass(SignedDuration::from_hours(1));
    desk.clock.jump(SignedDuration::from_hours(-1));
    desk.airflow(|airflow| airflow.variables.remove("rate"));
    let summary = desk.sync().await;
    assert_eq!((summary.pushed, summary.conflicts), (0, 0));
    assert_eq!(desk.raw("rate"), None, "it was another's delete, and holds");
}

/// Somebody put the older value back and wrote a description: no late arrival does that.
#[tokio::test]
async fn an_older_value_beside_a_field_that_another_wrote_is_asked_about() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.edit("rate", "2");
    desk.sync().await;
    desk.edit("rate", "3");
    desk.sync().await;
    desk.airflow(|airflow| {
        crate::desk::set_raw(airflow, "rate", "2");
        airflow.variables.get_mut("rate").unwrap().description = Some("put back".into());
    });
    let summary = desk.sync().await;
    assert_eq!((summary.pushed, summary.conflicts), (0, 1));
    assert_eq!(
        desk.raw("rate").as_deref(),
        Some("2"),
        "nothing unseen is replaced"
    );
}
