//! Queued runs: once, in order, and held where a person must decide.

use crate::desk::{Desk, Fault, When, text};
use leeward_model::ActionState;

const DAG: &str = "daily_pricing";

fn is_trigger(method: &str, path: &str) -> bool {
    method == "POST" && path.ends_with("/dagRuns")
}

#[tokio::test]
async fn a_run_goes_out_once_and_is_followed_to_its_end() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    let id = desk.trigger(DAG, false);
    desk.sync().await;
    assert_eq!((desk.runs(), desk.action_state(id)), (1, ActionState::Done));
    for _ in 0..3 {
        desk.airflow(harness::fake_airflow::FakeAirflow::tick);
        desk.sync().await;
    }
    assert_eq!(desk.action(id).run_state.as_deref(), Some("success"));
    assert_eq!(desk.runs(), 1);
}

#[tokio::test]
async fn a_run_whose_answer_was_lost_is_found_again_not_sent_again() {
    for fault in [Fault::AnswerLost, Fault::RequestLost] {
        let desk = Desk::new(&[("a", "1")]);
        desk.sync().await;
        let id = desk.trigger(DAG, false);
        let mut spent = false;
        desk.tamper(move |method, path, when, _| {
            let at = if fault == Fault::AnswerLost {
                When::After
            } else {
                When::Before
            };
            let hit = !spent && is_trigger(method, path) && when == at;
            spent |= hit;
            hit.then_some(fault)
        });
        desk.sync().await;
        assert_eq!(desk.action_state(id), ActionState::InDoubt);
        let desk = desk.restarted();
        desk.sync().await;
        assert_eq!(
            (desk.runs(), desk.action_state(id)),
            (1, ActionState::Done),
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn after_my_edits_means_after_they_are_verified() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    desk.edit("a", "2");
    let id = desk.trigger(DAG, true);
    let mut seen = Vec::new();
    let (sender, receiver) = std::sync::mpsc::channel();
    desk.tamper(move |method, path, when, airflow| {
        if is_trigger(method, path) && when == When::Before {
            sender.send(airflow.variables["a"].raw.clone()).unwrap();
        }
        None
    });
    desk.sync().await;
    seen.extend(receiver.try_iter());
    assert_eq!(seen, ["2"], "the run started when the edit was there");
    assert_eq!(desk.action_state(id), ActionState::Done);
}

#[tokio::test]
async fn a_conflict_holds_the_run_and_settling_it_releases_the_run() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    desk.edit("a", "2");
    let id = desk.trigger(DAG, true);
    desk.set_remote("a", "3");
    desk.sync().await;
    let held = desk.action(id);
    assert_eq!((held.state, desk.runs()), (ActionState::Held, 0));
    assert!(held.note.unwrap().contains('a'));
    desk.resolve("a", &[("value", text("2"))], false);
    desk.sync().await;
    assert_eq!((desk.action_state(id), desk.runs()), (ActionState::Done, 1));
}

#[tokio::test]
async fn taking_the_edit_back_releases_the_run_too() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    desk.edit("a", "2");
    let id = desk.trigger(DAG, true);
    desk.set_remote("a", "3");
    desk.sync().await;
    desk.take_back("a");
    desk.sync().await;
    assert_eq!(
        (desk.action_state(id), desk.raw("a").as_deref()),
        (ActionState::Done, Some("3"))
    );
}

#[tokio::test]
async fn edits_made_after_the_run_was_queued_do_not_hold_it() {
    let desk = Desk::new(&[("a", "1"), ("b", "1")]);
    desk.sync().await;
    desk.edit("a", "2");
    let id = desk.trigger(DAG, true);
    desk.edit("b", "2");
    desk.set_remote("b", "3");
    desk.sync().await;
    assert_eq!(desk.action_state(id), ActionState::Done);
}

#[tokio::test]
async fn a_dag_that_is_not_there_rejects_the_run_with_a_reason() {
    let desk = Desk::new(&[]);
    desk.sync().await;
    let id = desk.trigger("no_such_dag", false);
    desk.sync().await;
    let action = desk.action(id);
    assert_eq!(action.state, ActionState::Rejected);
    assert!(action.note.unwrap().contains("no_such_dag"));
}

#[tokio::test]
async fn params_are_here_before_they_are_asked_for() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    let dag = desk.ledger(|ledger| ledger.dag(DAG)).unwrap();
    assert!(dag.params.unwrap().get("discount").is_some());
    let requests = desk.sync().await.requests;
    assert!(requests <= 5, "and are not read again: {requests} requests");
}
