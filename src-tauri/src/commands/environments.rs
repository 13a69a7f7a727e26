//! Environments: the Airflow deployments that the analyst connects to.

use super::{Answer, Open};
use crate::problems::{bad_input, blocking};
use crate::workspaces::Workspaces;
use crate::{notifications, secrets};
use leeward_model::{EnvironmentChanges, EnvironmentView, Link, NewEnvironment, Problem};
use leeward_profile::{Environment, Environments, SecretText, default_colour};
use std::path::Path;
use std::sync::Arc;

/// All environments; those that `leewardctl` added meanwhile are opened.
#[tauri::command]
pub(crate) async fn environments(open: Open<'_>) -> Answer<Vec<EnvironmentView>> {
    open.reload().await
}

/// What answers at an address.
#[tauri::command]
pub(crate) async fn environment_probe(url: String) -> Answer<Link> {
    leeward_sync::probe(&url).await
}

/// Adds an environment, after it answered and let the analyst in. Without a user name the secret is a token.
#[tauri::command]
pub(crate) async fn environment_add(
    open: Open<'_>,
    environment: NewEnvironment,
    secret: String,
) -> Answer<EnvironmentView> {
    let secret = SecretText::new(secret);
    let NewEnvironment {
        name,
        url,
        username,
        colour,
        production,
    } = environment;
    let colour = not_taken(&open, &name, colour).await?;
    leeward_sync::probe(&url).await?;
    sign_in(&url, username.as_deref(), &secret).await?;
    let environment = Environment {
        production,
        ..Environment::new(&name, &url, username.as_deref(), &colour)
    };
    let added = keep(&open, environment, secret).await?;
    open.reopen(added.clone()).await?;
    Ok(added.view())
}

/// Signs in again, after the secret changed or expired.
#[tauri::command]
pub(crate) async fn environment_sign_in(
    open: Open<'_>,
    env: String,
    username: Option<String>,
    secret: String,
) -> Answer<()> {
    let secret = SecretText::new(secret);
    let url = open.get(&env)?.environment.url.clone();
    sign_in(&url, username.as_deref(), &secret).await?;
    let workspaces = Arc::clone(&open);
    let environment = blocking(move || {
        workspaces.kit.secrets.keep(&env, &secret)?;
        Environments::load(&workspaces.kit.data)?.update(&env, |environment| environment.username = username)
    })
    .await?;
    open.reopen(environment).await
}

/// Changes what is given of an environment; the rest stays.
#[tauri::command]
pub(crate) async fn environment_update(
    open: Open<'_>,
    env: String,
    changes: EnvironmentChanges,
) -> Answer<EnvironmentView> {
    let data = open.kit.data.clone();
    let environment = blocking(move || {
        Environments::load(&data)?.update(&env, |environment| {
            let EnvironmentChanges {
                colour,
                interval_s,
                production,
                review,
            } = changes;
            environment.colour = colour.unwrap_or_else(|| environment.colour.clone());
            environment.interval_s = interval_s.unwrap_or(environment.interval_s);
            environment.production = production.unwrap_or(environment.production);
            environment.review = review.or(environment.review);
        })
    })
    .await?;
    open.reopen(environment.clone()).await?;
    Ok(environment.view())
}

/// Removes an environment, its mirror and its secret. What was not sent is gone: the window asks first.
#[tauri::command]
pub(crate) async fn environment_remove(open: Open<'_>, env: String) -> Answer<()> {
    let environment = open.get(&env)?.environment.clone();
    open.close(&env).await;
    let removed = remove(&open, env).await;
    if removed.is_err() {
        open.reopen(environment).await?;
    }
    removed
}

/// Checks that the name is free, before anything is asked of Airflow; gives the colour to use.
async fn not_taken(workspaces: &Workspaces, name: &str, colour: Option<String>) -> Result<String, Problem> {
    let (data, name) = (workspaces.kit.data.clone(), name.to_owned());
    blocking(move || {
        let environments = Environments::load(&data)?;
        if environments.get(&name).is_ok() {
            let what = format!("There is an environment named {name} already.");
            return Err(bad_input(what, "Choose another name."));
        }
        Ok(colour.unwrap_or_else(|| default_colour(environments.list().len()).into()))
    })
    .await
}

async fn sign_in(url: &str, username: Option<&str>, secret: &SecretText) -> Result<(), Problem> {
    let airflow = leeward_sync::connect(url, secrets::credentials(username, secret))?;
    // What the account may not read, the status says.
    leeward_sync::check_sign_in(airflow.as_ref()).await.map(drop)
}

/// The secret first: an environment in the list can always be signed in to.
async fn keep(
    workspaces: &Arc<Workspaces>,
    environment: Environment,
    secret: SecretText,
) -> Result<Environment, Problem> {
    let workspaces = Arc::clone(workspaces);
    blocking(move || {
        workspaces.kit.secrets.keep(&environment.name, &secret)?;
        match Environments::load(&workspaces.kit.data)?.add(environment.clone()) {
            Ok(left_behind) => {
                left_behind.iter().for_each(|file| tell_left_behind(file));
                Ok(environment)
            }
            Err(problem) => {
                workspaces.kit.secrets.forget(&environment.name)?;
                Err(problem)
            }
        }
    })
    .await
}

/// An earlier environment of that name left its mirror behind, perhaps with work in it.
fn tell_left_behind(file: &Path) {
    let body = format!(
        "The copy of an earlier environment of that name was not taken over. It is kept in {}.",
        file.display()
    );
    tracing::warn!(file = %file.display(), "a mirror was left behind, and is kept");
    notifications::tell_now("An earlier copy was found", &body);
}

async fn remove(workspaces: &Arc<Workspaces>, name: String) -> Result<(), Problem> {
    let workspaces = Arc::clone(workspaces);
    blocking(move || {
        Environments::load(&workspaces.kit.data)?.remove(&name)?;
        // The environment is gone either way; a secret that stays behind is told in the log.
        if let Err(problem) = workspaces.kit.secrets.forget(&name) {
            tracing::warn!(environment = name, %problem, "the secret of a removed environment is still kept");
        }
        Ok(())
    })
    .await
}
