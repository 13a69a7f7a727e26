//! The seam under the client: whatever carries one request to an Airflow and its answer back.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

/// Carries requests. Never follows redirects, never retries a request that may have been executed.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends one request and reads the whole answer, whatever its status.
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError>;
}

/// Why there is no answer. Whether the request was sent decides whether a write may be sent again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The request certainly never reached the server: nothing has happened there.
    #[error("not sent: {detail}")]
    NotSent {
        /// What stood in the way.
        reason: NotSentReason,
        /// The system's words, without address or contents.
        detail: String,
    },
    /// The request was sent and may have taken effect: no answer was there when the time was up.
    #[error("no answer in time")]
    NoAnswer,
    /// The request may have taken effect: reset, or closed in the middle of the answer.
    #[error("outcome unknown: {detail}")]
    Unknown {
        /// The system's words, without address or contents.
        detail: String,
    },
}

/// What kept a request from being sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSentReason {
    /// The host's name is not known.
    Dns,
    /// Nothing listens there.
    Refused,
    /// The server's certificate or the encryption was not accepted.
    Tls,
    /// No connection within the time allowed.
    TimedOut,
    /// Anything else before sending.
    Other,
}

/// Waits before a read whose connection broke is asked a second time. Time and chance are the engine's.
#[async_trait]
pub trait Pause: Send + Sync {
    /// Time since some moment; never goes back.
    fn elapsed(&self) -> Duration;
    /// Waits a little.
    async fn pause(&self);
}
