//! *violation-never-sent*, by dice: an analyst and another writer break rules and mend them, while syncs run and requests are
//! lost. Whatever is sent is compared with what comparing all records gives; and two bugs on purpose are seen.

use crate::desk::{Desk, Fault, When, is_write, set_raw};
use crate::violations::{about, set, synced};
use harness::fake_airflow::FakeAirflow;
use jiff::SignedDuration;
use leeward_model::{Change, EntryKind};
use leeward_store::{Ledger, StoreError, StoredRecord, Work};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

const HISTORIES: u64 = 30;
const STEPS: usize = 16;

/// A violation is forgotten as soon as it is taken down.
const FORGETS: &str = "CREATE TRIGGER bug AFTER INSERT ON violations BEGIN \
    DELETE FROM violations WHERE collection = NEW.collection AND key = NEW.key; END";
/// What was taken over with nothing pending is not among the values that an edit is compared with.
const ONLY_OWN_WORK: &str = "CREATE TRIGGER bug AFTER INSERT ON constraint_values \
    WHEN EXISTS (SELECT 1 FROM records r WHERE r.collection = NEW.collection AND r.key = NEW.key AND r.overlay IS NULL) \
    BEGIN DELETE FROM constraint_values WHERE collection = NEW.collection AND name = NEW.name AND value = NEW.value \
    AND key = NEW.key; END";

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn pick(&mut self, all: &[&'static str]) -> &'static str {
        let at = usize::try_from(self.below(all.len() as u64)).unwrap();
        all[at]
    }
}

const KEYS: [&str; 3] = ["a", "b", "c"];
const NAMES: [&str; 3] = ["x", "y", "z"];
const REFERRED: [&str; 4] = ["a", "b", "c", "none"];

/// A collection: its name, the prefix of its Variables, the field of its key, the field that a rule is about.
struct Kind(&'static str, &'static str, &'static str, &'static str);

fn any_kind(dice: &mut Dice) -> (Kind, &'static str) {
    match dice.below(2) {
        0 => (Kind("currencies", "cur.", "code", "name"), dice.pick(&NAMES)),
        _ => (Kind("fx", "fx.", "id", "currency"), dice.pick(&REFERRED)),
    }
}

fn analyst_works(desk: &Desk, dice: &mut Dice) {
    let (Kind(collection, _, key_field, field), value) = any_kind(dice);
    let key = dice.pick(&KEYS);
    let record = desk.ledger(|ledger| ledger.record(collection, key));
    let is_there = record.as_ref().is_some_and(StoredRecord::exists);
    let has_work = record.as_ref().is_some_and(StoredRecord::has_work);
    match dice.below(6) {
        0 if is_there => about(desk, EntryKind::Delete, collection, key),
        1 if has_work => about(desk, EntryKind::TakeBack, collection, key),
        _ if is_there => set(desk, collection, key, field, value),
        _ if has_work => {}
        _ => {
            let given = |to: &str| Change {
                from: None,
                to: Some(json!(to)),
            };
            let work = Work {
                collection: collection.into(),
                key: key.into(),
                fields: [
                    (key_field.to_owned(), given(key)),
                    (field.to_owned(), given(value)),
                ]
                .into(),
                ..desk.work(EntryKind::Edit)
            };
            desk.enter("window", work);
        }
    }
}

fn somebody_writes(airflow: &mut FakeAirflow, dice: &mut Dice) {
    let (Kind(_, prefix, key_field, field), value) = any_kind(dice);
    let key = dice.pick(&KEYS);
    let address = format!("{prefix}{key}");
    if dice.below(5) == 0 {
        airflow.variables.remove(&address);
    } else {
        set_raw(
            airflow,
            &address,
            &json!({key_field: key, field: value}).to_string(),
        );
    }
}

/// The records that take part in a violation, each compared with each; by the keys of their Variables.
fn by_hand(ledger: &Ledger<'_>) -> Result<BTreeSet<String>, StoreError> {
    let (money, rates) = (ledger.records("currencies")?, ledger.records("fx")?);
    let is_whole = ledger.is_whole("currencies")?;
    let local = |record: &StoredRecord, name: &str| -> Option<Value> {
        record.exists().then(|| record.local(name).cloned()).flatten()
    };
    let mut broken = BTreeSet::new();
    for one in &money {
        let name = local(one, "name");
        let same = money.iter().filter(|other| local(other, "name") == name);
        if name.is_some() && same.count() > 1 {
            broken.insert(format!("cur.{}", one.key));
        }
    }
    for rate in &rates {
        let Some(value) = local(rate, "currency") else {
            continue;
        };
        let target = money.iter().find(|one| value == json!(one.key));
        match target {
            Some(target) if target.exists() => continue,
            Some(target) if target.is_deleted() => drop(broken.insert(format!("cur.{}", target.key))),
            _ if !is_whole => continue,
            _ => {}
        }
        broken.insert(format!("fx.{}", rate.key));
    }
    Ok(broken)
}

/// The records that say of themselves that they take part.
fn marked(ledger: &Ledger<'_>) -> Result<BTreeSet<String>, StoreError> {
    let mut all = BTreeSet::new();
    for (collection, prefix) in [("currencies", "cur."), ("fx", "fx.")] {
        let records = ledger.records(collection)?.into_iter();
        let broken = records.filter(|record| record.violation.is_some());
        all.extend(broken.map(|record| format!("{prefix}{}", record.key)));
    }
    Ok(all)
}

/// Looks at each write as it is sent; and, while something is read, works and writes, or loses requests.
fn watch(desk: &Arc<Desk>, dice: &Arc<Mutex<Dice>>, sent: &Arc<Mutex<Vec<String>>>) {
    let (weak, dice, sent) = (Arc::downgrade(desk), dice.clone(), sent.clone());
    desk.tamper(move |method, path, when, airflow| {
        let desk = weak.upgrade()?;
        let dice = &mut *dice.lock().unwrap();
        if is_write(method, path) {
            if when == When::Before {
                sent.lock().unwrap().extend(violating(&desk, path));
            }
            return lost(dice, when);
        }
        if when == When::Before && method == "GET" {
            match dice.below(12) {
                0 => analyst_works(&desk, dice),
                1 => somebody_writes(airflow, dice),
                _ => {}
            }
        }
        None
    });
}

/// The records in the request that is being sent which take part in a violation.
fn violating(desk: &Desk, path: &str) -> Vec<String> {
    let body = desk.wire.take_written().pop().unwrap_or_default();
    let body = String::from_utf8_lossy(&body).into_owned();
    let is_in =
        |address: &String| path.ends_with(&format!("/{address}")) || body.contains(&format!("\"{address}\""));
    desk.ledger(by_hand).into_iter().filter(is_in).collect()
}

fn lost(dice: &mut Dice, when: When) -> Option<Fault> {
    match (dice.below(24), when) {
        (0, When::Before) => Some(Fault::RequestLost),
        (1, When::Before) => Some(Fault::Trouble),
        (0 | 1, When::After) => Some(Fault::AnswerLost),
        _ => None,
    }
}

/// One history; what was sent and broke a rule.
async fn play(seed: u64, bug: Option<&str>) -> Vec<String> {
    let dice = Arc::new(Mutex::new(Dice(seed)));
    let sent = Arc::default();
    let mut desk = Arc::new(synced().await);
    if let Some(trigger) = bug {
        let file = rusqlite::Connection::open(desk.folder.path().join("mirror.sqlite")).unwrap();
        file.execute_batch(trigger).unwrap();
    }
    for _ in 0..STEPS {
        let what = dice.lock().unwrap().below(8);
        match what {
            0..=2 => analyst_works(&desk, &mut dice.lock().unwrap()),
            3 => desk.airflow(|airflow| somebody_writes(airflow, &mut dice.lock().unwrap())),
            4 => {
                desk.leave_alone();
                desk = Arc::new(Arc::into_inner(desk).unwrap().restarted());
            }
            _ => {
                watch(&desk, &dice, &sent);
                desk.clock.pass(SignedDuration::from_secs(40));
                // A lost request may end a cycle; the next one goes on.
                drop(desk.engine.cycle().await);
            }
        }
    }
    desk.leave_alone();
    if bug.is_none() {
        comes_to_rest(&desk, seed).await;
    }
    Arc::into_inner(sent).map_or_else(Vec::new, |sent: Mutex<Vec<String>>| sent.into_inner().unwrap())
}

/// What breaks no rule arrives, and what is kept of violations is what there is.
async fn comes_to_rest(desk: &Desk, seed: u64) {
    for _ in 0..4 {
        desk.clock.pass(SignedDuration::from_secs(150));
        desk.sync().await;
    }
    let (expected, marked) = desk.ledger(|ledger| Ok((by_hand(ledger)?, marked(ledger)?)));
    assert_eq!(marked, expected, "seed {seed}");
    let counts = desk.ledger(|ledger| ledger.counts());
    assert_eq!(
        (counts.pending, counts.in_doubt),
        (0, 0),
        "seed {seed}: {counts:?}"
    );
}

#[tokio::test]
async fn nothing_that_breaks_a_rule_is_sent() {
    for seed in 1..=HISTORIES {
        assert_eq!(play(seed, None).await, Vec::<String>::new(), "seed {seed}");
    }
}

#[tokio::test]
async fn two_bugs_on_purpose_are_seen() {
    for bug in [FORGETS, ONLY_OWN_WORK] {
        let mut is_seen = false;
        for seed in 1..=HISTORIES {
            is_seen |= !is_seen && !play(seed, Some(bug)).await.is_empty();
        }
        assert!(is_seen, "not seen: {bug}");
    }
}
