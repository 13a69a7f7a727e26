//! All open environments.

use crate::events;
use crate::listener::WorkspaceListener;
use crate::problems::{blocking, environment_gone, not_found};
use crate::tray::board;
use crate::workspace::{Kit, Workspace};
use leeward_model::{EnvironmentView, Problem};
use leeward_profile::{DataDir, Environment, Environments};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use tauri::AppHandle;
use ulid::Ulid;

/// How often it is looked whether another process changed the list of environments.
const LOOK: Duration = Duration::from_secs(1);
/// Looks between two tries to open what could not be opened: its cause may be gone, as when a damaged file was moved away.
const LOOKS_BETWEEN_TRIES: u32 = 15;

/// The open environments, by name.
pub(crate) struct Workspaces {
    pub(crate) kit: Kit,
    app: AppHandle,
    open: RwLock<BTreeMap<String, Arc<Workspace>>>,
    /// Why others that are configured are not open, by identity.
    unopened: RwLock<BTreeMap<Ulid, Unopened>>,
    /// One change of the set at a time: opening one takes a while.
    changing: tokio::sync::Mutex<()>,
}

impl Workspaces {
    /// No environment is open yet.
    pub(crate) fn new(app: AppHandle, kit: Kit) -> Self {
        Self {
            kit,
            app,
            open: RwLock::default(),
            unopened: RwLock::default(),
            changing: tokio::sync::Mutex::default(),
        }
    }

    /// The open environment of that name.
    ///
    /// # Errors
    /// Why it could not be opened; `NotFound` when none of that name is configured.
    pub(crate) fn get(&self, name: &str) -> Result<Arc<Workspace>, Problem> {
        let found = self
            .open
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned();
        found.ok_or_else(|| {
            self.why_unopened(|_, unopened| unopened.name == name)
                .unwrap_or_else(|| not_found(format!("There is no open environment named {name}.")))
        })
    }

    /// The open environment of that identity: never one that was added under its name since.
    ///
    /// # Errors
    /// Why it could not be opened; `EnvironmentGone` when it is not configured.
    pub(crate) fn of(&self, id: Ulid) -> Result<Arc<Workspace>, Problem> {
        let found = self
            .all()
            .into_iter()
            .find(|workspace| workspace.environment.id == id);
        found.ok_or_else(|| {
            self.why_unopened(|one, _| one == id)
                .unwrap_or_else(environment_gone)
        })
    }

    /// All open environments.
    pub(crate) fn all(&self) -> Vec<Arc<Workspace>> {
        self.open
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }

    /// Reads the list of environments again, also what `leewardctl` changed in it, and opens and closes accordingly.
    ///
    /// # Errors
    /// `Storage` when the list cannot be read. An environment that cannot be opened is logged and stays closed.
    pub(crate) async fn reload(self: &Arc<Self>) -> Result<Vec<EnvironmentView>, Problem> {
        let _changing = self.changing.lock().await;
        let data = self.kit.data.clone();
        let listed = blocking(move || Ok(Environments::load(&data)?.list().to_vec())).await?;
        self.close_others(&listed).await;
        self.unopened
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|id, _| listed.iter().any(|environment| environment.id == *id));
        for environment in &listed {
            self.open_if_new(environment).await;
        }
        Ok(listed.iter().map(Environment::view).collect())
    }

    /// Opens what is listed, and follows the list for as long as the app runs: what `leewardctl` adds is opened, what it
    /// removes is closed, and the window is told.
    pub(crate) async fn follow(self: Arc<Self>) {
        let mut known = None;
        let mut looks = 0;
        loop {
            let now = Some(stamp(&self.kit.data));
            looks = (looks + 1) % LOOKS_BETWEEN_TRIES;
            if now != known || (looks == 0 && self.is_any_unopened()) {
                if let Err(problem) = self.reload().await {
                    tracing::error!(%problem, "the environments were not opened");
                }
                events::environments_changed(&self.app);
                known = now;
            }
            self.kit.runtime.sleep(LOOK).await;
        }
    }

    /// Opens an environment anew, with its present secret and settings.
    ///
    /// # Errors
    /// Those of [`Workspace::open`].
    pub(crate) async fn reopen(self: &Arc<Self>, environment: Environment) -> Result<(), Problem> {
        let _changing = self.changing.lock().await;
        self.replace(environment).await
    }

    /// Opens those again that had no secret, after the vault was unlocked.
    pub(crate) async fn reopen_without_secret(self: &Arc<Self>) {
        let _changing = self.changing.lock().await;
        for workspace in self
            .all()
            .into_iter()
            .filter(|workspace| workspace.no_secret.is_some())
        {
            if let Err(problem) = self.replace(workspace.environment.clone()).await {
                tracing::error!(environment = workspace.environment.name, %problem, "cannot be opened again");
            }
        }
    }

    /// Ends the sync of an environment and forgets it; its files stay.
    pub(crate) async fn close(&self, name: &str) {
        let closed = self
            .open
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(name);
        if let Some(workspace) = closed {
            workspace.close().await;
            board::forget(&self.app, name);
        }
    }

    /// Asks every driver to end; used on the way out, so nothing is waited for.
    pub(crate) fn stop(&self) {
        self.all().iter().for_each(|workspace| workspace.driver.stop());
    }

    async fn close_others(&self, listed: &[Environment]) {
        let gone = |workspace: &Arc<Workspace>| {
            !listed
                .iter()
                .any(|environment| environment.id == workspace.environment.id)
        };
        for workspace in self.all().into_iter().filter(gone) {
            self.close(&workspace.environment.name).await;
        }
    }

    async fn open_if_new(self: &Arc<Self>, environment: &Environment) {
        let known = self.get(&environment.name);
        if known.is_ok_and(|workspace| workspace.is_current(environment)) {
            return;
        }
        if let Err(problem) = self.replace(environment.clone()).await
            && self.why_unopened(|id, _| id == environment.id).as_ref() != Some(&problem)
        {
            tracing::error!(environment = environment.name, %problem, "cannot be opened");
            self.unopened
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(
                    environment.id,
                    Unopened {
                        name: environment.name.clone(),
                        problem,
                    },
                );
        }
    }

    fn why_unopened(&self, is_it: impl Fn(Ulid, &Unopened) -> bool) -> Option<Problem> {
        self.unopened
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .find(|(id, unopened)| is_it(**id, unopened))
            .map(|(_, unopened)| unopened.problem.clone())
    }

    fn is_any_unopened(&self) -> bool {
        !self
            .unopened
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
    }

    async fn replace(self: &Arc<Self>, environment: Environment) -> Result<(), Problem> {
        let id = environment.id;
        let name = environment.name.clone();
        let Former { paused, greeted } = self.end_former(&name).await;
        let workspaces = Arc::clone(self);
        let workspace = blocking(move || {
            let listener = Arc::new(WorkspaceListener::new(workspaces.app.clone(), &environment.name));
            Workspace::open(environment, &workspaces.kit, listener)
        })
        .await?;
        if paused {
            workspace.driver.pause(true);
        }
        if greeted {
            workspace.driver.window_spoke();
        }
        self.open
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name, workspace);
        self.unopened
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id);
        Ok(())
    }

    /// Ends the driver of the workspace that is to be replaced.
    async fn end_former(&self, name: &str) -> Former {
        let Ok(former) = self.get(name) else {
            return Former::default();
        };
        former.close().await;
        Former {
            paused: former.status().await.is_ok_and(|status| status.paused),
            greeted: !former.driver.waits_for_window() && former.is_on_its_mirror(),
        }
    }
}

/// When the list was last written; it is replaced as a whole.
fn stamp(data: &DataDir) -> Option<SystemTime> {
    let metadata = std::fs::metadata(data.environments_file()).ok()?;
    metadata.modified().ok()
}

/// An environment that is configured and could not be opened.
struct Unopened {
    name: String,
    problem: Problem,
}

/// What its successor takes over from a workspace.
#[derive(Default)]
struct Former {
    paused: bool,
    /// The window has spoken with this very mirror, or was given up.
    greeted: bool,
}
