//! The mirror on real SQLite files.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its mirror must fail loudly"
)]

mod collections;
mod deletes;
mod edits;
mod feed;
mod files;
mod handshakes;
mod history;
mod outbox;
mod packed;
mod pushes;
mod rebuilds;
mod replaced;
mod resolves;
mod secrets;
mod sent;
mod support;
mod tables;
mod take_backs;
mod upgrades;
mod violations;
mod violations_compared;
