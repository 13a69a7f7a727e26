//! One field: its cells, and JSON merged by its parts.

use crate::case::*;
use leeward_merge::{FieldMerge, canonically_equal, merge_field};
use leeward_model::{BaseField, Content, FieldKind, Value};

fn outcome(merge: &FieldMerge) -> String {
    match merge {
        FieldMerge::Unchanged => "unchanged".into(),
        FieldMerge::TakeRemote => "take".into(),
        FieldMerge::KeepLocal => "keep".into(),
        FieldMerge::Converged => "converged".into(),
        FieldMerge::Merged(value) => format!("merged {}", slot(Some(value))),
        FieldMerge::Conflict { paths } if paths.is_empty() => "clash".into(),
        FieldMerge::Conflict { paths } => format!("clash {}", paths.join(" ")),
    }
}

#[test]
fn every_cell_of_a_field() {
    let cells = [
        // base, local, Airflow
        ("-", "-", "-", "unchanged"),
        ("-", "-", "a", "take"),
        ("-", "a", "-", "keep"),
        ("-", "a", "a", "converged"),
        ("-", "a", "b", "clash"),
        ("a", "-", "-", "converged"),
        ("a", "-", "a", "keep"),
        ("a", "-", "b", "clash"),
        ("a", "a", "-", "take"),
        ("a", "a", "a", "unchanged"),
        ("a", "a", "b", "take"),
        ("a", "b", "-", "clash"),
        ("a", "b", "a", "keep"),
        ("a", "b", "b", "converged"),
        ("a", "b", "c", "clash"),
    ];
    for (base, local, remote, expected) in cells {
        let side = |side: &str| (side != "-").then(|| Value::from(side));
        let base_field = side(base).map(|value| BaseField::seen(Content::Value(value)));
        let content = side(remote).map(Content::Value);
        for kind in [FieldKind::Text, FieldKind::JsonText, FieldKind::Json] {
            let merge = merge_field(kind, base_field.as_ref(), side(local).as_ref(), content.as_ref());
            assert_eq!(outcome(&merge), expected, "{kind:?}: {base} {local} {remote}");
        }
    }
}

// ---- JSON by key -------------------------------------------------------------------------------------------------

/// Merges texts: both the analyst's and Airflow's base are `base`.
fn by_key(base: &str, local: &str, remote: &str) -> String {
    by_key_pair((base, base), local, remote)
}

/// As [`by_key`], where the analyst's base and Airflow's are spelled apart.
fn by_key_pair((typed, seen): (&str, &str), local: &str, remote: &str) -> String {
    let base = BaseField::written(text(seen), typed.into());
    let merge = merge_field(
        FieldKind::JsonText,
        Some(&base),
        Some(&local.into()),
        Some(&text(remote)),
    );
    outcome(&merge)
}

#[test]
#[rustfmt::skip]
fn json_objects_merge_by_key() {
    let rows = [
        // what, base, local, Airflow, outcome
        ("added on both sides", "{}", r#"{"a": 1}"#, r#"{"b": 2}"#, r#"merged {"a": 1, "b": 2}"#),
        ("added on both sides, equal", r#"{"z": 0}"#, r#"{"z": 0, "a": 1}"#, r#"{"z": 1, "a": 1}"#, r#"merged {"z": 1, "a": 1}"#),
        ("added on both sides, different", "{}", r#"{"a": 1}"#, r#"{"a": 2}"#, "clash /a"),
        ("added objects are not looked into", "{}", r#"{"a": {"x": 1}}"#, r#"{"a": {"y": 1}}"#, "clash /a"),
        ("removed here, added there", r#"{"a": 1}"#, "{}", r#"{"a": 1, "b": 2}"#, r#"merged {"b": 2}"#),
        ("added here, removed there", r#"{"a": 1}"#, r#"{"a": 1, "b": 2}"#, "{}", r#"merged {"b": 2}"#),
        ("each removed one", r#"{"a": 1, "b": 2, "c": 3}"#, r#"{"b": 2, "c": 3}"#, r#"{"a": 1, "c": 3}"#, r#"merged {"c": 3}"#),
        ("between them, all removed", r#"{"a": 1, "b": 2}"#, r#"{"b": 2}"#, r#"{"a": 1}"#, "merged {}"),
        ("both removed the same", r#"{"a": 1, "b": 2}"#, r#"{"b": 3}"#, r#"{"b": 2, "c": 1}"#, r#"merged {"b": 3, "c": 1}"#),
        ("changed here, removed there", r#"{"a": 1, "b": 2}"#, r#"{"a": 9, "b": 2}"#, r#"{"b": 2}"#, "clash /a"),
        ("removed here, changed there", r#"{"a": 1, "b": 2}"#, r#"{"b": 2}"#, r#"{"a": 9, "b": 2}"#, "clash /a"),
        ("changed apart", r#"{"a": 1, "b": 2}"#, r#"{"a": 9, "b": 2}"#, r#"{"a": 1, "b": 8}"#, r#"merged {"a": 9, "b": 8}"#),
        ("changed alike", r#"{"a": 1, "b": 2}"#, r#"{"a": 9, "b": 2}"#, r#"{"a": 9, "b": 8}"#, r#"merged {"a": 9, "b": 8}"#),
        ("changed to different", r#"{"a": 1, "b": 2}"#, r#"{"a": 9, "b": 2}"#, r#"{"a": 8, "b": 2}"#, "clash /a"),
        ("every clash is named", r#"{"a": 1, "b": 2, "c": 3}"#, r#"{"a": 9, "b": 9, "c": 9}"#, r#"{"a": 8, "b": 2, "c": 8}"#, "clash /a /c"),
        ("nested", r#"{"a": {"x": 1, "y": 2}}"#, r#"{"a": {"x": 9, "y": 2}}"#, r#"{"a": {"x": 1, "y": 8}}"#, r#"merged {"a": {"x": 9, "y": 8}}"#),
        ("nested clash", r#"{"a": {"x": {"k": 1}}}"#, r#"{"a": {"x": {"k": 2}}}"#, r#"{"a": {"x": {"k": 3}}}"#, "clash /a/x/k"),
        ("an object became a number", r#"{"a": {"x": 1}}"#, r#"{"a": 5}"#, r#"{"a": {"x": 2}}"#, "clash /a"),
        ("a clash deep and one beside it", r#"{"a": {"x": 1}, "b": 1}"#, r#"{"a": {"x": 2}, "b": 2}"#, r#"{"a": {"x": 3}, "b": 3}"#, "clash /a/x /b"),
        ("escapes in paths", r#"{"a/b": {"c~d": 1}, "~1": 1, "": 1}"#, r#"{"a/b": {"c~d": 2}, "~1": 2, "": 2}"#, r#"{"a/b": {"c~d": 3}, "~1": 3, "": 3}"#, "clash /a~1b/c~0d /~01 /"),
        ("the same key, escaped apart", r#"{"é": 1, "b": 1}"#, r#"{"é": 2, "b": 1}"#, r#"{"\u00e9": 1, "b": 2}"#, r#"merged {"é": 2, "b": 2}"#),
        ("arrays are atomic", r#"{"a": [1, 2]}"#, r#"{"a": [0, 1, 2]}"#, r#"{"a": [1, 2, 3]}"#, "clash /a"),
        ("objects in arrays too", r#"{"a": [{"x": 1, "y": 1}]}"#, r#"{"a": [{"x": 2, "y": 1}]}"#, r#"{"a": [{"x": 1, "y": 2}]}"#, "clash /a"),
        ("a bare array", "[1]", "[1, 2]", "[0, 1]", "clash"),
        ("a bare array, made alike", "[1]", "[1,2]", "[1, 2]", "converged"),
        ("an array against an object", "{}", "[]", r#"{"a": 1}"#, "clash"),
        ("no longer JSON", "{}", "{", r#"{"a": 1}"#, "clash"),
        ("null is not missing", r#"{"a": 1}"#, r#"{"a": null, "b": 1}"#, "{}", "clash /a"),
        ("null is not empty", r#"{"a": 1}"#, r#"{"a": null}"#, r#"{"a": ""}"#, "clash /a"),
        ("1 is not true, nor 1.0", r#"{"a": 0}"#, r#"{"a": 1}"#, r#"{"a": 1.0}"#, "clash /a"),
        ("a key twice, here", r#"{"a": 1}"#, r#"{"a": 1, "b": 1, "b": 2}"#, r#"{"a": 2}"#, "clash"),
        ("a key twice, in the base", r#"{"a": 1, "a": 2}"#, r#"{"a": 2, "b": 1}"#, r#"{"a": 2, "c": 1}"#, "clash"),
        ("a key twice, deep", r#"{"a": [{"k": 1}]}"#, r#"{"a": [{"k": 1, "k": 1}], "b": 1}"#, r#"{"a": [{"k": 1}], "c": 1}"#, "clash"),
        ("a key twice, escaped apart", r#"{"a": 1}"#, r#"{"a": 1, "é": 1, "\u00e9": 2}"#, r#"{"a": 2}"#, "clash"),
        ("keys with lone surrogates are two", r#"{"a": 1}"#, r#"{"a": 1, "\ud800": 1}"#, r#"{"a": 1, "\ud801": 2}"#, r#"merged {"a": 1, "\ud800": 1, "\ud801": 2}"#),
    ];
    for (what, base, local, remote, expected) in rows {
        assert_eq!(by_key(base, local, remote), expected, "{what}");
    }
}

#[test]
#[rustfmt::skip]
fn a_merge_keeps_numbers_to_the_letter() {
    let rows = [
        ("big integers", r#"{"a": 12345678901234567890123, "b": 1}"#, r#"{"a": 12345678901234567890123, "b": 2}"#, r#"{"a": 12345678901234567890123, "b": 1, "c": 98765432109876543210}"#, r#"merged {"a": 12345678901234567890123, "b": 2, "c": 98765432109876543210}"#),
        ("neighbours beyond 2^53 differ", r#"{"a": 0}"#, r#"{"a": 9007199254740993}"#, r#"{"a": 9007199254740992}"#, "clash /a"),
        ("one of them is a change", r#"{"a": 9007199254740992, "b": 0}"#, r#"{"a": 9007199254740993, "b": 0}"#, r#"{"a": 9007199254740992, "b": 1}"#, r#"merged {"a": 9007199254740993, "b": 1}"#),
        ("a respelled decimal is a change", r#"{"a": 3.1, "b": 0}"#, r#"{"a": 3.10, "b": 0}"#, r#"{"a": 3.1, "b": 1}"#, r#"merged {"a": 3.10, "b": 1}"#),
        ("respelled here, changed there", r#"{"a": 3.1}"#, r#"{"a": 3.10}"#, r#"{"a": 3.2}"#, "clash /a"),
    ];
    for (what, base, local, remote, expected) in rows {
        assert_eq!(by_key(base, local, remote), expected, "{what}");
    }
}

#[test]
#[rustfmt::skip]
fn a_merge_counts_each_side_from_its_own_spelling() {
    let bases = (r#"{"v":3.10,"w":0}"#, r#"{"v": 3.1, "w": 0}"#);
    let rows = [
        ("kept", r#"{"v":3.10,"w":1}"#, r#"{"v": 3.1, "w": 0, "x": 2}"#, r#"merged {"v":3.10,"w":1,"x":2}"#),
        ("typed back", r#"{"v":3.1,"w":0}"#, r#"{"v": 3.1, "w": 5}"#, r#"merged {"v":3.1,"w":5}"#),
        ("Airflow's number wins over the spelling", r#"{"v":3.10,"w":1}"#, r#"{"v": 4, "w": 0}"#, r#"merged {"v":4,"w":1}"#),
        ("both changed it", r#"{"v":5,"w":0}"#, r#"{"v": 4, "w": 0}"#, "clash /v"),
    ];
    for (what, local, remote, expected) in rows {
        assert_eq!(by_key_pair(bases, local, remote), expected, "{what}");
    }
}

#[test]
#[rustfmt::skip]
fn a_merge_keeps_the_analysts_formatting() {
    let base = r#"{"a": 1, "b": {"x": 1, "y": 2}, "c": 3}"#;
    let pretty =
        "{\n    \"a\": 10,\n    \"b\": {\n        \"x\": 1,\n        \"y\": 2\n    },\n    \"c\": 3\n}\n";
    let rows = [
        ("changed in place", base, pretty, r#"{"a": 1, "b": {"x": 1, "y": 2}, "c": 9}"#, "{\n    \"a\": 10,\n    \"b\": {\n        \"x\": 1,\n        \"y\": 2\n    },\n    \"c\": 9\n}\n"),
        ("added at the end, as far in", base, pretty, r#"{"a": 1, "b": {"x": 1, "y": 2}, "c": 3, "d": 4}"#, "{\n    \"a\": 10,\n    \"b\": {\n        \"x\": 1,\n        \"y\": 2\n    },\n    \"c\": 3,\n    \"d\": 4\n}\n"),
        ("removed at the end", base, pretty, r#"{"a": 1, "b": {"x": 1, "y": 2}}"#, "{\n    \"a\": 10,\n    \"b\": {\n        \"x\": 1,\n        \"y\": 2\n    }\n}\n"),
        ("removed in the middle", base, pretty, r#"{"a": 1, "c": 3}"#, "{\n    \"a\": 10,\n    \"c\": 3\n}\n"),
        ("removed at the start", r#"{"a": 1, "b": 2}"#, "{\n  \"a\": 1,\n  \"b\": 3\n}", r#"{"b": 2}"#, "{\n  \"b\": 3\n}"),
        ("one member on its own line", r#"{"a": 1}"#, "{\n  \"a\": 2\n}", r#"{"a": 1, "b": 3}"#, "{\n  \"a\": 2,\n  \"b\": 3\n}"),
        ("one member, windows lines, tabs", r#"{"a": 1}"#, "{\r\n\t\"a\": 2\r\n}", r#"{"a": 1, "b": 3}"#, "{\r\n\t\"a\": 2,\r\n\t\"b\": 3\r\n}"),
        ("one member, tight", r#"{"a": 1}"#, r#"{"a":2}"#, r#"{"a": 1, "b": 3}"#, r#"{"a":2,"b":3}"#),
        ("one member, loose", r#"{"a": 1}"#, r#"{ "a": 2 }"#, r#"{"a": 1, "b": 3}"#, r#"{ "a": 2, "b": 3 }"#),
        ("tight", r#"{"a": 1, "b": 1}"#, r#"{"a":2,"b":1}"#, r#"{"a": 1, "b": 1, "c": 3}"#, r#"{"a":2,"b":1,"c":3}"#),
        ("uneven lines stay uneven", r#"{"a": 1, "b": 2, "c": 3, "d": 4}"#, "{\"a\": 1, \"b\": 2,\n\n \"c\": 3, \"d\": 5}", r#"{"a": 9, "b": 2, "c": 3, "d": 4}"#, "{\"a\": 9, \"b\": 2,\n\n \"c\": 3, \"d\": 5}"),
        ("nothing left", r#"{"a": 1, "b": 2}"#, "{\n  \"b\": 2\n}", r#"{"a": 1}"#, "{}"),
        ("nothing left of a layout", r#"{"a": 1}"#, "{\n}", r#"{"a": 1, "b": 2}"#, r#"{"b": 2}"#),
        ("spaces around the value", r#"{"a": 1, "b": 1}"#, " \n{\"a\" : 2 , \"b\" : 1}\n\n", r#"{"a": 1, "b": 7}"#, " \n{\"a\" : 2 , \"b\" : 7}\n\n"),
        ("order is the analyst's", r#"{"a": 1, "b": 2}"#, r#"{"b": 2, "a": 3}"#, r#"{"a": 1, "b": 4}"#, r#"{"b": 4, "a": 3}"#),
        ("letters stay letters", r#"{"a": "é", "b": 1}"#, r#"{"a": "é", "b": 2}"#, r#"{"a": "\u00e9", "b": 1, "c": 3}"#, r#"{"a": "é", "b": 2, "c": 3}"#),
    ];
    for (what, base, local, remote, expected) in rows {
        assert_eq!(
            by_key(base, local, remote),
            format!("merged {expected}"),
            "{what}"
        );
    }
}

#[test]
fn a_merge_that_airflow_already_holds_is_not_written() {
    let plan = |work: &str, airflow: &str| {
        let base = rec(r#"{"a": 1, "b": 1.5}"#);
        written(&case(base, value(work), rec(airflow)).plan())
    };
    assert_eq!(
        plan(r#"{"a":2,"b":1.5}"#, r#"{"a": 2, "b": 1.5, "c": 3}"#),
        r#"settle value={"a": 2, "b": 1.5, "c": 3} typed {"a":2,"b":1.5,"c":3}; drop overlay"#
    );
    assert_eq!(
        plan(r#"{"a":2,"b":1.50}"#, r#"{"a": 2, "b": 1.5, "c": 3}"#),
        r#"rebase value: {"a": 2, "b": 1.5, "c": 3} → {"a":2,"b":1.50,"c":3}; write value={"a":2,"b":1.50,"c":3}"#
    );
}

#[test]
fn values_that_are_json_themselves_merge_by_key_too() {
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let merge = |base: &str, local: &str, remote: &str| {
        let base = BaseField::seen(Content::Value(json(base)));
        let remote = Content::Value(json(remote));
        merge_field(FieldKind::Json, Some(&base), Some(&json(local)), Some(&remote))
    };
    let merged = merge(
        r#"{"a": 1.10, "b": 1}"#,
        r#"{"a": 1.10, "b": 2}"#,
        r#"{"a": 1.10, "b": 1, "c": 3}"#,
    );
    assert_eq!(merged, FieldMerge::Merged(json(r#"{"a": 1.10, "b": 2, "c": 3}"#)));
    assert_eq!(outcome(&merge("1", "2", "3")), "clash");
    assert_eq!(
        outcome(&merge(r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":3}"#)),
        "clash /a"
    );
}

#[test]
fn nesting_beyond_the_limit_is_plain_text() {
    let deep = |depth: usize, leaf: &str| format!("{}{leaf}{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    assert!(canonically_equal(&deep(100, "1.0"), &deep(100, "1.00")));
    assert!(!canonically_equal(&deep(101, "1"), &deep(101, "1")));
    assert_eq!(by_key(&deep(101, "1"), &deep(101, "2"), &deep(101, "3")), "clash");
}
