//! A lost mirror is rebuilt from what the client has.

use crate::support::{CTL, Fixture, WINDOW, at, edit, entry, fresh, id, now, text, variable};
use leeward_model::{
    Action, ActionKind, ActionState, Change, Digest, Entry, EntryKind, Handshake, Rebuild, RebuildAction,
    RebuildRecord, RecordView, Remote, Resume, TailEntry, TriggerRun, VARIABLES, Value,
};
use leeward_store::{Mirror, RemoteMark, StoreError, Work};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a window keeps of its mirror: the rows as pulled, and its log.
pub(crate) struct Window {
    pub(crate) rows: Vec<RebuildRecord>,
    pub(crate) actions: Vec<RebuildAction>,
    pub(crate) log: Vec<Entry>,
    pub(crate) hello: Handshake,
}

pub(crate) fn window(fixture: &mut Fixture, log: Vec<Entry>) -> Window {
    let pulled = fixture.read(|ledger| ledger.pull(WINDOW, 0, 1_000));
    let (included_seq, entered) = (pulled.included_seq, pulled.entered);
    let (mut rows, mut actions) = (Vec::new(), Vec::new());
    for item in pulled.items {
        rows.extend(item.record.map(|record| RebuildRecord { record, included_seq }));
        actions.extend(item.action.map(|action| RebuildAction { action }));
    }
    let tail = log
        .iter()
        .map(|entry| TailEntry {
            seq: entry.seq,
            id: entry.id,
        })
        .collect();
    let digest = Digest {
        rows: rows.len() as u64,
    };
    let hello = Handshake {
        cursor: pulled.cursor,
        entered,
        digest,
        tail,
        ..fixture.hello()
    };
    Window {
        rows,
        actions,
        log,
        hello,
    }
}

pub(crate) fn part(window: &Window, epoch: u64) -> Rebuild {
    Rebuild {
        client: WINDOW.into(),
        epoch,
        records: window.rows.clone(),
        actions: window.actions.clone(),
        entries: window.log.clone(),
        last: true,
    }
}

/// The mirror's file is deleted; a new one is made and rebuilt.
pub(crate) fn lose(fixture: &mut Fixture, window: &Window) -> u64 {
    fixture.mirror = Mirror::open(&fixture.dir.path().join("new.db"), &fresh(2)).unwrap();
    let answer = fixture.write(|ledger| ledger.handshake(&window.hello));
    assert_eq!(answer.verdict, Resume::Rebuild);
    let acked = fixture
        .write(|ledger| ledger.rebuild(&part(window, answer.epoch), now()))
        .acked_seq;
    assert_eq!(acked, window.hello.last_seq);
    let store_id = Some(answer.store_id);
    let again = Handshake {
        store_id,
        epoch: answer.epoch,
        ..window.hello.clone()
    };
    assert_eq!(
        fixture.write(|ledger| ledger.handshake(&again)).verdict,
        Resume::Resume,
        "and no second rebuild"
    );
    answer.epoch
}

/// A copy of the mirror as it is now.
fn copy_of(fixture: &Fixture) -> PathBuf {
    let copy = fixture.dir.path().join("copy.db");
    rusqlite::Connection::open(fixture.path())
        .unwrap()
        .execute("VACUUM INTO ?1", [copy.to_str().unwrap()])
        .unwrap();
    copy
}

pub(crate) fn views(fixture: &mut Fixture) -> BTreeMap<String, RecordView> {
    let records = fixture.read(|ledger| ledger.records(VARIABLES));
    records
        .into_iter()
        .map(|record| (record.key.clone(), record.view()))
        .collect()
}

pub(crate) fn trigger() -> Entry {
    let run = TriggerRun {
        dag_id: "etl".into(),
        conf: json!({"x": 1}),
        note: None,
    };
    let action = Action {
        id: id(77),
        what: ActionKind::TriggerRun(run),
        after_edits: true,
    };
    Entry {
        action: Some(action),
        collection: String::new(),
        ..entry(EntryKind::Act, "")
    }
}

/// Something of everything.
pub(crate) fn full_desk() -> (Fixture, Vec<Entry>) {
    let mut fixture = Fixture::new();
    fixture.confirmed("clean", &variable("1"));
    fixture.confirmed("edited", &variable("1"));
    fixture.confirmed("deleted", &variable("1"));
    fixture.confirmed("clash", &variable("9"));
    let mut log = vec![fixture.edit("edited", &[("value", text("1"), json!("2"))])];
    log.push(fixture.push(crate::support::delete("deleted", &variable("1"))));
    log.push(fixture.edit("clash", &[("value", text("1"), json!("2"))]));
    log.push(fixture.edit("new", &[("value", None, json!("1"))]));
    log.push(fixture.edit("api_token", &[("value", None, json!("refused"))]));
    log.push(fixture.push(trigger()));
    (fixture, log)
}

#[test]
fn the_rebuilt_mirror_shows_the_same() {
    let (mut fixture, log) = full_desk();
    let before = views(&mut fixture);
    let actions = fixture.read(|ledger| ledger.actions());
    let window = window(&mut fixture, log);
    lose(&mut fixture, &window);
    let after = views(&mut fixture);
    assert_eq!(after, before);
    assert_eq!(fixture.read(|ledger| ledger.actions()), actions);
    assert!(
        fixture
            .read(|ledger| ledger.demanded_full_scan(VARIABLES))
            .is_some()
    );
}

#[test]
fn what_airflow_has_is_unknown_until_it_is_read() {
    let (mut fixture, log) = full_desk();
    let window = window(&mut fixture, log);
    lose(&mut fixture, &window);
    let marks = fixture.read(|ledger| ledger.remote_marks(VARIABLES));
    assert!(!marks.is_empty() && marks.values().all(|mark| *mark == RemoteMark::Unknown));
}

#[test]
fn waits_are_dated_by_the_rebuilt_records() {
    let (mut fixture, log) = full_desk();
    let before = fixture.read(|ledger| ledger.waits(id(77)));
    let window = window(&mut fixture, log);
    lose(&mut fixture, &window);
    assert_eq!(fixture.read(|ledger| ledger.waits(id(77))), before);
}

#[test]
fn entries_that_a_row_includes_are_only_noted_and_others_applied() {
    let (mut fixture, mut log) = full_desk();
    let mut window = window(&mut fixture, log.clone());
    // Made after the last pull, never pushed.
    log.push(Entry {
        seq: 7,
        id: id(9_999),
        ..edit("clean", &[("value", text("1"), json!("late"))])
    });
    window.log = log;
    window.hello.last_seq = 7;
    window.hello.tail.push(TailEntry {
        seq: 7,
        id: id(9_999),
    });
    let epoch = lose(&mut fixture, &window);
    assert_eq!(fixture.local("clean", "value"), text("late"));
    assert_eq!(fixture.local("edited", "value"), text("2"));
    assert_eq!(
        fixture
            .read(|ledger| ledger.history(VARIABLES, "edited", 10))
            .len(),
        0,
        "not applied again"
    );
    let next = Entry {
        seq: 8,
        id: id(10_000),
        ..edit("clean", &[("value", text("late"), json!("later"))])
    };
    fixture.write(|ledger| ledger.push(WINDOW, epoch, 8, &[next], now()));
    assert_eq!(fixture.local("clean", "value"), text("later"));
}

#[test]
fn later_revisions_are_above_the_rebuilt_ones() {
    let (mut fixture, log) = full_desk();
    let highest = views(&mut fixture).len() as u64;
    let window = window(&mut fixture, log);
    let epoch = lose(&mut fixture, &window);
    let next = Entry {
        seq: 7,
        id: id(10_000),
        ..edit("clean", &[("value", text("1"), json!("2"))])
    };
    fixture.write(|ledger| ledger.push(WINDOW, epoch, 7, &[next], now()));
    let records = fixture.read(|ledger| ledger.records(VARIABLES));
    let newest = records.iter().max_by_key(|record| record.rev).unwrap();
    assert_eq!(newest.key, "clean");
    assert!(highest > 0);
}

#[test]
fn it_may_come_in_parts_and_be_interrupted() {
    let (mut fixture, log) = full_desk();
    let before = views(&mut fixture).len();
    let window = window(&mut fixture, log);
    fixture.mirror = Mirror::open(&fixture.dir.path().join("new.db"), &fresh(2)).unwrap();
    let first = fixture.write(|ledger| ledger.handshake(&window.hello));
    let mut half = Rebuild {
        records: window.rows[..2].to_vec(),
        last: false,
        ..part(&window, first.epoch)
    };
    (half.entries, half.actions) = (Vec::new(), Vec::new());
    fixture.write(|ledger| ledger.rebuild(&half, now()));
    let second = fixture.write(|ledger| ledger.handshake(&window.hello));
    assert_eq!(second.verdict, Resume::Rebuild);
    let stale = fixture.mirror.write(|ledger| ledger.rebuild(&half, now()));
    assert!(matches!(stale, Err(StoreError::UnknownEpoch)));
    half.epoch = second.epoch;
    fixture.write(|ledger| ledger.rebuild(&half, now()));
    let rest = Rebuild {
        records: window.rows[2..].to_vec(),
        ..part(&window, second.epoch)
    };
    fixture.write(|ledger| ledger.rebuild(&rest, now()));
    assert_eq!(views(&mut fixture).len(), before);
    assert!(
        fixture
            .read(|ledger| ledger.history(VARIABLES, "edited", 10))
            .is_empty(),
        "included by the first part"
    );
}

#[test]
fn an_older_copy_of_the_mirror_is_overwritten_by_the_client() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.write(|ledger| ledger.set_meta("x", &1));
    let copy = copy_of(&fixture);
    let log = vec![fixture.edit("a", &[("value", text("1"), json!("2"))])];
    let window = window(&mut fixture, log);
    fixture.mirror = Mirror::open(&copy, &fresh(3)).unwrap();
    assert_eq!(fixture.local("a", "value"), text("1"));
    let answer = fixture.write(|ledger| ledger.handshake(&window.hello));
    assert_eq!(answer.verdict, Resume::Rebuild);
    fixture.write(|ledger| ledger.rebuild(&part(&window, answer.epoch), now()));
    assert_eq!(fixture.local("a", "value"), text("2"));
}

fn ctl_sets(fixture: &mut Fixture, number: u128, second: i64, key: &str, to: &str) {
    let change = Change {
        from: None,
        to: text(to),
    };
    let work = Work {
        collection: VARIABLES.into(),
        key: key.into(),
        fields: [("value".to_owned(), change)].into(),
        ..Work::new(id(number), EntryKind::Edit)
    };
    fixture.write(|ledger| ledger.enter(CTL, work, at(second)));
}

/// The window is opened again only after `leewardctl` worked on the older copy: that work is not the window's to
/// overwrite. What was in the copy before the window last looked is not done again.
#[test]
fn what_leewardctl_entered_into_the_older_copy_stays() {
    let mut fixture = Fixture::new();
    ctl_sets(&mut fixture, 1, 10, "before", "1");
    let copy = copy_of(&fixture);
    fixture.push(entry(EntryKind::TakeBack, "before"));
    fixture.edit("a", &[("value", None, json!("window"))]);
    for key in ["b", "c", "d"] {
        fixture.edit(key, &[("value", None, json!("window"))]);
    }
    let mut window = window(&mut fixture, Vec::new());
    (window.hello.pulled_at, window.hello.entered) = (Some(at(20)), None);
    fixture.mirror = Mirror::open(&copy, &fresh(3)).unwrap();
    ctl_sets(&mut fixture, 2, 30, "after", "2");
    ctl_sets(&mut fixture, 3, 31, "a", "ctl");
    let answer = fixture.write(|ledger| ledger.handshake(&window.hello));
    assert_eq!(answer.verdict, Resume::Rebuild);
    fixture.write(|ledger| ledger.rebuild(&part(&window, answer.epoch), now()));
    assert_eq!(fixture.local("after", "value"), text("2"));
    assert_eq!(fixture.record("before"), None, "it was taken back since");
    let both = fixture.record("a").unwrap().conflict.unwrap();
    let field = both.fields.iter().find(|field| field.name == "value").unwrap();
    assert_eq!((&field.mine, &field.airflow), (&text("ctl"), &text("window")));
}

/// The rebuild was broken off, and then the window's store was put back from an older copy, too: what the newer one had
/// brought by then is the only copy of it.
#[test]
fn what_a_broken_off_rebuild_brought_is_not_replaced_by_an_older_window() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("b", &[("value", None, json!("x"))]);
    let copy = copy_of(&fixture);
    fixture.confirmed("c", &variable("1"));
    let older = window(&mut fixture, Vec::new());
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    let newer = window(&mut fixture, Vec::new());
    fixture.mirror = Mirror::open(&copy, &fresh(3)).unwrap();
    let answer = fixture.write(|ledger| ledger.handshake(&newer.hello));
    assert_eq!(answer.verdict, Resume::Rebuild);
    let first = Rebuild {
        last: false,
        ..part(&newer, answer.epoch)
    };
    fixture.write(|ledger| ledger.rebuild(&first, now()));
    assert_eq!(fixture.local("a", "value"), text("2"));
    let answer = fixture.write(|ledger| ledger.handshake(&older.hello));
    assert_eq!(answer.verdict, Resume::Rebuild);
    fixture.write(|ledger| ledger.rebuild(&part(&older, answer.epoch), now()));
    assert_eq!(fixture.local("a", "value"), text("2"));
}

/// By its ids: the computer's clock was set back before `leewardctl` worked on the older copy, and forth before that.
#[test]
fn what_leewardctl_entered_into_the_older_copy_is_known_by_its_ids_wherever_the_clock_was_set() {
    let mut fixture = Fixture::new();
    fixture.confirmed("shown", &variable("1"));
    ctl_sets(&mut fixture, 1, 90, "before", "1");
    ctl_sets(&mut fixture, 2, 90, "too", "1");
    let copy = copy_of(&fixture);
    for key in ["before", "too"] {
        fixture.push(entry(EntryKind::TakeBack, key));
    }
    ctl_sets(&mut fixture, 3, 20, "lost", "1");
    let mut window = window(&mut fixture, Vec::new());
    window.hello.pulled_at = Some(at(20));
    fixture.mirror = Mirror::open(&copy, &fresh(3)).unwrap();
    ctl_sets(&mut fixture, 4, 10, "after", "2");
    let answer = fixture.write(|ledger| ledger.handshake(&window.hello));
    assert_eq!(answer.verdict, Resume::Rebuild);
    fixture.write(|ledger| ledger.rebuild(&part(&window, answer.epoch), now()));
    assert_eq!(fixture.local("after", "value"), text("2"));
    assert_eq!(fixture.local("lost", "value"), text("1"), "the window had it");
    assert_eq!((fixture.record("before"), fixture.record("too")), (None, None));
}

/// Long ago by the clock, and the bodies of the log are forgotten: what stands before what the window was told of is
/// known, and what it was never told of is not.
#[test]
fn an_older_copy_whose_log_is_pruned_is_rebuilt_too() {
    let mut fixture = Fixture::new();
    ctl_sets(&mut fixture, 1, 1, "a", "1");
    fixture.push(entry(EntryKind::TakeBack, "a"));
    fixture.write(|ledger| ledger.prune_log(at(40 * 24 * 3600)));
    let copy = copy_of(&fixture);
    for key in ["b", "c", "d"] {
        fixture.edit(key, &[("value", None, json!("window"))]);
    }
    let window = window(&mut fixture, Vec::new());
    fixture.mirror = Mirror::open(&copy, &fresh(3)).unwrap();
    let answer = fixture.write(|ledger| ledger.handshake(&window.hello));
    assert_eq!(answer.verdict, Resume::Rebuild);
    fixture.write(|ledger| ledger.rebuild(&part(&window, answer.epoch), now()));
    assert_eq!(
        (fixture.record("a"), fixture.local("b", "value")),
        (None, text("window"))
    );
}

#[test]
fn the_newest_hundred_entries_of_others_are_told_with_the_last_page() {
    let mut fixture = Fixture::new();
    let told = |fixture: &mut Fixture, cursor, limit| {
        fixture.read(|ledger| ledger.pull(WINDOW, cursor, limit)).entered
    };
    assert_eq!(told(&mut fixture, 0, 10), None, "nothing is new");
    for number in 1..=102 {
        ctl_sets(&mut fixture, number, 1, "a", &number.to_string());
    }
    fixture.edit("b", &[("value", None, json!("window"))]);
    assert_eq!(told(&mut fixture, 0, 1), None, "there is more");
    let entered = told(&mut fixture, 0, 10).unwrap();
    assert_eq!(entered.len(), 1, "its own are not told");
    assert_eq!((entered[0].client.as_str(), entered[0].last_seq), (CTL, 102));
    assert_eq!(entered[0].ids.len(), 100);
    let at = |seq| entered[0].id_at(seq);
    assert_eq!(
        (at(2), at(3), at(102), at(103)),
        (None, Some(id(3)), Some(id(102)), None)
    );
}

/// The computer's clock was set back between `leewardctl`'s work and the window's last look.
#[test]
fn what_was_pulled_counts_as_known_wherever_the_clock_was_set_since() {
    let mut fixture = Fixture::new();
    let told = |fixture: &mut Fixture| fixture.read(|ledger| ledger.pull(WINDOW, 0, 10)).entered_until;
    assert_eq!(told(&mut fixture), None);
    for (number, second) in [(1, 10), (2, 30), (3, 5)] {
        let mut work = Work::new(id(number), EntryKind::Edit);
        work.collection = VARIABLES.into();
        work.key = "a".into();
        work.fields = edit("a", &[("value", None, json!("1"))]).fields;
        fixture.write(|ledger| ledger.enter(CTL, work, at(second)));
    }
    assert_eq!(told(&mut fixture), Some(at(30)));
}

/// The older copy has a creation pending that was taken back since: it must not be sent after all.
#[test]
fn work_that_came_to_its_end_since_the_copy_does_not_return() {
    let mut fixture = Fixture::new();
    fixture.confirmed("kept", &variable("1"));
    fixture.edit("a", &[("value", None, json!("1"))]);
    fixture.edit("kept", &[("value", text("1"), json!("2"))]);
    let copy = copy_of(&fixture);
    fixture.push(entry(EntryKind::TakeBack, "a"));
    fixture.push(entry(EntryKind::TakeBack, "kept"));
    let window = window(&mut fixture, Vec::new());
    fixture.mirror = Mirror::open(&copy, &fresh(3)).unwrap();
    assert!(fixture.record("a").is_some());
    let answer = fixture.write(|ledger| ledger.handshake(&window.hello));
    assert_eq!(answer.verdict, Resume::Rebuild);
    fixture.write(|ledger| ledger.rebuild(&part(&window, answer.epoch), now()));
    assert_eq!(fixture.record("a"), None);
    let kept = fixture.record("kept").unwrap();
    assert_eq!((kept.overlay, kept.remote), (None, Remote::Unknown));
}

#[test]
fn nothing_to_bring_back_is_a_rebuild_too() {
    let mut fixture = Fixture::new();
    let window = window(&mut fixture, Vec::new());
    lose(&mut fixture, &window);
    assert!(views(&mut fixture).is_empty());
}

#[test]
fn work_is_kept_even_where_the_mirrors_own_form_is_damaged() {
    let (mut fixture, log) = full_desk();
    let mut window = window(&mut fixture, log);
    for row in &mut window.rows {
        row.record.ledger = Value::String("damaged".into());
    }
    lose(&mut fixture, &window);
    assert_eq!(fixture.record("clean"), None, "Airflow brings it again");
    let edited = fixture.record("edited").unwrap();
    assert_eq!(
        (edited.base.clone(), edited.local("value")),
        (None, text("2").as_ref())
    );
}

/// The lost mirror may have sent it: whether it ran, only Airflow can say.
#[test]
fn a_run_that_was_taken_back_is_looked_for_all_the_same() {
    for pulled in [true, false] {
        let mut fixture = Fixture::new();
        let queued = fixture.push(trigger());
        let mut window = window(&mut fixture, vec![queued]);
        if !pulled {
            window.actions.clear();
        }
        let taken_back = Entry {
            id: id(2_000),
            seq: 2,
            collection: String::new(),
            ..entry(EntryKind::TakeBack, &id(77).to_string())
        };
        window.hello.last_seq = 2;
        window.hello.tail.push(TailEntry {
            seq: 2,
            id: taken_back.id,
        });
        window.log.push(taken_back);
        lose(&mut fixture, &window);
        let state = fixture.read(|ledger| ledger.action(id(77))).unwrap().state;
        assert_eq!(state, ActionState::Cancelled, "pulled: {pulled}");
        let to_look_for = fixture.read(|ledger| ledger.actions_to_look_for());
        assert_eq!(to_look_for, [id(77)].into(), "pulled: {pulled}");
    }
}

#[test]
fn a_rebuild_that_was_not_asked_for_is_refused() {
    let (mut fixture, log) = full_desk();
    let window = window(&mut fixture, log);
    let epoch = fixture.epoch;
    let result = fixture
        .mirror
        .write(|ledger| ledger.rebuild(&part(&window, epoch), now()));
    assert!(matches!(result, Err(StoreError::UnknownEpoch)));
}
