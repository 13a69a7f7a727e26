//! The cases of the merge, as a table: what was before, what the analyst did, what Airflow has → the plan.
//!
//! A plan is written as its steps, each with what it carries: `take value=c`, `settle value=3.1 typed 3.10`,
//! `rebase value: c → b`, `write value=b`, `create …`, `delete`, `forget`, `drop overlay`, `clear`, and
//! `fields? value(before|mine|Airflow's)` for a conflict (`edit_delete?`, `create_create?`, `invalid?`).
//! `-` is missing, `∅` is null.

use crate::desk::Base;
use jiff::Timestamp;
use leeward_merge::{FieldMerge, Op, Plan, Subject, canonically_equal, merge_field, reconcile};
use leeward_model::{
    Against, BaseField, Collection, Conflict, ConflictField, ConflictKind, Content, FieldKind, Overlay,
    OverlayField, Policy, Remote, Value, secret_ref,
};
use std::collections::BTreeMap;

const VALUE: &str = "value";
const DESCRIPTION: &str = "description";

// ---- The sides ---------------------------------------------------------------------------------------------------

/// A record as Airflow has it, or as it was when last confirmed.
#[derive(Clone)]
struct Record(BTreeMap<&'static str, BaseField>);

/// A record of this value, without a description.
fn rec(value: &str) -> Option<Record> {
    let value = BaseField::seen(text(value));
    let description = BaseField::seen(Content::Value(Value::Null));
    Some(Record([(VALUE, value), (DESCRIPTION, description)].into()))
}

/// A record whose value Airflow keeps to itself.
fn sealed(hash: &str) -> Option<Record> {
    rec("").with(VALUE, BaseField::seen(Content::Sealed(hash.into())))
}

/// Airflow reads `seen`; the analyst wrote `typed`.
fn pair(seen: &str, typed: &str) -> Option<Record> {
    rec("").with(VALUE, BaseField::written(text(seen), typed.into()))
}

fn text(value: &str) -> Content {
    Content::Value(value.into())
}

trait With {
    fn with(self, name: &'static str, field: BaseField) -> Self;
    fn about(self, description: &str) -> Self;
}

impl With for Option<Record> {
    fn with(self, name: &'static str, field: BaseField) -> Self {
        self.map(|mut record| {
            record.0.insert(name, field);
            record
        })
    }

    fn about(self, description: &str) -> Self {
        self.with(DESCRIPTION, BaseField::seen(text(description)))
    }
}

/// What the analyst did to the record as it was.
#[derive(Clone)]
enum Work {
    Nothing,
    Edit(Vec<(&'static str, Option<Value>)>),
    Delete,
}
use Work::{Delete, Nothing};

fn value(to: &str) -> Work {
    Work::Edit(vec![(VALUE, Some(to.into()))])
}

fn about(to: &str) -> Work {
    Work::Edit(vec![(DESCRIPTION, Some(to.into()))])
}

fn both(to: &str, description: &str) -> Work {
    Work::Edit(vec![
        (VALUE, Some(to.into())),
        (DESCRIPTION, Some(description.into())),
    ])
}

/// A new record: every field is given, the description as null.
fn new(to: &str) -> Work {
    Work::Edit(vec![(VALUE, Some(to.into())), (DESCRIPTION, Some(Value::Null))])
}

// ---- Carrying a case out -----------------------------------------------------------------------------------------

struct Case {
    base: Option<Record>,
    work: Work,
    remote: Remote,
    conflict: Option<Conflict>,
    policy: Policy,
}

fn case(base: Option<Record>, work: Work, airflow: Option<Record>) -> Case {
    let fields = |record: Record| {
        record
            .0
            .into_iter()
            .map(|(name, field)| (name.to_owned(), field.seen))
    };
    Case {
        base,
        work,
        remote: airflow.map_or(Remote::Absent, |record| Remote::Present(fields(record).collect())),
        conflict: None,
        policy: Policy::Ask,
    }
}

impl Case {
    fn unseen(mut self) -> Self {
        self.remote = Remote::Unknown;
        self
    }

    fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The conflict that the same case would raise is already stored.
    fn told(self) -> Self {
        let conflict = self.plan().ops.into_iter().find_map(|op| match op {
            Op::Conflict(conflict) => Some(*conflict),
            _ => None,
        });
        Self {
            conflict: Some(conflict.expect("the case raises no conflict")),
            ..self
        }
    }

    fn stored(mut self, conflict: Conflict) -> Self {
        self.conflict = Some(conflict);
        self
    }

    fn collection(&self) -> Collection {
        let mut collection = Collection::variables();
        for field in &mut collection.fields {
            field.policy = self.policy;
        }
        collection
    }

    fn base(&self) -> Option<Base> {
        let named = |(name, field): (&&str, &BaseField)| ((*name).to_owned(), field.clone());
        self.base
            .as_ref()
            .map(|record| record.0.iter().map(named).collect())
    }

    fn overlay(&self) -> Option<Overlay> {
        let base = self.base().unwrap_or_default();
        let field = |name: &str, to: Option<Value>| OverlayField {
            to,
            base: base.get(name).cloned(),
        };
        let (fields, deleted) = match &self.work {
            Work::Nothing => return None,
            Work::Edit(edits) => {
                let edit = |(name, to): &(&str, Option<Value>)| ((*name).to_owned(), field(name, to.clone()));
                (edits.iter().map(edit).collect(), false)
            }
            Work::Delete => {
                let gone = |name: &String| (name.clone(), field(name, None));
                (base.keys().map(gone).collect(), true)
            }
        };
        Some(Overlay { fields, deleted })
    }

    fn plan(&self) -> Plan {
        reconcile(&Subject {
            collection: &self.collection(),
            base: self.base().as_ref(),
            overlay: self.overlay().as_ref(),
            remote: &self.remote,
            conflict: self.conflict.as_ref(),
            now: Timestamp::UNIX_EPOCH,
        })
    }
}

// ---- Writing a plan down -----------------------------------------------------------------------------------------

fn written(plan: &Plan) -> String {
    plan.ops.iter().map(step).collect::<Vec<_>>().join("; ")
}

fn step(op: &Op) -> String {
    match op {
        Op::Take { field, base } => format!("take {field}={}", pair_of(base)),
        Op::Settle { field, base } => format!("settle {field}={}", pair_of(base)),
        Op::Rebase { field, base, overlay } => {
            assert_eq!(
                overlay.base.as_ref(),
                Some(base),
                "an edit is rebased on the new base"
            );
            format!(
                "rebase {field}: {} → {}",
                pair_of(base),
                slot(overlay.to.as_ref())
            )
        }
        Op::Create { fields } => format!("create {}", list(fields)),
        Op::Update { fields } => format!("write {}", list(fields)),
        Op::Delete => "delete".into(),
        Op::Forget => "forget".into(),
        Op::DropOverlay => "drop overlay".into(),
        Op::ClearConflict => "clear".into(),
        Op::Conflict(conflict) => question(conflict),
    }
}

fn list(fields: &BTreeMap<String, Value>) -> String {
    let field = |(name, value): (&String, &Value)| format!("{name}={}", slot(Some(value)));
    fields.iter().map(field).collect::<Vec<_>>().join(" ")
}

fn pair_of(base: &BaseField) -> String {
    let seen = match &base.seen {
        Content::Value(value) => slot(Some(value)),
        Content::Sealed(hash) => format!("<{hash}>"),
    };
    match &base.typed {
        Some(typed) => format!("{seen} typed {}", slot(Some(typed))),
        None => seen,
    }
}

fn slot(value: Option<&Value>) -> String {
    match value {
        None => "-".into(),
        Some(Value::Null) => "∅".into(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn question(conflict: &Conflict) -> String {
    let kind = match conflict.kind {
        ConflictKind::Fields => "fields?",
        ConflictKind::EditDelete => "edit_delete?",
        ConflictKind::CreateCreate => "create_create?",
        ConflictKind::Invalid => "invalid?",
    };
    let mut line = kind.to_owned();
    for field in &conflict.fields {
        line += &clash(field);
    }
    line += if conflict.mine_deleted {
        " mine deleted"
    } else {
        ""
    };
    line += if conflict.airflow_deleted {
        " Airflow deleted"
    } else {
        ""
    };
    line
}

fn clash(field: &ConflictField) -> String {
    let sides = [&field.base, &field.mine, &field.airflow].map(|side| slot(side.as_ref()));
    let paths = if field.paths.is_empty() {
        String::new()
    } else {
        format!(" at {}", field.paths.join(" "))
    };
    format!(" {}({}){paths}", field.name, sides.join("|"))
}

/// A table of cases; every row is tried, and all that fail are shown.
macro_rules! table {
    ($name:ident: $($what:literal: $case:expr => $plan:expr;)+) => {
        #[test]
        fn $name() {
            let rows = [$(($what, written(&$case.plan()), $plan)),+];
            let wrong: Vec<String> = rows
                .iter()
                .filter(|(_, plan, expected)| plan != expected)
                .map(|(what, plan, expected)| format!("{what}\n  expected {expected:?}\n  planned  {plan:?}"))
                .collect();
            assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
        }
    };
}

// ---- The table ---------------------------------------------------------------------------------------------------

const GONE: Option<Record> = None;

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
    "a missing value cannot be created": case(GONE, about("x"), GONE) => "invalid?";
    "a description taken away becomes null": case(rec("a").about("x"), Work::Edit(vec![(DESCRIPTION, None)]), rec("a").about("x")) => "write description=∅";
    "a value cannot be taken away": case(rec("a"), Work::Edit(vec![(VALUE, None)]), rec("a")) => "invalid?";
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
    "edited, then it became sealed": case(rec("a"), value("b"), sealed("h1")) => "fields? value(a|b|-)";
    "created here, sealed there": case(GONE, new("a"), sealed("h1")) => "settle description=∅; create_create? value(-|a|-)";
    "a secret replaced": case(sealed("h1"), Work::Edit(vec![(VALUE, Some(secret_ref("k")))]), sealed("h1")) => r#"write value={"$leeward_secret":"k"}"#;
    "a secret replaced on both sides": case(sealed("h1"), Work::Edit(vec![(VALUE, Some(secret_ref("k")))]), sealed("h2")) => r#"fields? value(-|{"$leeward_secret":"k"}|-)"#;
}

table! { policies:
    "mine": case(rec("a"), value("b"), rec("c")).policy(Policy::Mine) => "rebase value: c → b; write value=b";
    "theirs": case(rec("a"), value("b"), rec("c")).policy(Policy::Theirs) => "settle value=c; drop overlay";
    "theirs, a field without a clash is sent": case(rec("a").about("x"), both("b", "y"), rec("c").about("x")).policy(Policy::Theirs) => "settle value=c; write description=y";
    "mine, a field without a clash": case(rec("a").about("x"), both("b", "y"), rec("c").about("x")).policy(Policy::Mine) => "rebase value: c → b; write description=y value=b";
    "mine, but not over a secret": case(rec("a"), value("b"), sealed("h1")).policy(Policy::Mine) => "fields? value(a|b|-)";
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
    assert_eq!(says(case(rec("a"), Nothing, rec("a"))), "nothing to do");
    let moved = case(rec("a").about("x"), value("b"), rec("a").about("y"));
    assert_eq!(says(moved), "take Airflow's description; write value");
    assert_eq!(
        says(case(rec("a"), value("b"), rec("c"))),
        "conflict in 1 field(s)"
    );
}

// ---- One field ---------------------------------------------------------------------------------------------------

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
fn json_objects_merge_by_key() {
    let rows = [
        // what, base, local, Airflow, outcome
        (
            "added on both sides",
            "{}",
            r#"{"a": 1}"#,
            r#"{"b": 2}"#,
            r#"merged {"a": 1, "b": 2}"#,
        ),
        (
            "added on both sides, equal",
            r#"{"z": 0}"#,
            r#"{"z": 0, "a": 1}"#,
            r#"{"z": 1, "a": 1}"#,
            r#"merged {"z": 1, "a": 1}"#,
        ),
        (
            "added on both sides, different",
            "{}",
            r#"{"a": 1}"#,
            r#"{"a": 2}"#,
            "clash /a",
        ),
        (
            "added objects are not looked into",
            "{}",
            r#"{"a": {"x": 1}}"#,
            r#"{"a": {"y": 1}}"#,
            "clash /a",
        ),
        (
            "removed here, added there",
            r#"{"a": 1}"#,
            "{}",
            r#"{"a": 1, "b": 2}"#,
            r#"merged {"b": 2}"#,
        ),
        (
            "added here, removed there",
            r#"{"a": 1}"#,
            r#"{"a": 1, "b": 2}"#,
            "{}",
            r#"merged {"b": 2}"#,
        ),
        (
            "each removed one",
            r#"{"a": 1, "b": 2, "c": 3}"#,
            r#"{"b": 2, "c": 3}"#,
            r#"{"a": 1, "c": 3}"#,
            r#"merged {"c": 3}"#,
        ),
        (
            "between them, all removed",
            r#"{"a": 1, "b": 2}"#,
            r#"{"b": 2}"#,
            r#"{"a": 1}"#,
            "merged {}",
        ),
        (
            "both removed the same",
            r#"{"a": 1, "b": 2}"#,
            r#"{"b": 3}"#,
            r#"{"b": 2, "c": 1}"#,
            r#"merged {"b": 3, "c": 1}"#,
        ),
        (
            "changed here, removed there",
            r#"{"a": 1, "b": 2}"#,
            r#"{"a": 9, "b": 2}"#,
            r#"{"b": 2}"#,
            "clash /a",
        ),
        (
            "removed here, changed there",
            r#"{"a": 1, "b": 2}"#,
            r#"{"b": 2}"#,
            r#"{"a": 9, "b": 2}"#,
            "clash /a",
        ),
        (
            "changed apart",
            r#"{"a": 1, "b": 2}"#,
            r#"{"a": 9, "b": 2}"#,
            r#"{"a": 1, "b": 8}"#,
            r#"merged {"a": 9, "b": 8}"#,
        ),
        (
            "changed alike",
            r#"{"a": 1, "b": 2}"#,
            r#"{"a": 9, "b": 2}"#,
            r#"{"a": 9, "b": 8}"#,
            r#"merged {"a": 9, "b": 8}"#,
        ),
        (
            "changed to different",
            r#"{"a": 1, "b": 2}"#,
            r#"{"a": 9, "b": 2}"#,
            r#"{"a": 8, "b": 2}"#,
            "clash /a",
        ),
        (
            "every clash is named",
            r#"{"a": 1, "b": 2, "c": 3}"#,
            r#"{"a": 9, "b": 9, "c": 9}"#,
            r#"{"a": 8, "b": 2, "c": 8}"#,
            "clash /a /c",
        ),
        (
            "nested",
            r#"{"a": {"x": 1, "y": 2}}"#,
            r#"{"a": {"x": 9, "y": 2}}"#,
            r#"{"a": {"x": 1, "y": 8}}"#,
            r#"merged {"a": {"x": 9, "y": 8}}"#,
        ),
        (
            "nested clash",
            r#"{"a": {"x": {"k": 1}}}"#,
            r#"{"a": {"x": {"k": 2}}}"#,
            r#"{"a": {"x": {"k": 3}}}"#,
            "clash /a/x/k",
        ),
        (
            "an object became a number",
            r#"{"a": {"x": 1}}"#,
            r#"{"a": 5}"#,
            r#"{"a": {"x": 2}}"#,
            "clash /a",
        ),
        (
            "a clash deep and one beside it",
            r#"{"a": {"x": 1}, "b": 1}"#,
            r#"{"a": {"x": 2}, "b": 2}"#,
            r#"{"a": {"x": 3}, "b": 3}"#,
            "clash /a/x /b",
        ),
        (
            "escapes in paths",
            r#"{"a/b": {"c~d": 1}, "~1": 1, "": 1}"#,
            r#"{"a/b": {"c~d": 2}, "~1": 2, "": 2}"#,
            r#"{"a/b": {"c~d": 3}, "~1": 3, "": 3}"#,
            "clash /a~1b/c~0d /~01 /",
        ),
        (
            "the same key, escaped apart",
            r#"{"é": 1, "b": 1}"#,
            r#"{"é": 2, "b": 1}"#,
            r#"{"\u00e9": 1, "b": 2}"#,
            r#"merged {"é": 2, "b": 2}"#,
        ),
        (
            "arrays are atomic",
            r#"{"a": [1, 2]}"#,
            r#"{"a": [0, 1, 2]}"#,
            r#"{"a": [1, 2, 3]}"#,
            "clash /a",
        ),
        (
            "objects in arrays too",
            r#"{"a": [{"x": 1, "y": 1}]}"#,
            r#"{"a": [{"x": 2, "y": 1}]}"#,
            r#"{"a": [{"x": 1, "y": 2}]}"#,
            "clash /a",
        ),
        ("a bare array", "[1]", "[1, 2]", "[0, 1]", "clash"),
        ("a bare array, made alike", "[1]", "[1,2]", "[1, 2]", "converged"),
        ("an array against an object", "{}", "[]", r#"{"a": 1}"#, "clash"),
        ("no longer JSON", "{}", "{", r#"{"a": 1}"#, "clash"),
        (
            "null is not missing",
            r#"{"a": 1}"#,
            r#"{"a": null, "b": 1}"#,
            "{}",
            "clash /a",
        ),
        (
            "null is not empty",
            r#"{"a": 1}"#,
            r#"{"a": null}"#,
            r#"{"a": ""}"#,
            "clash /a",
        ),
        (
            "1 is not true, nor 1.0",
            r#"{"a": 0}"#,
            r#"{"a": 1}"#,
            r#"{"a": 1.0}"#,
            "clash /a",
        ),
        (
            "a key twice, here",
            r#"{"a": 1}"#,
            r#"{"a": 1, "b": 1, "b": 2}"#,
            r#"{"a": 2}"#,
            "clash",
        ),
        (
            "a key twice, in the base",
            r#"{"a": 1, "a": 2}"#,
            r#"{"a": 2, "b": 1}"#,
            r#"{"a": 2, "c": 1}"#,
            "clash",
        ),
        (
            "a key twice, deep",
            r#"{"a": [{"k": 1}]}"#,
            r#"{"a": [{"k": 1, "k": 1}], "b": 1}"#,
            r#"{"a": [{"k": 1}], "c": 1}"#,
            "clash",
        ),
        (
            "a key twice, escaped apart",
            r#"{"a": 1}"#,
            r#"{"a": 1, "é": 1, "\u00e9": 2}"#,
            r#"{"a": 2}"#,
            "clash",
        ),
        (
            "keys with lone surrogates are two",
            r#"{"a": 1}"#,
            r#"{"a": 1, "\ud800": 1}"#,
            r#"{"a": 1, "\ud801": 2}"#,
            r#"merged {"a": 1, "\ud800": 1, "\ud801": 2}"#,
        ),
    ];
    for (what, base, local, remote, expected) in rows {
        assert_eq!(by_key(base, local, remote), expected, "{what}");
    }
}

#[test]
fn a_merge_keeps_numbers_to_the_letter() {
    let rows = [
        (
            "big integers",
            r#"{"a": 12345678901234567890123, "b": 1}"#,
            r#"{"a": 12345678901234567890123, "b": 2}"#,
            r#"{"a": 12345678901234567890123, "b": 1, "c": 98765432109876543210}"#,
            r#"merged {"a": 12345678901234567890123, "b": 2, "c": 98765432109876543210}"#,
        ),
        (
            "neighbours beyond 2^53 differ",
            r#"{"a": 0}"#,
            r#"{"a": 9007199254740993}"#,
            r#"{"a": 9007199254740992}"#,
            "clash /a",
        ),
        (
            "one of them is a change",
            r#"{"a": 9007199254740992, "b": 0}"#,
            r#"{"a": 9007199254740993, "b": 0}"#,
            r#"{"a": 9007199254740992, "b": 1}"#,
            r#"merged {"a": 9007199254740993, "b": 1}"#,
        ),
        (
            "a respelled decimal is a change",
            r#"{"a": 3.1, "b": 0}"#,
            r#"{"a": 3.10, "b": 0}"#,
            r#"{"a": 3.1, "b": 1}"#,
            r#"merged {"a": 3.10, "b": 1}"#,
        ),
        (
            "respelled here, changed there",
            r#"{"a": 3.1}"#,
            r#"{"a": 3.10}"#,
            r#"{"a": 3.2}"#,
            "clash /a",
        ),
    ];
    for (what, base, local, remote, expected) in rows {
        assert_eq!(by_key(base, local, remote), expected, "{what}");
    }
}

#[test]
fn a_merge_counts_each_side_from_its_own_spelling() {
    let bases = (r#"{"v":3.10,"w":0}"#, r#"{"v": 3.1, "w": 0}"#);
    let rows = [
        (
            "kept",
            r#"{"v":3.10,"w":1}"#,
            r#"{"v": 3.1, "w": 0, "x": 2}"#,
            r#"merged {"v":3.10,"w":1,"x":2}"#,
        ),
        (
            "typed back",
            r#"{"v":3.1,"w":0}"#,
            r#"{"v": 3.1, "w": 5}"#,
            r#"merged {"v":3.1,"w":5}"#,
        ),
        (
            "Airflow's number wins over the spelling",
            r#"{"v":3.10,"w":1}"#,
            r#"{"v": 4, "w": 0}"#,
            r#"merged {"v":4,"w":1}"#,
        ),
        (
            "both changed it",
            r#"{"v":5,"w":0}"#,
            r#"{"v": 4, "w": 0}"#,
            "clash /v",
        ),
    ];
    for (what, local, remote, expected) in rows {
        assert_eq!(by_key_pair(bases, local, remote), expected, "{what}");
    }
}

#[test]
fn a_merge_keeps_the_analysts_formatting() {
    let base = r#"{"a": 1, "b": {"x": 1, "y": 2}, "c": 3}"#;
    let pretty =
        "{\n    \"a\": 10,\n    \"b\": {\n        \"x\": 1,\n        \"y\": 2\n    },\n    \"c\": 3\n}\n";
    let rows = [
        (
            "changed in place",
            base,
            pretty,
            r#"{"a": 1, "b": {"x": 1, "y": 2}, "c": 9}"#,
            "{\n    \"a\": 10,\n    \"b\": {\n        \"x\": 1,\n        \"y\": 2\n    },\n    \"c\": 9\n}\n",
        ),
        (
            "added at the end, as far in",
            base,
            pretty,
            r#"{"a": 1, "b": {"x": 1, "y": 2}, "c": 3, "d": 4}"#,
            "{\n    \"a\": 10,\n    \"b\": {\n        \"x\": 1,\n        \"y\": 2\n    },\n    \"c\": 3,\n    \"d\": 4\n}\n",
        ),
        (
            "removed at the end",
            base,
            pretty,
            r#"{"a": 1, "b": {"x": 1, "y": 2}}"#,
            "{\n    \"a\": 10,\n    \"b\": {\n        \"x\": 1,\n        \"y\": 2\n    }\n}\n",
        ),
        (
            "removed in the middle",
            base,
            pretty,
            r#"{"a": 1, "c": 3}"#,
            "{\n    \"a\": 10,\n    \"c\": 3\n}\n",
        ),
        (
            "removed at the start",
            r#"{"a": 1, "b": 2}"#,
            "{\n  \"a\": 1,\n  \"b\": 3\n}",
            r#"{"b": 2}"#,
            "{\n  \"b\": 3\n}",
        ),
        (
            "one member on its own line",
            r#"{"a": 1}"#,
            "{\n  \"a\": 2\n}",
            r#"{"a": 1, "b": 3}"#,
            "{\n  \"a\": 2,\n  \"b\": 3\n}",
        ),
        (
            "one member, windows lines, tabs",
            r#"{"a": 1}"#,
            "{\r\n\t\"a\": 2\r\n}",
            r#"{"a": 1, "b": 3}"#,
            "{\r\n\t\"a\": 2,\r\n\t\"b\": 3\r\n}",
        ),
        (
            "one member, tight",
            r#"{"a": 1}"#,
            r#"{"a":2}"#,
            r#"{"a": 1, "b": 3}"#,
            r#"{"a":2,"b":3}"#,
        ),
        (
            "one member, loose",
            r#"{"a": 1}"#,
            r#"{ "a": 2 }"#,
            r#"{"a": 1, "b": 3}"#,
            r#"{ "a": 2, "b": 3 }"#,
        ),
        (
            "tight",
            r#"{"a": 1, "b": 1}"#,
            r#"{"a":2,"b":1}"#,
            r#"{"a": 1, "b": 1, "c": 3}"#,
            r#"{"a":2,"b":1,"c":3}"#,
        ),
        (
            "uneven lines stay uneven",
            r#"{"a": 1, "b": 2, "c": 3, "d": 4}"#,
            "{\"a\": 1, \"b\": 2,\n\n \"c\": 3, \"d\": 5}",
            r#"{"a": 9, "b": 2, "c": 3, "d": 4}"#,
            "{\"a\": 9, \"b\": 2,\n\n \"c\": 3, \"d\": 5}",
        ),
        (
            "nothing left of a layout",
            r#"{"a": 1}"#,
            "{\n}",
            r#"{"a": 1, "b": 2}"#,
            r#"{"b": 2}"#,
        ),
        (
            "spaces around the value",
            r#"{"a": 1, "b": 1}"#,
            " \n{\"a\" : 2 , \"b\" : 1}\n\n",
            r#"{"a": 1, "b": 7}"#,
            " \n{\"a\" : 2 , \"b\" : 7}\n\n",
        ),
        (
            "order is the analyst's",
            r#"{"a": 1, "b": 2}"#,
            r#"{"b": 2, "a": 3}"#,
            r#"{"a": 1, "b": 4}"#,
            r#"{"b": 4, "a": 3}"#,
        ),
        (
            "letters stay letters",
            r#"{"a": "é", "b": 1}"#,
            r#"{"a": "é", "b": 2}"#,
            r#"{"a": "\u00e9", "b": 1, "c": 3}"#,
            r#"{"a": "é", "b": 2, "c": 3}"#,
        ),
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
