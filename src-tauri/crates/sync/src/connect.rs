//! From an address and credentials to an Airflow, and from its errors to problems in plain words.

use crate::runtime::{Runtime, new_ulid};
use leeward_airflow::{
    Airflow, AirflowError, ApiVersion, BaseUrl, Credentials, ErrorKind, HttpTransport, REQUEST_TIMEOUT,
};
use leeward_model::{Link, POOLS, Problem, ProblemCode, VARIABLES};
use leeward_store::{Fresh, Mirror, StoreError};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use ulid::Ulid;

/// Opens a client; nothing is sent yet.
///
/// # Errors
/// `BadInput` when the address cannot be one.
pub fn connect(url: &str, credentials: Credentials) -> Result<Arc<dyn Airflow>, Problem> {
    connect_within(url, credentials, REQUEST_TIMEOUT)
}

/// As [`connect`], with another limit for a whole request. After it, the outcome of a write is unknown.
///
/// # Errors
/// As for [`connect`].
pub fn connect_within(
    url: &str,
    credentials: Credentials,
    request_timeout: Duration,
) -> Result<Arc<dyn Airflow>, Problem> {
    leeward_airflow::open(address(url)?, credentials, None, request_timeout)
        .map_err(|error| problem_of(&error))
}

/// Asks what answers at an address, without signing in.
///
/// # Errors
/// `BadInput`, `Unreachable`, `NotAirflow`, or what else stood in the way.
pub async fn probe(url: &str) -> Result<Link, Problem> {
    let transport = HttpTransport::new(None).map_err(|_| internal("The connection could not be set up."))?;
    let base = address(url)?;
    let info = leeward_airflow::probe(&transport, &base)
        .await
        .map_err(|error| error.while_connecting())?;
    if info.api == ApiVersion::V1 {
        return Err(too_old(&info.version));
    }
    let airflow = connect(url, Credentials::Token(leeward_airflow::Secret::new("")))?;
    let health = airflow.health().await.ok();
    Ok(Link {
        version: info.version,
        api: "v2".into(),
        scheduler_healthy: health.map(|health| health.runs_start()),
    })
}

/// Proves the credentials, and that they may read something that is synchronised. Nothing is saved yet. Returns the
/// collections that they may not read.
///
/// # Errors
/// `SignInNeeded`, `Forbidden` where they may read nothing, or what stood in the way.
pub async fn check_sign_in(airflow: &dyn Airflow) -> Result<Vec<&'static str>, Problem> {
    let told = |error: AirflowError| error.while_connecting();
    airflow.sign_in().await.map_err(told)?;
    let refused = match airflow.variables_page(0, 1).await {
        Ok(_) => None,
        Err(error) if is_forbidden(&error) => Some(error),
        Err(error) => return Err(told(error)),
    };
    let Some(refused) = refused else {
        return Ok(Vec::new());
    };
    match airflow.list_pools().await {
        Ok(_) => return Ok(vec![VARIABLES]),
        Err(error) if is_forbidden(&error) => {}
        Err(error) => return Err(told(error)),
    }
    match airflow.list_dags().await {
        Ok(_) => Ok(vec![POOLS, VARIABLES]),
        Err(error) if is_forbidden(&error) => Err(told(refused)),
        Err(error) => Err(told(error)),
    }
}

fn is_forbidden(error: &AirflowError) -> bool {
    *error.kind() == ErrorKind::Forbidden
}

/// Opens an environment's mirror; creates it when it is not there.
///
/// # Errors
/// `Storage` when the file cannot be read or written.
pub fn open_mirror(path: &Path, runtime: &dyn Runtime) -> Result<Mirror, Problem> {
    Ok(Mirror::open(path, &fresh(runtime))?)
}

fn fresh(runtime: &dyn Runtime) -> Fresh {
    let mut secret_key = [0_u8; 32];
    for chunk in secret_key.chunks_mut(8) {
        chunk.copy_from_slice(&runtime.random().to_le_bytes());
    }
    Fresh {
        store_id: new_ulid(runtime),
        secret_key,
    }
}

/// As [`open_mirror`], for that environment alone.
///
/// # Errors
/// As for [`open_mirror`]; `EnvironmentGone` when the mirror is of another environment of that name.
pub fn open_mirror_of(environment: Ulid, path: &Path, runtime: &dyn Runtime) -> Result<Mirror, Problem> {
    Ok(open_claimed(environment, path, runtime)?)
}

/// As [`open_mirror_of`]; where nothing can be written (a full or read-only disk), one that can only be read.
///
/// # Errors
/// As for [`open_mirror_of`].
pub fn open_mirror_to_read(environment: Ulid, path: &Path, runtime: &dyn Runtime) -> Result<Mirror, Problem> {
    match open_claimed(environment, path, runtime) {
        // What kept it from being written is the trouble to tell, unless it is another environment's.
        Err(error @ (StoreError::Full | StoreError::Unwritable(_))) => Ok(open_unclaimed(environment, path)
            .map_err(|why| match why {
                StoreError::OtherEnvironment => why,
                _ => error,
            })?),
        opened => Ok(opened?),
    }
}

fn open_claimed(environment: Ulid, path: &Path, runtime: &dyn Runtime) -> Result<Mirror, StoreError> {
    let mut mirror = Mirror::open(path, &fresh(runtime))?;
    // Asked first: opening writes nothing, but once.
    let owner = mirror.read(|ledger| ledger.environment())?;
    if owner != Some(environment) {
        mirror.write(|ledger| ledger.claim(environment))?;
    }
    Ok(mirror)
}

/// A mirror from before environments had identities is read; it is taken over once that can be written down.
fn open_unclaimed(environment: Ulid, path: &Path) -> Result<Mirror, StoreError> {
    let mut mirror = Mirror::open_to_read(path)?;
    let owner = mirror.read(|ledger| ledger.environment())?;
    if owner.is_some_and(|owner| owner != environment) {
        return Err(StoreError::OtherEnvironment);
    }
    Ok(mirror)
}

/// The problem that an error of the client is, in its words.
#[must_use]
pub fn problem_of(error: &AirflowError) -> Problem {
    Problem::from(error)
}

fn address(url: &str) -> Result<BaseUrl, Problem> {
    BaseUrl::parse(url).map_err(|error| Problem {
        code: ProblemCode::BadInput,
        what: format!("Leeward cannot use this address: {error}."),
        meaning: "Nothing was sent and nothing was changed.".into(),
        next: error.next().into(),
        retry: false,
    })
}

fn too_old(version: &str) -> Problem {
    Problem {
        code: ProblemCode::NotAirflow,
        what: format!("This is Airflow {version}, and Leeward works with Airflow 3."),
        meaning: "Nothing was changed.".into(),
        next: "Connect to an Airflow 3, or ask whoever runs this one when it will be upgraded.".into(),
        retry: false,
    }
}

pub(crate) fn internal(what: &str) -> Problem {
    Problem {
        code: ProblemCode::Internal,
        what: what.into(),
        meaning: "Your work is kept on this computer.".into(),
        next: "Start Leeward again; if it stays so, look into the log file.".into(),
        retry: true,
    }
}
