//! Collections as they are printed.

use crate::context::{Context, Failure};
use crate::output::{Exit, Output, escape, table};
use leeward_model::{BindingKind, CollectionView, Problem};
use leeward_schema::DataModel;
use leeward_store::StoreError;
use leeward_sync::collections;
use serde::Serialize;

/// A collection in this interface.
#[derive(Serialize)]
struct CollectionJson {
    name: String,
    binding: BindingKind,
    /// Null where its records are no Variables.
    prefix: Option<String>,
    /// With its members in their order.
    model: DataModel,
    records: u32,
    /// Only where something keeps the collection from being synchronised.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<String>,
}

impl CollectionJson {
    fn of(view: CollectionView) -> Result<Self, StoreError> {
        let model = DataModel::read(&view.model)
            .map_err(|_| StoreError::Corrupt(format!("the data model of {}", view.name)))?;
        Ok(Self {
            name: view.name,
            binding: view.binding,
            prefix: view.prefix,
            model,
            records: view.records,
            trouble: view.trouble,
        })
    }

    fn text(&self) -> String {
        let place = match &self.prefix {
            Some(prefix) => format!("in the Variables {}…", escape::line(prefix)),
            None => "in a database, kept by DAGs".to_owned(),
        };
        let head = format!("{} · {} records {place}", escape::line(&self.name), self.records);
        let trouble = self.trouble.as_deref().map(escape::line).unwrap_or_default();
        let parts = [head, trouble.to_string(), self.model.write()];
        let said: Vec<&str> = parts
            .iter()
            .map(|part| part.trim_end())
            .filter(|part| !part.is_empty())
            .collect();
        said.join("\n")
    }
}

fn all(context: &Context) -> Result<Vec<CollectionJson>, Problem> {
    context.read(|ledger| {
        ledger
            .collection_views()?
            .into_iter()
            .map(CollectionJson::of)
            .collect()
    })
}

fn named(context: &Context, name: &str) -> Result<CollectionJson, Problem> {
    let found = context.read(|ledger| Ok(collections::stored(ledger, name).map(drop)))?;
    found.map_err(|refusal| Failure::from(refusal).0)?;
    let mut all = all(context)?;
    all.retain(|one| one.name == name);
    all.pop().ok_or_else(|| StoreError::NotFound.into())
}

pub(super) fn list(context: &Context, output: &Output) -> Result<Exit, Problem> {
    let all = all(context)?;
    if all.is_empty() {
        output.note("No collection has a data model of its own. `leewardctl sync` reads Airflow.");
    }
    output.show(&all, |all| list_text(all));
    Ok(Exit::Done)
}

fn list_text(all: &[CollectionJson]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let row = |one: &CollectionJson| {
        let trouble = one.trouble.clone().unwrap_or_default();
        let (version, records) = (one.model.version().to_string(), one.records.to_string());
        let prefix = one.prefix.clone().unwrap_or_default();
        [one.name.clone(), version, prefix, records, trouble]
    };
    let rows: Vec<_> = all.iter().map(row).collect();
    table(["name", "version", "prefix", "records", "trouble"], &rows)
}

pub(super) fn one(context: &Context, output: &Output, name: &str) -> Result<Exit, Problem> {
    output.show(&named(context, name)?, CollectionJson::text);
    Ok(Exit::Done)
}

/// Tells what became of a collection that was made or changed.
pub(super) fn changed(context: &Context, output: &Output, name: &str, what: &str) -> Result<Exit, Problem> {
    let one = named(context, name)?;
    output.show(&one, |one| format!("{} {what}.", escape::line(&one.name)));
    Ok(Exit::Done)
}
