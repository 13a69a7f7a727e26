//! A lost mirror is rebuilt from what the client has.

use crate::support::{CTL, Desk, WINDOW, at, edit, entry, fresh, id, now, text, variable};
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

pub(crate) fn window(desk: &mut Desk, log: Vec<Entry>) -> Window {
    let pulled = desk.read(|ledger| ledger.pull(WINDOW, 0, 1_000));
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
        ..desk.hello()
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
fn lose(desk: &mut Desk, window: &Window) -> u64 {
    desk.mirror = Mirror::open(&desk.dir.path().join("new.db"), &fresh(2)).unwrap();
    let answer = desk.write(|ledger| ledger.handshake(&window.hello));
    assert_eq!(answer.verdict, Resume::Rebuild);
    let acked = desk
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
        desk.write(|ledger| ledger.handshake(&again)).verdict,
        Resume::Resume,
        "and no second rebuild"
    );
    answer.epoch
}

/// A copy of the mirror as it is now.
fn copy_of(desk: &Desk) -> PathBuf {
    let copy = desk.dir.path().join("copy.db");
    rusqlite::Connection::open(desk.path())
        .unwrap()
        .execute("VACUUM INTO ?1", [copy.to_str().unwrap()])
        .unwrap();
    copy
}

fn views(desk: &mut Desk) -> BTreeMap<String, RecordView> {
    let records = desk.read(|ledger| ledger.records(VARIABLES));
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
fn full_desk() -> (Desk, Vec<Entry>) {
    let mut desk = Desk::new();
    desk.confirmed("clean", &variable("1"));
    desk.confirmed("edited", &variable("1"));
    desk.confirmed("deleted", &variable("1"));
    desk.confirmed("clash", &variable("9"));
    let mut log = vec![desk.edit("edited", &[("value", text("1"), json!("2"))])];
    log.push(desk.push(crate::support::delete("deleted", &variable("1"))));
    log.push(desk.edit("clash", &[("value", text("1"), json!("2"))]));
    log.push(desk.edit("new", &[("value", None, json!("1"))]));
    log.push(desk.edit("api_token", &[("value", None, json!("refused"))]));
    log.push(desk.push(trigger()));
    (desk, log)
}

#[test]
fn the_rebuilt_mirror_shows_the_same() {
    let (mut desk, log) = full_desk();
    let before = views(&mut desk);
    let actions = desk.read(|ledger| ledger.actions());
    let window = window(&mut desk, log);
    lose(&mut desk, &window);
    let after = views(&mut desk);
    assert_eq!(after, before);
    assert_eq!(desk.read(|ledger| ledger.actions()), actions);
    assert!(desk.read(|ledger| ledger.demanded_full_scan(VARIABLES)).is_some());
}

#[test]
fn what_airflow_has_is_unknown_until_it_is_read() {
    let (mut desk, log) = full_desk();
    let window = window(&mut desk, log);
    lose(&mut desk, &window);
    let marks = desk.read(|ledger| ledger.remote_marks(VARIABLES));
    assert!(!marks.is_empty() && marks.values().all(|mark| *mark == RemoteMark::Unknown));
}

#[test]
fn waits_are_dated_by_the_rebuilt_records() {
    let (mut desk, log) = full_desk();
    let before = desk.read(|ledger| ledger.waits(id(77)));
    let window = window(&mut desk, log);
    lose(&mut desk, &window);
    assert_eq!(desk.read(|ledger| ledger.waits(id(77))), before);
}

#[test]
fn entries_that_a_row_includes_are_only_noted_and_others_applied() {
    let (mut desk, mut log) = full_desk();
    let mut window = window(&mut desk, log.clone());
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
    let epoch = lose(&mut desk, &window);
    assert_eq!(desk.local("clean", "value"), text("late"));
    assert_eq!(desk.local("edited", "value"), text("2"));
    assert_eq!(
        desk.read(|ledger| ledger.history(VARIABLES, "edited", 10)).len(),
        0,
        "not applied again"
    );
    let next = Entry {
        seq: 8,
        id: id(10_000),
        ..edit("clean", &[("value", text("late"), json!("later"))])
    };
    desk.write(|ledger| ledger.push(WINDOW, epoch, 8, &[next], now()));
    assert_eq!(desk.local("clean", "value"), text("later"));
}

#[test]
fn later_revisions_are_above_the_rebuilt_ones() {
    let (mut desk, log) = full_desk();
    let highest = views(&mut desk).len() as u64;
    let window = window(&mut desk, log);
    let epoch = lose(&mut desk, &window);
    let next = Entry {
        seq: 7,
        id: id(10_000),
        ..edit("clean", &[("value", text("1"), json!("2"))])
    };
    desk.write(|ledger| ledger.push(WINDOW, epoch, 7, &[next], now()));
    let records = desk.read(|ledger| ledger.records(VARIABLES));
    let newest = records.iter().max_by_key(|record| record.rev).unwrap();
    assert_eq!(newest.key, "clean");
    assert!(highest > 0);
}

#[test]
fn it_may_come_in_parts_and_be_interrupted() {
    let (mut desk, log) = full_desk();
    let before = views(&mut desk).len();
    let window = window(&mut desk, log);
    desk.mirror = Mirror::open(&desk.dir.path().join("new.db"), &fresh(2)).unwrap();
    let first = desk.write(|ledger| ledger.handshake(&window.hello));
    let mut half = Rebuild {
        records: window.rows[..2].to_vec(),
        last: false,
        ..part(&window, first.epoch)
    };
    (half.entries, half.actions) = (Vec::new(), Vec::new());
    desk.write(|ledger| ledger.rebuild(&half, now()));
    let second = desk.write(|ledger| ledger.handshake(&window.hello));
    assert_eq!(second.verdict, Resume::Rebuild);
    let stale = desk.mirror.write(|ledger| ledger.rebuild(&half, now()));
    assert!(matches!(stale, Err(StoreError::UnknownEpoch)));
    half.epoch = second.epoch;
    desk.write(|ledger| ledger.rebuild(&half, now()));
    let rest = Rebuild {
        records: window.rows[2..].to_vec(),
        ..part(&window, second.epoch)
    };
    desk.write(|ledger| ledger.rebuild(&rest, now()));
    assert_eq!(views(&mut desk).len(), before);
    assert!(
        desk.read(|ledger| ledger.history(VARIABLES, "edited", 10))
            .is_empty(),
        "included by the first part"
    );
}

#[test]
fn an_older_copy_of_the_mirror_is_overwritten_by_the_client() {
    let mut desk = Desk::new();
    desk.confirmed("a", &variable("1"));
    desk.write(|ledger| ledger.set_meta("x", &1));
    let copy = copy_of(&desk);
    let log = vec![desk.edit("a", &[("value", text("1"), json!("2"))])];
    let window = window(&mut desk, log);
    desk.mirror = Mirror::open(&copy, &fresh(3)).unwrap();
    assert_eq!(desk.local("a", "value"), text("1"));
    let answer = desk.write(|ledger| ledger.handshake(&window.hello));
    assert_eq!(answer.verdict, Resume::Rebuild);
    desk.write(|ledger| ledger.rebuild(&part(&window, answer.epoch), now()));
    assert_eq!(desk.local("a", "value"), text("2"));
}

fn ctl_sets(desk: &mut Desk, number: u128, second: i64, key: &str, to: &str) {
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
    desk.write(|ledger| ledger.enter(CTL, work, at(second)));
}

/// The window is opened again only after `leewardctl` worked on the older copy: that work is not the window's to
/// overwrite. What was in the copy before the window last looked is not done again.
#[test]
fn what_leewardctl_entered_into_the_older_copy_stays() {
    let mut desk = Desk::new();
    ctl_sets(&mut desk, 1, 10, "before", "1");
    let copy = copy_of(&desk);
    desk.push(entry(EntryKind::TakeBack, "before"));
    desk.edit("a", &[("value", None, json!("window"))]);
    for key in ["b", "c", "d"] {
        desk.edit(key, &[("value", None, json!("window"))]);
    }
    let mut window = window(&mut desk, Vec::new());
    (window.hello.pulled_at, window.hello.entered) = (Some(at(20)), None);
    desk.mirror = Mirror::open(&copy, &fresh(3)).unwrap();
    ctl_sets(&mut desk, 2, 30, "after", "2");
    ctl_sets(&mut desk, 3, 31, "a", "ctl");
    let answer = desk.write(|ledger| ledger.handshake(&window.hello));
    assert_eq!(answer.verdict, Resume::Rebuild);
    desk.write(|ledger| ledger.rebuild(&part(&window, answer.epoch), now()));
    assert_eq!(desk.local("after", "value"), text("2"));
    assert_eq!(desk.record("before"), None, "it was taken back since");
    let both = desk.record("a").unwrap().conflict.unwrap();
    let field = both.fields.iter().find(|field| field.name == "value").unwrap();
    assert_eq!((&field.mine, &field.airflow), (&text("ctl"), &text("window")));
}

/// The rebuild was broken off, and then the window's store was put back from an older copy, too: what the newer one had
/// brought by then is the only copy of it.
#[test]
fn what_a_broken_off_rebuild_brought_is_not_replaced_by_an_older_window() {
    let mut desk = Desk::new();
    desk.confirmed("a", &variable("1"));
    desk.edit("b", &[("value", None, json!("x"))]);
    let copy = copy_of(&desk);
    desk.confirmed("c", &variable("1"));
    let older = window(&mut desk, Vec::new());
    desk.edit("a", &[("value", text("1"), json!("2"))]);
    let newer = window(&mut desk, Vec::new());
    desk.mirror = Mirror::open(&copy, &fresh(3)).unwrap();
    let answer = desk.write(|ledger| ledger.handshake(&newer.hello));
    assert_eq!(answer.verdict, Resume::Rebuild);
    let first = Rebuild {
        last: false,
        ..part(&newer, answer.epoch)
    };
    desk.write(|ledger| ledger.rebuild(&first, now()));
    assert_eq!(desk.local("a", "value"), text("2"));
    let answer = desk.write(|ledger| ledger.handshake(&older.hello));
    assert_eq!(answer.verdict, Resume::Rebuild);
    desk.write(|ledger| ledger.rebuild(&part(&older, answer.epoch), now()));
    assert_eq!(desk.local("a", "value"), text("2"));
}

/// By its ids: the computer's clock was set back before `leewardctl` worked on the older copy, and forth before that.
#[test]
fn what_leewardctl_entered_into_the_older_copy_is_known_by_its_ids_wherever_the_clock_was_set() {
    let mut desk = Desk::new();
    desk.confirmed("shown", &variable("1"));
    ctl_sets(&mut desk, 1, 90, "before", "1");
    ctl_sets(&mut desk, 2, 90, "too", "1");
    let copy = copy_of(&desk);
    for key in ["before", "too"] {
        desk.push(entry(EntryKind::TakeBack, key));
    }
    ctl_sets(&mut desk, 3, 20, "lost", "1");
    let mut window = window(&mut desk, Vec::new());
    window.hello.pulled_at = Some(at(20));
    desk.mirror = Mirror::open(&copy, &fresh(3)).unwrap();
    ctl_sets(&mut desk, 4, 10, "after", "2");
    let answer = desk.write(|ledger| ledger.handshake(&window.hello));
    assert_eq!(answer.verdict, Resume::Rebuild);
    desk.write(|ledger| ledger.rebuild(&part(&window, answer.epoch), now()));
    assert_eq!(desk.local("after", "value"), text("2"));
    assert_eq!(desk.local("lost", "value"), text("1"), "the window had it");
    assert_eq!((desk.record("before"), desk.record("too")), (None, None));
}

/// Long ago by the clock, and the bodies of the log are forgotten: what stands before what the window was told of is
/// known, and what it was never told of is not.
#[test]
fn an_older_copy_whose_log_is_pruned_is_rebuilt_too() {
    let mut desk = Desk::new();
    ctl_sets(&mut desk, 1, 1, "a", "1");
    desk.push(entry(EntryKind::TakeBack, "a"));
    desk.write(|ledger| ledger.prune_log(at(40 * 24 * 3600)));
    let copy = copy_of(&desk);
    for key in ["b", "c", "d"] {
        desk.edit(key, &[("value", None, json!("window"))]);
    }
    let window = window(&mut desk, Vec::new());
    desk.mirror = Mirror::open(&copy, &fresh(3)).unwrap();
    let answer = desk.write(|ledger| ledger.handshake(&window.hello));
    assert_eq!(answer.verdict, Resume::Rebuild);
    desk.write(|ledger| ledger.rebuild(&part(&window, answer.epoch), now()));
    assert_eq!(
        (desk.record("a"), desk.local("b", "value")),
        (None, text("window"))
    );
}

#[test]
fn the_newest_hundred_entries_of_others_are_told_with_the_last_page() {
    let mut desk = Desk::new();
    let told =
        |desk: &mut Desk, cursor, limit| desk.read(|ledger| ledger.pull(WINDOW, cursor, limit)).entered;
    assert_eq!(told(&mut desk, 0, 10), None, "nothing is new");
    for number in 1..=102 {
        ctl_sets(&mut desk, number, 1, "a", &number.to_string());
    }
    desk.edit("b", &[("value", None, json!("window"))]);
    assert_eq!(told(&mut desk, 0, 1), None, "there is more");
    let entered = told(&mut desk, 0, 10).unwrap();
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
    let mut desk = Desk::new();
    let told = |desk: &mut Desk| desk.read(|ledger| ledger.pull(WINDOW, 0, 10)).entered_until;
    assert_eq!(told(&mut desk), None);
    for (number, second) in [(1, 10), (2, 30), (3, 5)] {
        let mut work = Work::new(id(number), EntryKind::Edit);
        work.collection = VARIABLES.into();
        work.key = "a".into();
        work.fields = edit("a", &[("value", None, json!("1"))]).fields;
        desk.write(|ledger| ledger.enter(CTL, work, at(second)));
    }
    assert_eq!(told(&mut desk), Some(at(30)));
}

/// The older copy has a creation pending that was taken back since: it must not be sent after all.
#[test]
fn work_that_came_to_its_end_since_the_copy_does_not_return() {
    let mut desk = Desk::new();
    desk.confirmed("kept", &variable("1"));
    desk.edit("a", &[("value", None, json!("1"))]);
    desk.edit("kept", &[("value", text("1"), json!("2"))]);
    let copy = copy_of(&desk);
    desk.push(entry(EntryKind::TakeBack, "a"));
    desk.push(entry(EntryKind::TakeBack, "kept"));
    let window = window(&mut desk, Vec::new());
    desk.mirror = Mirror::open(&copy, &fresh(3)).unwrap();
    assert!(desk.record("a").is_some());
    let answer = desk.write(|ledger| ledger.handshake(&window.hello));
    assert_eq!(answer.verdict, Resume::Rebuild);
    desk.write(|ledger| ledger.rebuild(&part(&window, answer.epoch), now()));
    assert_eq!(desk.record("a"), None);
    let kept = desk.record("kept").unwrap();
    assert_eq!((kept.overlay, kept.remote), (None, Remote::Unknown));
}

#[test]
fn nothing_to_bring_back_is_a_rebuild_too() {
    let mut desk = Desk::new();
    let window = window(&mut desk, Vec::new());
    lose(&mut desk, &window);
    assert!(views(&mut desk).is_empty());
}

#[test]
fn work_is_kept_even_where_the_mirrors_own_form_is_damaged() {
    let (mut desk, log) = full_desk();
    let mut window = window(&mut desk, log);
    for row in &mut window.rows {
        row.record.ledger = Value::String("damaged".into());
    }
    lose(&mut desk, &window);
    assert_eq!(desk.record("clean"), None, "Airflow brings it again");
    let edited = desk.record("edited").unwrap();
    assert_eq!(
        (edited.base.clone(), edited.local("value")),
        (None, text("2").as_ref())
    );
}

/// The lost mirror may have sent it: whether it ran, only Airflow can say.
#[test]
fn a_run_that_was_taken_back_is_looked_for_all_the_same() {
    for pulled in [true, false] {
        let mut desk = Desk::new();
        let queued = desk.push(trigger());
        let mut window = window(&mut desk, vec![queued]);
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
        lose(&mut desk, &window);
        let state = desk.read(|ledger| ledger.action(id(77))).unwrap().state;
        assert_eq!(state, ActionState::Cancelled, "pulled: {pulled}");
        let to_look_for = desk.read(|ledger| ledger.actions_to_look_for());
        assert_eq!(to_look_for, [id(77)].into(), "pulled: {pulled}");
    }
}

#[test]
fn a_rebuild_that_was_not_asked_for_is_refused() {
    let (mut desk, log) = full_desk();
    let window = window(&mut desk, log);
    let epoch = desk.epoch;
    let result = desk
        .mirror
        .write(|ledger| ledger.rebuild(&part(&window, epoch), now()));
    assert!(matches!(result, Err(StoreError::UnknownEpoch)));
}
