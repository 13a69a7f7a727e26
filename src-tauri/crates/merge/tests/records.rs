//! Three plain records: every cell of {absent, equal, different}³, and the laws. The wording is `leewardctl merge`'s,
//! whose own table is in `cli/tests/merge.rs`.

use leeward_merge::{Merge, Side, merge_records};
use leeward_model::{Collection, Field, FieldKind, Fields, Value};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn any_fields() -> Collection {
    Collection::new("", Vec::new())
}

fn merge(base: Option<&Fields>, local: Option<&Fields>, remote: Option<&Fields>) -> Merge {
    merge_records(&any_fields(), base, local, remote)
}

/// A record of one field, or none at all.
fn record(side: &str) -> Option<Fields> {
    (side != "-").then(|| Fields::from([("f".to_owned(), Value::from(side))]))
}

/// A field of a record that also has another.
fn field(side: &str) -> Fields {
    let mut fields = Fields::from([("other".to_owned(), Value::Null)]);
    fields.extend(record(side).unwrap_or_default());
    fields
}

/// The value that is merged, `-` for none, `?` for a conflict.
fn said(merge: &Merge) -> String {
    match (&merge.conflict, &merge.record) {
        (Some(_), _) => "?".into(),
        (None, None) => "-".into(),
        (None, Some(record)) => record
            .get("f")
            .map_or("-".into(), |value| value.as_str().unwrap().into()),
    }
}

/// base, local, remote; what a record comes to; what a field of a record comes to.
const CELLS: [(&str, &str, &str, &str, &str); 15] = [
    ("-", "-", "-", "-", "-"),
    ("-", "-", "a", "a", "a"),
    ("-", "a", "-", "a", "a"),
    ("-", "a", "a", "a", "a"),
    ("-", "a", "b", "?", "?"),
    ("a", "-", "-", "-", "-"),
    ("a", "-", "a", "-", "-"),
    ("a", "-", "b", "?", "?"),
    ("a", "a", "-", "-", "-"),
    ("a", "a", "a", "a", "a"),
    ("a", "a", "b", "b", "b"),
    ("a", "b", "-", "?", "?"),
    ("a", "b", "a", "b", "b"),
    ("a", "b", "b", "b", "b"),
    ("a", "b", "c", "?", "?"),
];

#[test]
fn every_cell() {
    for (base, local, remote, of_record, of_field) in CELLS {
        let cell = format!("{base} {local} {remote}");
        let [b, l, r] = [base, local, remote].map(record);
        let whole = merge(b.as_ref(), l.as_ref(), r.as_ref());
        assert_eq!(said(&whole), of_record, "record {cell}");
        assert_eq!(whole.deleted, of_record == "-" && base != "-", "record {cell}");
        let [b, l, r] = [base, local, remote].map(field);
        let inside = merge(Some(&b), Some(&l), Some(&r));
        assert_eq!(said(&inside), of_field, "field {cell}");
        assert!(!inside.deleted, "field {cell}");
    }
}

#[test]
fn what_is_taken_is_said() {
    let rows = [
        ("a", "a", "a", Side::Both),
        ("a", "b", "b", Side::Both),
        ("a", "-", "-", Side::Both),
        ("a", "b", "a", Side::Local),
        ("a", "-", "a", Side::Local),
        ("a", "a", "b", Side::Remote),
        ("a", "a", "-", Side::Remote),
    ];
    for (base, local, remote, side) in rows {
        let [b, l, r] = [base, local, remote].map(field);
        let taken = merge(Some(&b), Some(&l), Some(&r)).taken;
        assert_eq!(taken["f"], side, "{base} {local} {remote}");
        assert_eq!(taken["other"], Side::Both);
    }
}

fn fields_of(json: &str) -> Fields {
    serde_json::from_str(json).unwrap()
}

fn taken(base: &str, local: &str, remote: &str) -> Vec<(String, Side)> {
    let [b, l, r] = [base, local, remote].map(|json| (json != "null").then(|| fields_of(json)));
    merge(b.as_ref(), l.as_ref(), r.as_ref())
        .taken
        .into_iter()
        .collect()
}

#[test]
fn what_is_taken_beside_the_plain_cases() {
    let one = |name: &str, side| vec![(name.to_owned(), side)];
    let parts = (
        r#"{"o":{"x":1,"y":1}}"#,
        r#"{"o":{"x":2,"y":1}}"#,
        r#"{"o":{"x":1,"y":2}}"#,
    );
    assert_eq!(taken(parts.0, parts.1, parts.2), one("o", Side::Merged));
    // Both mean the same: the local spelling stays.
    assert_eq!(
        taken(r#"{"o":[]}"#, r#"{"o":{"x":1.10}}"#, r#"{"o":{"x":1.1}}"#),
        []
    );
    assert_eq!(
        taken(r#"{"o":{}}"#, r#"{"o":{"x":1.10}}"#, r#"{"o":{"x":1.1}}"#),
        one("o", Side::Local)
    );
    // A record that is gone on a side has no settled fields.
    assert_eq!(taken(r#"{"a":1,"b":1}"#, r#"{"a":2,"b":1}"#, "null"), []);
    assert_eq!(taken(r#"{"a":1,"b":1}"#, "null", r#"{"a":2,"b":1}"#), []);
    assert_eq!(taken(r#"{"a":1}"#, "null", r#"{"a":1}"#), []);
    // A secret is settled unless it was changed here.
    let secret = |value: &str| format!(r#"{{"password":"{value}"}}"#);
    assert_eq!(
        taken(&secret("a"), &secret("a"), &secret("a")),
        one("password", Side::Both)
    );
    assert_eq!(
        taken(&secret("a"), &secret("a"), &secret("b")),
        one("password", Side::Remote)
    );
    assert_eq!(
        taken(&secret("a"), &secret("b"), &secret("b")),
        one("password", Side::Both)
    );
    assert_eq!(taken(&secret("a"), &secret("b"), &secret("a")), []);
}

#[test]
fn a_new_record_has_its_defaults() {
    let with_default = Field {
        default: Some(Value::from(7)),
        ..Field::new("d", FieldKind::Json)
    };
    let model = Collection::new("", vec![with_default]);
    let made = merge_records(&model, None, Some(&fields_of(r#"{"a":1}"#)), None);
    assert_eq!(made.record, Some(fields_of(r#"{"a":1,"d":7}"#)));
    assert_eq!(made.taken["d"], Side::Local);
    let emptied = merge_records(
        &model,
        Some(&fields_of(r#"{"d":1}"#)),
        Some(&Fields::new()),
        Some(&fields_of(r#"{"d":1}"#)),
    );
    assert_eq!(emptied.record, Some(fields_of(r#"{"d":7}"#)));
}

/// The names of the fields in conflict.
fn asked(base: &str, local: &str, remote: &str) -> Vec<String> {
    let [b, l, r] = [base, local, remote].map(|json| (json != "null").then(|| fields_of(json)));
    let conflict = merge(b.as_ref(), l.as_ref(), r.as_ref()).conflict;
    let fields = conflict.into_iter().flat_map(|conflict| conflict.fields);
    fields.map(|field| field.name).collect()
}

#[test]
fn a_secret_that_was_changed_here_is_asked_about() {
    let secret = |value: &str| format!(r#"{{"a":1,"token":"{value}"}}"#);
    let (none, [x, y, z]) = (r#"{"a":1}"#, ["x", "y", "z"].map(secret));
    let changed: [(&str, &str, &str); 6] = [
        (&x, &y, &x),
        (&x, &y, &z),
        (&x, none, &x),
        (none, &x, none),
        ("null", &x, "null"),
        ("null", &x, &y),
    ];
    for (base, local, remote) in changed {
        assert_eq!(asked(base, local, remote), ["token"], "{base} {local} {remote}");
    }
    let unchanged: [(&str, &str, &str); 6] = [
        (&x, &x, &x),
        (&x, &x, &y),
        (&x, &y, &y),
        (&x, none, none),
        ("null", &x, &x),
        (&x, "null", &x),
    ];
    for (base, local, remote) in unchanged {
        assert!(asked(base, local, remote).is_empty(), "{base} {local} {remote}");
    }
    let note = merge(Some(&fields_of(&x)), Some(&fields_of(&y)), Some(&fields_of(&x)))
        .conflict
        .unwrap()
        .note;
    assert!(note.unwrap().contains("token was changed"));
    // Beside another clash it is asked about once, and nothing of it is shown.
    assert_eq!(
        asked(&x, r#"{"a":2,"token":"y"}"#, r#"{"a":3,"token":"x"}"#),
        ["a", "token"]
    );
    assert_eq!(asked(&x, "null", &y), ["token"]);
}

// ---- Laws --------------------------------------------------------------------------------------------------------

/// Small values, some of them alike but for the spelling, some with parts.
const VALUES: &[&str] = &[
    "null",
    "\"\"",
    "0",
    "1",
    "1.0",
    "1.10",
    "1.1",
    "\"a\"",
    "\"a\\nb\\nc\"",
    "\"A\\nb\\nc\"",
    "[]",
    "[1]",
    "{}",
    r#"{"x":1}"#,
    r#"{"y":1}"#,
    r#"{"x":1,"y":1}"#,
    r#"{"x":2,"y":1}"#,
    r#"{"x":1,"y":{"z":1}}"#,
    "9007199254740993",
];

fn value() -> impl Strategy<Value = Value> {
    prop::sample::select(VALUES).prop_map(|text| serde_json::from_str(text).unwrap())
}

fn fields() -> impl Strategy<Value = Option<Fields>> {
    let name = prop::sample::select(vec!["a", "b", "c"]).prop_map(str::to_owned);
    prop::option::weighted(0.9, prop::collection::btree_map(name, value(), 0..4))
}

fn model() -> impl Strategy<Value = Collection> {
    let kind = prop_oneof![
        Just(FieldKind::Json),
        Just(FieldKind::Text),
        Just(FieldKind::JsonText)
    ];
    kind.prop_map(|kind| Collection::new("", vec![Field::new("a", kind)]))
}

/// What a side did to each field of the base.
fn changes(base: Option<&Fields>, side: Option<&Fields>) -> BTreeMap<String, Option<Value>> {
    let names = base.into_iter().chain(side).flat_map(BTreeMap::keys);
    let of = |side: Option<&Fields>, name: &str| side.and_then(|side| side.get(name)).cloned();
    names
        .filter(|name| of(base, name) != of(side, name))
        .map(|name| (name.clone(), of(side, name)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Nothing changed, or one side alone: the merge is the other side's record, to the letter.
    #[test]
    fn one_side_alone(base in fields(), changed in fields(), model in model()) {
        let [b, c] = [base.as_ref(), changed.as_ref()];
        for (local, remote) in [(b, c), (c, b), (c, c)] {
            let merge = merge_records(&model, b, local, remote);
            let was_made_twice = base.is_none() && local.is_some() && remote.is_some();
            prop_assert!(merge.conflict.is_none() || was_made_twice && local != remote, "{:?}", merge);
            prop_assert_eq!(merge.record.as_ref(), c);
            prop_assert_eq!(merge.deleted, base.is_some() && changed.is_none());
        }
    }

    /// Whether it merges, what it merges to, and where it clashes do not depend on whose side is whose.
    #[test]
    fn records_are_symmetric(base in fields(), one in fields(), other in fields(), model in model()) {
        let [b, one, other] = [base.as_ref(), one.as_ref(), other.as_ref()];
        let (there, back) = (merge_records(&model, b, one, other), merge_records(&model, b, other, one));
        let names = |merge: &Merge| {
            let conflict = merge.conflict.as_ref();
            conflict.map(|conflict| conflict.fields.iter().map(|field| field.name.clone()).collect::<Vec<_>>())
        };
        prop_assert_eq!(there.conflict.is_some(), back.conflict.is_some());
        let is_half = one.is_none() || other.is_none();
        if !is_half {
            prop_assert_eq!(names(&there), names(&back));
            // Where both mean the same, each keeps their own spelling.
            let spelled = |merge: &Merge| merge.record.as_ref().map(|r| r.keys().cloned().collect::<Vec<_>>());
            prop_assert_eq!(spelled(&there), spelled(&back));
        }
    }

    /// Every field is as a side has it, or a merge of both; what one side alone changed arrives.
    #[test]
    fn fields_are_somebodys(base in fields(), local in fields(), remote in fields(), model in model()) {
        let [b, l, r] = [base.as_ref(), local.as_ref(), remote.as_ref()];
        let merge = merge_records(&model, b, l, r);
        let Some(record) = &merge.record else { return Ok(()) };
        let (mine, theirs) = (changes(b, l), changes(b, r));
        for (name, change) in &mine {
            if !theirs.contains_key(name) && l.is_some() && r.is_some() {
                prop_assert_eq!(record.get(name), change.as_ref(), "mine at {}", name);
            }
        }
        for (name, change) in &theirs {
            if !mine.contains_key(name) && l.is_some() && r.is_some() {
                prop_assert_eq!(record.get(name), change.as_ref(), "theirs at {}", name);
            }
        }
        for (name, value) in record {
            let is_somebodys = [l, r].iter().flatten().any(|side| side.get(name) == Some(value));
            prop_assert!(is_somebodys || merge.taken[name] == Side::Merged, "{} was invented", name);
        }
    }

    /// Merged again with the merge as either side, nothing is left to merge.
    #[test]
    fn a_merge_is_final(base in fields(), local in fields(), remote in fields(), model in model()) {
        let [b, l, r] = [base.as_ref(), local.as_ref(), remote.as_ref()];
        let first = merge_records(&model, b, l, r);
        if first.conflict.is_some() {
            return Ok(());
        }
        let merged = first.record.as_ref();
        let again = merge_records(&model, r, merged, r);
        prop_assert!(again.conflict.is_none());
        prop_assert_eq!(again.record.as_ref(), merged);
        let back = merge_records(&model, merged, merged, merged);
        prop_assert_eq!(back.record.as_ref(), merged);
    }

    /// A conflict names what a person must decide; what it does not name is settled.
    #[test]
    fn a_conflict_says_what_clashes(base in fields(), local in fields(), remote in fields(), model in model()) {
        let [b, l, r] = [base.as_ref(), local.as_ref(), remote.as_ref()];
        let merge = merge_records(&model, b, l, r);
        let Some(conflict) = &merge.conflict else { return Ok(()) };
        prop_assert!(merge.record.is_none() && !merge.deleted);
        prop_assert!(!conflict.fields.is_empty() || local.is_none() || remote.is_none());
        for field in &conflict.fields {
            prop_assert!(!merge.taken.contains_key(&field.name));
        }
    }
}

#[test]
fn what_is_secret_is_in_no_result() {
    let sides = [
        r#"{"a":1,"pw":{"password":"hunter2"},"m":"***"}"#,
        r#"{"a":2,"pw":{"password":"hunter3"},"m":"x"}"#,
    ];
    let sides = sides.map(|text| serde_json::from_str::<Fields>(text).unwrap());
    let all = [None, Some(&sides[0]), Some(&sides[1])];
    for base in all {
        for local in all {
            for remote in all {
                let shown = format!("{:?}", merge(base, local, remote));
                assert!(!shown.contains("hunter") && !shown.contains("***"), "{shown}");
            }
        }
    }
}
