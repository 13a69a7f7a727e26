//! Finding out, without signing in, what answers at an address.

use bytes::Bytes;
use http::{Method, StatusCode};
use tracing::debug;

use crate::address::BaseUrl;
use crate::answer::Answer;
use crate::error::{AirflowError, Call, ErrorKind};
use crate::transport::Transport;
use crate::types::{ApiVersion, ServerInfo};

const CALL: Call = Call::read("find Airflow at this address");

/// Asks what answers at `base`: an Airflow of either API, or what else.
///
/// # Errors
/// [`ErrorKind::NotAirflow`] for a page or another service (with the address that would work, when the one given
/// leads into an Airflow's own pages), [`ErrorKind::Redirected`], or what kept the request from being answered.
pub async fn probe(transport: &dyn Transport, base: &BaseUrl) -> Result<ServerInfo, AirflowError> {
    let error = match probe_at(transport, base).await {
        Err(error) if matches!(error.kind(), ErrorKind::NotAirflow { .. }) => error,
        other => return other,
    };
    let Some(root) = base.without_path() else {
        return Err(error);
    };
    if probe_at(transport, &root).await.is_err() {
        return Err(error);
    }
    let found = "a page inside Airflow".to_owned();
    Err(AirflowError::new(
        CALL,
        ErrorKind::NotAirflow {
            found,
            instead: Some(root.to_string()),
        },
    ))
}

async fn probe_at(transport: &dyn Transport, base: &BaseUrl) -> Result<ServerInfo, AirflowError> {
    let newer = version_at(transport, base, "v2").await?;
    if let Some(version) = version_of(&newer) {
        return Ok(ServerInfo {
            api: ApiVersion::V2,
            version,
        });
    }
    if newer.status.is_redirection() || newer.status.is_server_error() {
        return Err(newer.failure());
    }
    let older = version_at(transport, base, "v1").await?;
    match version_of(&older) {
        Some(version) => Ok(ServerInfo {
            api: ApiVersion::V1,
            version,
        }),
        None => Err(newer.error(newer.not_airflow())),
    }
}

async fn version_at(transport: &dyn Transport, base: &BaseUrl, api: &str) -> Result<Answer, AirflowError> {
    let request = http::Request::builder()
        .method(Method::GET)
        .uri(base.join(&["api", api, "version"], &[]))
        .body(Bytes::new())
        .map_err(|_| {
            AirflowError::new(
                CALL,
                ErrorKind::Protocol {
                    detail: "the address cannot be asked".into(),
                },
            )
        })?;
    let response = transport
        .send(request)
        .await
        .map_err(|e| AirflowError::from_transport(CALL, e))?;
    debug!(api, status = response.status().as_u16(), "probed");
    Ok(Answer::new(CALL, response))
}

/// Airflow's version: JSON `{"version": "3.3.2", ...}`; another service's `version` does not begin with a number.
fn version_of(answer: &Answer) -> Option<String> {
    if answer.status != StatusCode::OK {
        return None;
    }
    let version = answer.json()?["version"].as_str()?.to_owned();
    let major = version.split('.').next()?;
    major.parse::<u32>().is_ok().then_some(version)
}
