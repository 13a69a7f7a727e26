//! The outbox: queued runs, released when what they wait for is verified, and started once.

mod earlier;
mod outcome;
pub(crate) mod params;
mod precondition;
pub(crate) mod send;
mod tries;
