//! What the smaller kinds of histories share: a desktop with nothing but a mirror and a window, and its way to Airflow.
//! Each kind has a world of its own around them.

pub mod desktop;
pub mod wire;

use crate::bugs::Bug;
use crate::dice::Dice;
use crate::executor::{Clock, Micros};
use crate::faults::Fault;
use crate::request::Asked;
use crate::truth::DeskId;
use bytes::Bytes;
use http::{Request, Response};
use leeward_model::Status;
use leeward_store::Mirror;
use leeward_sync::Notice;
use std::collections::BTreeSet;
use std::sync::Mutex;
use ulid::Ulid;

/// A request that takes effect later.
#[derive(Debug)]
pub struct Late {
    /// When.
    pub at: Micros,
    /// The request.
    pub request: Request<Bytes>,
    /// Whose.
    pub desk: DeskId,
}

/// The world around a desktop.
pub trait Around: Clone + Send + Sync + 'static {
    /// Time.
    fn clock(&self) -> Clock;
    /// Chance.
    fn dice<T>(&self, throw: impl FnOnce(&mut Dice) -> T) -> T;
    /// Takes down what happened.
    fn say(&self, what: std::fmt::Arguments<'_>);
    /// The mirror has these entries of the window's log.
    fn mirrored(&self, desk: DeskId, entries: &BTreeSet<Ulid>);
    /// The window knows all that the mirror does.
    fn round_done(&self, _desk: DeskId, _mirror: &Mutex<Mirror>) {}
    /// A request sets out; what strikes it on its way.
    fn set_out(&self, desk: DeskId, asked: &Asked, mirror: &Mutex<Mirror>) -> Option<Fault>;
    /// A request reaches Airflow.
    fn arrive(&self, request: &Request<Bytes>, desk: DeskId) -> Response<Bytes>;
    /// A request will reach it later.
    fn put_off(&self, late: Late);
    /// An answer reaches the desktop that asked.
    fn deliver(&self, desk: DeskId, asked: &Asked, answer: &Response<Bytes>);
    /// The desktop tells how it stands.
    fn status_changed(&self, _desk: DeskId, _status: &Status) {}
    /// The desktop tells of something.
    fn notice(&self, _desk: DeskId, _notice: &Notice) {}
    /// A request as a bug on purpose sends it.
    fn spoilt(&self, _desk: DeskId, _bug: Bug, request: Request<Bytes>) -> Request<Bytes> {
        request
    }
    /// An answer as a bug on purpose reads it.
    fn misread(
        &self,
        _wire: &wire::Wire<Self>,
        _bug: Bug,
        _asked: &Asked,
        answer: Response<Bytes>,
    ) -> Response<Bytes> {
        answer
    }
}
