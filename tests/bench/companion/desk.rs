//! An analyst's engine that takes down what it asks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use bytes::Bytes;
use leeward_airflow::{BaseUrl, HttpTransport, Transport, TransportError, v2};
use leeward_sync::{Credentials, Secret, SystemRuntime};

use super::store::Store;
use crate::cycles::EngineOnDisk;
use crate::prices::{self, NAME};

/// With a mirror of its own.
pub(super) struct Desk {
    pub(super) engine: EngineOnDisk,
    asked: Arc<Asked>,
}

/// Requests on their way, and what they were.
struct Asked {
    transport: HttpTransport,
    lines: Mutex<Vec<String>>,
}

impl Asked {
    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Transport for Asked {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let target = request
            .uri()
            .path_and_query()
            .map_or("", |target| target.as_str());
        self.lines().push(format!("{} {target}", request.method()));
        self.transport.send(request).await
    }
}

impl Desk {
    pub(super) fn new(store: &Store) -> Result<Self> {
        let transport = HttpTransport::new(None)?;
        let lines = Mutex::default();
        let asked = Arc::new(Asked { transport, lines });
        let credentials = Credentials::Password {
            username: store.server.username().into(),
            password: Secret::new(store.server.password()),
        };
        let base = BaseUrl::parse(&store.server.base_url())?;
        let airflow = Arc::new(v2::Client::new(asked.clone(), base, credentials));
        let engine = EngineOnDisk::with(airflow, Arc::new(SystemRuntime::new()))?;
        Ok(Self { engine, asked })
    }

    /// What was asked since the last time, `METHOD /path?query` each.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lines())
    }

    /// Whether so many records are in the mirror, and some of them as they were written by SQL.
    pub(super) fn check(&self, collection: &str, count: usize) -> Result<()> {
        let mut mirror = self.engine.mirror()?;
        let records = mirror.read(|ledger| ledger.record_counts(collection))?.records;
        ensure!(records as usize == count, "{records} of {count} {collection}");
        for number in [0, count / 3, count - 1] {
            let key = prices::key(number);
            let record = mirror.read(|ledger| ledger.record(collection, &key))?;
            let shown = record.and_then(|record| record.local_fields());
            let shown = shown.with_context(|| format!("no {key}"))?;
            let written = prices::fields(number);
            ensure!(shown == written, "{shown:?} in place of {written:?}");
        }
        Ok(())
    }

    /// A record's text in one field of [`NAME`].
    pub(super) fn text(&self, key: &str, field: &str) -> Result<Option<String>> {
        let record = self.engine.mirror()?.read(|ledger| ledger.record(NAME, key))?;
        Ok(record.and_then(|record| Some(record.local(field)?.as_str()?.to_owned())))
    }
}
