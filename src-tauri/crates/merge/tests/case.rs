//! What the tables of cases are written in: a record on three sides, and a plan in words.
//!
//! A plan is written as its steps, each with what it carries: `take value=c`, `settle value=3.1 typed 3.10`,
//! `drop value`, `rebase value: c → b`, `write value=b -description`, `create …`, `delete`, `forget`, `drop overlay`,
//! `clear`, and `fields? value(before|mine|Airflow's)` for a conflict (`edit_delete?`, `create_create?`, `invalid?`),
//! with its clashing places (`at /a`), the suggestion (`perhaps …`) and the note (`: …`; `: hidden` where Airflow hides the value now). `-` is missing, `∅` is null.

use crate::both_sides::Base;
use jiff::Timestamp;
use leeward_merge::{Op, Plan, Subject, reconcile};
use leeward_model::{
    BaseField, Collection, Conflict, ConflictField, ConflictKind, Content, Overlay, OverlayField, Policy,
    Remote, Value,
};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const VALUE: &str = "value";
pub(crate) const DESCRIPTION: &str = "description";

// ---- The sides ---------------------------------------------------------------------------------------------------

/// A record as Airflow has it, or as it was when last confirmed.
#[derive(Clone)]
pub(crate) struct Record(pub(crate) BTreeMap<&'static str, BaseField>);

/// A record of this value, without a description.
pub(crate) fn rec(value: &str) -> Option<Record> {
    let value = BaseField::seen(text(value));
    let description = BaseField::seen(Content::Value(Value::Null));
    Some(Record([(VALUE, value), (DESCRIPTION, description)].into()))
}

/// A record of any fields, as `a=1 b={"c":2}`: JSON without spaces.
pub(crate) fn of(fields: &'static str) -> Option<Record> {
    let fields = fields
        .split_whitespace()
        .map(|field| field.split_once('=').unwrap());
    let base = |value| BaseField::seen(Content::Value(serde_json::from_str(value).unwrap()));
    Some(Record(fields.map(|(name, value)| (name, base(value))).collect()))
}

/// An edit of any fields, as `a=2 -b`.
pub(crate) fn set(fields: &'static str) -> Work {
    let edit = |field: &'static str| match field.split_once('=') {
        Some((name, value)) => (name, Some(serde_json::from_str(value).unwrap())),
        None => (field.trim_start_matches('-'), None),
    };
    Work::Edit(fields.split_whitespace().map(edit).collect())
}

/// A record whose value Airflow keeps to itself.
pub(crate) fn sealed(hash: &str) -> Option<Record> {
    rec("").with(VALUE, BaseField::seen(Content::Sealed(hash.into())))
}

/// Airflow reads `seen`; the analyst wrote `typed`.
pub(crate) fn pair(seen: &str, typed: &str) -> Option<Record> {
    rec("").with(VALUE, BaseField::written(text(seen), typed.into()))
}

pub(crate) fn text(value: &str) -> Content {
    Content::Value(value.into())
}

pub(crate) trait With {
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

/// No record.
pub(crate) const GONE: Option<Record> = None;

/// What the analyst did to the record as it was.
#[derive(Clone)]
pub(crate) enum Work {
    Nothing,
    Edit(Vec<(&'static str, Option<Value>)>),
    Delete,
}

pub(crate) fn value(to: &str) -> Work {
    Work::Edit(vec![(VALUE, Some(to.into()))])
}

pub(crate) fn about(to: &str) -> Work {
    Work::Edit(vec![(DESCRIPTION, Some(to.into()))])
}

pub(crate) fn both(to: &str, description: &str) -> Work {
    Work::Edit(vec![
        (VALUE, Some(to.into())),
        (DESCRIPTION, Some(description.into())),
    ])
}

/// A new record: every field is given, the description as null.
pub(crate) fn new(to: &str) -> Work {
    Work::Edit(vec![(VALUE, Some(to.into())), (DESCRIPTION, Some(Value::Null))])
}

// ---- Carrying a case out -----------------------------------------------------------------------------------------

pub(crate) struct Case {
    pub(crate) base: Option<Record>,
    pub(crate) work: Work,
    pub(crate) remote: Remote,
    pub(crate) conflict: Option<Conflict>,
    pub(crate) policy: Policy,
    pub(crate) model: Option<Collection>,
}

pub(crate) fn case(base: Option<Record>, work: Work, airflow: Option<Record>) -> Case {
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
        model: None,
    }
}

impl Case {
    pub(crate) fn unseen(mut self) -> Self {
        self.remote = Remote::Unknown;
        self
    }

    pub(crate) fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Another data model than that of Variables: JSON of its fields.
    pub(crate) fn model(mut self, fields: &str) -> Self {
        let fields = serde_json::from_str(fields).unwrap();
        self.model = Some(Collection::new("any", fields));
        self
    }

    /// Fields of the data model that merge together.
    pub(crate) fn together(mut self, group: &[&str]) -> Self {
        let group = group.iter().map(|name| (*name).to_owned()).collect();
        self.model.as_mut().unwrap().merge.push(group);
        self
    }

    /// Two changes of any field of the data model are a clash.
    pub(crate) fn whole(mut self) -> Self {
        for field in &mut self.model.as_mut().unwrap().fields {
            field.whole = true;
        }
        self
    }

    /// The conflict that the same case would raise is already stored.
    pub(crate) fn told(self) -> Self {
        let conflict = self.plan().ops.into_iter().find_map(|op| match op {
            Op::Conflict(conflict) => Some(*conflict),
            _ => None,
        });
        Self {
            conflict: Some(conflict.expect("the case raises no conflict")),
            ..self
        }
    }

    pub(crate) fn stored(mut self, conflict: Conflict) -> Self {
        self.conflict = Some(conflict);
        self
    }

    pub(crate) fn collection(&self) -> Collection {
        if let Some(model) = &self.model {
            return model.clone();
        }
        let mut collection = Collection::variables();
        for field in &mut collection.fields {
            field.policy = self.policy;
        }
        collection
    }

    pub(crate) fn base(&self) -> Option<Base> {
        let named = |(name, field): (&&str, &BaseField)| ((*name).to_owned(), field.clone());
        self.base
            .as_ref()
            .map(|record| record.0.iter().map(named).collect())
    }

    pub(crate) fn overlay(&self) -> Option<Overlay> {
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

    pub(crate) fn plan(&self) -> Plan {
        self.plan_of(self.overlay().as_ref())
    }

    /// With other pending work than the case's own.
    pub(crate) fn plan_with(&self, overlay: &Overlay) -> Plan {
        self.plan_of(Some(overlay))
    }

    fn plan_of(&self, overlay: Option<&Overlay>) -> Plan {
        reconcile(&Subject {
            collection: &self.collection(),
            base: self.base().as_ref(),
            overlay,
            remote: &self.remote,
            conflict: self.conflict.as_ref(),
            now: Timestamp::UNIX_EPOCH,
        })
    }
}

// ---- Writing a plan down -----------------------------------------------------------------------------------------

pub(crate) fn written(plan: &Plan) -> String {
    plan.ops.iter().map(step).collect::<Vec<_>>().join("; ")
}

pub(crate) fn step(op: &Op) -> String {
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
        Op::Update { fields, removed } => update(fields, removed),
        Op::Drop { field } => format!("drop {field}"),
        Op::Delete => "delete".into(),
        Op::Forget => "forget".into(),
        Op::DropOverlay => "drop overlay".into(),
        Op::ClearConflict => "clear".into(),
        Op::Conflict(conflict) => question(conflict),
    }
}

pub(crate) fn list(fields: &BTreeMap<String, Value>) -> String {
    let field = |(name, value): (&String, &Value)| format!("{name}={}", slot(Some(value)));
    fields.iter().map(field).collect::<Vec<_>>().join(" ")
}

pub(crate) fn update(fields: &BTreeMap<String, Value>, removed: &BTreeSet<String>) -> String {
    let removed: Vec<String> = removed.iter().map(|name| format!("-{name}")).collect();
    let parts = [list(fields), removed.join(" ")];
    format!("write {}", parts.join(" ").trim())
}

pub(crate) fn pair_of(base: &BaseField) -> String {
    let seen = match &base.seen {
        Content::Value(value) => slot(Some(value)),
        Content::Sealed(seal) => format!("<{}>", seal.hash()),
    };
    match &base.typed {
        Some(typed) => format!("{seen} typed {}", slot(Some(typed))),
        None => seen,
    }
}

pub(crate) fn slot(value: Option<&Value>) -> String {
    match value {
        None => "-".into(),
        Some(Value::Null) => "∅".into(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

pub(crate) fn question(conflict: &Conflict) -> String {
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
    match &conflict.note {
        Some(note) if note.contains("does not show it any more") => format!("{line}: hidden"),
        Some(note) => format!("{line}: {note}"),
        None => line,
    }
}

pub(crate) fn clash(field: &ConflictField) -> String {
    let sides = [&field.base, &field.mine, &field.airflow].map(|side| slot(side.as_ref()));
    let paths = if field.paths.is_empty() {
        String::new()
    } else {
        format!(" at {}", field.paths.join(" "))
    };
    {
        let perhaps = field
            .suggestion
            .as_ref()
            .map(|text| format!(" perhaps {}", slot(Some(text))));
        format!(
            " {}({}){paths}{}",
            field.name,
            sides.join("|"),
            perhaps.unwrap_or_default()
        )
    }
}

/// A table of cases; every row is tried, and all that fail are shown.
macro_rules! table {
    ($name:ident: $($what:literal: $case:expr => $plan:expr;)+) => {
        #[test]
        fn $name() {
            let rows = [$(($what, written(&$case.plan()), String::from($plan))),+];
            let wrong: Vec<String> = rows
                .iter()
                .filter(|(_, plan, expected)| plan != expected)
                .map(|(what, plan, expected)| format!("{what}\n  expected {expected:?}\n  planned  {plan:?}"))
                .collect();
            assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
        }
    };
}
pub(crate) use table;
