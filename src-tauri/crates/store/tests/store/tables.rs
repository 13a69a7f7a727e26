//! History, intents, caches, brakes, counts.

use crate::support::{Fixture, at, edit, entry, fresh, id, now, remote, text, variable};
use leeward_model::{
    Action, ActionKind, ActionState, BrakeView, DagView, Entry, EntryKind, Fields, MirrorPart, RecordState,
    RunView, Source, TriggerRun, VARIABLES,
};
use leeward_store::{Counts, Intent, IntentOp, Mirror, NewHistory, StoreError};
use serde_json::json;
use std::collections::BTreeMap;

fn observed<'a>(fields: Option<&'a Fields>, second: i64) -> NewHistory<'a> {
    NewHistory {
        collection: VARIABLES,
        key: "a",
        at: at(second),
        source: Source::Airflow,
        author: Some("bob"),
        reason: None,
        fields,
        run: None,
    }
}

fn fields(value: &str) -> Fields {
    BTreeMap::from([("value".to_owned(), json!(value))])
}

#[test]
fn the_same_value_observed_twice_adds_nothing() {
    let mut fixture = Fixture::new();
    let (one, two) = (fields("1"), fields("2"));
    for (second, value) in [Some(&one), Some(&one), Some(&two), None, None, Some(&one)]
        .into_iter()
        .enumerate()
    {
        fixture.write(|ledger| ledger.append_history(&observed(value, second as i64)));
    }
    let history = fixture.read(|ledger| ledger.history(VARIABLES, "a", 10));
    let values: Vec<_> = history.iter().map(|item| item.fields.clone()).collect();
    assert_eq!(
        values,
        [Some(one.clone()), None, Some(two), Some(one)],
        "newest first"
    );
    assert_eq!(history[0].at, at(5));
    assert_eq!(fixture.read(|ledger| ledger.history(VARIABLES, "a", 2)).len(), 2);
}

#[test]
fn a_value_is_stored_once() {
    let mut fixture = Fixture::new();
    for round in 0..3 {
        for value in ["1", "2"] {
            fixture.write(|ledger| ledger.append_history(&observed(Some(&fields(value)), round)));
        }
    }
    let file = rusqlite::Connection::open(fixture.path()).unwrap();
    let count = |table: &str| -> i64 {
        file.query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get(0))
            .unwrap()
    };
    assert_eq!((count("history"), count("contents")), (6, 2));
}

fn intent(key: &str) -> Intent {
    Intent {
        collection: VARIABLES.into(),
        key: key.into(),
        op: IntentOp::Update,
        fields: fields("2"),
        before: remote(&variable("1")),
        rev: 4,
        sent_at: at(3),
        in_doubt_since: None,
        server_at: None,
    }
}

#[test]
fn an_intent_is_found_again() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    fixture.write(|ledger| ledger.put_intent(&intent("a")));
    let mut again = Mirror::open(&fixture.path(), &fresh(2)).unwrap();
    assert_eq!(again.read(|ledger| ledger.intents()).unwrap(), [intent("a")]);
    assert!(fixture.record("a").unwrap().in_doubt);
    assert_eq!(
        fixture.state("a"),
        RecordState::Pending,
        "sending is not yet doubt"
    );
    fixture.write(|ledger| ledger.mark_in_doubt(VARIABLES, "a", "No answer came.", at(9)));
    let view = fixture.view("a");
    assert_eq!(
        (view.state, view.note.as_deref()),
        (RecordState::InDoubt, Some("No answer came."))
    );
    fixture.write(|ledger| ledger.clear_intent(VARIABLES, "a"));
    assert_eq!(fixture.state("a"), RecordState::Pending);
}

#[test]
fn doubt_is_dated_once_and_moves_the_feed() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.write(|ledger| ledger.put_intent(&intent("a")));
    let feed = fixture.read(|ledger| ledger.last_feed());
    fixture.write(|ledger| ledger.mark_in_doubt(VARIABLES, "a", "No answer.", at(9)));
    fixture.write(|ledger| ledger.mark_in_doubt(VARIABLES, "a", "No answer.", at(12)));
    let stored = fixture.read(|ledger| ledger.intent(VARIABLES, "a")).unwrap();
    assert_eq!(stored.in_doubt_since, Some(at(9)));
    assert_eq!(fixture.read(|ledger| ledger.last_feed()), feed + 1);
}

#[test]
fn an_intent_needs_its_record() {
    let mut fixture = Fixture::new();
    let result = fixture
        .mirror
        .write(|ledger| ledger.put_intent(&intent("nowhere")));
    assert!(matches!(result, Err(StoreError::NotFound)));
}

#[test]
fn a_record_in_flight_is_not_dropped_and_is_looked_at() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.write(|ledger| ledger.put_intent(&intent("a")));
    let mut record = fixture.record("a").unwrap();
    record.base = None;
    record.remote = leeward_model::Remote::Absent;
    fixture.write(|ledger| ledger.save(&record, now()));
    assert!(fixture.record("a").is_some());
    assert_eq!(fixture.read(|ledger| ledger.active(VARIABLES)).len(), 1);
    fixture.write(|ledger| ledger.clear_intent(VARIABLES, "a"));
    assert_eq!(fixture.record("a"), None);
}

fn dag(name: &str) -> DagView {
    DagView {
        dag_id: name.into(),
        name: name.into(),
        description: None,
        is_paused: false,
        tags: vec!["t".into()],
        schedule: None,
        next_run: Some(at(60)),
        params: None,
    }
}

#[test]
fn dags_are_replaced_and_keep_their_params() {
    let mut fixture = Fixture::new();
    assert!(fixture.write(|ledger| ledger.put_dags(&[dag("a"), dag("b")])));
    let with_params = DagView {
        params: Some(json!({"n": {"value": 1}})),
        ..dag("a")
    };
    assert!(fixture.write(|ledger| ledger.put_dag(&with_params)));
    assert!(
        !fixture.write(|ledger| ledger.put_dags(&[dag("a"), dag("b")])),
        "the same listing writes nothing"
    );
    assert_eq!(fixture.read(|ledger| ledger.dag("a")), Some(with_params.clone()));
    assert!(fixture.write(|ledger| ledger.put_dags(&[dag("a")])));
    assert_eq!(fixture.read(|ledger| ledger.dags()), [with_params]);
}

fn run(name: &str, second: i64) -> RunView {
    RunView {
        dag_id: "etl".into(),
        run_id: name.into(),
        state: "success".into(),
        conf: json!({}),
        queued_at: Some(at(second)),
        start_date: None,
        end_date: None,
        triggered_by: None,
        note: None,
        mine: false,
    }
}

fn queue(fixture: &mut Fixture) -> String {
    let what = ActionKind::TriggerRun(TriggerRun {
        dag_id: "etl".into(),
        conf: json!({}),
        note: None,
    });
    let action = Action {
        id: id(77),
        what,
        after_edits: false,
    };
    let run_id = action.dag_run_id();
    fixture.push(Entry {
        action: Some(action),
        collection: String::new(),
        ..entry(EntryKind::Act, "")
    });
    run_id
}

#[test]
fn runs_are_newest_first_and_say_whose_they_are() {
    let mut fixture = Fixture::new();
    let mine = queue(&mut fixture);
    let runs = [run("old", 1), run(&mine, 2), run("new", 3)];
    assert!(fixture.write(|ledger| ledger.put_runs(&runs)));
    assert!(!fixture.write(|ledger| ledger.put_runs(&runs)));
    let stored = fixture.read(|ledger| ledger.runs(10));
    let shown: Vec<_> = stored.iter().map(|run| (run.run_id.as_str(), run.mine)).collect();
    assert_eq!(shown, [("new", false), (mine.as_str(), true), ("old", false)]);
    assert!(
        !fixture.write(|ledger| ledger.put_runs(&stored)),
        "what was read back is the same"
    );
}

#[test]
fn old_runs_of_others_are_forgotten_and_mine_are_not() {
    let mut fixture = Fixture::new();
    let mine = queue(&mut fixture);
    let mut runs: Vec<_> = (1..=510)
        .map(|second| run(&format!("r{second}"), second))
        .collect();
    runs.push(run(&mine, 0));
    fixture.write(|ledger| ledger.put_runs(&runs));
    let stored = fixture.read(|ledger| ledger.runs(1_000));
    assert_eq!(stored.len(), 501);
    assert_eq!(
        (stored[0].run_id.as_str(), stored[500].run_id.as_str()),
        ("r510", mine.as_str())
    );
    assert_eq!(stored[499].run_id, "r11");
}

fn brake() -> BrakeView {
    BrakeView {
        collection: VARIABLES.into(),
        reason: "12 of 20 vanished.".into(),
        vanished: 2,
        known: 3,
        since: now(),
    }
}

fn keys(keys: &[&str]) -> std::collections::BTreeSet<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

#[test]
fn a_brake_is_accepted_for_the_very_keys_that_were_listed() {
    let mut fixture = Fixture::new();
    assert!(fixture.write(|ledger| ledger.set_brake(&brake(), &keys(&["a", "b"]))));
    assert!(!fixture.write(|ledger| ledger.set_brake(&brake(), &keys(&["a", "b"]))));
    assert!(fixture.read(|ledger| ledger.accepted(VARIABLES)).is_empty());
    assert!(!fixture.read(|ledger| ledger.is_accepted(VARIABLES)));
    fixture.write(|ledger| ledger.accept_brake(VARIABLES));
    assert!(fixture.read(|ledger| ledger.is_accepted(VARIABLES)));
    assert_eq!(
        fixture.read(|ledger| ledger.accepted(VARIABLES)),
        keys(&["a", "b"])
    );
    assert!(fixture.read(|ledger| ledger.brakes()).is_empty());
    assert!(fixture.write(|ledger| ledger.set_brake(&brake(), &keys(&["a", "b", "c"]))));
    assert!(
        fixture.read(|ledger| ledger.accepted(VARIABLES)).is_empty(),
        "other keys were not accepted"
    );
    assert_eq!(fixture.read(|ledger| ledger.brakes()), [brake()]);
    fixture.write(|ledger| ledger.clear_brake(VARIABLES));
    assert!(fixture.read(|ledger| ledger.brakes()).is_empty());
}

#[test]
fn accepting_no_brake_is_said() {
    let mut fixture = Fixture::new();
    let result = fixture.mirror.write(|ledger| ledger.accept_brake(VARIABLES));
    assert!(matches!(result, Err(StoreError::NotFound)));
}

/// The window reads again what is told to have changed, and nothing else.
#[test]
fn each_part_tells_of_its_own_changes() {
    let mut fixture = Fixture::new();
    let changed = |fixture: &mut Fixture, change: &dyn Fn(&mut Fixture)| {
        let before = fixture.read(|ledger| ledger.part_changes());
        change(fixture);
        fixture.read(|ledger| ledger.part_changes()).since(&before)
    };
    let put_dags = |fixture: &mut Fixture| {
        fixture.write(|ledger| ledger.put_dags(&[dag("a")]));
    };
    let put_dag = |fixture: &mut Fixture| {
        fixture.write(|ledger| ledger.put_dag(&dag("b")));
    };
    let put_runs = |fixture: &mut Fixture| {
        fixture.write(|ledger| ledger.put_runs(&[run("r", 1)]));
    };
    let set = |fixture: &mut Fixture| {
        fixture.write(|ledger| ledger.set_brake(&brake(), &keys(&["a"])));
    };
    let accept = |fixture: &mut Fixture| fixture.write(|ledger| ledger.accept_brake(VARIABLES));
    let clear = |fixture: &mut Fixture| fixture.write(|ledger| ledger.clear_brake(VARIABLES));
    assert_eq!(changed(&mut fixture, &put_dags), [MirrorPart::Dags]);
    assert_eq!(changed(&mut fixture, &put_dags), []);
    assert_eq!(changed(&mut fixture, &put_dag), [MirrorPart::Dags]);
    assert_eq!(changed(&mut fixture, &put_dag), []);
    assert_eq!(changed(&mut fixture, &put_runs), [MirrorPart::Runs]);
    assert_eq!(changed(&mut fixture, &put_runs), []);
    let queue = |fixture: &mut Fixture| drop(queue(fixture));
    assert_eq!(
        changed(&mut fixture, &queue),
        [MirrorPart::Runs],
        "one may be mine now"
    );
    assert_eq!(changed(&mut fixture, &set), [MirrorPart::Brakes]);
    assert_eq!(changed(&mut fixture, &set), []);
    assert_eq!(changed(&mut fixture, &accept), [MirrorPart::Brakes]);
    assert_eq!(changed(&mut fixture, &clear), [MirrorPart::Brakes]);
    assert_eq!(changed(&mut fixture, &clear), []);
    let edit = |fixture: &mut Fixture| drop(fixture.edit("a", &[("value", None, json!("1"))]));
    assert_eq!(changed(&mut fixture, &edit), [], "records are pulled");
}

#[test]
fn counts_come_from_the_tables() {
    let mut fixture = Fixture::new();
    assert_eq!(fixture.read(|ledger| ledger.counts()), Counts::default());
    fixture.confirmed("edited", &variable("1"));
    fixture.edit("edited", &[("value", text("1"), json!("2"))]);
    fixture.confirmed("clash", &variable("9"));
    fixture.push(edit("clash", &[("value", text("1"), json!("2"))]));
    fixture.edit("api_token", &[("value", None, json!("refused"))]);
    fixture.write(|ledger| ledger.put_intent(&intent("edited")));
    fixture.write(|ledger| ledger.mark_in_doubt(VARIABLES, "edited", "No answer.", now()));
    queue(&mut fixture);
    fixture.write(|ledger| ledger.set_action(id(77), ActionState::Held, Some("why"), None, None, now()));
    fixture.write(|ledger| ledger.set_brake(&brake(), &keys(&["x"])));
    let counts = fixture.read(|ledger| ledger.counts());
    let expected = Counts {
        pending: 1,
        unsent: 3,
        outbox: 1,
        conflicts: 1,
        violations: 0,
        held: 1,
        rejected: 1,
        rejected_actions: 0,
        in_doubt: 1,
        braked: 1,
    };
    assert_eq!(counts, expected);
}

#[test]
fn records_come_in_the_order_of_their_keys() {
    let mut fixture = Fixture::new();
    for key in ["b", "é", "B", "a", "😀", ""] {
        fixture.confirmed(key, &variable("1"));
    }
    let records = fixture.read(|ledger| ledger.records(VARIABLES));
    let found: Vec<_> = records.iter().map(|record| record.key.as_str()).collect();
    let mut sorted = found.clone();
    sorted.sort_unstable();
    assert_eq!((found.len(), found), (6, sorted));
}
