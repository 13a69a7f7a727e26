//! The cases of the merge, as a table: what was before, what the analyst did, what Airflow has → the plan, in the words
//! of `case.rs`. JSON by its parts is in `json_table.rs`, other data models than that of Variables in `model_table.rs`.

use crate::case::Work::{self, Delete, Nothing};
use crate::case::*;
use jiff::Timestamp;
use leeward_merge::{Op, Subject, reconcile};
use leeward_model::{
    Against, BaseField, Conflict, ConflictField, ConflictKind, Content, Policy, Value, secret_ref,
};
use std::collections::BTreeMap;

table! { every_cell_of_a_record:
    // base, the analyst, Airflow
    "never was": case(GONE, Nothing, GONE) => "";
    "created in Airflow": case(GONE, Nothing, rec("a")) => "take description=∅; take value=a";
    "created here": case(GONE, new("a"), GONE) => "create description=∅ value=a";
    "created on both sides, equal": case(GONE, new("a"), rec("a")) => "settle description=∅; settle value=a; drop overlay";
    "created on both sides, different": case(GONE, new("a"), rec("b")) => "settle description=∅; create_create? value(-|a|b)";
    "unchanged": case(rec("a"), Nothing, rec("a")) => "";
    "changed in Airflow": case(rec("a"), Nothing, rec("b")) => "take value=b";
    "deleted in Airflow": case(rec("a"), Nothing, GONE) => "forget";
    "edited here": case(rec("a"), value("b"), rec("a")) => "write value=b";
    "edited on both sides, equal": case(rec("a"), value("b"), rec("b")) => "settle value=b; drop overlay";
    "edited on both sides, different": case(rec("a"), value("b"), rec("c")) => "fields? value(a|b|c)";
    "edited to what it was": case(rec("a"), value("a"), rec("a")) => "settle value=a; drop overlay";
    "edited to what it was, changed in Airflow": case(rec("a"), value("a"), rec("b")) => "settle value=b; drop overlay";
    "edit / delete": case(rec("a"), value("b"), GONE) => "edit_delete? value(a|b|-) Airflow deleted";
    "deleted here": case(rec("a"), Delete, rec("a")) => "delete";
    "delete / edit": case(rec("a"), Delete, rec("b")) => "edit_delete? value(a|-|b) mine deleted";
    "delete / delete": case(rec("a"), Delete, GONE) => "forget";
    "not looked at yet": case(rec("a"), value("b"), rec("c")).unseen() => "";
    "deleted, not looked at yet": case(rec("a"), Delete, GONE).unseen() => "";
}

table! { one_field_never_touches_another:
    "each side another field": case(rec("a").about("x"), value("b"), rec("a").about("y")) => "take description=y; write value=b";
    "the other way round": case(rec("a").about("x"), about("y"), rec("b").about("x")) => "take value=b; write description=y";
    "only the dirty field": case(rec("a").about("x"), about("y"), rec("a").about("x")) => "write description=y";
    "both edited, one clashes: nothing is sent": case(rec("a").about("x"), both("b", "y"), rec("c").about("x")) => "fields? value(a|b|c)";
    "both edited, one arrived": case(rec("a").about("x"), both("b", "y"), rec("b").about("x")) => "settle value=b; write description=y";
    "both clash": case(rec("a").about("x"), both("b", "y"), rec("c").about("z")) => "fields? description(x|y|z) value(a|b|c)";
    "a clash leaves the other field to Airflow": case(rec("a").about("x"), value("b"), rec("c").about("y")) => "take description=y; fields? value(a|b|c)";
    "a delete sees a changed description": case(rec("a").about("x"), Delete, rec("a").about("y")) => "edit_delete? description(x|-|y) mine deleted";
    "a description is text, even one like JSON": case(rec("a").about("[1, 2]"), Nothing, rec("a").about("[1,2]")) => "take description=[1,2]";
    "and clashes as a whole": case(rec("a").about(r#"{"a":1}"#), about(r#"{"a":1,"b":1}"#), rec("a").about(r#"{"a":1,"c":1}"#)) => r#"fields? description({"a":1}|{"a":1,"b":1}|{"a":1,"c":1})"#;
    "and a delete sees its spelling": case(rec("a").about("[1, 2]"), Delete, rec("a").about("[1,2]")) => "edit_delete? description([1, 2]|-|[1,2]) mine deleted";
    "and two equal in meaning are not converged": case(rec("a").about("[]"), about("[1, 2]"), rec("a").about("[1,2]")) => "fields? description([]|[1, 2]|[1,2])";
}

table! { a_clash_in_a_text_may_come_with_a_suggestion:
    "lines apart": case(rec("a\nb\nc"), value("A\nb\nc"), rec("a\nb\nC")) => "fields? value(a\nb\nc|A\nb\nc|a\nb\nC) perhaps A\nb\nC";
    "the same line": case(rec("a\nb\nc"), value("A\nb\nc"), rec("AA\nb\nc")) => "fields? value(a\nb\nc|A\nb\nc|AA\nb\nc)";
    "a list in lines": case(rec("{\"p\": [\n1,\n2,\n3]}"), value("{\"p\": [\n0,\n2,\n3]}"), rec("{\"p\": [\n1,\n2,\n4]}")) => "fields? value({\"p\": [\n1,\n2,\n3]}|{\"p\": [\n0,\n2,\n3]}|{\"p\": [\n1,\n2,\n4]}) at /p perhaps {\"p\": [\n0,\n2,\n4]}";
    "nothing of it is sent": case(rec("a\nb\nc").about("x"), both("A\nb\nc", "y"), rec("a\nb\nC").about("x")) => "fields? value(a\nb\nc|A\nb\nc|a\nb\nC) perhaps A\nb\nC";
    "none over a secret": case(rec("a\nb"), value("A\nb"), sealed("h1")) => "fields? value(a\nb|A\nb|-): hidden";
}

table! { missing_null_and_empty_are_three_things:
    "null to empty": case(rec("a"), about(""), rec("a")) => "write description=";
    "null to empty, Airflow to text": case(rec("a"), about(""), rec("a").about("x")) => "fields? description(∅||x)";
    "empty to null": case(rec("a").about(""), Work::Edit(vec![(DESCRIPTION, Some(Value::Null))]), rec("a").about("")) => "write description=∅";
    "null here, empty there": case(rec("a").about("x"), Work::Edit(vec![(DESCRIPTION, Some(Value::Null))]), rec("a").about("")) => "fields? description(x|∅|)";
    "the text null is not null": case(rec("a").about("x"), about("null"), rec("a")) => "fields? description(x|null|∅)";
    "a value emptied": case(rec("a"), value(""), rec("a")) => "write value=";
    "Airflow emptied it": case(rec("a"), Nothing, rec("")) => "take value=";
    "created empty on both sides": case(GONE, new(""), rec("")) => "settle description=∅; settle value=; drop overlay";
    "created here empty, there null": case(GONE, both("a", ""), rec("a")) => "settle value=a; create_create? description(-||∅)";
    "a missing description is created as null": case(GONE, value("a"), GONE) => "create description=∅ value=a";
    "a missing value cannot be created": case(GONE, about("x"), GONE) => "invalid? value(-|-|-) Airflow deleted: The record as it would be written breaks a rule: value must be there.";
    "a description taken away becomes null": case(rec("a").about("x"), Work::Edit(vec![(DESCRIPTION, None)]), rec("a").about("x")) => "write description=∅";
    "a value cannot be taken away": case(rec("a"), Work::Edit(vec![(VALUE, None)]), rec("a")) => "invalid? value(a|-|a): The record as it would be written breaks a rule: value must be there.";
}

table! { what_airflow_respells_is_no_change:
    "3.1 to 3.10 is written": case(rec("3.1"), value("3.10"), rec("3.1")) => "write value=3.10";
    "3.10 typed back to 3.1 is written": case(pair("3.1", "3.10"), value("3.1"), rec("3.1")) => "write value=3.1";
    "3.10 that reads back as 3.1 is clean": case(pair("3.1", "3.10"), Nothing, rec("3.1")) => "";
    "3.10 edited to itself keeps its spelling": case(pair("3.1", "3.10"), value("3.10"), rec("3.1")) => "settle value=3.1 typed 3.10; drop overlay";
    "3.10 edited, Airflow's own change clashes": case(pair("3.1", "3.10"), value("4"), rec("3.2")) => "fields? value(3.10|4|3.2)";
    "3.10 here, 3.1 there, from 2": case(rec("2"), value("3.10"), rec("3.1")) => "fields? value(2|3.10|3.1)";
    "Airflow's new number replaces the spelling": case(pair("3.1", "3.10"), Nothing, rec("3.2")) => "take value=3.2";
    "another description never writes the value": case(pair("3.1", "3.10"), about("y"), rec("3.1")) => "write description=y";
    "nor one of a re-spelled object": case(pair(r#"{"a": 1.1}"#, r#"{ "a":1.10 }"#), about("y"), rec(r#"{"a": 1.1}"#)) => "write description=y";
    "nor while Airflow changes it": case(pair("3.1", "3.10"), about("y"), rec("9")) => "take value=9; write description=y";
    "an object re-spelled by Airflow is taken, the analyst's text kept": case(rec(r#"{"a":1.10}"#), Nothing, rec(r#"{"a": 1.1}"#)) => r#"take value={"a": 1.1} typed {"a":1.10}"#;
    "both made the same object": case(rec("{}"), value(r#"{ "a":1.10 }"#), rec(r#"{"a": 1.1}"#)) => r#"settle value={"a": 1.1} typed { "a":1.10 }; drop overlay"#;
    "both created the same object": case(GONE, new("[1,2]"), rec("[1, 2]")) => "settle description=∅; settle value=[1, 2] typed [1,2]; drop overlay";
    "both created 3.1, spelled apart": case(GONE, new("3.10"), rec("3.1")) => "settle description=∅; create_create? value(-|3.10|3.1)";
    "text that is no JSON counts by letter": case(rec("a,b"), value("a, b"), rec("a;b")) => "fields? value(a,b|a, b|a;b)";
    "a delete is not stopped by a re-spelled object": case(rec(r#"{"a":1}"#), Delete, rec(r#"{"a": 1}"#)) => "delete";
    "a delete is stopped by a changed number": case(rec("3.10"), Delete, rec("3.1")) => "edit_delete? value(3.10|-|3.1) mine deleted";
    "a delete looks at what was seen, not typed": case(pair("3.1", "3.10"), Delete, rec("3.1")) => "delete";
    "an object respelled by the analyst is written": case(rec(r#"{"a": 1}"#), value(r#"{"a":1}"#), rec(r#"{"a": 1}"#)) => r#"write value={"a":1}"#;
}

table! { sealed_values_are_noticed_and_never_shown:
    "equal": case(sealed("h1"), Nothing, sealed("h1")) => "";
    "changed": case(sealed("h1"), Nothing, sealed("h2")) => "take value=<h2>";
    "became sealed": case(rec("a"), Nothing, sealed("h1")) => "take value=<h1>";
    "came into the open": case(sealed("h1"), Nothing, rec("a")) => "take value=a";
    "its description can be edited": case(sealed("h1"), about("y"), sealed("h1")) => "write description=y";
    "its description, while the secret changes": case(sealed("h1"), about("y"), sealed("h2")) => "take value=<h2>; write description=y";
    "deleted": case(sealed("h1"), Delete, sealed("h1")) => "delete";
    "deleted, the secret changed": case(sealed("h1"), Delete, sealed("h2")) => "edit_delete? value(-|-|-) mine deleted";
    "edited, then it became sealed": case(rec("a"), value("b"), sealed("h1")) => "fields? value(a|b|-): hidden";
    "created here, sealed there": case(GONE, new("a"), sealed("h1")) => "settle description=∅; create_create? value(-|a|-)";
    "a secret replaced": case(sealed("h1"), Work::Edit(vec![(VALUE, Some(secret_ref("k")))]), sealed("h1")) => r#"write value={"$leeward_secret":"k"}"#;
    "a secret replaced on both sides": case(sealed("h1"), Work::Edit(vec![(VALUE, Some(secret_ref("k")))]), sealed("h2")) => r#"fields? value(-|{"$leeward_secret":"k"}|-)"#;
}

table! { policies:
    "mine": case(rec("a"), value("b"), rec("c")).policy(Policy::Mine) => "rebase value: c → b; write value=b";
    "theirs": case(rec("a"), value("b"), rec("c")).policy(Policy::Theirs) => "settle value=c; drop overlay";
    "theirs, a field without a clash is sent": case(rec("a").about("x"), both("b", "y"), rec("c").about("x")).policy(Policy::Theirs) => "settle value=c; write description=y";
    "mine, a field without a clash": case(rec("a").about("x"), both("b", "y"), rec("c").about("x")).policy(Policy::Mine) => "rebase value: c → b; write description=y value=b";
    "mine, but not over a secret": case(rec("a"), value("b"), sealed("h1")).policy(Policy::Mine) => "fields? value(a|b|-): hidden";
    "no policy settles a delete": case(rec("a"), value("b"), GONE).policy(Policy::Mine) => "edit_delete? value(a|b|-) Airflow deleted";
    "nor one of mine": case(rec("a"), Delete, rec("b")).policy(Policy::Theirs) => "edit_delete? value(a|-|b) mine deleted";
    "a merge needs none": case(rec("{}"), value(r#"{"a":1}"#), rec(r#"{"b": 2}"#)).policy(Policy::Theirs) => r#"rebase value: {"b": 2} → {"a":1,"b":2}; write value={"a":1,"b":2}"#;
}

/// A clash with another edit on this computer.
fn local_clash() -> Conflict {
    let field = ConflictField {
        name: VALUE.into(),
        base: Some("a".into()),
        mine: Some("b".into()),
        airflow: Some("b2".into()),
        paths: Vec::new(),
        against: Against::Local,
        sealed: false,
        suggestion: None,
    };
    Conflict {
        kind: ConflictKind::Fields,
        fields: vec![field],
        mine_deleted: false,
        airflow_deleted: false,
        found_at: Timestamp::UNIX_EPOCH,
        decided: None,
        note: None,
    }
}

/// The stored conflict of a case, on what Airflow has now.
fn after(mut told: Case, airflow: Option<Record>) -> Case {
    told.remote = case(GONE, Nothing, airflow).remote;
    told
}

fn asked() -> Case {
    case(rec("a"), value("b"), rec("c")).told()
}

table! { a_stored_conflict:
    "says nothing twice": asked() => "";
    "says it when Airflow moves on": after(asked(), rec("d")) => "fields? value(a|b|d)";
    "says it when another field joins": case(rec("a").about("x"), both("b", "y"), rec("c").about("z")).stored(asked().conflict.unwrap()) => "fields? description(x|y|z) value(a|b|c)";
    "turns into another when Airflow deletes": after(asked(), GONE) => "edit_delete? value(a|b|-) Airflow deleted";
    "goes when Airflow comes back": after(asked(), rec("a")) => "clear; write value=b";
    "goes when Airflow comes round to mine": after(asked(), rec("b")) => "settle value=b; clear; drop overlay";
    "stays while Airflow is not looked at": asked().unseen() => "";
    "goes with the edit that was taken back": Case { work: Nothing, ..asked() } => "clear; take value=c";
    "goes with a record that is gone": Case { work: Nothing, ..after(asked(), GONE) } => "forget";
    "edit / delete says nothing twice": case(rec("a"), value("b"), GONE).told() => "";
    "edit / delete, created again as it was": after(case(rec("a"), value("b"), GONE).told(), rec("a")) => "clear; write value=b";
    "edit / delete, created again otherwise": after(case(rec("a"), value("b"), GONE).told(), rec("c")) => "fields? value(a|b|c)";
    "delete / edit says nothing twice": case(rec("a"), Delete, rec("b")).told() => "";
    "delete / edit, undone in Airflow": after(case(rec("a"), Delete, rec("b")).told(), rec("a")) => "clear; delete";
    "delete / edit, deleted in Airflow": after(case(rec("a"), Delete, rec("b")).told(), GONE) => "forget";
    "create / create, gone in Airflow": after(case(GONE, new("a"), rec("b")).told(), GONE) => "clear; create description=∅ value=a";
    "invalid says nothing twice": case(GONE, about("x"), GONE).told() => "";
    "invalid goes when the value is given": Case { work: new("a"), ..case(GONE, about("x"), GONE).told() } => "clear; create description=∅ value=a";
    "with a local edit holds the write": case(rec("a"), value("b"), rec("a")).stored(local_clash()) => "";
    "with a local edit is not replaced by Airflow's": case(rec("a"), value("b"), rec("c")).stored(local_clash()) => "";
    "with a local edit stays when Airflow deletes": case(rec("a"), value("b"), GONE).stored(local_clash()) => "";
    "with a local edit stays under a delete on both sides": case(rec("a"), Delete, GONE).stored(local_clash()) => "";
    "with a local edit holds the delete": case(rec("a"), Delete, rec("a")).stored(local_clash()) => "";
    "with a local edit lets another field in": case(rec("a").about("x"), value("b"), rec("a").about("y")).stored(local_clash()) => "take description=y";
    "with a local edit outlives the overlay": case(rec("a"), Nothing, rec("c")).stored(local_clash()) => "take value=c";
    "with a local edit outlives the record": case(rec("a"), Nothing, GONE).stored(local_clash()) => "";
}

#[test]
fn a_conflict_keeps_when_it_was_found_and_what_was_decided() {
    let mut told = asked();
    let decided = Some(BTreeMap::from([(VALUE.to_owned(), Value::from("r"))]));
    let stored = told.conflict.as_mut().unwrap();
    stored.found_at = Timestamp::from_second(7).unwrap();
    stored.decided.clone_from(&decided);
    let plan = after(told, rec("d")).plan();
    let [Op::Conflict(conflict)] = plan.ops.as_slice() else {
        panic!("one conflict, not {plan}");
    };
    assert_eq!(conflict.found_at, Timestamp::from_second(7).unwrap());
    assert_eq!(conflict.decided, decided);
}

#[test]
fn create_against_create_stays_one_after_the_fields_that_agree_are_settled() {
    let told = case(GONE, new("a"), rec("b")).told();
    let settled = BaseField::seen(Content::Value(Value::Null));
    let half = Case {
        base: Some(Record([(DESCRIPTION, settled)].into())),
        work: value("a"),
        ..told
    };
    assert_eq!(written(&half.plan()), "");
    let gone = after(half, GONE);
    assert_eq!(written(&gone.plan()), "edit_delete? value(-|a|-) Airflow deleted");
}

#[test]
fn a_creation_clashes_as_one_even_where_the_mirror_has_read_airflows_since() {
    let late = case(GONE, value("a"), rec("b"));
    let plan = reconcile(&Subject {
        collection: &late.collection(),
        base: case(rec("b"), Nothing, GONE).base().as_ref(),
        overlay: late.overlay().as_ref(),
        remote: &late.remote,
        conflict: None,
        now: Timestamp::UNIX_EPOCH,
    });
    assert_eq!(written(&plan), "create_create? value(-|a|b)");
}

#[test]
fn an_overlay_whose_fields_are_all_settled_goes_with_the_record() {
    let empty = case(rec("a"), Work::Edit(Vec::new()), GONE);
    assert_eq!(written(&empty.plan()), "forget");
}

#[test]
fn a_plan_says_what_it_does() {
    let says = |case: Case| case.plan().to_string();
    let rows = [
        (case(rec("a"), Nothing, rec("a")), "nothing to do"),
        (case(rec("a"), Nothing, rec("b")), "take Airflow's value"),
        (
            case(rec("a"), value("b"), rec("b")),
            "value is the same on both sides; nothing is pending any more",
        ),
        (case(rec("a"), Nothing, GONE), "forget the record"),
        (case(GONE, new("a"), GONE), "create the record"),
        (case(rec("a"), Delete, rec("a")), "delete the record"),
        (
            case(rec("a"), both("b", "y"), rec("a")),
            "write description, value",
        ),
        (case(rec("a"), value("b"), rec("c")), "conflict in 1 field(s)"),
        (
            case(rec("{}"), value(r#"{"a":1}"#), rec(r#"{"b":1}"#)),
            "merge value; write value",
        ),
        (after(asked(), rec("a")), "the conflict is gone; write value"),
        (
            case(of("a=1 b=1"), Nothing, of("a=1")),
            "Airflow's record has no b",
        ),
        (
            case(of("a=1 b=1"), set("-b"), of("a=1 b=1")).model("[]"),
            "remove b",
        ),
        (
            case(of("a=1 b=1"), set("a=2 -b"), of("a=1 b=1")).model("[]"),
            "write a and remove b",
        ),
    ];
    for (case, expected) in rows {
        assert_eq!(says(case), expected);
    }
}

#[test]
fn a_plan_has_one_write_at_most() {
    let writes = [
        (case(rec("a"), Nothing, rec("b")), None),
        (case(GONE, new("a"), GONE), Some("create the record")),
        (
            case(rec("a"), value("b"), rec("a").about("y")),
            Some("write value"),
        ),
        (case(rec("a"), Delete, rec("a")), Some("delete the record")),
    ];
    for (case, expected) in writes {
        let plan = case.plan();
        assert_eq!(plan.write().map(ToString::to_string).as_deref(), expected);
        let others = plan.ops.iter().filter(|op| op.is_write()).count();
        assert_eq!(others, usize::from(expected.is_some()), "{plan}");
    }
}
