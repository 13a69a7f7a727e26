//! API servers that one test gives to the next: a start costs a hundred times what putting its database back costs. An Airflow
//! with a scheduler is not given on: what runs in it knows what the database held.
//!
//! Their folders are in `target/tmp`, since nothing in a test's process runs last: what a run leaves, the next removes.

use std::fs;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use harness::airflow_server::{AirflowServer, Options, seed};

/// Those that no test uses now.
static FREE: Mutex<Vec<AirflowServer>> = Mutex::new(Vec::new());

/// An Airflow with the sample Variables, for as long as this lives.
pub(crate) struct Lent {
    /// None only while it is given back.
    server: Option<AirflowServer>,
    /// Whether the next test gets it.
    is_lent: bool,
}

impl Lent {
    /// An API server that is as if it had just been started.
    pub(crate) fn api_server() -> Result<Self> {
        let server = match free() {
            Some(server) => {
                server.go_back()?;
                server
            }
            None => start()?,
        };
        Ok(Self {
            server: Some(server),
            is_lent: true,
        })
    }

    /// One that ends with this.
    pub(crate) fn of_its_own(options: Options) -> Result<Self> {
        let server = AirflowServer::start(options)?;
        seed(&server.writer()?)?;
        Ok(Self {
            server: Some(server),
            is_lent: false,
        })
    }
}

impl Deref for Lent {
    type Target = AirflowServer;

    fn deref(&self) -> &AirflowServer {
        self.server.as_ref().expect("it is given back only when dropped")
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut AirflowServer {
        self.server.as_mut().expect("it is given back only when dropped")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(mut server) = self.server.take() else {
            return;
        };
        if self.is_lent && !std::thread::panicking() && server.is_running() {
            FREE.lock().unwrap_or_else(PoisonError::into_inner).push(server);
        }
    }
}

fn free() -> Option<AirflowServer> {
    FREE.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

fn start() -> Result<AirflowServer> {
    static STARTED: AtomicU32 = AtomicU32::new(0);
    let folder = folders()?.join(STARTED.fetch_add(1, Ordering::SeqCst).to_string());
    let server = AirflowServer::start(Options {
        api_only: true,
        data_dir: Some(folder),
        ..Options::default()
    })?;
    seed(&server.writer()?)?;
    server.keep_moment()?;
    Ok(server)
}

/// The folder of this process, after those of processes that have ended were removed.
fn folders() -> Result<PathBuf> {
    let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("e2e-airflow");
    fs::create_dir_all(&all)?;
    for entry in fs::read_dir(&all)? {
        let folder = entry?;
        let process = Path::new("/proc").join(folder.file_name());
        if !process.exists() {
            // Another process may be removing it, too.
            let _ = fs::remove_dir_all(folder.path());
        }
    }
    let own = all.join(std::process::id().to_string());
    fs::create_dir_all(&own).context("making a folder for Airflow")?;
    Ok(own)
}
