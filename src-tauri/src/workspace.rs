//! A workspace: an open environment, with its mirror for the window's commands, its engine, and the driver that syncs it.

use crate::problems::blocking;
use crate::secrets::Secrets;
use leeward_model::{Problem, Status};
use leeward_profile::{DataDir, Environment, SyncLock};
use leeward_store::{HistoryKeep, Ledger, Mirror, StoreError};
use leeward_sync::{Credentials, Driver, Engine, Listener, Runtime, Secret, Settings, TryLock};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tauri::async_runtime::JoinHandle;

/// What all workspaces share.
#[derive(Clone)]
pub(crate) struct Kit {
    pub(crate) data: DataDir,
    pub(crate) secrets: Secrets,
    pub(crate) runtime: Arc<dyn Runtime>,
}

/// One open environment. Dropping it does not end its driver; [`Workspace::close`] does.
pub(crate) struct Workspace {
    pub(crate) environment: Environment,
    pub(crate) engine: Arc<Engine>,
    pub(crate) driver: Arc<Driver>,
    /// Why nobody can sign in at the moment: the secret is locked away or missing.
    pub(crate) no_secret: Option<Problem>,
    mirror: Arc<Mutex<Mirror>>,
    file: MirrorFile,
    running: Mutex<Option<JoinHandle<()>>>,
}

/// The very file that a workspace has open: another one may get its name when an environment is removed and added again.
struct MirrorFile {
    path: PathBuf,
    identity: Option<(u64, u64)>,
}

impl MirrorFile {
    fn at(path: PathBuf) -> Self {
        Self {
            identity: identity(&path),
            path,
        }
    }

    fn is_still_there(&self) -> bool {
        self.identity == identity(&self.path)
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// Elsewhere an open file cannot be replaced.
#[cfg(not(unix))]
fn identity(_: &Path) -> Option<(u64, u64)> {
    None
}

impl Workspace {
    /// Opens the environment's mirror and starts to sync it.
    ///
    /// # Errors
    /// `Storage` when the mirror cannot be used; `BadInput` when the address cannot be one.
    pub(crate) fn open(
        environment: Environment,
        kit: &Kit,
        listener: Arc<dyn Listener>,
    ) -> Result<Arc<Self>, Problem> {
        let (credentials, no_secret) = credentials(&environment, kit);
        let airflow =
            leeward_sync::connect_within(&environment.url, credentials, environment.request_timeout())?;
        let path = kit.data.mirror_file(&environment.name);
        let open = || leeward_sync::open_mirror_of(environment.id, &path, kit.runtime.as_ref());
        let mirror = Arc::new(Mutex::new(open()?));
        let engine = Arc::new(Engine::new(
            environment.name.clone(),
            open()?,
            airflow,
            Arc::clone(&kit.runtime),
            Arc::new(kit.secrets.clone()),
            settings(&environment),
        ));
        let driver = Driver::new(
            Arc::clone(&engine),
            open()?,
            try_lock(&environment, kit),
            listener,
        );
        driver.wait_for_window();
        let running = Mutex::new(Some(tauri::async_runtime::spawn(Arc::clone(&driver).run())));
        Ok(Arc::new(Self {
            environment,
            engine,
            driver,
            no_secret,
            mirror,
            file: MirrorFile::at(path),
            running,
        }))
    }

    /// Whether this is what the list of environments says, on the mirror that is there.
    pub(crate) fn is_current(&self, listed: &Environment) -> bool {
        self.environment == *listed && self.is_on_its_mirror()
    }

    /// Whether the mirror's file is still the one that was opened.
    pub(crate) fn is_on_its_mirror(&self) -> bool {
        self.file.is_still_there()
    }

    /// Reads from the mirror: one consistent state.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Ledger<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        let mirror = Arc::clone(&self.mirror);
        blocking(move || Ok(mirror.lock().unwrap_or_else(PoisonError::into_inner).read(f)?)).await
    }

    /// Writes to the mirror: one transaction.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Ledger<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        let mirror = Arc::clone(&self.mirror);
        blocking(move || Ok(mirror.lock().unwrap_or_else(PoisonError::into_inner).write(f)?)).await
    }

    /// Writes to the mirror as [`Workspace::write`] does, with an error of one's own, which undoes it.
    pub(crate) async fn try_write<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        f: impl FnOnce(&Ledger<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<Result<T, E>, Problem> {
        let mirror = Arc::clone(&self.mirror);
        blocking(move || Ok(mirror.lock().unwrap_or_else(PoisonError::into_inner).write(f))).await
    }

    /// Works by data models that were changed here.
    pub(crate) async fn follow_models(&self) -> Result<(), Problem> {
        let driver = Arc::clone(&self.driver);
        blocking(move || driver.follow_models()).await
    }

    /// Where the environment stands.
    pub(crate) async fn status(&self) -> Result<Status, Problem> {
        let driver = Arc::clone(&self.driver);
        blocking(move || driver.status()).await
    }

    /// Tells the driver that the analyst did something.
    pub(crate) async fn edited(&self) -> Result<(), Problem> {
        let driver = Arc::clone(&self.driver);
        blocking(move || {
            driver.edited();
            Ok(())
        })
        .await
    }

    /// Tells the driver that the window and the mirror have compared notes.
    pub(crate) async fn window_spoke(&self) -> Result<(), Problem> {
        let driver = Arc::clone(&self.driver);
        blocking(move || {
            driver.window_spoke();
            Ok(())
        })
        .await
    }

    /// Ends the driver; a cycle under way is finished first.
    pub(crate) async fn close(&self) {
        self.driver.stop();
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(running) = running
            && let Err(error) = running.await
        {
            tracing::error!(%error, environment = self.environment.name, "the driver ended before its time");
        }
    }
}

/// Without a secret Airflow is asked with an empty token, so that the status says truly whether it is there.
fn credentials(environment: &Environment, kit: &Kit) -> (Credentials, Option<Problem>) {
    let nobody = Credentials::Token(Secret::new(""));
    match kit.secrets.credentials(environment) {
        Ok(Some(credentials)) => (credentials, None),
        Ok(None) => (nobody, Some(secret_missing(&environment.name))),
        Err(problem) => {
            tracing::warn!(environment = environment.name, %problem, "the sign-in secret cannot be read");
            (nobody, Some(problem))
        }
    }
}

fn secret_missing(name: &str) -> Problem {
    Problem {
        code: leeward_model::ProblemCode::SignInNeeded,
        what: format!("No password or token for {name} is kept on this computer."),
        meaning: "Your work is kept; nothing is sent until you sign in.".into(),
        next: "Sign in again.".into(),
        retry: false,
    }
}

fn settings(environment: &Environment) -> Settings {
    let seconds = |count: u32| Duration::from_secs(count.into());
    Settings {
        settle: seconds(environment.settle_s),
        interval: seconds(environment.interval_s),
        history_keep: HistoryKeep {
            days: environment.history_days,
            values: environment.history_values,
        },
        review: environment.reviews(),
        ..Settings::default()
    }
}

fn try_lock(environment: &Environment, kit: &Kit) -> TryLock {
    let (data, name) = (kit.data.clone(), environment.name.clone());
    Box::new(move || match SyncLock::try_acquire(&data, &name) {
        Ok(lock) => lock.map(|lock| Box::new(lock) as Box<dyn Send>),
        Err(problem) => {
            tracing::error!(environment = name, %problem, "the sync lock cannot be used");
            None
        }
    })
}
