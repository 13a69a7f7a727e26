//! Violations: what two changes, each fine by itself, break together.

use crate::support::{Fixture, bases, delete, edit, entry, now, remote, text, variable};
use leeward_model::{BrokenRule, Entry, EntryKind, MirrorPart, RecordState, Remote, Slot, VARIABLES, Value};
use leeward_store::StoredRecord;
use serde_json::json;

/// `currencies`: no two have the same name.
fn currencies(version: u32, unique: &Value) -> String {
    json!({
        "type": "object",
        "properties": {"code": {"type": "string"}, "name": {"type": "string"}},
        "required": ["code"],
        "x-leeward": {"collection": "currencies", "version": version, "key": ["code"], "unique": unique},
    })
    .to_string()
}

/// `fx`: each record refers to a currency, and to another record of its own.
fn fx() -> String {
    json!({
        "type": "object",
        "properties": {"id": {"type": "string"}, "currency": {"type": "string"}, "after": {"type": "string"}},
        "required": ["id"],
        "x-leeward": {"collection": "fx", "version": 1, "key": ["id"],
                      "references": {"currency": "currencies", "after": "fx"}},
    })
    .to_string()
}

type Broken = Vec<(String, BrokenRule, Vec<String>)>;

fn unique(keys: &[&str]) -> (String, BrokenRule, Vec<String>) {
    ("currencies".into(), BrokenRule::Unique, owned(keys))
}

fn reference(keys: &[&str]) -> (String, BrokenRule, Vec<String>) {
    ("fx".into(), BrokenRule::Reference, owned(keys))
}

fn owned(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

impl Fixture {
    /// Both collections, read to the end, with two currencies and a rate of one of them.
    pub(crate) fn with_rules() -> Self {
        let mut fixture = Self::new();
        fixture.confirmed("cur.$model", &variable(&currencies(1, &json!([["name"]]))));
        fixture.confirmed("fx.$model", &variable(&fx()));
        fixture.write(|ledger| ledger.follow_models(now()));
        fixture.whole("currencies", true);
        fixture.whole("fx", true);
        fixture.has(
            "currencies",
            "EUR",
            &[("code", json!("EUR")), ("name", json!("Euro"))],
        );
        fixture.has(
            "currencies",
            "USD",
            &[("code", json!("USD")), ("name", json!("Dollar"))],
        );
        fixture.has("fx", "1", &[("id", json!("1")), ("currency", json!("EUR"))]);
        fixture
    }

    pub(crate) fn whole(&mut self, collection: &str, is_whole: bool) {
        self.write(|ledger| ledger.note_whole(collection, is_whole));
    }

    /// What Airflow has, taken over.
    fn has(&mut self, collection: &str, key: &str, fields: &[(&str, Value)]) {
        let mut record = StoredRecord::new(collection, key);
        record.base = Some(bases(fields));
        record.remote = remote(fields);
        self.write(|ledger| ledger.save(&record, now()));
    }

    /// Gone in Airflow, taken over.
    fn lost(&mut self, collection: &str, key: &str) {
        let mut record = StoredRecord::new(collection, key);
        record.remote = Remote::Absent;
        self.write(|ledger| ledger.save(&record, now()));
    }

    fn types(&mut self, collection: &str, key: &str, fields: &[(&str, Slot, Value)]) {
        self.push(Entry {
            collection: collection.into(),
            ..edit(key, fields)
        });
    }

    fn renames(&mut self, key: &str, from: &str, to: &str) {
        self.types("currencies", key, &[("name", text(from), json!(to))]);
    }

    fn deletes(&mut self, collection: &str, key: &str, seen: &[(&str, Value)]) {
        self.push(Entry {
            collection: collection.into(),
            ..delete(key, seen)
        });
    }

    fn takes_back(&mut self, collection: &str, key: &str) {
        self.push(Entry {
            collection: collection.into(),
            ..entry(EntryKind::TakeBack, key)
        });
    }

    fn broken(&mut self) -> Broken {
        let all = self.read(|ledger| ledger.violations());
        all.into_iter()
            .map(|one| (one.collection, one.rule, one.keys))
            .collect()
    }

    fn state_of(&mut self, collection: &str, key: &str) -> RecordState {
        let record = self.read(|ledger| ledger.record(collection, key));
        record.unwrap().state()
    }
}

const EUR: [(&str, &str); 2] = [("code", "EUR"), ("name", "Euro")];

fn seen(fields: &[(&'static str, &str)]) -> Vec<(&'static str, Value)> {
    fields.iter().map(|(name, value)| (*name, json!(value))).collect()
}

#[test]
fn a_duplicate_is_one_violation_of_both_and_an_edit_of_either_settles_it() {
    for settled_by in ["EUR", "USD"] {
        let mut fixture = Fixture::with_rules();
        assert_eq!(fixture.broken(), []);
        fixture.renames("USD", "Dollar", "Euro");
        assert_eq!(fixture.broken(), [unique(&["EUR", "USD"])]);
        for key in ["EUR", "USD"] {
            assert_eq!(fixture.state_of("currencies", key), RecordState::Violation);
        }
        let counts = fixture.read(|ledger| ledger.counts());
        assert_eq!((counts.violations, counts.pending, counts.unsent), (1, 0, 1));
        fixture.renames(settled_by, "Euro", "Other");
        assert_eq!(fixture.broken(), []);
        let counts = fixture.read(|ledger| ledger.counts());
        assert_eq!(counts.violations, 0, "by {settled_by}");
        assert_eq!(fixture.state_of("currencies", "USD"), RecordState::Pending);
    }
}

#[test]
fn what_is_broken_is_told_in_plain_words() {
    let mut fixture = Fixture::with_rules();
    fixture.renames("USD", "Dollar", "Euro");
    fixture.types("fx", "1", &[("currency", text("EUR"), json!("XXX"))]);
    let all = fixture.read(|ledger| ledger.violations());
    let said: Vec<_> = all
        .iter()
        .map(|one| (one.fields.concat(), one.why.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            ("name".to_owned(), "These records have the same name. No two may."),
            (
                "currency".to_owned(),
                "currency refers to XXX, and currencies has no such record."
            ),
        ]
    );
    let view = fixture.read(|ledger| ledger.record("fx", "1")).unwrap().view();
    assert_eq!(view.note.as_deref(), Some(all[1].why.as_str()));
    assert_eq!(
        (&all[0].values, all[0].refers_to.as_deref()),
        (&vec![json!("Euro")], None)
    );
    assert_eq!(
        (&all[1].values, all[1].refers_to.as_deref()),
        (&vec![json!("XXX")], Some("currencies"))
    );
}

/// So that a window reads them again when they are others, and only then.
#[test]
fn a_rule_that_is_broken_or_mended_is_a_change_of_that_part() {
    let mut fixture = Fixture::with_rules();
    let mut before = fixture.read(|ledger| ledger.part_changes());
    let mut changed = |fixture: &mut Fixture| {
        let now = fixture.read(|ledger| ledger.part_changes());
        let parts = now.since(&before);
        before = now;
        parts
    };
    fixture.renames("USD", "Dollar", "Money");
    assert_eq!(changed(&mut fixture), []);
    fixture.renames("USD", "Money", "Euro");
    assert_eq!(changed(&mut fixture), [MirrorPart::Violations]);
    fixture.renames("EUR", "Euro", "Old");
    assert_eq!(changed(&mut fixture), [MirrorPart::Violations]);
}

#[test]
fn of_three_the_last_one_left_breaks_nothing() {
    let mut fixture = Fixture::with_rules();
    fixture.renames("USD", "Dollar", "Euro");
    fixture.has("currencies", "XEU", &seen(&[("code", "XEU"), ("name", "Euro")]));
    assert_eq!(fixture.broken(), [unique(&["EUR", "USD", "XEU"])]);
    fixture.takes_back("currencies", "USD");
    assert_eq!(fixture.broken(), [unique(&["EUR", "XEU"])]);
    fixture.deletes("currencies", "XEU", &seen(&[("code", "XEU"), ("name", "Euro")]));
    assert_eq!(fixture.broken(), []);
}

#[test]
fn two_clean_edits_that_meet_break_a_rule_without_work() {
    let mut fixture = Fixture::with_rules();
    fixture.has("currencies", "USD", &seen(&[("code", "USD"), ("name", "Euro")]));
    assert_eq!(fixture.broken(), [unique(&["EUR", "USD"])]);
    let view = fixture
        .read(|ledger| ledger.record("currencies", "USD"))
        .unwrap()
        .view();
    assert_eq!((view.state, view.is_worked_on()), (RecordState::Violation, false));
}

#[test]
fn what_is_missing_is_no_duplicate_and_no_reference() {
    let mut fixture = Fixture::with_rules();
    fixture.has("currencies", "A", &[("code", json!("A"))]);
    fixture.has("currencies", "B", &[("code", json!("B"))]);
    fixture.has("fx", "2", &[("id", json!("2"))]);
    assert_eq!(fixture.broken(), []);
}

#[test]
fn a_reference_to_nothing_is_settled_by_making_the_record() {
    let mut fixture = Fixture::with_rules();
    fixture.types("fx", "1", &[("currency", text("EUR"), json!("XXX"))]);
    assert_eq!(fixture.broken(), [reference(&["1"])]);
    fixture.types("currencies", "XXX", &[("code", None, json!("XXX"))]);
    assert_eq!(fixture.broken(), []);
    assert_eq!(fixture.state_of("fx", "1"), RecordState::Pending);
}

#[test]
fn a_delete_that_waits_takes_part_until_nothing_refers_to_the_record() {
    let mut fixture = Fixture::with_rules();
    fixture.deletes("currencies", "EUR", &seen(&EUR));
    assert_eq!(fixture.broken(), [reference(&["1"])]);
    assert_eq!(fixture.state_of("currencies", "EUR"), RecordState::Violation);
    let mut taken_back = fixture;
    let mut fixture = Fixture::with_rules();
    taken_back.takes_back("currencies", "EUR");
    assert_eq!(taken_back.broken(), []);
    assert_eq!(taken_back.state_of("currencies", "EUR"), RecordState::Clean);
    fixture.deletes("currencies", "EUR", &seen(&EUR));
    fixture.types("fx", "1", &[("currency", text("EUR"), json!("USD"))]);
    assert_eq!(fixture.broken(), []);
    assert_eq!(fixture.state_of("currencies", "EUR"), RecordState::Pending);
}

#[test]
fn what_is_deleted_in_airflow_leaves_the_records_that_refer_to_it() {
    let mut fixture = Fixture::with_rules();
    fixture.lost("currencies", "EUR");
    assert_eq!(fixture.broken(), [reference(&["1"])]);
    fixture.has("currencies", "EUR", &seen(&EUR));
    assert_eq!(fixture.broken(), []);
}

#[test]
fn nothing_is_concluded_from_what_was_not_read() {
    let mut fixture = Fixture::with_rules();
    fixture.whole("currencies", false);
    fixture.types("fx", "1", &[("currency", text("EUR"), json!("XXX"))]);
    assert_eq!(fixture.broken(), []);
    fixture.whole("currencies", true);
    assert_eq!(fixture.broken(), [reference(&["1"])]);
    fixture.whole("currencies", false);
    assert_eq!(fixture.broken(), []);
}

#[test]
fn a_new_model_judges_the_records_that_are_there() {
    let mut fixture = Fixture::with_rules();
    fixture.renames("USD", "Dollar", "Euro");
    fixture.confirmed("cur.$model", &variable(&currencies(2, &json!([]))));
    fixture.write(|ledger| ledger.follow_models(now()));
    assert_eq!(fixture.broken(), [], "it has no such rule");
    assert_eq!(fixture.state_of("currencies", "USD"), RecordState::Pending);
    fixture.confirmed("cur.$model", &variable(&currencies(3, &json!([["name"]]))));
    fixture.write(|ledger| ledger.follow_models(now()));
    assert_eq!(fixture.broken(), [unique(&["EUR", "USD"])]);
}

#[test]
fn a_collection_that_ends_breaks_nothing_any_more() {
    let mut fixture = Fixture::with_rules();
    fixture.has("currencies", "USD", &seen(&[("code", "USD"), ("name", "Euro")]));
    fixture.lost(VARIABLES, "cur.$model");
    fixture.write(|ledger| ledger.follow_models(now()));
    assert_eq!(fixture.broken(), [], "and what refers to it is not judged");
    assert_eq!(fixture.state_of("fx", "1"), RecordState::Clean);
}

/// A mirror from before there were constraints has collections without them.
#[test]
fn an_older_mirror_gets_its_constraints_at_the_next_cycle() {
    let mut fixture = Fixture::with_rules();
    fixture.has("currencies", "USD", &seen(&[("code", "USD"), ("name", "Euro")]));
    let file = rusqlite::Connection::open(fixture.path()).unwrap();
    for table in ["constraints", "constraint_values", "violations"] {
        file.execute(&format!("DELETE FROM {table}"), []).unwrap();
    }
    assert_eq!(fixture.broken(), []);
    fixture.write(|ledger| ledger.follow_models(now()));
    assert_eq!(fixture.broken(), [unique(&["EUR", "USD"])]);
}

#[test]
fn the_feed_tells_of_the_record_that_was_not_touched() {
    let mut fixture = Fixture::with_rules();
    let cursor = fixture.read(|ledger| ledger.last_feed());
    fixture.renames("USD", "Dollar", "Euro");
    let told = fixture.read(|ledger| ledger.pull("window", cursor, 100));
    let told: Vec<_> = told
        .items
        .iter()
        .filter_map(|item| Some((item.key.as_str(), item.record.as_ref()?.state)))
        .collect();
    assert!(told.contains(&("EUR", RecordState::Violation)), "{told:?}");
    assert!(told.contains(&("USD", RecordState::Violation)), "{told:?}");
}
