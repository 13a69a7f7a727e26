//! Records as they are printed.

use crate::args::RecordName;
use crate::context::{Context, Failure};
use crate::output::{Exit, Output, below, escape, plain, short, table, word};
use crate::records::existing;
use crate::status;
use leeward_model::{Collection, Fields, Problem, RecordState, RecordView, Slot, secret_id};
use leeward_store::StoredRecord;
use serde::Serialize;

/// A record in this interface. The members that are not always there are for what needs a word more.
#[derive(Debug, Serialize)]
pub(crate) struct RecordJson {
    collection: String,
    key: String,
    fields: Fields,
    state: RecordState,
    deleted: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sealed: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl From<RecordView> for RecordJson {
    fn from(view: RecordView) -> Self {
        Self {
            collection: view.collection,
            key: view.key,
            fields: view.fields,
            state: view.state,
            deleted: view.deleted,
            sealed: view.sealed,
            note: view.note,
        }
    }
}

impl RecordJson {
    fn field(&self, name: &str) -> String {
        if self.sealed.iter().any(|sealed| sealed == name) {
            return "(secret)".into();
        }
        plain(self.fields.get(name))
    }

    fn marks(&self) -> String {
        let state = word(&self.state);
        if self.deleted {
            format!("{state}, deleted")
        } else {
            state
        }
    }

    /// What a decision about a conflict led to.
    pub(crate) fn settled_text(&self, settled: bool) -> String {
        if settled {
            format!(
                "{} is resolved; `leewardctl sync` sends what is left to send.",
                escape::line(&self.key)
            )
        } else {
            format!(
                "{} is still in conflict: `leewardctl conflicts show` shows what is open.",
                escape::line(&self.key)
            )
        }
    }

    fn text(&self) -> String {
        let names = self.fields.keys().chain(&self.sealed);
        let mut lines = vec![format!("{} · {}", escape::line(&self.key), self.marks())];
        lines.extend(self.note.as_deref().map(below));
        lines.extend(names.map(|name| format!("{name}: {}", below(&self.field(name)))));
        lines.join("\n")
    }
}

/// A field's value as the analyst is shown it.
pub(crate) fn shown(record: &StoredRecord, name: &str) -> Slot {
    record
        .local(name)
        .filter(|value| secret_id(value).is_none())
        .cloned()
}

pub(super) fn list(context: &Context, output: &Output, name: &str) -> Result<Exit, Problem> {
    let model = context.collection(name)?;
    let records = context.read(|ledger| ledger.records(name))?;
    let visible = records.iter().filter(|record| record.is_visible());
    let records: Vec<RecordJson> = visible.map(|record| record.view().into()).collect();
    if records.is_empty() {
        output.note(
            &match status::read(context)?.not_allowed.iter().any(|one| one == name) {
                true => format!("This account may not read {name}: none are here."),
                false => "No records are here. `leewardctl sync` reads Airflow.".into(),
            },
        );
    }
    output.show(&records, |records| list_text(&model, records));
    Ok(Exit::Done)
}

/// A record in one line: its value, or its fields beside the key.
fn in_short(model: &Collection, record: &RecordJson) -> String {
    if model.is_built_in() {
        return record.field("value");
    }
    let names = model.fields.iter().map(|field| &field.name);
    let shown = names.filter(|name| !model.key.contains(name) && record.fields.contains_key(*name));
    let shown: Vec<String> = shown
        .map(|name| format!("{name}={}", record.field(name)))
        .collect();
    shown.join("  ")
}

fn list_text(model: &Collection, records: &[RecordJson]) -> String {
    if records.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = records
        .iter()
        .map(|record| {
            [
                record.key.clone(),
                record.marks(),
                short(&in_short(model, record)),
            ]
        })
        .collect();
    table(["key", "state", "value"], &rows)
}

pub(super) fn get(context: &Context, output: &Output, name: &RecordName) -> Result<Exit, Problem> {
    context.collection(&name.collection)?;
    let found = context.read(|ledger| Ok(existing(ledger, name).map(|record| record.view())))?;
    let view = found.map_err(|Failure(problem)| problem)?;
    output.show(&RecordJson::from(view), RecordJson::text);
    Ok(Exit::Done)
}

/// Tells what became of a record that was changed.
pub(crate) fn changed(output: &Output, view: &RecordView, what: &str) {
    output.show(&RecordJson::from(view.clone()), |record| {
        let key = escape::line(&record.key);
        match record.state {
            RecordState::Conflict => format!("{key} is in conflict."),
            RecordState::Violation => {
                let why = record.note.as_deref().unwrap_or_default();
                format!("{key} {what}, once no rule is broken. {}", escape::line(why))
            }
            _ => format!("{key} {what}."),
        }
    });
}
