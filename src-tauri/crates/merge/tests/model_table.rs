//! Records of other data models than that of Variables: any fields, fields that come and go, rules.

use crate::case::Work::{Delete, Nothing};
use crate::case::*;

/// Fields named by a model that says nothing about them merge as fields that it does not know.
const ANY: &str = r#"[{"name": "a"}]"#;

table! { unknown_fields_are_kept:
    "created": case(GONE, set("a=1 x=2"), GONE).model(ANY) => "create a=1 x=2";
    "taken": case(of("a=1"), Nothing, of("a=1 x=2")).model(ANY) => "take x=2";
    "edited": case(of("a=1 x=2"), set("x=3"), of("a=1 x=2")).model(ANY) => "write x=3";
    "merged by key": case(of(r#"x={"p":1}"#), set(r#"x={"p":1,"q":1}"#), of(r#"x={"p":2}"#)).model(ANY) => r#"rebase x: {"p":2} → {"p":2,"q":1}; write x={"p":2,"q":1}"#;
    "and neither edited nor written beside another": case(of("a=1 x=2"), set("a=2"), of("a=1 x=2")).model(ANY) => "write a=2";
}

table! { fields_come_and_go:
    "removed there": case(of("a=1 b=1"), Nothing, of("a=1")).model(ANY) => "drop b";
    "another in its place, of the same value": case(of("a=1"), Nothing, of("b=1")).model(ANY) => "take b=1; drop a";
    "removed there, another edited here": case(of("a=1 b=1"), set("a=2"), of("a=1")).model(ANY) => "drop b; write a=2";
    "removed here": case(of("a=1 b=1"), set("-b"), of("a=1 b=1")).model(ANY) => "write -b";
    "removed here, another edited": case(of("a=1 b=1"), set("a=2 -b"), of("a=1 b=1")).model(ANY) => "write a=2 -b";
    "removed on both sides": case(of("a=1 b=1"), set("-b"), of("a=1")).model(ANY) => "drop b; drop overlay";
    "removed on both sides, another edited": case(of("a=1 b=1"), set("a=2 -b"), of("a=1")).model(ANY) => "drop b; write a=2";
    "removed here, edited there": case(of("b=1"), set("-b"), of("b=2")).model(ANY) => "fields? b(1|-|2)";
    "edited here, removed there": case(of("b=1"), set("b=2"), of("")).model(ANY) => "fields? b(1|2|-)";
    "edited to what it was, removed there": case(of("b=1"), set("b=1"), of("")).model(ANY) => "drop b; drop overlay";
    "neither was nor is": case(of("a=1"), set("-b"), of("a=1")).model(ANY) => "drop b; drop overlay";
    "added on both sides, equal": case(of("a=1"), set("b=1"), of("a=1 b=1")).model(ANY) => "settle b=1; drop overlay";
    "added on both sides, different": case(of("a=1"), set("b=1"), of("a=1 b=2")).model(ANY) => "create_create? b(-|1|2)";
    "added here": case(of("a=1"), set("b=1"), of("a=1")).model(ANY) => "write b=1";
    "another added on each side": case(of("a=1"), set("b=1"), of("a=1 c=1")).model(ANY) => "take c=1; write b=1";
    "a delete sees a field that went": case(of("a=1 b=1"), Delete, of("a=1")).model(ANY) => "edit_delete? b(1|-|-) mine deleted";
    "a delete sees a field that came": case(of("a=1"), Delete, of("a=1 b=1")).model(ANY) => "edit_delete? b(-|-|1) mine deleted";
    "theirs, where theirs is gone": case(of("b=1"), set("b=2"), of("")).model(r#"[{"name": "b", "policy": "theirs"}]"#) => "drop b; drop overlay";
    "mine, where theirs is gone": case(of("b=1"), set("b=2"), of("")).model(r#"[{"name": "b", "policy": "mine"}]"#) => "write b=2";
    "mine, where mine is gone": case(of("b=1"), set("-b"), of("b=3")).model(r#"[{"name": "b", "policy": "mine"}]"#) => "rebase b: 3 → -; write -b";
}

table! { fields_of_a_group_change_together:
    "one on each side": case(of("a=1 b=1 c=1"), set("a=2"), of("a=1 b=3 c=1")).model(ANY).together(&["a", "b"]) => "fields? a(1|2|1) b(1|1|3)";
    "said once": case(of("a=1 b=1"), set("a=2"), of("a=1 b=3")).model(ANY).together(&["a", "b"]).told() => "";
    "another field beside": case(of("a=1 b=1 c=1"), set("a=2"), of("a=1 b=1 c=3")).model(ANY).together(&["a", "b"]) => "take c=3; write a=2";
    "the same on both sides": case(of("a=1 b=1"), set("a=2 b=2"), of("a=2 b=2")).model(ANY).together(&["a", "b"]) => "settle a=2; settle b=2; drop overlay";
    "all of theirs, and more here": case(of("a=1 b=1"), set("a=2 b=2"), of("a=2 b=1")).model(ANY).together(&["a", "b"]) => "settle a=2; write b=2";
    "some of theirs": case(of("a=1 b=1"), set("a=2"), of("a=2 b=2")).model(ANY).together(&["a", "b"]) => "settle a=2; take b=2; drop overlay";
    "one is gone there": case(of("a=1 b=1"), set("a=2"), of("a=1")).model(ANY).together(&["a", "b"]) => "fields? a(1|2|1) b(1|1|-)";
    "only there": case(of("a=1 b=1"), set("c=2"), of("a=2 b=2")).model(ANY).together(&["a", "b"]) => "take a=2; take b=2; write c=2";
    "different parts of JSON": case(of(r#"a={"p":1,"q":1} b=1"#), set(r#"a={"p":2,"q":1}"#), of(r#"a={"p":1,"q":2} b=1"#)).model(ANY).together(&["a", "b"]) => r#"fields? a({"p":1,"q":1}|{"p":2,"q":1}|{"p":1,"q":2})"#;
    "a value that is one": case(of(r#"a={"p":1,"q":1}"#), set(r#"a={"p":2,"q":1}"#), of(r#"a={"p":1,"q":2}"#)).model(ANY).whole() => r#"fields? a({"p":1,"q":1}|{"p":2,"q":1}|{"p":1,"q":2})"#;
}

table! { without_a_base_any_difference_is_a_conflict:
    "equal": case(GONE, set("a=1"), of("a=1")).model(ANY) => "settle a=1; drop overlay";
    "one more here": case(GONE, set("a=1 b=1"), of("a=1")).model(ANY) => "settle a=1; create_create? b(-|1|-)";
    "one more there": case(GONE, set("a=1"), of("a=1 b=1")).model(ANY) => "settle a=1; create_create? b(-|-|1)";
    "nothing in common": case(GONE, set("a=1"), of("b=1")).model(ANY) => "create_create? a(-|1|-) b(-|-|1)";
    "says nothing twice": case(GONE, set("a=1"), of("b=1")).model(ANY).told() => "";
    "what is left open is a default": case(GONE, set("a=1"), of("a=1 b=0")).model(r#"[{"name": "b", "default": 0}]"#) => "settle a=1; take b=0; drop overlay";
    "or differs from it": case(GONE, set("a=1"), of("a=1 b=2")).model(r#"[{"name": "b", "default": 0}]"#) => "settle a=1; create_create? b(-|0|2)";
    "mine": case(GONE, set("a=1"), of("a=2")).model(r#"[{"name": "a", "policy": "mine"}]"#) => "rebase a: 2 → 1; write a=1";
    "theirs": case(GONE, set("a=1"), of("a=2 b=1")).model(r#"[{"name": "a", "policy": "theirs"}, {"name": "b", "policy": "theirs"}]"#) => "settle a=2; settle b=1; drop overlay";
    "an empty record on both sides": case(GONE, set(""), of("")).model(ANY) => "drop overlay";
}

#[test]
fn the_question_of_two_creations_stands_after_what_agrees_is_settled() {
    let told = case(GONE, set("a=1 c=1"), of("a=1 b=1")).model(ANY).told();
    let half = Case {
        base: of("a=1"),
        work: set("c=1"),
        ..told
    };
    // The base of what is edited is as little known as before.
    let mut overlay = half.overlay().unwrap();
    overlay.fields.values_mut().for_each(|field| field.base = None);
    assert_eq!(written(&half.plan_with(&overlay)), "");
}

#[test]
fn an_edit_of_what_was_seen_is_no_creation() {
    // The mirror has forgotten the record; the edit still knows what it was made on.
    let seen = case(of("a=1"), set("a=2"), GONE).model(ANY);
    let forgotten = Case {
        base: GONE,
        ..case(GONE, Nothing, GONE).model(ANY)
    };
    let plan = forgotten.plan_with(&seen.overlay().unwrap());
    assert_eq!(written(&plan), "edit_delete? a(1|2|-) Airflow deleted");
    let known = case(of("a=1"), set("b=2"), GONE).model(ANY);
    assert_eq!(written(&known.plan()), "edit_delete? b(-|2|-) Airflow deleted");
    let back = Case {
        remote: case(GONE, Nothing, of("a=1 c=1")).remote,
        ..forgotten
    };
    assert_eq!(
        written(&back.plan_with(&seen.overlay().unwrap())),
        "take c=1; write a=2"
    );
}

#[test]
fn a_delete_of_a_field_that_never_was_goes_out() {
    let case = case(of("a=1"), Delete, of("a=1")).model(ANY);
    let mut overlay = case.overlay().unwrap();
    let nothing = leeward_model::OverlayField { to: None, base: None };
    overlay.fields.insert("b".into(), nothing);
    assert_eq!(written(&case.plan_with(&overlay)), "delete");
}

const RULES: &str = r#"[{"name": "a", "minimum": 0}, {"name": "b", "required": true}]"#;
const BROKEN: &str = "The record as it would be written breaks a rule:";

table! { what_would_be_written_keeps_the_rules:
    "kept": case(of("a=1 b=1"), set("a=2"), of("a=1 b=1")).model(RULES) => "write a=2";
    "broken here": case(of("a=1 b=1"), set("a=-2"), of("a=1 b=1")).model(RULES) => format!("invalid? a(1|-2|1): {BROKEN} a must be at least 0.");
    "broken there, by a field that is not edited": case(of("a=1 b=1"), set("b=2"), of("a=-1 b=1")).model(RULES) => format!("take a=-1; invalid? a(1|1|-1): {BROKEN} a must be at least 0.");
    "several": case(of("a=1 b=1"), set("a=-2 -b"), of("a=1 b=1")).model(RULES) => format!("invalid? a(1|-2|1) b(1|-|1): {BROKEN} a must be at least 0; b must be there.");
    "created": case(GONE, set("a=-1 b=1"), GONE).model(RULES) => format!("invalid? a(-|-1|-) Airflow deleted: {BROKEN} a must be at least 0.");
    "created without": case(GONE, set("a=1"), GONE).model(RULES) => format!("invalid? b(-|-|-) Airflow deleted: {BROKEN} b must be there.");
    "a clash comes first": case(of("a=1 b=1"), set("a=-2"), of("a=3 b=1")).model(RULES) => "fields? a(1|-2|3)";
    "nothing to write, nothing to check": case(of("a=1 b=1"), Nothing, of("a=-1")).model(RULES) => "take a=-1; drop b";
    "both arrived at what breaks it": case(of("a=1 b=1"), set("a=-1"), of("a=-1 b=1")).model(RULES) => "settle a=-1; drop overlay";
    "says nothing twice": case(of("a=1 b=1"), set("a=-2"), of("a=1 b=1")).model(RULES).told() => "";
    "goes when it is kept again": Case { work: set("a=2"), ..case(of("a=1 b=1"), set("a=-2"), of("a=1 b=1")).model(RULES).told() } => "clear; write a=2";
    "a merge that breaks a rule is not suggested": case(of(r#"b="{\n\"x\":1,\n\"y\":1,\n\"z\":1}""#), set(r#"b="{\n\"x\":2,\n\"y\":1,\n\"z\":1}""#), of(r#"b="{\n\"x\":1,\n\"y\":1,\n\"z\":2}""#)).model(r#"[{"name": "b", "kind": "json_text", "maxLength": 1}]"#) => format!("invalid? b({{\n\"x\":1,\n\"y\":1,\n\"z\":1}}|{{\n\"x\":2,\n\"y\":1,\n\"z\":1}}|{{\n\"x\":1,\n\"y\":1,\n\"z\":2}}): {BROKEN} b must have at most 1 characters.");
    "a merge by key stays on what it was made on": case(of(r#"b={"x":1}"#), set(r#"b={"x":1,"y":1}"#), of(r#"b={"x":1,"z":1}"#)).model(r#"[{"name": "b", "enum": [1]}]"#) => format!(r#"invalid? b({{"x":1}}|{{"x":1,"y":1}}|{{"x":1,"z":1}}): {BROKEN} b must be one of 1."#);
}

#[test]
fn a_required_secret_is_there() {
    let case = case(sealed("h1"), about("y"), sealed("h1"));
    assert_eq!(written(&case.plan()), "write description=y");
}

table! { a_json_merge_that_airflow_already_holds_is_not_written:
    "all of it": case(of(r#"a={"x":1,"y":1}"#), set(r#"a={"x":2,"y":1}"#), of(r#"a={"x":2,"y":1,"z":1}"#)).model(ANY) => r#"settle a={"x":2,"y":1,"z":1}; drop overlay"#;
    "but for the spelling of a number": case(of(r#"a={"x":1,"y":1}"#), set(r#"a={"x":2.0,"y":1}"#), of(r#"a={"x":2.00,"y":1,"z":1}"#)).model(ANY) => r#"rebase a: {"x":2.00,"y":1,"z":1} → {"x":2.0,"y":1,"z":1}; write a={"x":2.0,"y":1,"z":1}"#;
}
