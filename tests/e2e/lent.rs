//! Airflows that one test gives to the next: a start costs ten times what putting its database back costs.
//!
//! Their folders are in `target/tmp`, since nothing in a test's process runs last: what a run leaves, the next removes.

use std::fs;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use harness::airflow_server::{AirflowServer, Options, seed};

/// What of an Airflow runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Its API server: it is there in a third of the time.
    ApiOnly,
    /// All of it, with the sample DAGs.
    WithDags,
}

/// Those that no test uses now.
static FREE: Mutex<Vec<(Kind, AirflowServer)>> = Mutex::new(Vec::new());

/// An Airflow with the sample Variables, for as long as this lives.
pub(crate) struct Lent {
    /// None only while it is given back.
    server: Option<AirflowServer>,
    /// None when nobody gets it afterwards.
    kind: Option<Kind>,
}

impl Lent {
    /// One that is as if it had just been started.
    pub(crate) fn take(kind: Kind) -> Result<Self> {
        let server = match free(kind) {
            Some(server) => {
                server.go_back()?;
                server
            }
            None => start(kind)?,
        };
        Ok(Self {
            server: Some(server),
            kind: Some(kind),
        })
    }

    /// One that ends with this.
    pub(crate) fn of_its_own(options: Options) -> Result<Self> {
        let server = AirflowServer::start(options)?;
        seed(&server.writer()?)?;
        Ok(Self {
            server: Some(server),
            kind: None,
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
    /// Only one at rest is given back: a task would write into the next test's Variables.
    fn drop(&mut self) {
        if let (Some(mut server), Some(kind)) = (self.server.take(), self.kind)
            && !std::thread::panicking()
            && server.is_running()
            && is_at_rest(&server).unwrap_or(false)
        {
            FREE.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((kind, server));
        }
    }
}

fn is_at_rest(server: &AirflowServer) -> Result<bool> {
    let under_way = "/api/v2/dags/~/dagRuns?limit=1&state=queued&state=running";
    let (status, answer) = server.writer()?.call("GET", under_way, None)?;
    Ok(status == 200 && answer["total_entries"] == 0)
}

fn free(kind: Kind) -> Option<AirflowServer> {
    let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = free.iter().position(|(of, _)| *of == kind)?;
    Some(free.swap_remove(place).1)
}

fn start(kind: Kind) -> Result<AirflowServer> {
    static STARTED: AtomicU32 = AtomicU32::new(0);
    let folder = folders()?.join(STARTED.fetch_add(1, Ordering::SeqCst).to_string());
    let server = AirflowServer::start(Options {
        api_only: kind == Kind::ApiOnly,
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
