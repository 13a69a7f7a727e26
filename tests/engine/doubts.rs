//! Lost answers, crashes, and an Airflow that is away.

use crate::desk::{Desk, Fault, When, is_write, set_raw};
use jiff::SignedDuration;
use leeward_model::{ProblemCode, RecordState};

/// The next write meets this fault.
fn next_write(desk: &Desk, fault: Fault) {
    desk.strike_next(is_write, fault);
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_looking() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.edit("rate", "2");
    next_write(&desk, Fault::AnswerLost);
    assert_eq!(desk.sync().await.in_doubt, 1);
    assert_eq!(desk.state("rate"), RecordState::InDoubt);
    let summary = desk.sync().await;
    assert_eq!((summary.in_doubt, desk.state("rate")), (0, RecordState::Clean));
    assert_eq!(desk.raw("rate").as_deref(), Some("2"));
}

#[tokio::test]
async fn a_lost_request_is_sent_again_only_after_the_settle_time() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.edit("rate", "2");
    next_write(&desk, Fault::RequestLost);
    desk.sync().await;
    desk.clock.pass(SignedDuration::from_secs(60));
    assert_eq!(desk.sync().await.in_doubt, 1, "it may still arrive");
    assert_eq!(desk.raw("rate").as_deref(), Some("1"));
    desk.clock.pass(SignedDuration::from_secs(61));
    assert_eq!(desk.sync().await.pushed, 1);
    assert_eq!(
        (desk.raw("rate").as_deref(), desk.state("rate")),
        (Some("2"), RecordState::Clean)
    );
}

/// A server tells its clock in whole seconds: what reads as the settle time may be nearly a second less.
#[tokio::test]
async fn the_settle_time_is_waited_for_to_its_end() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.edit("rate", "2");
    desk.clock.pass(SignedDuration::from_millis(600));
    next_write(&desk, Fault::RequestLost);
    desk.sync().await;
    // Moved on, this computer's clock says that it was long ago.
    desk.clock.jump(SignedDuration::from_hours(1));
    desk.clock.pass(SignedDuration::from_millis(119_500));
    assert_eq!(desk.sync().await.in_doubt, 1, "it may still arrive");
    assert_eq!(desk.raw("rate").as_deref(), Some("1"));
    desk.clock.pass(SignedDuration::from_secs(2));
    assert_eq!(desk.sync().await.pushed, 1);
}

/// A page that shows it is enough, whatever becomes of the rest of the listing: who deletes it then is not overruled.
#[tokio::test]
async fn what_a_page_of_a_listing_showed_is_not_made_anew() {
    let desk = Desk::new(&[("b", "1"), ("c", "1"), ("d", "1")]);
    desk.sync().await;
    desk.airflow(|airflow| airflow.page_max = 2);
    desk.edit("a", "1");
    next_write(&desk, Fault::AnswerLost);
    assert_eq!(desk.sync().await.in_doubt, 1);
    // Its listing breaks off after the first page, which shows it.
    let mut pages = 0;
    desk.tamper(move |method, path, when, _| {
        let is_page = method == "GET" && path.ends_with("/variables") && when == When::Before;
        pages += usize::from(is_page);
        (is_page && pages > 1).then_some(Fault::Refused)
    });
    desk.engine.cycle().await.unwrap_err();
    desk.leave_alone();
    desk.airflow(|airflow| airflow.variables.remove("a"));
    desk.clock.pass(SignedDuration::from_mins(10));
    desk.sync().await;
    assert_eq!((desk.raw("a"), desk.find("a")), (None, None));
}

#[tokio::test]
async fn in_doubt_and_another_writer_came_is_a_conflict_not_an_overwrite() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.edit("rate", "2");
    next_write(&desk, Fault::RequestLost);
    desk.sync().await;
    desk.set_remote("rate", "theirs");
    desk.clock.pass(SignedDuration::from_secs(121));
    desk.sync().await;
    assert_eq!(
        (desk.raw("rate").as_deref(), desk.state("rate")),
        (Some("theirs"), RecordState::Conflict)
    );
}

#[tokio::test]
async fn a_crash_after_the_write_is_found_again_as_an_intent() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.edit("rate", "2");
    // The read-back fails as if the process had died there: the intent is all that is left.
    desk.tamper(|method, path, when, airflow| {
        let raw = airflow.variables.get("rate").map(|row| row.raw.clone());
        let reads_back = method == "GET" && path.ends_with("/variables/rate") && raw.as_deref() == Some("2");
        (reads_back && when == When::Before).then_some(Fault::RequestLost)
    });
    desk.sync().await;
    desk.leave_alone();
    let desk = desk.restarted();
    assert_eq!(desk.state("rate"), RecordState::InDoubt);
    desk.sync().await;
    assert_eq!(desk.state("rate"), RecordState::Clean);
    let writes = desk.ledger(|ledger| ledger.intents());
    assert!(writes.is_empty());
}

#[tokio::test]
async fn an_airflow_that_is_away_stops_the_cycle_and_loses_nothing() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.edit("rate", "2");
    desk.tamper(|_, _, _, _| Some(Fault::Refused));
    let problem = desk.engine.cycle().await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::Unreachable);
    assert_eq!(
        desk.state("rate"),
        RecordState::Pending,
        "a request that was refused is not in doubt"
    );
    assert_eq!(
        desk.line(),
        "Offline, Airflow last answered just now, 1 change kept here"
    );
    desk.leave_alone();
    assert_eq!(desk.sync().await.pushed, 1);
}

#[tokio::test]
async fn a_refused_connection_in_the_middle_of_a_push_leaves_no_doubt() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.edit("rate", "2");
    next_write(&desk, Fault::Refused);
    assert!(desk.engine.cycle().await.is_err());
    assert_eq!(desk.state("rate"), RecordState::Pending);
    desk.leave_alone();
    assert_eq!(desk.sync().await.pushed, 1);
}

#[tokio::test]
async fn an_expired_token_in_the_middle_of_a_cycle_is_renewed() {
    let desk = Desk::new(&[("a", "1"), ("b", "1")]);
    desk.sync().await;
    desk.edit("a", "2");
    desk.edit("b", "2");
    let mut spent = false;
    desk.tamper(move |method, path, when, airflow| {
        if !spent && is_write(method, path) && when == When::After {
            spent = true;
            airflow.expire_tokens();
        }
        None
    });
    assert_eq!(desk.sync().await.pushed, 2);
}

#[tokio::test]
async fn someone_creates_the_key_just_before_us() {
    let desk = Desk::new(&[("other", "1")]);
    desk.sync().await;
    desk.edit("new", "mine");
    let mut spent = false;
    desk.tamper(move |method, path, when, airflow| {
        if !spent && method == "POST" && path.ends_with("/variables") && when == When::Before {
            spent = true;
            set_raw(airflow, "new", "theirs");
        }
        None
    });
    desk.sync().await;
    assert_eq!(
        (desk.raw("new").as_deref(), desk.state("new")),
        (Some("theirs"), RecordState::Conflict)
    );
}

#[tokio::test]
async fn one_record_that_airflow_has_trouble_with_holds_up_no_other_and_no_run() {
    let desk = Desk::new(&[("a", "1"), ("b", "1")]);
    desk.sync().await;
    desk.edit("a", "2");
    desk.edit("b", "2");
    let run = desk.trigger("daily_pricing", false);
    desk.tamper(|_, path, when, _| {
        (path.ends_with("/variables/a") && when == When::Before).then_some(Fault::Trouble)
    });
    let problem = desk.engine.cycle().await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::ServerTrouble, "it is told");
    assert_eq!((desk.raw("b").as_deref(), desk.runs()), (Some("2"), 1));
    assert_eq!(
        (desk.raw("a").as_deref(), desk.state("a")),
        (Some("1"), RecordState::Pending),
        "{run}"
    );
    desk.leave_alone();
    desk.sync().await;
    assert_eq!(desk.raw("a").as_deref(), Some("2"));
}

/// It was seen once that a creation had arrived, in a cycle that could not go on; when it is gone later, it was deleted.
#[tokio::test]
async fn a_write_that_was_seen_once_is_not_in_doubt_any_more() {
    let desk = Desk::new(&[("a", "1"), ("gone", "1")]);
    desk.sync().await;
    desk.edit_from("window", "new", "value", None, crate::desk::text("2"));
    desk.strike_next(is_write, Fault::RequestLost);
    desk.sync().await;
    assert_eq!(desk.state("new"), RecordState::InDoubt);
    desk.set_remote("new", "2");
    desk.airflow(|airflow| airflow.variables.remove("gone"));
    desk.tamper(|method, path, when, _| {
        let hit = method == "GET" && path.ends_with("/gone") && when == When::Before;
        hit.then_some(Fault::RequestLost)
    });
    assert!(
        desk.engine.cycle().await.is_err(),
        "the reading cannot be finished"
    );
    desk.leave_alone();
    desk.airflow(|airflow| airflow.variables.remove("new"));
    desk.clock.pass(jiff::SignedDuration::from_secs(121));
    desk.sync().await;
    assert_eq!(desk.raw("new"), None, "another deleted it: it does not come back");
}

/// A creation arrived, its answer was lost, and somebody changed it before it was looked for: when it is gone later, it
/// was deleted, and only the analyst can say whether it is to be made anew.
#[tokio::test]
async fn a_creation_in_doubt_that_was_there_and_is_gone_is_asked_about() {
    let desk = Desk::new(&[("another", "1")]);
    desk.sync().await;
    desk.edit_from("window", "new", "value", None, crate::desk::text("2"));
    next_write(&desk, Fault::AnswerLost);
    desk.sync().await;
    desk.set_remote("new", "3");
    assert_eq!(desk.sync().await.in_doubt, 1, "it is not as it was sent");
    desk.airflow(|airflow| airflow.variables.remove("new"));
    desk.clock.pass(SignedDuration::from_secs(121));
    desk.sync().await;
    assert_eq!(desk.raw("new"), None, "another deleted it: it does not come back");
    assert_eq!(desk.state("new"), RecordState::Conflict);
}

/// A creation is in doubt, somebody else made the record, and here it was made a second time: deciding between the two made
/// here is no word on what stands in Airflow, which nobody was shown.
#[tokio::test]
async fn a_decision_between_two_edits_made_here_does_not_replace_what_was_never_shown() {
    let desk = Desk::new(&[("another", "1")]);
    desk.sync().await;
    desk.edit_from("window", "new", "value", None, crate::desk::text("2"));
    next_write(&desk, Fault::RequestLost);
    desk.sync().await;
    desk.set_remote("new", "3");
    desk.edit_from("leewardctl", "new", "value", None, crate::desk::text("4"));
    desk.sync().await;
    desk.resolve("new", &[("value", crate::desk::text("2"))], false);
    desk.clock.pass(SignedDuration::from_secs(121));
    desk.sync().await;
    assert_eq!(
        (desk.raw("new").as_deref(), desk.state("new")),
        (Some("3"), RecordState::Conflict)
    );
    let clash = &desk.conflict("new").fields[0];
    assert_eq!(clash.airflow, Some(crate::desk::text("3")));
}
