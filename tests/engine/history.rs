//! What the event log tells of others, what the history keeps, and putting it back.

use crate::desk::{Desk, Fault, When, is_write, set_raw, text};
use jiff::SignedDuration;
use leeward_model::{HistoryItem, Source, Trigger, VARIABLES};
use leeward_store::PutBack;
use leeward_sync::Runtime;

async fn known(variables: &[(&str, &str)]) -> Desk {
    let desk = Desk::new(variables);
    desk.airflow(|airflow| airflow.log_about("cli_scheduler", "root", &serde_json::json!({})));
    desk.sync().await;
    desk
}

fn history(desk: &Desk, key: &str) -> Vec<HistoryItem> {
    desk.ledger(|ledger| ledger.history(VARIABLES, key, 100))
}

fn value(item: &HistoryItem) -> &str {
    item.fields.as_ref().unwrap()["value"].as_str().unwrap()
}

#[tokio::test]
async fn a_take_back_is_told_as_one() {
    let desk = known(&[("a", "1")]).await;
    desk.edit("a", "2");
    desk.take_back("a");
    let told: Vec<Source> = history(&desk, "a").iter().map(|item| item.source).collect();
    assert_eq!(told, [Source::TakenBack, Source::Local, Source::FirstRead]);
}

/// It was set long ago, for all anybody knows.
#[tokio::test]
async fn what_is_read_for_the_first_time_is_not_told_as_changed() {
    let desk = known(&[("a", "1")]).await;
    desk.set_remote("a", "2");
    desk.sync().await;
    let told: Vec<Source> = history(&desk, "a").iter().map(|item| item.source).collect();
    assert_eq!(told, [Source::Airflow, Source::FirstRead]);
}

/// The event log says who made it: that is a change.
#[tokio::test]
async fn a_record_that_somebody_made_is_told_as_theirs() {
    let desk = known(&[("a", "1")]).await;
    desk.set_in_ui("bob", "new", "1");
    desk.look().await;
    let made = history(&desk, "new").remove(0);
    assert_eq!(
        (made.source, made.author.as_deref()),
        (Source::Airflow, Some("bob"))
    );
}

#[tokio::test]
async fn a_value_seen_in_airflow_names_who_the_log_names() {
    let desk = known(&[("a", "1"), ("b", "1")]).await;
    desk.set_in_ui("bob", "a", "2");
    desk.set_remote("b", "2");
    desk.sync().await;
    let newest = |key: &str| history(&desk, key).remove(0);
    assert_eq!(
        (value(&newest("a")), newest("a").author.as_deref()),
        ("2", Some("bob"))
    );
    assert_ne!(newest("a").at, desk.clock.now(), "the time is that of the row");
    assert_eq!(
        (value(&newest("b")), newest("b").author),
        ("2", None),
        "a task leaves no row"
    );
    desk.set_in_ui("eve", "a", "3");
    desk.look().await;
    assert_eq!(newest("a").author.as_deref(), Some("eve"));
}

#[tokio::test]
async fn a_late_change_still_has_its_author() {
    let desk = known(&[("a", "1")]).await;
    desk.airflow(|airflow| airflow.note_event("patch_variable", "bob", "a"));
    desk.look().await;
    desk.set_remote("a", "late");
    desk.clock.pass(SignedDuration::from_secs(10));
    desk.look().await;
    assert_eq!(history(&desk, "a")[0].author.as_deref(), Some("bob"));
}

#[tokio::test]
async fn another_field_that_changes_within_ones_own_write_is_in_the_history() {
    let desk = known(&[("a", "1")]).await;
    desk.edit("a", "mine");
    desk.tamper(|method, path, when, airflow| {
        if is_write(method, path) && when == When::Before {
            airflow.variables.get_mut("a").unwrap().description = Some("theirs".into());
        }
        None
    });
    assert_eq!(desk.sync().await.pushed, 1);
    let newest = history(&desk, "a").remove(0);
    let fields = newest.fields.unwrap();
    assert_eq!(newest.source, Source::Airflow);
    assert_eq!(
        (&fields["value"], &fields["description"]),
        (&text("mine"), &text("theirs"))
    );
}

/// Between our look at `a` and our write of it, bob writes it too: in Airflow nothing of that is left.
fn bob_comes_between(desk: &Desk) {
    let mut spent = false;
    desk.tamper(move |method, path, when, airflow| {
        if !spent && is_write(method, path) && when == When::Before {
            spent = true;
            airflow.note_event("patch_variable", "bob", "a");
            set_raw(airflow, "a", "bob's");
        }
        None
    });
}

#[tokio::test]
async fn a_write_of_another_within_ours_is_told_and_what_was_read_is_kept() {
    let desk = known(&[("a", "1")]).await;
    desk.edit("a", "mine");
    bob_comes_between(&desk);
    assert_eq!(desk.look().await.pushed, 1);
    assert_eq!(desk.raw("a").as_deref(), Some("mine"), "nothing prevents it");
    let kept = history(&desk, "a").remove(0);
    assert_eq!((kept.source, value(&kept)), (Source::Airflow, "1"));
    let reason = kept.reason.unwrap();
    assert!(
        reason.contains("May have been overwritten") && reason.contains("bob"),
        "{reason}"
    );
    let activity = desk.ledger(|ledger| ledger.activities(1)).remove(0);
    assert_eq!(
        (activity.overwritten, activity.written, activity.detection),
        (1, 1, true)
    );
    assert!(activity.window_ms.is_some());
}

#[tokio::test]
async fn a_log_that_has_trouble_after_the_write_is_judged_by_the_next_cycle() {
    let desk = known(&[("a", "1")]).await;
    desk.edit("a", "mine");
    let mut wrote = false;
    desk.tamper(move |method, path, when, airflow| {
        if is_write(method, path) && when == When::Before {
            wrote = true;
            airflow.note_event("patch_variable", "bob", "a");
        }
        (wrote && path.ends_with("/eventLogs") && when == When::Before).then_some(Fault::Trouble)
    });
    assert_eq!(desk.look().await.pushed, 1, "the cycle goes through");
    desk.leave_alone();
    desk.look().await;
    assert_eq!(desk.ledger(|ledger| ledger.activities(1))[0].overwritten, 1);
}

/// As above, but nobody is left to judge: the process died, and another one (`leewardctl`, perhaps) goes on.
#[tokio::test]
async fn what_a_process_did_not_live_to_judge_the_next_one_does() {
    let desk = known(&[("a", "1")]).await;
    desk.edit("a", "mine");
    let mut wrote = false;
    desk.tamper(move |method, path, when, airflow| {
        if is_write(method, path) && when == When::Before {
            wrote = true;
            airflow.note_event("patch_variable", "bob", "a");
        }
        (wrote && path.ends_with("/eventLogs") && when == When::Before).then_some(Fault::Trouble)
    });
    desk.look().await;
    desk.leave_alone();
    let desk = desk.restarted();
    desk.look().await;
    assert_eq!(desk.ledger(|ledger| ledger.activities(1))[0].overwritten, 1);
    let kept = history(&desk, "a").remove(0);
    assert!(kept.reason.unwrap().contains("May have been overwritten"));
    let desk = desk.restarted();
    desk.look().await;
    let told = desk.ledger(|ledger| ledger.activities(10));
    assert_eq!(
        told.iter().map(|cycle| cycle.overwritten).sum::<u32>(),
        1,
        "told once"
    );
}

#[tokio::test]
async fn own_writes_of_a_process_that_died_are_no_alarm() {
    let desk = known(&[("a", "1")]).await;
    let mut desk = desk;
    for round in 0..3 {
        desk.edit("a", &format!("mine {round}"));
        desk.look().await;
        desk = desk.restarted();
    }
    desk.look().await;
    let told = desk.ledger(|ledger| ledger.activities(10));
    assert!(told.iter().all(|cycle| cycle.overwritten == 0), "{told:?}");
}

#[tokio::test]
async fn our_own_writes_are_no_alarm() {
    let desk = known(&[("a", "1"), ("b", "1")]).await;
    for round in 0..3 {
        desk.edit("a", &format!("mine {round}"));
        desk.edit("b", &format!("mine {round}"));
        desk.look().await;
    }
    let told = desk.ledger(|ledger| ledger.activities(10));
    assert!(told.iter().all(|cycle| cycle.overwritten == 0), "{told:?}");
    assert!(history(&desk, "a").iter().all(|item| item.reason.is_none()));
}

#[tokio::test]
async fn a_write_long_before_ours_is_no_alarm() {
    let desk = known(&[("a", "1")]).await;
    desk.edit("a", "mine");
    let mut spent = false;
    desk.tamper(move |method, path, when, airflow| {
        if !spent && is_write(method, path) && when == When::Before {
            spent = true;
            airflow.note_event("patch_variable", "bob", "a");
            airflow.pass(SignedDuration::from_secs(30));
        }
        None
    });
    desk.look().await;
    assert_eq!(desk.ledger(|ledger| ledger.activities(1))[0].overwritten, 0);
}

#[tokio::test]
async fn where_the_log_cannot_be_read_nothing_is_claimed() {
    let desk = known(&[("a", "1")]).await;
    desk.airflow(|airflow| airflow.event_log_is_readable = false);
    desk.edit("a", "mine");
    bob_comes_between(&desk);
    desk.look().await;
    let activity = desk.ledger(|ledger| ledger.activities(1)).remove(0);
    assert_eq!((activity.overwritten, activity.detection), (0, false));
}

#[tokio::test]
async fn a_value_names_the_run_that_was_queued_to_carry_it() {
    let desk = known(&[("a", "1")]).await;
    desk.edit("a", "2");
    let first = desk.trigger("daily_pricing", true);
    desk.trigger("daily_pricing", true);
    desk.sync().await;
    let carried = history(&desk, "a").remove(0);
    assert_eq!((value(&carried), &carried.run), ("2", &desk.action(first).run_id));
    assert!(desk.action(first).run_id.is_some());
    assert_eq!(
        history(&desk, "a")[1].run,
        None,
        "what was there before went out with no run"
    );
}

fn put_back(desk: &Desk, item: &str, field: Option<&str>) -> bool {
    let what = PutBack {
        collection: VARIABLES,
        key: "a",
        item,
        field,
    };
    let id = leeward_sync::new_ulid(desk.clock.as_ref());
    let work = desk.ledger(|ledger| ledger.put_back(&what, id));
    let Some(work) = work else { return false };
    desk.enter("window", work);
    true
}

#[tokio::test]
async fn a_value_is_put_back_as_an_edit_and_sent_as_one() {
    let desk = known(&[("a", "1")]).await;
    desk.edit("a", "2");
    desk.edit_from(
        "window",
        "a",
        "description",
        Some(serde_json::Value::Null),
        text("new"),
    );
    desk.sync().await;
    let first = history(&desk, "a").pop().unwrap().id.unwrap();
    assert!(put_back(&desk, &first, Some("value")));
    desk.sync().await;
    assert_eq!(desk.raw("a").as_deref(), Some("1"));
    assert_eq!(
        desk.record("a").fields["description"],
        text("new"),
        "only that field"
    );
    assert!(put_back(&desk, &first, None));
    assert!(!put_back(&desk, &first, None), "it is so already");
    let newest = history(&desk, "a").remove(0);
    assert!(
        newest.reason.unwrap().starts_with("put back"),
        "and the history says why"
    );
}

#[tokio::test]
async fn a_deleted_record_is_put_back_and_a_creation_is_undone() {
    let desk = known(&[("a", "1")]).await;
    let there = history(&desk, "a").remove(0).id.unwrap();
    desk.delete("a");
    desk.sync().await;
    assert_eq!(desk.raw("a"), None);
    let gone = history(&desk, "a")
        .into_iter()
        .find(|item| item.fields.is_none())
        .unwrap();
    assert!(put_back(&desk, &there, None));
    desk.sync().await;
    assert_eq!(desk.raw("a").as_deref(), Some("1"));
    assert!(put_back(&desk, &gone.id.unwrap(), None));
    desk.sync().await;
    assert_eq!(desk.raw("a"), None);
}

#[tokio::test]
async fn what_was_sent_is_undone_by_what_was_before_it() {
    let desk = known(&[("a", "1")]).await;
    assert!(
        desk.ledger(|ledger| ledger.before_last_change(VARIABLES, "a"))
            .is_none()
    );
    desk.edit("a", "2");
    desk.sync().await;
    let before = desk
        .ledger(|ledger| ledger.before_last_change(VARIABLES, "a"))
        .unwrap();
    assert!(put_back(&desk, &before.id.unwrap(), None));
    desk.sync().await;
    assert_eq!(desk.raw("a").as_deref(), Some("1"));
}

#[tokio::test]
async fn the_activity_says_what_each_cycle_did_and_counts_the_quiet_ones() {
    let desk = known(&[("a", "1")]).await;
    for _ in 0..2 {
        desk.clock.pass(SignedDuration::from_secs(60));
        desk.look().await;
    }
    desk.edit("a", "2");
    desk.engine.cycle_for(Trigger::Edit).await.unwrap();
    desk.tamper(|_, _, _, _| Some(Fault::Refused));
    for _ in 0..3 {
        assert!(desk.engine.cycle_for(Trigger::Interval).await.is_err());
    }
    desk.leave_alone();
    desk.look().await;
    let told = desk.ledger(|ledger| ledger.activities(10));
    let [back, away, edit, first] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!(
        (first.trigger, first.pulled),
        (Trigger::Asked, 2),
        "with the pool"
    );
    assert_eq!(
        (edit.trigger, edit.written, edit.quiet_before),
        (Trigger::Edit, 1, 2)
    );
    assert!(edit.requests > 0 && edit.trouble.is_none());
    assert!(away.trouble.is_some() && back.trouble.is_none());
    assert_eq!(back.quiet_before, 2, "the same trouble again is not told again");
}
