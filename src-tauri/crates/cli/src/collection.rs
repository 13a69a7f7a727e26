//! `collection`: collections with a data model of their own. The model is the Variable `<prefix>$model`: making, changing and
//! removing one is work on that Variable, which the next sync sends.

mod change;
mod show;

use crate::args::CollectionCommand;
use crate::context::{CLIENT, Context, Failure};
use crate::file;
use crate::output::{Exit, Output};
use crate::problem::usage;
use leeward_model::Problem;
use leeward_profile::SyncLock;
use leeward_schema::DataModel;
use leeward_sync::collections::{self, Author, Refusal};
use leeward_sync::new_ulid;
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

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let next = next(&refusal);
        Self(refusal.into_problem(next))
    }
}

/// What to do about it at a terminal.
fn next(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NoCollection(_) => {
            "`leewardctl collection list` lists them; `leewardctl sync` reads Airflow."
        }
        Refusal::NameTaken(_) | Refusal::PrefixTaken { .. } | Refusal::VariableTaken(_) => {
            "`leewardctl collection list` lists what there is."
        }
        Refusal::NoPrefix => "Give one, such as the name and a dot.",
        Refusal::BadPrefix(_) | Refusal::HiddenPrefix(_) => "Choose another prefix.",
        Refusal::NoVariable(_) => "`leewardctl sync` reads Airflow.",
        Refusal::CannotFollow { .. } => "docs/COLLECTIONS.md says how a data model changes.",
        Refusal::MayNotFollow(_) => "Make another one.",
        Refusal::WorkWaits(_) => {
            "Send it with `leewardctl sync`, or take it back with `leewardctl records take-back`."
        }
        Refusal::KeptByCompanion(_) => "Ask whoever keeps Airflow's DAGs.",
        Refusal::Moved { .. } | Refusal::Faults(_) | Refusal::Store(_) => "Try again.",
    }
}

fn author(context: &Context) -> Author<'static> {
    Author {
        client: CLIENT,
        id: new_ulid(context.runtime.as_ref()),
        now: context.now(),
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
    let prefix = prefix.unwrap_or_else(|| collections::usual_prefix(name));
    context.write(|ledger| Ok(collections::create(ledger, author(context), &model, &prefix)?))?;
    show::changed(context, output, name, "is made here; `leewardctl sync` shares it")
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
    context.write(|ledger| Ok(collections::remove(ledger, author(context), name)?))?;
    follow(context)?;
    output.show(&serde_json::json!({ "removed": name }), |_| {
        format!("{name} is removed here; `leewardctl sync` deletes its data model. Its records stay, as Variables.")
    });
    Ok(Exit::Done)
}
