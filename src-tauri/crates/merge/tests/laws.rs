//! The laws of the merge, tried on generated records.

use crate::both_sides::{BothSides, reserialise};
use leeward_merge::{FieldMerge, Op, Plan, canonically_equal, merge_field, verifies};
use leeward_model::{BaseField, Content, FieldKind, Policy, Value};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const VALUE: &str = "value";
const DESCRIPTION: &str = "description";

// ---- JSON as a tree, and as a text in somebody's formatting --------------------------------------------------------

#[derive(Debug, Clone)]
enum Json {
    /// `null`, a boolean, a number or a quoted string, as written.
    Scalar(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

const SCALARS: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1",
    "1.0",
    "1.10",
    "1.1",
    "3.1",
    "3.10",
    "1e2",
    "100",
    "100.0",
    "0.1",
    "0.10",
    "9007199254740992",
    "9007199254740993",
    "\"\"",
    "\"a\"",
    "\"é\"",
    r#""\u00e9""#,
    "\"null\"",
    "\"3.10\"",
];
/// Among them the same letter twice, written apart.
const KEYS: &[&str] = &["a", "b", "c", "é", r"\u00e9", "x/y", "~"];

fn scalar() -> impl Strategy<Value = Json> {
    prop::sample::select(SCALARS).prop_map(|text| Json::Scalar(text.to_owned()))
}

/// Any JSON, repeated keys included.
fn json() -> impl Strategy<Value = Json> {
    scalar().prop_recursive(3, 16, 4, |inner| {
        let member = (prop::sample::select(KEYS), inner.clone());
        let members = vec(member.prop_map(|(key, value)| (key.to_owned(), value)), 0..4);
        prop_oneof![
            vec(inner, 0..3).prop_map(Json::Array),
            members.prop_map(Json::Object)
        ]
    })
}

/// Objects without repeated keys, at most two deep: what merges by key.
fn object() -> impl Strategy<Value = Json> {
    let keys = prop::sample::select(&["a", "b", "c", "x/y"][..]);
    let inner = btree_map(keys.clone(), scalar(), 0..3).prop_map(object_of);
    let array = vec(scalar(), 0..3).prop_map(Json::Array);
    btree_map(keys, prop_oneof![3 => scalar(), 2 => inner, 1 => array], 0..4).prop_map(object_of)
}

fn object_of(members: BTreeMap<&'static str, Json>) -> Json {
    Json::Object(
        members
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    )
}

/// How somebody writes JSON.
#[derive(Debug, Clone, Copy)]
enum Style {
    Tight,
    Spaced,
    Lines,
}

fn style() -> impl Strategy<Value = Style> {
    prop_oneof![Just(Style::Tight), Just(Style::Spaced), Just(Style::Lines)]
}

fn text_of(json: &Json, style: Style) -> String {
    let items = |items: Vec<String>, open: char, close: char| match style {
        Style::Tight => format!("{open}{}{close}", items.join(",")),
        Style::Spaced => format!("{open}{}{close}", items.join(", ")),
        Style::Lines => format!("{open}\n  {}\n{close}", items.join(",\n  ")),
    };
    match json {
        Json::Scalar(text) => text.clone(),
        Json::Array(list) if list.is_empty() => "[]".into(),
        Json::Object(members) if members.is_empty() => "{}".into(),
        Json::Array(list) => items(list.iter().map(|item| text_of(item, style)).collect(), '[', ']'),
        Json::Object(members) => {
            let colon = if matches!(style, Style::Tight) { ":" } else { ": " };
            let member = |(key, value): &(String, Json)| format!("\"{key}\"{colon}{}", text_of(value, style));
            items(members.iter().map(member).collect(), '{', '}')
        }
    }
}

/// What a Variable may hold: JSON in any formatting, or text.
fn variable() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (object(), style()).prop_map(|(json, style)| text_of(&json, style)),
        2 => (json(), style()).prop_map(|(json, style)| text_of(&json, style)),
        1 => "[a-c{},: \"1.0]{0,8}",
    ]
}

// ---- The reference of equality -------------------------------------------------------------------------------------

/// Meaning, as Python sees it: written independently of the code under test.
#[derive(Debug, PartialEq)]
enum Meaning {
    Null,
    Bool(bool),
    Integer(String),
    Float(u64),
    Text(String),
    Array(Vec<Meaning>),
    Object(BTreeMap<String, Meaning>),
}

fn meaning(json: &Json) -> Meaning {
    match json {
        Json::Array(items) => Meaning::Array(items.iter().map(meaning).collect()),
        Json::Object(members) => {
            let member = |(key, value): &(String, Json)| (unescape(key), meaning(value));
            Meaning::Object(members.iter().map(member).collect())
        }
        Json::Scalar(text) => match text.as_str() {
            "null" => Meaning::Null,
            "true" | "false" => Meaning::Bool(text == "true"),
            "-0" => Meaning::Integer("0".into()),
            quoted if quoted.starts_with('"') => Meaning::Text(unescape(quoted.trim_matches('"'))),
            number if number.contains(['.', 'e']) => Meaning::Float(number.parse::<f64>().unwrap().to_bits()),
            number => Meaning::Integer(number.to_owned()),
        },
    }
}

fn unescape(text: &str) -> String {
    text.replace(r"\u00e9", "é")
}

// ---- Records on both sides -----------------------------------------------------------------------------------------

/// What happens to a record before it is reconciled.
#[derive(Debug, Clone)]
enum Event {
    EditValue(String),
    EditDescription(String),
    Delete,
    AirflowValue(String),
    AirflowDescription(String),
    AirflowDeletes,
    Cycle,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => variable().prop_map(Event::EditValue),
        1 => "[ab]?".prop_map(Event::EditDescription),
        1 => Just(Event::Delete),
        3 => variable().prop_map(Event::AirflowValue),
        1 => "[ab]?".prop_map(Event::AirflowDescription),
        1 => Just(Event::AirflowDeletes),
        1 => Just(Event::Cycle),
    ]
}

fn sides() -> impl Strategy<Value = BothSides> {
    let policy = prop_oneof![4 => Just(Policy::Ask), 1 => Just(Policy::Mine), 1 => Just(Policy::Theirs)];
    let start = prop::option::of(variable());
    (start, policy, vec(event(), 0..6)).prop_map(|(start, policy, events)| {
        let record = |value: String| {
            BTreeMap::from([
                (VALUE.to_owned(), value.into()),
                (DESCRIPTION.to_owned(), Value::Null),
            ])
        };
        let mut sides = BothSides::new(start.map(record)).with_policy(VALUE, policy);
        for event in events {
            happen(&mut sides, event);
        }
        sides.observe();
        sides
    })
}

fn happen(sides: &mut BothSides, event: Event) {
    let is_deleted = sides.overlay.as_ref().is_some_and(|overlay| overlay.deleted);
    let is_known = sides.base.is_some();
    match event {
        Event::EditValue(to) if !is_deleted => edit(sides, VALUE, &to),
        Event::EditDescription(to) if !is_deleted => edit(sides, DESCRIPTION, &to),
        Event::Delete if is_known => sides.delete(),
        Event::AirflowValue(value) => airflow_writes(sides, VALUE, &value),
        Event::AirflowDescription(text) => airflow_writes(sides, DESCRIPTION, &text),
        Event::AirflowDeletes => sides.airflow = None,
        Event::Cycle => sides.cycle(),
        _ => {}
    }
}

/// An edit of a record that is not there makes a new one, with every field.
fn edit(sides: &mut BothSides, name: &str, to: &str) {
    if sides.base.is_none() && sides.overlay.is_none() {
        sides.edit(VALUE, Some("new".into()));
        sides.edit(DESCRIPTION, Some(Value::Null));
    }
    sides.edit(name, Some(to.into()));
}

fn airflow_writes(sides: &mut BothSides, name: &str, value: &str) {
    if sides.airflow.is_none() {
        sides.write_in_airflow(VALUE, "theirs");
        sides.write_in_airflow(DESCRIPTION, "");
    }
    sides.write_in_airflow(name, value);
}

fn merge(base: &str, local: &str, remote: &str) -> FieldMerge {
    let base = BaseField::seen(Content::Value(base.into()));
    let remote = Content::Value(remote.into());
    merge_field(
        FieldKind::JsonText,
        Some(&base),
        Some(&local.into()),
        Some(&remote),
    )
}

/// The leaves of a JSON text by JSON Pointer; empty containers and arrays are leaves.
fn leaves(text: &str) -> BTreeMap<String, String> {
    fn walk(value: &Value, path: &str, found: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                for (key, value) in members {
                    walk(value, &format!("{path}/{key}"), found);
                }
            }
            leaf => drop(found.insert(path.to_owned(), leaf.to_string())),
        }
    }
    let mut found = BTreeMap::new();
    walk(&serde_json::from_str(text).unwrap(), "", &mut found);
    found
}

/// What the analyst's side reads like once an outcome is carried out; `None` for a clash.
fn result(merge: &FieldMerge, local: &str, remote: &str, base: &str) -> Option<String> {
    match merge {
        FieldMerge::Unchanged => Some(base.to_owned()),
        FieldMerge::KeepLocal | FieldMerge::Converged => Some(local.to_owned()),
        FieldMerge::TakeRemote => Some(remote.to_owned()),
        FieldMerge::Merged(text) => text.as_str().map(str::to_owned),
        FieldMerge::Conflict { .. } => None,
    }
}

fn clashes(merge: &FieldMerge) -> Option<BTreeSet<&String>> {
    match merge {
        FieldMerge::Conflict { paths } => Some(paths.iter().collect()),
        _ => None,
    }
}

// ---- The laws ------------------------------------------------------------------------------------------------------

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    /// A plan carried out plans nothing more than the write that it left.
    #[test]
    fn idempotent(mut sides in sides()) {
        let plan = sides.plan();
        sides.carry_out(&plan);
        let again = sides.plan();
        let write = Plan { ops: plan.write().cloned().into_iter().collect() };
        prop_assert_eq!(again, write, "after {}", plan);
    }

    /// With Airflow at rest one write settles a record: a conflict is left, or nothing, and both sides agree.
    #[test]
    fn converges(mut sides in sides()) {
        sides.cycle();
        sides.cycle();
        let plan = sides.plan();
        prop_assert!(plan.is_empty(), "still plans {} on {:?}", plan, sides);
        if sides.conflict.is_none() {
            prop_assert!(sides.overlay.is_none(), "{:?}", sides);
            prop_assert_eq!(sides.airflow.is_some(), sides.base.is_some());
            for (name, held) in sides.airflow.iter().flatten() {
                let local = sides.local(name).unwrap();
                prop_assert!(verifies(local, &Content::Value(held.clone())), "{}: {} here, {} there", name, local, held);
            }
        }
    }

    /// A write carries nothing but the analyst's value or a merge of it, and only over what was seen.
    #[test]
    fn a_write_is_the_analysts(mut sides in sides()) {
        let plan = sides.plan();
        sides.carry_out(&plan);
        if let Some(Op::Create { fields } | Op::Update { fields, .. }) = plan.write() {
            prop_assert!(sides.conflict.is_none());
            for (name, sent) in fields {
                prop_assert_eq!(Some(sent), sides.local(name));
            }
        }
    }

    /// While a conflict is stored nothing is sent.
    #[test]
    fn a_conflict_holds_the_write(mut sides in sides()) {
        let plan = sides.plan();
        sides.carry_out(&plan);
        prop_assert!(sides.conflict.is_none() || sides.plan().write().is_none());
    }

    /// A merge does not depend on whose side is whose, but for formatting.
    #[test]
    fn symmetric(base in object(), one in object(), other in object(), styles in (style(), style())) {
        let base = text_of(&base, Style::Spaced);
        let (one, other) = (text_of(&one, styles.0), text_of(&other, styles.1));
        let (there, back) = (merge(&base, &one, &other), merge(&base, &other, &one));
        prop_assert_eq!(clashes(&there), clashes(&back));
        let sides = (result(&there, &one, &other, &base), result(&back, &other, &one, &base));
        if let (Some(there), Some(back)) = sides {
            prop_assert!(canonically_equal(&there, &back), "{} and {}", there, back);
        }
    }

    /// Each leaf of a merge is a leaf of a side; each leaf that a side alone changed is as that side has it.
    #[test]
    fn invents_nothing_and_loses_nothing(base in object(), local in object(), remote in object(), style in style()) {
        let base = text_of(&base, Style::Spaced);
        let (local, remote) = (text_of(&local, style), text_of(&remote, Style::Spaced));
        let FieldMerge::Merged(merged) = merge(&base, &local, &remote) else { return Ok(()) };
        let [base, local, remote, merged] =
            [base.as_str(), &local, &remote, merged.as_str().unwrap()].map(leaves);
        let paths: BTreeSet<&String> = [&base, &local, &remote, &merged].into_iter().flat_map(BTreeMap::keys).collect();
        for path in paths.into_iter().filter(|path| !path.is_empty()) {
            let [base, mine, theirs, merged] = [&base, &local, &remote, &merged].map(|side| side.get(path));
            let is_empty = |leaf: Option<&String>| leaf.is_some_and(|leaf| leaf == "{}");
            // An object that both sides emptied in part is empty, though neither side had it so.
            if is_empty(merged) || [base, mine, theirs].into_iter().any(is_empty) {
                continue;
            }
            prop_assert!(merged.is_none() || merged == mine || merged == theirs, "{} was invented", path);
            if theirs == base {
                prop_assert_eq!(merged, mine, "mine at {}", path);
            } else if mine == base {
                prop_assert_eq!(merged, theirs, "Airflow's at {}", path);
            }
        }
    }

    /// Changes of different keys never clash and all arrive, in the analyst's formatting.
    #[test]
    fn changes_apart_always_merge(mine in scalar(), theirs in scalar(), style in style()) {
        let record = |a: &Json, b: &Json| Json::Object(vec![("a".into(), a.clone()), ("b".into(), b.clone())]);
        let old = Json::Scalar("\"old\"".into());
        let base = text_of(&record(&old, &old), Style::Spaced);
        let merged = merge(&base, &text_of(&record(&mine, &old), style), &text_of(&record(&old, &theirs), Style::Spaced));
        prop_assert_eq!(merged, FieldMerge::Merged(text_of(&record(&mine, &theirs), style).into()));
    }

    /// What only one side changed is that side's, to the letter.
    #[test]
    fn one_side_alone_is_taken_to_the_letter(base in variable(), changed in variable()) {
        let expected = |changed_to: FieldMerge| if base == changed { FieldMerge::Unchanged } else { changed_to };
        prop_assert_eq!(merge(&base, &changed, &base), expected(FieldMerge::KeepLocal));
        prop_assert_eq!(merge(&base, &base, &changed), expected(FieldMerge::TakeRemote));
    }

    /// Equality is that of the meaning.
    #[test]
    fn equality_agrees_with_the_reference(a in json(), b in json(), styles in (style(), style())) {
        let texts = (text_of(&a, styles.0), text_of(&b, styles.1));
        prop_assert_eq!(canonically_equal(&texts.0, &texts.1), meaning(&a) == meaning(&b));
        prop_assert!(canonically_equal(&texts.0, &text_of(&a, styles.1)));
    }

    /// Whatever Airflow makes of a text, it is recognised as what was sent.
    #[test]
    fn a_lossy_read_verifies(text in variable()) {
        let read = reserialise(&text).unwrap_or_else(|| text.clone());
        prop_assert!(verifies(&text.into(), &Content::Value(read.into())));
    }

    /// No text brings the merge down.
    #[test]
    fn any_text_is_borne(texts in [".*", "[\\[\\]{}\",:\\\\u0-9dD8.eE+\\-nulNaI ]{0,40}", ".*"], kind in 0..3_usize) {
        let kind = [FieldKind::Text, FieldKind::JsonText, FieldKind::Json][kind];
        let [base, local, remote] = texts;
        let equal = canonically_equal(&base, &local);
        prop_assert_eq!(equal, canonically_equal(&local, &base));
        let base = BaseField::seen(Content::Value(base.into()));
        let remote = Content::Value(remote.into());
        let _outcome = merge_field(kind, Some(&base), Some(&local.into()), Some(&remote));
    }

    /// What `serde_json` reads is read, and cut anywhere it is read by both or by neither.
    #[test]
    fn a_text_cut_short_is_borne(json in json(), style in style(), cut in any::<prop::sample::Index>()) {
        let text = text_of(&json, style);
        let at = cut.index(text.len() + 1);
        if let Some(part) = text.get(..at) {
            let is_json = serde_json::from_str::<serde::de::IgnoredAny>(part).is_ok();
            prop_assert_eq!(canonically_equal(part, part), is_json, "{}", part);
        }
    }
}

#[test]
fn a_mountain_of_brackets_is_borne() {
    for bracket in ["[", "{\"a\":", "[[", "{", "]"] {
        let mountain = bracket.repeat(200_000);
        assert!(!canonically_equal(&mountain, &mountain));
        assert_eq!(
            merge("{}", &mountain, "[]"),
            FieldMerge::Conflict { paths: Vec::new() }
        );
    }
    let closed = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert_eq!(
        merge("[]", &closed, "{}"),
        FieldMerge::Conflict { paths: Vec::new() }
    );
}
