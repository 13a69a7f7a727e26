//! `collection`: collections with a data model of their own. The model is the Variable `<prefix>$model`: making, changing and
//! removing one is work on that Variable, which the next sync sends.

mod change;
mod show;

use crate::args::{CollectionCommand, RecordName};
use crate::context::{Context, Failure};
use crate::file;
use crate::output::{Exit, Output};
use crate::problem::{not_found, refused, usage};
use crate::records::{self, work_on};
use leeward_model::{Change, EntryKind, MODEL_KEY, Problem, VARIABLES, Value, sensitive};
use leeward_profile::SyncLock;
use leeward_schema::DataModel;
use leeward_store::{Ledger, StoredCollection, Work};
use std::collections::BTreeMap;
use std::path::Path;

pub(crate) fn run(context: &Context, output: &Output, command: CollectionCommand) -> Result<Exit, Problem> {
    match command {
        CollectionCommand::List => show::list(context, output),
        CollectionCommand::Show { name } => show::one(context, output, &name),
        CollectionCommand::Create {
            name, model, prefix, ..
        } => create(context, output, &name, &model, prefix),
        CollectionCommand::Change { name, model, dry_run } => {
            change::run(context, output, &name, &model, dry_run)
        }
        CollectionCommand::Remove { name } => remove(context, output, &name),
    }
}

/// The model in a file, with all faults told at once.
fn read_model(file: &Path) -> Result<DataModel, Problem> {
    let text = file::text("--model", file)?;
    DataModel::read(&text).map_err(|faults| {
        let all: Vec<String> = faults.iter().map(ToString::to_string).collect();
        usage(
            format!("--model is no data model that can be used.\n{}", all.join("\n")),
            "docs/COLLECTIONS.md describes data models.",
        )
    })
}

fn stored(ledger: &Ledger<'_>, name: &str) -> Result<StoredCollection, Failure> {
    let found = ledger.typed_collection(name)?;
    Ok(found.ok_or_else(|| {
        not_found(
            format!("There is no collection {name} with a data model of its own."),
            "`leewardctl collection list` lists them; `leewardctl sync` reads Airflow.",
        )
    })?)
}

/// The Variable that holds the data model.
fn variable(prefix: &str) -> RecordName {
    RecordName {
        collection: VARIABLES.into(),
        key: format!("{prefix}{MODEL_KEY}"),
    }
}

fn create(
    context: &Context,
    output: &Output,
    name: &str,
    file: &Path,
    prefix: Option<String>,
) -> Result<Exit, Problem> {
    let model = read_model(file)?;
    if model.collection() != name {
        return Err(usage(
            format!("The data model is that of {}, not of {name}.", model.collection()),
            "Name the collection as `collection` in its x-leeward does.",
        ));
    }
    let prefix = prefix.unwrap_or_else(|| format!("{name}."));
    check_prefix(&prefix)?;
    context.write(|ledger| {
        is_free(ledger, name, &prefix)?;
        put_model(context, ledger, &prefix, &model)?;
        stored(ledger, name).map(drop)
    })?;
    show::changed(context, output, name, "is made here; `leewardctl sync` shares it")
}

fn check_prefix(prefix: &str) -> Result<(), Problem> {
    let key = format!("{prefix}{MODEL_KEY}");
    if prefix.is_empty() {
        return Err(usage(
            "The prefix is empty.",
            "Give one, such as the name and a dot.",
        ));
    }
    leeward_sync::check_key(&key).map_err(|why| {
        usage(
            format!("The prefix cannot be used: {why}."),
            "Choose another prefix.",
        )
    })?;
    if sensitive::is_sensitive_name(&key) {
        return Err(refused(
            format!("Airflow treats names like {prefix} as secret: no record could be read back."),
            "Choose another prefix.",
        ));
    }
    Ok(())
}

fn is_free(ledger: &Ledger<'_>, name: &str, prefix: &str) -> Result<(), Failure> {
    let taken =
        |what: String| Failure::from(refused(what, "`leewardctl collection list` lists what there is."));
    if ledger.model(name)?.is_some() {
        return Err(taken(format!("There is a collection {name} already.")));
    }
    for other in ledger.typed_collections()? {
        if other.prefix.starts_with(prefix) || prefix.starts_with(&other.prefix) {
            let name = &other.model.name;
            return Err(taken(format!(
                "The collection {name} has the prefix {}.",
                other.prefix
            )));
        }
    }
    let name = variable(prefix);
    if ledger
        .record(VARIABLES, &name.key)?
        .is_some_and(|record| record.is_visible())
    {
        return Err(taken(format!("There is a Variable {} already.", name.key)));
    }
    Ok(())
}

/// Writes the model to its Variable here, as an edit of what is shown there.
fn put_model(context: &Context, ledger: &Ledger<'_>, prefix: &str, model: &DataModel) -> Result<(), Failure> {
    let name = variable(prefix);
    let before = ledger.record(VARIABLES, &name.key)?;
    let shown = |field: &str| before.as_ref().and_then(|record| record.local(field)).cloned();
    let mut fields = BTreeMap::from([(
        "value".to_owned(),
        Change {
            from: shown("value"),
            to: Some(Value::String(model.write())),
        },
    )]);
    if shown("value").is_none() {
        let said = format!("The data model of the collection {}.", model.collection());
        let change = Change {
            from: shown("description"),
            to: Some(Value::String(said)),
        };
        fields.insert("description".to_owned(), change);
    }
    let work = Work {
        fields,
        ..work_on(context, EntryKind::Edit, &name, None)
    };
    context.enter(ledger, work)?;
    Ok(())
}

/// Works by the changed model at once, unless another process syncs: that one does so before its next cycle.
fn follow(context: &Context) -> Result<(), Problem> {
    let environment = context.environment()?;
    let Some(_lock) = SyncLock::try_acquire(&context.data_dir, &environment.name)? else {
        return Ok(());
    };
    let now = context.now();
    context.write(|ledger| Ok(ledger.follow_models(now)?))
}

fn remove(context: &Context, output: &Output, name: &str) -> Result<Exit, Problem> {
    context.write(|ledger| {
        let found = stored(ledger, name)?;
        if ledger.has_any_work(name)? {
            return Err(refused(
                format!("Work waits in {name}."),
                "Send it with `leewardctl sync`, or take it back with `leewardctl records take-back`.",
            )
            .into());
        }
        let model = variable(&found.prefix);
        let record = records::existing(ledger, &model)?;
        if !record.is_deleted() {
            let fields = records::seen(&record);
            let work = Work {
                fields,
                ..work_on(context, EntryKind::Delete, &model, None)
            };
            context.enter(ledger, work)?;
        }
        Ok(())
    })?;
    follow(context)?;
    output.show(&serde_json::json!({ "removed": name }), |_| {
        format!("{name} is removed here; `leewardctl sync` deletes its data model. Its records stay, as Variables.")
    });
    Ok(Exit::Done)
}
