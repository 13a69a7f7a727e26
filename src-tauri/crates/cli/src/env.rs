//! `env`: the Airflows to work with.

use crate::args::{Credentials, EnvCommand};
use crate::context::Context;
use crate::output::{Exit, Output, pairs, table, word};
use crate::problem::refused;
use crate::secrets::{Secrets, credentials};
use crate::stdin;
use leeward_model::{EnvironmentView, Link, Problem};
use leeward_profile::{Environment, Environments, SecretText, default_colour};
use leeward_sync::{check_sign_in, connect};
use serde_json::json;

pub(crate) async fn run(context: &Context, output: &Output, command: EnvCommand) -> Result<Exit, Problem> {
    match command {
        EnvCommand::Add {
            name,
            url,
            sign_in,
            colour,
            production,
        } => {
            let taken = Environments::load(&context.data_dir)?;
            let colour = colour.unwrap_or_else(|| default_colour(taken.list().len()).into());
            let new = Environment {
                production,
                ..Environment::new(&name, &url, sign_in.username.as_deref(), &colour)
            };
            add(context, output, taken, new).await?;
        }
        EnvCommand::Set {
            name,
            production,
            review,
        } => mark(context, output, &name, production, review)?,
        EnvCommand::List => list(context, output)?,
        EnvCommand::Probe { target } => probe(context, output, target).await?,
        EnvCommand::SignIn { name, sign_in } => sign_in_anew(context, output, &name, &sign_in).await?,
        EnvCommand::Remove { name, discard_work } => remove(context, output, &name, discard_work)?,
    }
    Ok(Exit::Done)
}

/// Nothing is saved before the address and the secret have proven right.
async fn add(
    context: &Context,
    output: &Output,
    mut all: Environments,
    new: Environment,
) -> Result<(), Problem> {
    all.check_new(&new)?;
    let secrets = Secrets::open(&context.data_dir);
    secrets.must_be_open()?;
    let secret = stdin::secret()?;
    leeward_sync::probe(&new.url).await?;
    let not_allowed = prove(&new, &secret).await?;
    secrets.keep(&new.name, &secret)?;
    let view = new.view();
    let left_behind = match all.add(new) {
        Ok(left_behind) => left_behind,
        Err(problem) => {
            secrets.forget(&view.name)?;
            return Err(problem);
        }
    };
    output.show(&view, |view| {
        format!("{} is connected to {}.", view.name, view.url)
    });
    if let Some(file) = left_behind {
        output.note(&format!(
            "The copy of an earlier environment of that name was not taken over; it is kept in {}.",
            file.display()
        ));
    }
    note_not_allowed(output, &not_allowed);
    output.note("`leewardctl sync` reads it for the first time.");
    Ok(())
}

/// Names what will be missing, and who can help.
fn note_not_allowed(output: &Output, collections: &[&str]) {
    if !collections.is_empty() {
        output.note(&format!(
            "This account may not read {}; the rest is synchronised. Ask whoever runs this Airflow for the permission.",
            collections.join(" and ")
        ));
    }
}

/// Returns the collections that the account may not read.
async fn prove(environment: &Environment, secret: &SecretText) -> Result<Vec<&'static str>, Problem> {
    let airflow = connect(
        &environment.url,
        credentials(environment.username.as_deref(), secret),
    )?;
    check_sign_in(airflow.as_ref()).await
}

fn mark(
    context: &Context,
    output: &Output,
    name: &str,
    production: Option<bool>,
    review: Option<bool>,
) -> Result<(), Problem> {
    let changed = Environments::load(&context.data_dir)?.update(name, |environment| {
        environment.production = production.unwrap_or(environment.production);
        environment.review = review.or(environment.review);
    })?;
    output.show(&changed.view(), |view| match view.review {
        true => format!("Changes in {} wait until they are sent.", view.name),
        false => format!("Changes in {} are sent with the next sync.", view.name),
    });
    Ok(())
}

fn list(context: &Context, output: &Output) -> Result<(), Problem> {
    let all = Environments::load(&context.data_dir)?;
    let views: Vec<EnvironmentView> = all.list().iter().map(Environment::view).collect();
    if views.is_empty() {
        output.note("No environment is configured here. Add one with `leewardctl env add`.");
    }
    output.show(&views, |views| environments_text(views));
    Ok(())
}

fn environments_text(views: &[EnvironmentView]) -> String {
    if views.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = views
        .iter()
        .map(|view| {
            let user = view.username.clone().unwrap_or_default();
            [view.name.clone(), view.url.clone(), word(&view.sign_in), user]
        })
        .collect();
    table(["name", "url", "sign-in", "user"], &rows)
}

async fn probe(context: &Context, output: &Output, target: Option<String>) -> Result<(), Problem> {
    let url = match target {
        Some(url) if url.contains("://") => url,
        Some(name) => Environments::load(&context.data_dir)?.get(&name)?.url.clone(),
        None => context.environment()?.url,
    };
    output.show(&leeward_sync::probe(&url).await?, link_text);
    Ok(())
}

fn link_text(link: &Link) -> String {
    let scheduler = match link.scheduler_healthy {
        Some(true) => "healthy",
        Some(false) => "not healthy: runs will wait",
        None => "unknown",
    };
    pairs(&[
        ("Airflow", link.version.clone()),
        ("API", link.api.clone()),
        ("scheduler", scheduler.into()),
    ])
}

async fn sign_in_anew(
    context: &Context,
    output: &Output,
    name: &str,
    how: &Credentials,
) -> Result<(), Problem> {
    let mut all = Environments::load(&context.data_dir)?;
    let mut changed = all.get(name)?.clone();
    changed.username.clone_from(&how.username);
    let secrets = Secrets::open(&context.data_dir);
    secrets.must_be_open()?;
    let secret = stdin::secret()?;
    let not_allowed = prove(&changed, &secret).await?;
    secrets.keep(name, &secret)?;
    let changed = all.update(name, |environment| environment.username = changed.username)?;
    output.show(&changed.view(), |view| format!("Signed in to {}.", view.name));
    note_not_allowed(output, &not_allowed);
    Ok(())
}

fn remove(context: &Context, output: &Output, name: &str, discard_work: bool) -> Result<(), Problem> {
    let mut all = Environments::load(&context.data_dir)?;
    let environment = all.get(name)?.clone();
    if !discard_work {
        nothing_is_pending(context, &environment)?;
    }
    all.remove(name)?;
    // A secret that stays behind in a locked vault harms nothing: it is replaced when the name is used again.
    if let Err(problem) = Secrets::open(&context.data_dir).forget(name) {
        output.note(&format!("Its secret is still kept: {problem}"));
    }
    output.show(&json!({ "removed": name }), |_| {
        format!("{name} is removed; Airflow was not touched.")
    });
    Ok(())
}

fn nothing_is_pending(context: &Context, environment: &Environment) -> Result<(), Problem> {
    let counts = context
        .mirror(environment)?
        .read(|ledger| ledger.counts())
        .map_err(store)?;
    if counts.unsent == 0 && counts.outbox == 0 {
        return Ok(());
    }
    let what = format!(
        "{} holds work that has not reached Airflow (records: {}, runs: {}).",
        environment.name, counts.unsent, counts.outbox
    );
    Err(refused(
        what,
        "Synchronise it first, or remove it together with that work by --discard-work.",
    ))
}

fn store(error: leeward_store::StoreError) -> Problem {
    error.into()
}
