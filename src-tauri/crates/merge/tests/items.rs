//! Arrays whose items have keys, as a table; and their laws.

use crate::case::text;
use leeward_merge::{FieldMerge, Shape, merge_field};
use leeward_model::{BaseField, FieldKind, Value};
use proptest::prelude::*;
use std::collections::BTreeMap;

const BY_ID: Shape<'static> = Shape {
    kind: FieldKind::JsonText,
    item_key: Some("id"),
    whole: false,
};

fn merge(base: &str, local: &str, remote: &str) -> FieldMerge {
    let base = BaseField::seen(text(base));
    merge_field(BY_ID, Some(&base), Some(&local.into()), Some(&text(remote)))
}

/// `1a 2b` is `[{"id":1,"v":"a"}, {"id":2,"v":"b"}]`.
fn list(items: &str) -> String {
    let items = items.split_whitespace().map(|item| {
        let (id, value) = item.split_at(1);
        format!(r#"{{"id": {id}, "v": "{value}"}}"#)
    });
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

fn outcome(base: &str, local: &str, remote: &str) -> String {
    match merge(&list(base), &list(local), &list(remote)) {
        FieldMerge::Merged(merged) => short(&merged),
        FieldMerge::Conflict { paths } => format!("clash {}", paths.join(" ")).trim().into(),
        other => format!("{other:?}"),
    }
}

fn short(merged: &Value) -> String {
    let items: Vec<BTreeMap<String, Value>> = serde_json::from_str(merged.as_str().unwrap()).unwrap();
    let item = |item: &BTreeMap<String, Value>| format!("{}{}", item["id"], item["v"].as_str().unwrap());
    items.iter().map(item).collect::<Vec<_>>().join(" ")
}

#[test]
#[rustfmt::skip]
fn arrays_merge_item_by_item() {
    let rows = [
        // what, base, local, Airflow, outcome
        ("an item edited on each side", "1a 2a", "1b 2a", "1a 2b", "1b 2b"),
        ("added on both sides", "1a", "1a 2a", "1a 3a", "1a 2a 3a"),
        ("added at the start on both sides", "1a", "2a 1a", "3a 1a", "2a 3a 1a"),
        ("added in the middle there, edited here", "1a 2a", "1b 2a", "1a 3a 2a", "1b 3a 2a"),
        ("several added at one place", "1a 2a", "1b 2a", "1a 3a 4a 2a 5a", "1b 3a 4a 2a 5a"),
        ("added to an empty list", "", "1a", "2a", "1a 2a"),
        ("added alike", "", "1a", "1a 2a", "1a 2a"),
        ("added, different", "", "1a", "1b", "clash /id=1"),
        ("removed here, edited there another", "1a 2a", "2a", "1a 2b", "2b"),
        ("removed there, edited here another", "1a 2a", "1a 2b", "2a", "2b"),
        ("each removed one", "1a 2a 3a", "2a 3a", "1a 3a", "3a"),
        ("both removed all, between them", "1a 2a", "1a", "2a", ""),
        ("removed here, edited there", "1a 2a", "2a", "1b 2a", "clash /id=1"),
        ("edited here, removed there", "1a 2a", "1b 2a", "2a", "clash /id=1"),
        ("edited to different", "1a", "1b", "1c", "clash /id=1/v"),
        ("moved here, edited there", "1a 2a 3a", "3a 1a 2a", "1b 2a 3a", "3a 1b 2a"),
        ("edited here, moved there", "1a 2a 3a", "1b 2a 3a", "3a 1a 2a", "3a 1b 2a"),
        ("edited and added here, moved there", "1a 2a", "1b 4a 2a", "2a 1a", "2a 1b 4a"),
        ("moved alike, edited there", "1a 2a", "2a 1a", "2a 1b", "2a 1b"),
        ("moved apart", "1a 2a 3a", "2a 1a 3a", "1a 3a 2a", "clash"),
        ("moved here, removed there", "1a 2a 3a", "2a 1a 3a", "1a 3a", "1a 3a"),
        ("moved here, removed there, edited", "1a 2a 3a 4a", "3a 1b 2a 4a", "1a 3a 4a", "3a 1b 4a"),
        ("edited here, moved and added there", "1a 2a", "1b 2a", "2a 3a 1a", "2a 3a 1b"),
    ];
    let mut wrong = Vec::new();
    for (what, base, local, remote, expected) in rows {
        let found = outcome(base, local, remote);
        if found != expected {
            wrong.push(format!("{what}: expected {expected:?}, found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
#[rustfmt::skip]
fn items_without_keys_of_their_own_are_atomic() {
    let rows = [
        ("no key", r#"[{"v": 1}]"#, r#"[{"v": 2}]"#, r#"[{"v": 1}, {"v": 3}]"#),
        ("a key twice", r#"[{"id": 1}]"#, r#"[{"id": 1}, {"id": 1}]"#, r#"[{"id": 1}, {"id": 2}]"#),
        ("no objects", "[1]", "[1, 2]", "[1, 3]"),
        ("a key with a fraction", r#"[{"id": 1.0}]"#, r#"[{"id": 1.0}, {"id": 2.0}]"#, "[]"),
        ("a key that is null", r#"[{"id": null}]"#, r#"[{"id": null}, {"id": 2}]"#, "[]"),
        ("an object, once", r#"[{"id": 1}]"#, r#"{"id": 1}"#, "[]"),
    ];
    for (what, base, local, remote) in rows {
        assert_eq!(merge(base, local, remote), FieldMerge::Conflict { paths: Vec::new() }, "{what}");
    }
}

#[test]
fn a_number_and_its_text_are_two_keys() {
    let base = r#"[{"id": 1, "v": 0}, {"id": "1", "v": 0}]"#;
    let local = r#"[{"id": 1, "v": 1}, {"id": "1", "v": 0}]"#;
    let remote = r#"[{"id": 1, "v": 0}, {"id": "1", "v": 2}]"#;
    let expected = r#"[{"id": 1, "v": 1}, {"id": "1", "v": 2}]"#;
    assert_eq!(merge(base, local, remote), FieldMerge::Merged(expected.into()));
}

#[test]
fn lists_within_merge_and_paths_name_their_items() {
    let base = r#"{"p/q": [{"id": "x~", "v": {"n": 1}, "w": 1}]}"#;
    let local = r#"{"p/q": [{"id": "x~", "v": {"n": 2}, "w": 1}]}"#;
    let one = r#"{"p/q": [{"id": "x~", "v": {"n": 1}, "w": 3}]}"#;
    let merged = r#"{"p/q": [{"id": "x~", "v": {"n": 2}, "w": 3}]}"#;
    assert_eq!(merge(base, local, one), FieldMerge::Merged(merged.into()));
    let other = r#"{"p/q": [{"id": "x~", "v": {"n": 3}, "w": 1}]}"#;
    let paths = vec!["/p~1q/id=x~0/v/n".to_owned()];
    assert_eq!(merge(base, local, other), FieldMerge::Conflict { paths });
    let order = r#"{"p/q": [{"id": 2}, {"id": 1}, {"id": 3}]}"#;
    let [was, here, there] = ["1,2,3", "2,1,3", "1,3,2"].map(|ids| {
        let items: Vec<String> = ids.split(',').map(|id| format!(r#"{{"id": {id}}}"#)).collect();
        format!(r#"{{"p/q": [{}]}}"#, items.join(", "))
    });
    assert_eq!(here, order);
    let paths = vec!["/p~1q".to_owned()];
    assert_eq!(merge(&was, &here, &there), FieldMerge::Conflict { paths });
}

#[test]
#[rustfmt::skip]
fn a_list_keeps_its_layout() {
    let lines = "[\n  {\"id\": 1, \"v\": 1},\n  {\"id\": 2, \"v\": 9}\n]";
    let rows = [
        // base, local, Airflow, merged
        (r#"[{"id":1,"v":1},{"id":2,"v":2}]"#, lines, r#"[{"id": 1, "v": 5}, {"id": 2, "v": 2}, {"id": 3}]"#,
         "[\n  {\"id\": 1, \"v\": 5},\n  {\"id\": 2, \"v\": 9},\n  {\"id\": 3}\n]"),
        (r#"[{"id":1,"v":1}]"#, r#"[{"id":1,"v":2}]"#, r#"[{"id": 1, "v": 1}, {"id": 2}]"#, r#"[{"id":1,"v":2},{"id": 2}]"#),
        (r#"[{"id":1,"v":1}]"#, r#"[{"id": 1, "v": 2}]"#, r#"[{"id": 1, "v": 1}, {"id": 2}]"#, r#"[{"id": 1, "v": 2}, {"id": 2}]"#),
        (r#"[{"id":1},{"id":2}]"#, "[\n  {\"id\":2}\n]", r#"[{"id": 1}]"#, "[]"),
        (r#"[{"id":1}]"#, "[ ]", r#"[{"id": 1}, {"id": 2}]"#, r#"[{"id": 2}]"#),
        (r#"[{"id":1,"v":1}]"#, "[\n\t{\"id\":1,\"v\":2}\n]\n", r#"[{"id":1,"v":1},{"id":2}]"#, "[\n\t{\"id\":1,\"v\":2},\n\t{\"id\":2}\n]\n"),
    ];
    for (base, local, remote, merged) in rows {
        assert_eq!(merge(base, local, remote), FieldMerge::Merged(merged.into()));
    }
}

#[test]
fn values_that_are_json_have_items_too() {
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let shape = Shape {
        kind: FieldKind::Json,
        item_key: Some("id"),
        whole: false,
    };
    let base = BaseField::seen(leeward_model::Content::Value(json(&list("1a"))));
    let remote = leeward_model::Content::Value(json(&list("1a 2a")));
    let merged = merge_field(shape, Some(&base), Some(&json(&list("1b"))), Some(&remote));
    assert_eq!(merged, FieldMerge::Merged(json(&list("1b 2a"))));
    let atomic = merge_field(
        FieldKind::Json,
        Some(&base),
        Some(&json(&list("1b"))),
        Some(&remote),
    );
    assert_eq!(atomic, FieldMerge::Conflict { paths: Vec::new() });
}

// ---- Laws --------------------------------------------------------------------------------------------------------

/// Items in any order, each with one of three values.
fn items() -> impl Strategy<Value = Vec<(u8, u8)>> {
    let order = Just((1..=6_u8).collect::<Vec<_>>()).prop_shuffle();
    (order, 0..=6_usize, prop::collection::vec(0..3_u8, 6))
        .prop_map(|(order, length, values)| order.into_iter().take(length).zip(values).collect())
}

fn spelled(items: &[(u8, u8)]) -> String {
    let item = |(id, value): &(u8, u8)| format!("{id}{}", char::from(b'a' + value));
    items.iter().map(item).collect::<Vec<_>>().join(" ")
}

fn side(items: &str) -> BTreeMap<&str, &str> {
    items.split_whitespace().map(|item| item.split_at(1)).collect()
}

fn is_clash(outcome: &str) -> bool {
    outcome.starts_with("clash")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each item is as the side has it that changed it; no item comes twice, none from nowhere, none is lost.
    #[test]
    fn every_item_is_somebodys(base in items(), local in items(), remote in items()) {
        let texts = [&base, &local, &remote].map(|items| spelled(items));
        let [base, local, remote] = texts.each_ref().map(|text| side(text));
        let merged = outcome(&texts[0], &texts[1], &texts[2]);
        if is_clash(&merged) || merged == "Unchanged" {
            return Ok(());
        }
        let merged = match merged.as_str() {
            "KeepLocal" | "Converged" => texts[1].clone(),
            "TakeRemote" => texts[2].clone(),
            _ => merged,
        };
        prop_assert_eq!(merged.split_whitespace().count(), side(&merged).len(), "twice in {}", merged);
        let merged = side(&merged);
        for id in ["1", "2", "3", "4", "5", "6"] {
            let [was, mine, theirs, now] = [&base, &local, &remote, &merged].map(|side| side.get(id));
            let expected = if theirs == was { mine } else { theirs };
            prop_assert_eq!(now, expected, "item {}", id);
            prop_assert!(mine == was || theirs == was || mine == theirs, "item {}", id);
        }
    }

    /// Whose side is whose does not decide whether it merges, nor what is in it.
    #[test]
    fn items_are_symmetric(base in items(), one in items(), other in items()) {
        let [base, one, other] = [&base, &one, &other].map(|items| spelled(items));
        let (there, back) = (outcome(&base, &one, &other), outcome(&base, &other, &one));
        prop_assert_eq!(is_clash(&there), is_clash(&back));
        if is_clash(&there) {
            let sorted = |text: &str| {
                let mut paths: Vec<String> = text.split(' ').map(str::to_owned).collect();
                paths.sort();
                paths
            };
            prop_assert_eq!(sorted(&there), sorted(&back));
        }
    }
}
