//! The client of Airflow's REST API: one typed face ([`Airflow`]) over its versions, with errors that say what
//! happened, what it means for the analyst's work and what to do next.
//!
//! - [`Transport`] carries requests: [`HttpTransport`] over the network, an in-memory model of Airflow in tests.
//! - [`v2`] speaks API v2 (Airflow 3). Its wire types are converted to the types of [`types`] in one place.
//! - Nothing here decides anything about the analyst's work: reconciling and retrying belong to the engine.
//!
//! Facts about Airflow are those of 3.3.2, checked by the contract suite against the real server.

mod address;
mod answer;
mod error;
mod face;
mod http_transport;
mod key;
mod pool_name;
mod probe;
mod secret;
mod transport;
pub mod types;
pub mod v2;

use std::sync::Arc;
use std::time::Duration;

pub use address::{AddressError, BaseUrl};
pub use error::{AirflowError, ErrorKind, Explanation, Retry, Unaddressable};
pub use face::Airflow;
pub use http_transport::{CONNECT_TIMEOUT, HttpTransport, IDLE_LIMIT, REQUEST_TIMEOUT};
pub use key::{KEY_LENGTH_MAX, KeyError, check_key};
pub use pool_name::{POOL_NAME_LENGTH_MAX, PoolNameError, check_pool_name};
pub use probe::probe;
pub use secret::{Credentials, Secret};
pub use transport::{NotSentReason, Pause, Transport, TransportError};
pub use types::{
    ApiVersion, BulkAbility, BulkOutcome, BulkWrite, Dag, DagRun, EventLook, EventRow, EventSubject, Health,
    HealthStatus, Page, Pool, PoolPatch, RecordEvent, RecordEvents, RunState, ServerInfo, TriggerOutcome,
    Variable, VariablePatch,
};

pub use leeward_model::sensitive::MASK;

/// Opens a client of API v2 over the network. No request is sent yet.
///
/// `extra_ca_pem` is trusted besides the usual certificate authorities. A request that takes longer than
/// `request_timeout`, its answer included, is given up: its outcome is unknown.
///
/// # Errors
/// [`ErrorKind::Unreachable`] when the TLS set-up or the certificate cannot be used.
pub fn open(
    base: BaseUrl,
    credentials: Credentials,
    extra_ca_pem: Option<&[u8]>,
    request_timeout: Duration,
) -> Result<Arc<dyn Airflow>, AirflowError> {
    let transport = HttpTransport::with_timeout(extra_ca_pem, request_timeout)
        .map_err(|e| AirflowError::from_transport(error::Call::read("set up the connection"), e))?;
    Ok(Arc::new(v2::Client::new(Arc::new(transport), base, credentials)))
}
