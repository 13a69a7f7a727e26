//! [`Transport`] over the network: the only user of reqwest.

use std::error::Error;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};

use crate::transport::{NotSentReason, Transport, TransportError};

/// How long a connection may take to come about.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a whole request may take, its answer included.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// A connection that nothing was sent on for so long is not used again. Servers and balancers end theirs after 5 s (uvicorn)
/// to 120 s (Airflow's own); a request that meets the ending breaks, and a write among them would be in doubt.
pub const IDLE_LIMIT: Duration = Duration::from_secs(4);
/// An answer larger than this is not an Airflow's (a page of 100 variables of 1 MB is half of it).
const ANSWER_BYTES_MAX: usize = 256 * 1024 * 1024;
const USER_AGENT: &str = concat!("leeward/", env!("CARGO_PKG_VERSION"));

/// Requests over HTTP(S), with time-outs, gzip, and no redirects.
#[derive(Debug)]
pub struct HttpTransport {
    client: reqwest::Client,
    sent: AtomicU64,
}

impl HttpTransport {
    /// Makes a transport that trusts `extra_ca_pem` besides the usual authorities.
    ///
    /// # Errors
    /// [`TransportError::NotSent`] when the certificate or the TLS set-up cannot be used.
    pub fn new(extra_ca_pem: Option<&[u8]>) -> Result<Self, TransportError> {
        Self::with_timeout(extra_ca_pem, REQUEST_TIMEOUT)
    }

    /// As [`HttpTransport::new`], with another time-out for whole requests.
    ///
    /// # Errors
    /// As [`HttpTransport::new`].
    pub fn with_timeout(extra_ca_pem: Option<&[u8]>, request: Duration) -> Result<Self, TransportError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(request)
            .pool_idle_timeout(IDLE_LIMIT)
            .redirect(reqwest::redirect::Policy::none())
            .gzip(true);
        if let Some(pem) = extra_ca_pem {
            let certificate = reqwest::Certificate::from_pem(pem).map_err(|e| unusable(&e))?;
            builder = builder.add_root_certificate(certificate);
        }
        let client = builder.build().map_err(|e| unusable(&e))?;
        Ok(Self {
            client,
            sent: AtomicU64::new(0),
        })
    }

    /// How many requests were sent so far.
    pub fn requests_sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let request = reqwest::Request::try_from(request).map_err(|e| unusable(&e))?;
        self.sent.fetch_add(1, Ordering::Relaxed);
        let answer = self.client.execute(request).await.map_err(|e| classify(&e))?;
        read_whole(answer).await
    }
}

async fn read_whole(mut answer: reqwest::Response) -> Result<http::Response<Bytes>, TransportError> {
    let mut whole = http::Response::new(Bytes::new());
    *whole.status_mut() = answer.status();
    *whole.headers_mut() = answer.headers().clone();
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(|e| unknown(&e))? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(TransportError::Unknown {
                detail: "the answer is too large".to_owned(),
            });
        }
        body.extend_from_slice(&chunk);
    }
    *whole.body_mut() = body.freeze();
    Ok(whole)
}

/// Only an error while connecting proves that nothing was sent; all else may have taken effect.
fn classify(error: &reqwest::Error) -> TransportError {
    if error.is_connect() {
        TransportError::NotSent {
            reason: reason_of(error),
            detail: root_cause(error),
        }
    } else if error.is_builder() {
        unusable(error)
    } else {
        unknown(error)
    }
}

fn reason_of(error: &reqwest::Error) -> NotSentReason {
    let words = chain(error)
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
        .to_lowercase();
    let refused = chain(error)
        .filter_map(|e| e.downcast_ref::<io::Error>())
        .any(|e| e.kind() == io::ErrorKind::ConnectionRefused);
    if refused {
        NotSentReason::Refused
    } else if error.is_timeout() || words.contains("timed out") {
        NotSentReason::TimedOut
    } else if words.contains("dns") || words.contains("lookup") {
        NotSentReason::Dns
    } else if ["certificate", "tls", "handshake", "invalidcontenttype"]
        .iter()
        .any(|w| words.contains(w))
    {
        NotSentReason::Tls
    } else {
        NotSentReason::Other
    }
}

fn unusable(error: &reqwest::Error) -> TransportError {
    TransportError::NotSent {
        reason: NotSentReason::Other,
        detail: root_cause(error),
    }
}

fn unknown(error: &reqwest::Error) -> TransportError {
    if error.is_timeout() {
        return TransportError::NoAnswer;
    }
    TransportError::Unknown {
        detail: root_cause(error),
    }
}

fn chain(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |&e| e.source())
}

/// The innermost words: the outer ones hold the address, and so the key.
fn root_cause(error: &reqwest::Error) -> String {
    chain(error)
        .last()
        .map_or_else(|| "the request could not be made".to_owned(), ToString::to_string)
}
