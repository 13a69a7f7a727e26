//! Between a desktop's client and Airflow: requests are lost, late, doubled.

use super::{Around, Late};
use crate::bugs::Bug;
use crate::faults::Fault;
use crate::request::Asked;
use crate::truth::DeskId;
use crate::wire::{answer_of, refused, text, torn, unknown};
use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use leeward_airflow::{Transport, TransportError};
use leeward_store::Mirror;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A late write takes effect within this time, less than the settle time.
const LATE_MAX_S: u64 = 115;
/// How long a client waits for an answer.
const TIMEOUT_S: u64 = 30;

/// What can strike a request.
pub const FAULTS: &[Fault] = &[
    Fault::Refused,
    Fault::RequestLost,
    Fault::AnswerLost,
    Fault::AnswerLost,
    Fault::Late,
    Fault::Late,
    Fault::Duplicate,
    Fault::CutMidBody,
    Fault::Reset,
    Fault::Trouble,
    Fault::TroubleAfter,
    Fault::SlowBody,
];

/// One process's way to Airflow.
pub struct Wire<A> {
    /// The world.
    pub world: A,
    /// Whose.
    pub desk: DeskId,
    /// Set when the process is dead.
    pub dead: Arc<AtomicBool>,
    /// The mirror, beside the engine.
    pub mirror: Arc<Mutex<Mirror>>,
    /// A bug that was put in on purpose.
    pub bug: Option<Bug>,
    /// What the bug remembers: answers by what was asked.
    pub memory: Mutex<BTreeMap<String, Response<Bytes>>>,
}

type Answer = Result<Response<Bytes>, TransportError>;

#[async_trait]
impl<A: Around> Transport for Wire<A> {
    async fn send(&self, request: Request<Bytes>) -> Answer {
        self.while_alive().await;
        let request = match self.bug {
            Some(bug) => self.world.spoilt(self.desk, bug, request),
            None => request,
        };
        let asked = Asked::of(&request);
        let fault = self.world.set_out(self.desk, &asked, &self.mirror);
        self.travel().await;
        let answer = self.meet(request, &asked, fault).await;
        self.travel().await;
        self.while_alive().await;
        let answer = match (self.bug, answer) {
            (Some(bug), Ok(answer)) => Ok(self.world.misread(self, bug, &asked, answer)),
            (_, answer) => answer,
        };
        if let Ok(answer) = &answer {
            self.world.deliver(self.desk, &asked, answer);
        }
        answer
    }
}

impl<A: Around> Wire<A> {
    /// A dead process sends nothing and hears nothing.
    async fn while_alive(&self) {
        if self.dead.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }

    async fn travel(&self) {
        let micros = self.world.dice(|dice| dice.within(300, 9_000));
        self.world.clock().sleep(Duration::from_micros(micros)).await;
    }

    async fn wait(&self, seconds: u64) {
        self.world.clock().sleep(Duration::from_secs(seconds)).await;
    }

    async fn meet(&self, request: Request<Bytes>, asked: &Asked, fault: Option<Fault>) -> Answer {
        let Some(fault) = fault else {
            return Ok(self.arrive(&request));
        };
        match fault {
            Fault::Refused => Err(refused()),
            Fault::RequestLost => {
                self.wait(TIMEOUT_S).await;
                Err(unknown())
            }
            Fault::AnswerLost => {
                let _lost = self.arrive(&request);
                Err(unknown())
            }
            Fault::Late => {
                self.put_off(request);
                self.wait(TIMEOUT_S).await;
                Err(unknown())
            }
            Fault::Duplicate => {
                let _first = self.arrive(&request);
                Ok(self.arrive(&request))
            }
            Fault::SlowBody => {
                let answer = self.arrive(&request);
                self.wait(if asked.is_write() { 20 } else { 5 }).await;
                Ok(answer)
            }
            Fault::CutMidBody => Ok(torn(&self.arrive(&request))),
            Fault::TroubleAfter => {
                let _done = self.arrive(&request);
                Ok(text(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"))
            }
            Fault::Forbidden => Ok(answer_of(fault)),
            Fault::Trouble => Ok(text(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")),
            _ => Err(unknown()),
        }
    }

    fn arrive(&self, request: &Request<Bytes>) -> Response<Bytes> {
        self.world.arrive(request, self.desk)
    }

    fn put_off(&self, request: Request<Bytes>) {
        let wait = self.world.dice(|dice| dice.within(1, LATE_MAX_S)) * 1_000_000;
        let (at, desk) = (self.world.clock().now() + wait, self.desk);
        self.world.put_off(Late { at, request, desk });
    }
}
