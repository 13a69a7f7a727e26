//! Queued runs: once, in order, and held where a person must decide.

use crate::desk::{Desk, Fault, When, text};
use leeward_model::{ActionState, ActionView, VARIABLES, WaitsFor};

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
async fn a_run_that_was_deleted_before_it_was_looked_for_does_not_start_again() {
    let desk = Desk::new(&[("a", "1")]);
    desk.airflow(|airflow| airflow.log_about("cli_scheduler", "root", &serde_json::json!({})));
    desk.sync().await;
    let id = desk.trigger(DAG, false);
    desk.strike_next(is_trigger, Fault::AnswerLost);
    desk.sync().await;
    assert_eq!((desk.runs(), desk.action_state(id)), (1, ActionState::InDoubt));
    let run_id = format!("leeward__{id}");
    desk.airflow(|airflow| assert!(airflow.delete_run("bob", DAG, &run_id)));
    desk.sync().await;
    let action = desk.action(id);
    assert_eq!((desk.runs(), action.state), (0, ActionState::Done));
    assert!(action.note.unwrap().contains("deleted"), "and says so");
    assert_eq!(action.run_id.as_deref(), Some(run_id.as_str()));
}

/// The mirror was lost just after it had sent the run; the window had not heard of that.
#[tokio::test]
async fn a_run_that_a_lost_mirror_had_sent_is_looked_for_before_it_can_be_taken_back() {
    for (starts, deleted) in [(true, false), (true, true), (false, false)] {
        let desk = Desk::new(&[("a", "1")]);
        desk.airflow(|airflow| airflow.log_about("cli_scheduler", "root", &serde_json::json!({})));
        desk.sync().await;
        let id = desk.trigger(DAG, false);
        let queued = desk.action(id);
        if starts {
            desk.sync().await;
            assert_eq!(desk.runs(), 1);
        }
        let held = ActionView {
            state: ActionState::Held,
            waits_for: vec![WaitsFor {
                collection: VARIABLES.into(),
                key: "a".into(),
            }],
            ..queued
        };
        if deleted {
            desk.airflow(|airflow| airflow.delete_run("bob", DAG, &format!("leeward__{id}")));
        }
        let desk = desk.rebuilt(&[held]);
        desk.take_back_action(id);
        desk.sync().await;
        desk.clock.pass(jiff::SignedDuration::from_secs(121));
        desk.sync().await;
        let expected = if starts {
            ActionState::Done
        } else {
            ActionState::Cancelled
        };
        assert_eq!(desk.action_state(id), expected, "started: {starts}");
        assert_eq!(
            desk.runs(),
            usize::from(starts && !deleted),
            "and none is started now"
        );
        assert!(desk.ledger(|ledger| ledger.actions_to_look_for()).is_empty());
    }
}

/// The lost mirror had sent it, and it was on its way for a minute.
#[tokio::test]
async fn a_run_that_a_lost_mirror_had_sent_is_looked_for_until_it_cannot_arrive_any_more() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    let id = desk.trigger(DAG, false);
    let queued = desk.action(id);
    desk.sync().await;
    let late = desk.airflow(|airflow| airflow.runs.pop()).unwrap();
    let desk = desk.rebuilt(&[queued]);
    desk.take_back_action(id);
    desk.sync().await;
    assert_eq!(desk.action_state(id), ActionState::Cancelled);
    desk.airflow(|airflow| airflow.runs.push(late));
    desk.clock.pass(jiff::SignedDuration::from_secs(60));
    desk.sync().await;
    assert_eq!((desk.action_state(id), desk.runs()), (ActionState::Done, 1));
}

/// By the server's clock nothing can arrive any more, whatever this computer's was set to.
#[tokio::test]
async fn a_clock_that_is_set_back_does_not_keep_a_run_in_doubt() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    let id = desk.trigger(DAG, false);
    desk.strike_next(is_trigger, Fault::RequestLost);
    desk.sync().await;
    desk.airflow(|airflow| airflow.dags.clear());
    desk.clock.jump(jiff::SignedDuration::from_hours(-26));
    desk.clock.pass(jiff::SignedDuration::from_secs(121));
    desk.sync().await;
    assert_eq!(desk.action_state(id), ActionState::Rejected);
    assert!(desk.action(id).note.unwrap().contains("may have run"));
}

#[tokio::test]
async fn while_a_run_may_still_start_a_failed_repetition_does_not_make_it_unsent() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    let id = desk.trigger(DAG, false);
    let mut sent = 0;
    desk.tamper(move |method, path, when, _| {
        let hit = is_trigger(method, path) && when == When::Before;
        sent += u32::from(hit);
        hit.then_some(if sent == 1 {
            Fault::RequestLost
        } else {
            Fault::Refused
        })
    });
    desk.sync().await;
    let _refused = desk.engine.cycle().await;
    assert_eq!(
        desk.action_state(id),
        ActionState::InDoubt,
        "the first one may still arrive: it cannot be taken back"
    );
    desk.clock.pass(jiff::SignedDuration::from_secs(121));
    let _refused = desk.engine.cycle().await;
    assert_eq!(desk.action_state(id), ActionState::Queued);
    desk.leave_alone();
    desk.sync().await;
    assert_eq!((desk.action_state(id), desk.runs()), (ActionState::Done, 1));
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
    assert_eq!(held.note.as_deref(), Some("Waiting: a has a conflict."));
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
    assert!(requests <= 6, "and are not read again: {requests} requests");
}

/// The next trigger meets this fault.
fn next_trigger(desk: &Desk, fault: Fault) {
    let at = if fault == Fault::AnswerLost {
        When::After
    } else {
        When::Before
    };
    let mut spent = false;
    desk.tamper(move |method, path, when, _| {
        let hit = !spent && is_trigger(method, path) && when == at;
        spent |= hit;
        hit.then_some(fault)
    });
}

#[tokio::test]
async fn params_that_changed_since_it_was_queued_reject_the_run_without_sending_it() {
    let desk = Desk::new(&[]);
    desk.sync().await;
    let id = desk.trigger_with(DAG, serde_json::json!({"discount": 20}));
    desk.airflow(|airflow| {
        let dag = airflow.dags.iter_mut().find(|dag| dag.dag_id == DAG).unwrap();
        dag.params["discount"]["schema"]["maximum"] = 10.into();
    });
    desk.tamper(|method, path, _, _| is_trigger(method, path).then(|| panic!("it was sent")));
    desk.sync().await;
    let action = desk.action(id);
    assert_eq!((action.state, desk.runs()), (ActionState::Rejected, 0));
    assert_eq!(action.note.as_deref(), Some("discount must be at most 10."));
}

#[tokio::test]
async fn a_paused_dag_takes_the_run_and_says_that_it_waits() {
    let desk = Desk::new(&[]);
    desk.sync().await;
    desk.airflow(|airflow| airflow.dags.iter_mut().for_each(|dag| dag.is_paused = true));
    let id = desk.trigger(DAG, false);
    desk.sync().await;
    assert_eq!(desk.action_state(id), ActionState::Done);
    assert!(desk.action(id).note.unwrap().contains("paused"));
    desk.airflow(|airflow| {
        airflow.dags.iter_mut().for_each(|dag| dag.is_paused = false);
        airflow.tick();
    });
    desk.sync().await;
    assert_eq!(desk.action(id).note, None, "it started");
}

#[tokio::test]
async fn a_run_in_doubt_for_over_a_day_is_held_until_a_person_decides() {
    let desk = Desk::new(&[]);
    desk.sync().await;
    let id = desk.trigger(DAG, false);
    next_trigger(&desk, Fault::RequestLost);
    desk.sync().await;
    desk.clock.pass(jiff::SignedDuration::from_hours(25));
    for _ in 0..3 {
        desk.sync().await;
        assert_eq!((desk.action_state(id), desk.runs()), (ActionState::Held, 0));
    }
    desk.release(id);
    desk.sync().await;
    assert_eq!((desk.action_state(id), desk.runs()), (ActionState::Done, 1));
}

#[tokio::test]
async fn the_day_is_measured_by_the_servers_clock() {
    for (jump, passes, expected) in [(48, 0, ActionState::Done), (0, 25, ActionState::Held)] {
        let desk = Desk::new(&[]);
        desk.sync().await;
        let id = desk.trigger(DAG, false);
        next_trigger(&desk, Fault::RequestLost);
        desk.sync().await;
        desk.clock.pass(jiff::SignedDuration::from_hours(passes));
        desk.clock.jump(jiff::SignedDuration::from_hours(jump - passes));
        desk.sync().await;
        assert_eq!(desk.action_state(id), expected);
    }
}

#[tokio::test]
async fn a_held_run_can_be_taken_back_and_a_sent_one_says_that_it_was_sent() {
    let desk = Desk::new(&[]);
    desk.sync().await;
    let held = desk.trigger(DAG, false);
    next_trigger(&desk, Fault::RequestLost);
    desk.sync().await;
    desk.clock.pass(jiff::SignedDuration::from_hours(25));
    desk.sync().await;
    desk.take_back_action(held);
    let sent = desk.trigger(DAG, false);
    desk.sync().await;
    desk.take_back_action(sent);
    assert_eq!(desk.action_state(held), ActionState::Cancelled);
    assert_eq!(desk.action_state(sent), ActionState::Done);
    assert!(desk.action(sent).note.unwrap().contains("already sent"));
    desk.sync().await;
    assert_eq!(desk.runs(), 1);
}

/// The mirror was put back to an older copy, which does not know that the run was sent.
#[tokio::test]
async fn an_older_mirror_finds_its_run_again_and_starts_no_second_one() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    let id = desk.trigger(DAG, false);
    let backup = desk.backup();
    desk.sync().await;
    assert_eq!(desk.action_state(id), ActionState::Done);
    let desk = desk.restored(backup);
    assert_eq!(desk.action_state(id), ActionState::Queued);
    desk.sync().await;
    assert_eq!((desk.action_state(id), desk.runs()), (ActionState::Done, 1));
}

#[tokio::test]
async fn a_run_of_our_id_with_another_conf_is_not_ours() {
    let desk = Desk::new(&[]);
    desk.sync().await;
    let id = desk.trigger(DAG, false);
    let backup = desk.backup();
    desk.sync().await;
    desk.airflow(|airflow| airflow.runs[0].conf = serde_json::json!({"discount": 1}));
    let desk = desk.restored(backup);
    desk.sync().await;
    assert_eq!((desk.action_state(id), desk.runs()), (ActionState::Rejected, 1));
}

#[tokio::test]
async fn a_run_that_was_cleaned_up_is_never_sent_again() {
    let desk = Desk::new(&[]);
    desk.sync().await;
    let id = desk.trigger(DAG, false);
    desk.sync().await;
    desk.airflow(|airflow| airflow.runs.clear());
    for _ in 0..3 {
        desk.clock.pass(jiff::SignedDuration::from_hours(25));
        desk.sync().await;
    }
    assert_eq!(desk.action(id).run_state.as_deref(), Some("removed"));
    assert_eq!((desk.action_state(id), desk.runs()), (ActionState::Done, 0));
}

/// 409, and then no run of our id: the clash was another's (the same logical date, say).
#[tokio::test]
async fn a_clash_with_anothers_run_is_sent_again() {
    let desk = Desk::new(&[]);
    desk.sync().await;
    let id = desk.trigger(DAG, false);
    next_trigger(&desk, Fault::Taken);
    desk.sync().await;
    assert_eq!((desk.action_state(id), desk.runs()), (ActionState::Queued, 0));
    desk.sync().await;
    assert_eq!((desk.action_state(id), desk.runs()), (ActionState::Done, 1));
}

#[tokio::test]
async fn a_run_that_is_taken_back_while_its_dag_is_looked_at_does_not_go_out() {
    let desk = std::sync::Arc::new(Desk::new(&[]));
    desk.sync().await;
    let id = desk.trigger(DAG, false);
    let inner = std::sync::Arc::downgrade(&desk);
    desk.tamper(move |_, path, when, _| {
        if path.ends_with("/details") && when == When::After {
            inner.upgrade().unwrap().take_back_action(id);
        }
        None
    });
    desk.sync().await;
    desk.leave_alone();
    assert_eq!((desk.action_state(id), desk.runs()), (ActionState::Cancelled, 0));
}

/// The mirror was put back from a copy of before it was sent, and the run is deleted since.
#[tokio::test]
async fn a_run_that_was_open_when_the_process_began_is_looked_for_before_it_is_sent() {
    let desk = Desk::new(&[("a", "1")]);
    desk.airflow(|airflow| airflow.log_about("cli_scheduler", "root", &serde_json::json!({})));
    desk.sync().await;
    let id = desk.trigger(DAG, false);
    let older = desk.backup();
    desk.sync().await;
    assert_eq!(desk.runs(), 1);
    desk.airflow(|airflow| airflow.delete_run("bob", DAG, &format!("leeward__{id}")));
    let desk = desk.restored(older);
    desk.sync().await;
    assert_eq!((desk.action_state(id), desk.runs()), (ActionState::Done, 0));
}
