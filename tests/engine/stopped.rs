//! A person stops a cycle: nothing is done by half, nothing is lost, and a later one goes on.

use crate::bulk::key;
use crate::desk::{Desk, Fault, When, is_write};
use harness::dice::Dice;
use leeward_model::{ProblemCode, RecordState};
use std::collections::BTreeMap;
use std::sync::Arc;

const READ: usize = 450;
const SENT: usize = 500;
/// Of pushes that are played many times.
const FEWER: usize = 250;

/// A desk beside that many variables.
fn beside(count: usize) -> Desk {
    let keys: Vec<String> = (0..count).map(key).collect();
    let rows: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "old")).collect();
    Desk::new(&rows)
}

/// Stops the engine at the n-th moment that `fits` from now on, by method, path and whether the server has handled it.
fn stop_at(desk: &Desk, mut at: usize, fits: impl Fn(&str, &str, When) -> bool + Send + 'static) {
    desk.slow_down();
    let engine = Arc::downgrade(&desk.engine);
    desk.tamper(move |method, path, when, _| {
        if fits(method, path, when) {
            if at == 0 {
                engine.upgrade().unwrap().stop();
            }
            at = at.wrapping_sub(1);
        }
        None
    });
}

fn go_on(desk: &Desk) {
    desk.leave_alone();
    desk.engine.go_on();
}

fn is_listing(_: &str, path: &str, when: When) -> bool {
    when == When::Before && path.ends_with("/variables")
}

#[tokio::test]
async fn a_first_reading_that_is_stopped_keeps_what_was_read_and_goes_on_later() {
    let desk = beside(READ);
    // While the fourth page is asked for. A page is taken over while the next one is on its way: so the third is given up, too.
    stop_at(&desk, 3, is_listing);
    let stopped = desk.sync().await;
    assert!(stopped.stopped);
    assert_eq!((stopped.observed, stopped.pulled), (200, 200));
    assert!(desk.find(&key(199)).is_some() && desk.find(&key(200)).is_none());
    let last = desk.ledger(|ledger| ledger.activities(1)).remove(0);
    assert_eq!(last.read, 200);
    assert_eq!(last.trouble.unwrap().code, ProblemCode::Stopped);
    assert!(!desk.line().contains("In sync"), "{}", desk.line());
    assert_eq!(
        desk.line(),
        "Last read never",
        "it is not said to be away, either"
    );

    go_on(&desk);
    let next = desk.sync().await;
    assert!(!next.stopped);
    assert_eq!(next.pulled as usize, READ - 200 + 1, "the rest, and the pool");
    assert!((0..READ).all(|number| desk.find(&key(number)).is_some()));
    assert_eq!(desk.line(), "In sync, just now");
}

/// Wherever it is stopped, again and again, in the end everything is there.
#[tokio::test]
async fn a_first_reading_may_be_stopped_anywhere() {
    for seed in 1..=12 {
        let mut dice = Dice::seeded(seed);
        let desk = beside(READ);
        for _ in 0..3 {
            stop_at(&desk, dice.below(9), |_, _, when| when == When::Before);
            desk.look().await;
            go_on(&desk);
        }
        // A brake, a conflict or work made of what was not read would be seen in the line.
        desk.sync().await;
        assert!(
            (0..READ).all(|number| desk.find(&key(number)).is_some()),
            "{seed}"
        );
        assert_eq!(desk.line(), "In sync, just now", "{seed}");
    }
}

/// How often each variable was written, by its key.
fn writes(desk: &Desk) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for body in desk.wire.take_written() {
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let actions = body["actions"].as_array().cloned().unwrap_or_default();
        let entities = actions
            .iter()
            .flat_map(|action| action["entities"].as_array().unwrap());
        for entity in entities.chain(body.get("key").map(|_| &body)) {
            *counts
                .entry(entity["key"].as_str().unwrap().to_owned())
                .or_default() += 1;
        }
    }
    counts
}

/// A desk with so many edits of variables that were read before.
async fn edited(count: usize) -> Desk {
    let desk = beside(count);
    desk.sync().await;
    (0..count).for_each(|number| desk.edit(&key(number), "new"));
    desk.wire.take_written();
    desk
}

fn count(desk: &Desk, all: usize, state: RecordState) -> usize {
    (0..all)
        .filter(|number| desk.state(&key(*number)) == state)
        .count()
}

/// What was sent is clean, the rest is pending, nothing is in doubt; and the next cycle ends it.
async fn is_whole_and_goes_on(desk: &Desk, all: usize, pushed: usize, context: &str) {
    assert_eq!(count(desk, all, RecordState::Clean), pushed, "{context}");
    assert_eq!(count(desk, all, RecordState::Pending), all - pushed, "{context}");
    let there = (0..all).filter(|number| desk.raw(&key(*number)).as_deref() == Some("new"));
    assert_eq!(
        there.count(),
        pushed,
        "{context}: nothing was sent that is not known to have arrived"
    );
    assert!(desk.ledger(|ledger| ledger.intents()).is_empty(), "{context}");
    go_on(desk);
    assert_eq!(desk.sync().await.pushed as usize, all - pushed, "{context}");
    assert_eq!(count(desk, all, RecordState::Clean), all, "{context}");
    let writes = writes(desk);
    assert_eq!(writes.len(), all, "{context}");
    assert!(
        writes.values().all(|times| *times == 1),
        "{context}: none is sent twice"
    );
}

#[tokio::test]
async fn a_push_that_is_stopped_leaves_the_rest_pending() {
    let desk = edited(SENT).await;
    // While the second page is written.
    stop_at(&desk, 1, |method, path, when| {
        is_write(method, path) && when == When::Before
    });
    let stopped = desk.sync().await;
    assert!(stopped.stopped);
    assert_eq!(
        stopped.pushed, 200,
        "what was on its way is looked at, and counts"
    );
    is_whole_and_goes_on(&desk, SENT, 200, "between two pages").await;
}

/// Whatever it waits for at that moment: a reading, the look before a write, the write, the look after it.
#[tokio::test]
async fn a_push_may_be_stopped_anywhere() {
    let mut pushed = Vec::new();
    for seed in 1..=10 {
        let mut dice = Dice::seeded(seed);
        let desk = edited(FEWER).await;
        let when = if dice.below(2) == 0 {
            When::Before
        } else {
            When::After
        };
        stop_at(&desk, dice.below(14), move |_, _, at| at == when);
        let stopped = desk.sync().await;
        assert!(stopped.stopped, "{seed}");
        pushed.push(stopped.pushed);
        is_whole_and_goes_on(&desk, FEWER, stopped.pushed as usize, &format!("seed {seed}")).await;
    }
    pushed.sort_unstable();
    pushed.dedup();
    assert!(pushed.len() > 2, "it was stopped at different places: {pushed:?}");
}

/// Deletes go one by one.
#[tokio::test]
async fn what_goes_one_by_one_is_stopped_between_two_records() {
    let desk = beside(20);
    desk.sync().await;
    (0..20).for_each(|number| desk.delete(&key(number)));
    stop_at(&desk, 4, |method, path, when| {
        is_write(method, path) && when == When::Before
    });
    let stopped = desk.sync().await;
    assert!(stopped.stopped);
    assert_eq!(stopped.pushed, 5);
    let left = || desk.airflow(|airflow| airflow.variables.len());
    assert_eq!(left(), 15);
    assert!(desk.ledger(|ledger| ledger.intents()).is_empty());
    go_on(&desk);
    assert_eq!(desk.sync().await.pushed, 15);
    assert_eq!(left(), 0);
}

/// The answer to the write that was under way is lost: it stands in doubt, as after a crash.
#[tokio::test]
async fn a_write_without_an_answer_stands_in_doubt() {
    let desk = edited(SENT).await;
    desk.slow_down();
    let engine = Arc::downgrade(&desk.engine);
    let mut writes = 0;
    desk.tamper(move |method, path, when, _| {
        if !is_write(method, path) || when == When::Before {
            return None;
        }
        writes += 1;
        (writes == 2).then(|| {
            engine.upgrade().unwrap().stop();
            Fault::AnswerLost
        })
    });
    let stopped = desk.sync().await;
    assert!(stopped.stopped);
    assert_eq!((stopped.pushed, stopped.in_doubt), (100, 100));
    assert_eq!(count(&desk, SENT, RecordState::Pending), SENT - 200);
    go_on(&desk);
    desk.sync().await;
    assert_eq!(count(&desk, SENT, RecordState::Clean), SENT);
    assert!(
        self::writes(&desk).values().all(|times| *times == 1),
        "it had arrived, and is not sent again"
    );
}

/// A run that waits for the edits does not go out without them.
#[tokio::test]
async fn no_run_goes_out_after_a_stop() {
    let desk = edited(SENT).await;
    desk.trigger("daily_pricing", true);
    desk.trigger("daily_pricing", false);
    stop_at(&desk, 1, |method, path, when| {
        is_write(method, path) && when == When::Before
    });
    assert!(desk.sync().await.stopped);
    assert_eq!(desk.runs(), 0);
    go_on(&desk);
    desk.sync().await;
    assert_eq!(desk.runs(), 2);
}

/// It is told how many of how many were sent.
#[tokio::test]
async fn a_push_tells_how_far_it_is() {
    let desk = edited(250).await;
    desk.progress.lock().unwrap().clear();
    desk.sync().await;
    let told = desk.progress.lock().unwrap().clone();
    let sent = told.iter().filter(|so_far| so_far.to_send > 0);
    let sent: Vec<_> = sent.map(|so_far| (so_far.sent, so_far.to_send)).collect();
    assert_eq!(sent, [(0, 250), (100, 250), (200, 250), (250, 250)]);
}

#[tokio::test]
async fn a_stop_holds_until_it_is_lifted() {
    let desk = beside(3);
    desk.sync().await;
    desk.engine.stop();
    let stopped = desk.look().await;
    assert!(stopped.stopped);
    assert_eq!((stopped.requests, stopped.observed), (0, 0));
    desk.engine.go_on();
    assert!(!desk.look().await.stopped);
}
