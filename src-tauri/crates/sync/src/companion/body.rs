//! The texts that a head refers to: fetched, checked, read.

use super::head::{Head, Piece};
use crate::context::Context;
use crate::failure::Failure;
use jiff::Timestamp;
use leeward_model::Fields;
use leeward_store::PUBLISH;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// The task whose XComs hold them.
pub(crate) const TASK: &str = "publish";

/// What is wrong with a text, as the end of a sentence.
pub(crate) type Damage = &'static str;

#[derive(Deserialize)]
struct Said {
    kind: String,
    store_id: String,
    collection: String,
    from: u64,
    to: u64,
}

#[derive(Deserialize)]
struct Snapshot {
    /// Key, version, fields.
    records: Vec<(String, u64, Fields)>,
}

#[derive(Deserialize)]
struct Segment {
    changes: Vec<Entry>,
}

/// An entry of the store's log.
#[derive(Debug, Deserialize)]
pub(crate) struct Entry {
    pub(crate) sequence: u64,
    pub(crate) key: String,
    op: String,
    /// The version of the data model that it was made with.
    #[serde(default)]
    pub(crate) model: Option<u32>,
    /// The whole record after it.
    #[serde(default)]
    pub(crate) fields: Option<Fields>,
    #[serde(default)]
    pub(crate) author: Option<String>,
    #[serde(default)]
    pub(crate) at: Option<Timestamp>,
    #[serde(default)]
    pub(crate) reason: Option<String>,
}

impl Entry {
    /// The record after it; `None`: it was deleted.
    pub(crate) fn after(self) -> (String, u64, Option<Fields>) {
        let fields = self.fields.filter(|_| self.op != "delete");
        (self.key, self.sequence, fields)
    }
}

/// The records of a snapshot: key, version and fields.
pub(crate) async fn snapshot(
    context: &Context<'_>,
    head: &Head,
    piece: &Piece,
) -> Result<Result<Vec<(String, u64, Fields)>, Damage>, Failure> {
    let body = fetch::<Snapshot>(context, head, piece, "snapshot").await?;
    Ok(body.map(|snapshot| snapshot.records))
}

/// The entries of a part of the log, oldest first.
pub(crate) async fn segment(
    context: &Context<'_>,
    head: &Head,
    piece: &Piece,
) -> Result<Result<Vec<Entry>, Damage>, Failure> {
    let body = fetch::<Segment>(context, head, piece, "segment").await?;
    Ok(body.map(|segment| segment.changes))
}

async fn fetch<T: DeserializeOwned>(
    context: &Context<'_>,
    head: &Head,
    piece: &Piece,
    kind: &str,
) -> Result<Result<T, Damage>, Failure> {
    let keys: Vec<&str> = piece.pieces.iter().map(String::as_str).collect();
    let read = context.airflow.xcom_object(PUBLISH, &piece.run, TASK, &keys);
    let Some(text) = context.unless_stopped(read).await?? else {
        return Ok(Err("is not there any more"));
    };
    Ok(check(context.collection(), head, piece, kind, &text))
}

fn check<T: DeserializeOwned>(
    collection: &str,
    head: &Head,
    piece: &Piece,
    kind: &str,
    text: &str,
) -> Result<T, Damage> {
    if hex(&Sha256::digest(text)) != piece.sha256 {
        return Err("is damaged");
    }
    let said: Said = serde_json::from_str(text).map_err(|_| "cannot be read")?;
    let is_it = said.kind == kind
        && said.store_id == head.store_id
        && said.collection == collection
        && (said.from, said.to) == (piece.from, piece.to);
    if !is_it {
        return Err("is another one than was announced");
    }
    serde_json::from_str(text).map_err(|_| "cannot be read")
}

/// In lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
