//! Many records at once: page by page, each with an outcome of its own.

use crate::desk::{Desk, Fault, When, is_write, set_raw, text};
use harness::fake_airflow::FakeAirflow;
use jiff::SignedDuration;
use leeward_model::{ConflictKind, RecordState, Value, secret_ref};
use std::sync::{Arc, Mutex};

/// A desk with so many variables `k_000…`, each edited.
async fn edited(count: usize) -> Desk {
    let keys: Vec<String> = (0..count).map(key).collect();
    let variables: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "old")).collect();
    let desk = Desk::new(&variables);
    desk.sync().await;
    for key in &keys {
        desk.edit(key, "new");
    }
    desk
}

pub(crate) fn key(number: usize) -> String {
    format!("k_{number:03}")
}

fn is_bulk(method: &str, path: &str) -> bool {
    method == "PATCH" && path.ends_with("/variables")
}

/// Calls `act` once, before the first bulk write or after it.
fn at_bulk(desk: &Desk, at: When, act: impl Fn(&mut FakeAirflow) + Send + 'static) {
    let mut done = false;
    desk.tamper(move |method, path, when, airflow| {
        if !done && is_bulk(method, path) && when == at {
            done = true;
            act(airflow);
        }
        None
    });
}

/// Writes down every request that concerns variables.
fn recorded(desk: &Desk) -> Arc<Mutex<Vec<String>>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    desk.tamper(move |method, path, when, _| {
        if when == When::Before && (path.contains("/variables") || path.contains("openapi")) {
            log.lock().unwrap().push(format!("{method} {path}"));
        }
        None
    });
    seen
}

fn raws(desk: &Desk, count: usize) -> Vec<String> {
    (0..count)
        .map(|number| desk.raw(&key(number)).unwrap_or_default())
        .collect()
}

fn states(desk: &Desk, count: usize) -> Vec<RecordState> {
    (0..count).map(|number| desk.state(&key(number))).collect()
}

#[tokio::test]
async fn a_thousand_edits_take_three_requests_a_hundred() {
    let desk = edited(1000).await;
    let requests = recorded(&desk);
    assert_eq!(desk.sync().await.pushed, 1000);
    assert!(raws(&desk, 1000).iter().all(|raw| raw == "new"));
    assert!(
        states(&desk, 1000)
            .iter()
            .all(|state| *state == RecordState::Clean)
    );
    let requests = requests.lock().unwrap();
    let count = |what: &str| requests.iter().filter(|request| request.ends_with(what)).count();
    assert_eq!(count("PATCH /api/v2/variables"), 10);
    assert_eq!(count("openapi.json"), 1);
    // 10 of the observation, and of each page one before the write and one after.
    assert_eq!(count("GET /api/v2/variables"), 10 + 20);
    assert_eq!(requests.len(), 41, "and nothing by name");
    assert!(desk.ledger(|ledger| ledger.write_window()).is_some());
}

#[tokio::test]
async fn a_few_edits_of_many_variables_take_one_page() {
    let desk = edited(0).await;
    for number in 0..500 {
        desk.set_remote(&key(number), "old");
    }
    desk.sync().await;
    for number in [3, 77, 250, 499] {
        desk.edit(&key(number), "new");
    }
    let requests = recorded(&desk);
    assert_eq!(desk.sync().await.pushed, 4);
    let requests = requests.lock().unwrap();
    assert_eq!(requests.len(), 1 + 5 + 3, "{requests:?}");
}

#[tokio::test]
async fn each_record_gets_exactly_its_dirty_fields() {
    let lossy = "{\"b\":  1.10,\n \"a\": \"é\"}";
    let desk = Desk::new(&[
        ("both", "1"),
        ("described", lossy),
        ("gone_description", "1"),
        ("valued", "1"),
    ]);
    desk.airflow(|airflow| {
        for row in airflow.variables.values_mut() {
            row.description = Some("d".into());
        }
    });
    desk.sync().await;
    let describe = |key: &str, to: Value| desk.edit_from("window", key, "description", Some(text("d")), to);
    desk.edit("valued", "2");
    describe("described", text("new"));
    describe("gone_description", Value::Null);
    desk.edit("both", "2");
    describe("both", text("new"));
    desk.edit("made", "1");
    let requests = recorded(&desk);
    assert_eq!(desk.sync().await.pushed, 5);
    assert_eq!(
        requests
            .lock()
            .unwrap()
            .iter()
            .filter(|request| !request.starts_with("GET"))
            .count(),
        1
    );
    let row = |key: &str| desk.airflow(|airflow| airflow.variables[key].clone());
    let shown = |key: &str| (row(key).raw, row(key).description);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(shown("valued"), ("2".into(), some("d")));
    assert_eq!(
        shown("described"),
        (lossy.into(), some("new")),
        "the value was not written"
    );
    assert_eq!(shown("gone_description"), ("1".into(), None));
    assert_eq!(shown("both"), ("2".into(), some("new")));
    assert_eq!(shown("made"), ("1".into(), None));
}

#[tokio::test]
async fn one_poisoned_record_is_parked_alone_with_its_reason() {
    let desk = edited(6).await;
    desk.airflow(|airflow| airflow.refused_keys.insert(key(3)));
    let summary = desk.sync().await;
    assert_eq!((summary.pushed, summary.rejected), (5, 1));
    let parked = desk.record(&key(3));
    assert_eq!(parked.state, RecordState::Rejected);
    assert!(parked.note.unwrap().contains("not this one"));
    assert_eq!(desk.raw(&key(3)).as_deref(), Some("old"));
    assert_eq!(desk.sync().await.pushed, 0, "and holds up nobody later");
}

#[tokio::test]
async fn what_changed_since_it_was_observed_is_planned_again_by_itself() {
    let desk = edited(5).await;
    let mut scanned = false;
    desk.tamper(move |method, path, when, airflow| {
        let listing = method == "GET" && path.ends_with("/variables");
        if listing && when == When::After && !scanned {
            scanned = true;
            set_raw(airflow, &key(1), "theirs");
            airflow.variables.get_mut(&key(2)).unwrap().description = Some("theirs".into());
            airflow.variables.remove(&key(4));
        }
        None
    });
    let summary = desk.sync().await;
    assert_eq!((summary.pushed, summary.conflicts), (3, 2));
    assert_eq!(desk.raw(&key(1)).as_deref(), Some("theirs"), "not overwritten");
    assert_eq!(desk.conflict(&key(1)).kind, ConflictKind::Fields);
    assert_eq!(
        desk.record(&key(2)).fields["description"],
        text("theirs"),
        "taken over, and the value written"
    );
    assert_eq!(desk.raw(&key(2)).as_deref(), Some("new"));
    assert!(desk.conflict(&key(4)).airflow_deleted);
    assert_eq!(desk.raw(&key(4)), None, "not created again");
}

/// The declared window: between the read of a page and its write. Masks keep the other fields even there.
#[tokio::test]
async fn another_field_written_inside_the_window_survives() {
    let desk = edited(4).await;
    at_bulk(&desk, When::Before, |airflow| {
        airflow.variables.get_mut(&key(2)).unwrap().description = Some("theirs".into());
        airflow.variables.remove(&key(3));
    });
    let summary = desk.sync().await;
    assert_eq!((summary.pushed, summary.conflicts), (3, 1));
    let row = desk.airflow(|airflow| airflow.variables[&key(2)].clone());
    assert_eq!(
        (row.raw.as_str(), row.description.as_deref()),
        ("new", Some("theirs"))
    );
    assert_eq!(desk.record(&key(2)).fields["description"], text("theirs"));
    assert!(
        desk.conflict(&key(3)).airflow_deleted,
        "a record that went away is passed over, not made anew"
    );
}

#[tokio::test]
async fn the_same_field_written_after_our_write_is_found_by_the_read_back() {
    let desk = edited(4).await;
    at_bulk(&desk, When::After, |airflow| set_raw(airflow, &key(2), "theirs"));
    let summary = desk.sync().await;
    assert_eq!((summary.pushed, summary.conflicts), (3, 1));
    assert_eq!(desk.raw(&key(2)).as_deref(), Some("theirs"));
}

#[tokio::test]
async fn a_key_that_somebody_creates_first_is_a_conflict_and_the_others_are_created() {
    let desk = Desk::new(&[("other", "1")]);
    desk.sync().await;
    for number in 0..4 {
        desk.edit(&key(number), "mine");
    }
    desk.edit("other", "2");
    at_bulk(&desk, When::Before, |airflow| set_raw(airflow, &key(2), "theirs"));
    let summary = desk.sync().await;
    assert_eq!((summary.pushed, summary.conflicts), (4, 1));
    assert_eq!(raws(&desk, 4), ["mine", "mine", "theirs", "mine"]);
    assert_eq!(desk.conflict(&key(2)).kind, ConflictKind::CreateCreate);
    assert_eq!(
        desk.raw("other").as_deref(),
        Some("2"),
        "the other action of the request was done"
    );
}

#[tokio::test]
async fn edits_made_while_a_page_is_on_its_way_survive() {
    let desk = Arc::new(edited(4).await);
    let (inner, mut done) = (Arc::downgrade(&desk), false);
    desk.tamper(move |method, path, when, _| {
        if !done && is_bulk(method, path) && when == When::After {
            done = true;
            if let Some(desk) = inner.upgrade() {
                desk.edit_from("window", &key(1), "value", Some(text("new")), text("newer"));
            }
        }
        None
    });
    desk.sync().await;
    desk.leave_alone();
    assert_eq!(
        (desk.value(&key(1)).as_str(), desk.state(&key(1))),
        ("newer", RecordState::Pending)
    );
    desk.sync().await;
    assert_eq!(raws(&desk, 4), ["new", "newer", "new", "new"]);
}

#[tokio::test]
async fn what_is_given_up_while_the_page_is_looked_at_is_not_sent() {
    let desk = Arc::new(edited(4).await);
    desk.once_while_guarded("/variables", |desk| {
        desk.edit_from("window", &key(1), "value", Some(text("new")), text("newest"));
        desk.delete(&key(2));
    });
    desk.sync().await;
    desk.leave_alone();
    assert_eq!(raws(&desk, 4), ["new", "newest", "old", "new"]);
    desk.sync().await;
    assert_eq!(raws(&desk, 4), ["new", "newest", "", "new"]);
}

#[tokio::test]
async fn a_lost_answer_puts_the_page_in_doubt_and_the_listing_settles_it() {
    let desk = edited(5).await;
    desk.strike_next(is_bulk, Fault::AnswerLost);
    assert_eq!(desk.sync().await.in_doubt, 5);
    let requests = recorded(&desk);
    assert_eq!(desk.sync().await.in_doubt, 0);
    assert!(states(&desk, 5).iter().all(|state| *state == RecordState::Clean));
    assert_eq!(requests.lock().unwrap().len(), 1, "the listing shows all five");
}

#[tokio::test]
async fn a_lost_request_is_sent_again_after_the_settle_time_and_not_before() {
    let desk = edited(5).await;
    desk.strike_next(is_bulk, Fault::RequestLost);
    desk.sync().await;
    desk.clock.pass(SignedDuration::from_secs(60));
    assert_eq!(desk.sync().await.in_doubt, 5);
    assert!(raws(&desk, 5).iter().all(|raw| raw == "old"));
    desk.clock.pass(SignedDuration::from_secs(61));
    assert_eq!(desk.sync().await.pushed, 5);
}

#[tokio::test]
async fn a_page_on_which_the_server_always_fails_arrives_record_by_record() {
    let desk = edited(5).await;
    desk.tamper(|method, path, when, _| {
        (is_bulk(method, path) && when == When::Before).then_some(Fault::Trouble)
    });
    for _ in 0..4 {
        let _troubled = desk.engine.cycle().await;
        desk.clock.pass(SignedDuration::from_secs(121));
    }
    assert!(raws(&desk, 5).iter().all(|raw| raw == "new"));
}

/// Cut before and after each request that a page takes: everything arrives, nothing is lost, no doubt is left.
#[tokio::test]
async fn a_page_that_is_cut_anywhere_arrives_after_a_restart() {
    for cut in 0..12 {
        let desk = edited(4).await;
        desk.edit("made", "new");
        let mut moment = 0;
        desk.tamper(move |_, _, when, _| {
            let here = moment;
            moment += 1;
            let fault = match when {
                When::Before => Fault::RequestLost,
                When::After => Fault::AnswerLost,
            };
            (here >= cut).then_some(fault)
        });
        let _ = desk.engine.cycle().await;
        desk.leave_alone();
        let desk = desk.restarted();
        let _ = desk.engine.cycle().await;
        desk.clock.pass(SignedDuration::from_secs(121));
        desk.sync().await;
        assert!(raws(&desk, 4).iter().all(|raw| raw == "new"), "cut at {cut}");
        assert_eq!(desk.raw("made").as_deref(), Some("new"), "cut at {cut}");
        assert!(
            states(&desk, 4).iter().all(|state| *state == RecordState::Clean),
            "cut at {cut}"
        );
        assert!(desk.ledger(|ledger| ledger.intents()).is_empty(), "cut at {cut}");
    }
}

/// 3.1 would overwrite the description with null (H4, H28).
#[tokio::test]
async fn without_masks_every_record_goes_by_itself() {
    let desk = Desk::new(&[("a", "1"), ("b", "1"), ("c", "1")]);
    desk.airflow(|airflow| {
        airflow.bulk_takes_masks = false;
        for row in airflow.variables.values_mut() {
            row.description = Some("kept".into());
        }
    });
    desk.sync().await;
    for key in ["a", "b", "c"] {
        desk.edit(key, "2");
    }
    let requests = recorded(&desk);
    assert_eq!(desk.sync().await.pushed, 3);
    assert!(
        !requests
            .lock()
            .unwrap()
            .contains(&"PATCH /api/v2/variables".to_owned())
    );
    let rows = desk.airflow(|airflow| airflow.variables.clone());
    assert!(
        rows.values()
            .all(|row| row.raw == "2" && row.description.as_deref() == Some("kept"))
    );
}

#[tokio::test]
async fn deletes_and_secrets_go_by_themselves_beside_a_page() {
    let desk = edited(4).await;
    desk.set_remote("smtp_password", "old");
    desk.set_remote("leaves", "1");
    desk.sync().await;
    for number in 0..4 {
        desk.edit(&key(number), "newer");
    }
    desk.drawer
        .0
        .lock()
        .unwrap()
        .insert("id-1".into(), "hunter2".into());
    desk.edit_from("window", "smtp_password", "value", None, secret_ref("id-1"));
    desk.delete("leaves");
    desk.edit("a\nline", "never addressable");
    let requests = recorded(&desk);
    let summary = desk.sync().await;
    assert_eq!((summary.pushed, summary.rejected), (6, 1));
    let requests = requests.lock().unwrap();
    assert!(
        requests.contains(&"PATCH /api/v2/variables/smtp_password".to_owned()),
        "{requests:?}"
    );
    assert!(requests.contains(&"DELETE /api/v2/variables/leaves".to_owned()));
    assert_eq!(desk.raw("smtp_password").as_deref(), Some("hunter2"));
    assert_eq!(
        (desk.raw("leaves"), desk.raw(&key(3)).as_deref()),
        (None, Some("newer"))
    );
}

#[tokio::test]
async fn a_refused_connection_in_front_of_a_page_leaves_no_doubt() {
    let desk = edited(4).await;
    desk.tamper(|method, path, when, _| {
        (is_write(method, path) && when == When::Before).then_some(Fault::Refused)
    });
    assert!(desk.engine.cycle().await.is_err());
    assert!(
        states(&desk, 4)
            .iter()
            .all(|state| *state == RecordState::Pending)
    );
    desk.leave_alone();
    assert_eq!(desk.sync().await.pushed, 4);
}

/// A key that a filter cannot name is asked for by itself; trouble with that is its own, before the write and after it.
#[tokio::test]
async fn trouble_with_one_record_of_a_page_is_that_records_alone() {
    for (after_the_write, state) in [(false, RecordState::Clean), (true, RecordState::InDoubt)] {
        let desk = edited(4).await;
        desk.set_remote("odd|key", "old");
        desk.sync().await;
        for number in 0..4 {
            desk.edit(&key(number), "newer");
        }
        desk.edit("odd|key", "newer");
        let mut written = false;
        desk.tamper(move |method, path, when, _| {
            written |= is_bulk(method, path);
            let its_read = method == "GET" && path.contains("odd") && when == When::Before;
            (its_read && written == after_the_write).then_some(Fault::Trouble)
        });
        let _ = desk.engine.cycle().await;
        desk.leave_alone();
        assert!(raws(&desk, 4).iter().all(|raw| raw == "newer"));
        assert!(states(&desk, 4).iter().all(|state| *state == RecordState::Clean));
        assert_eq!(desk.state("odd|key"), state);
        desk.sync().await;
        assert_eq!(desk.raw("odd|key").as_deref(), Some("newer"));
        assert_eq!(desk.state("odd|key"), RecordState::Clean);
    }
}
