//! Between a desktop's client and Airflow: the transport, with the faults of the weather.

use crate::bugs::Bug;
use crate::collections::Kind;
use crate::executor::Clock;
use crate::faults::Fault;
use crate::request::Asked;
use crate::truth::{Claim, DeskId, LateWrite, Shared, World};
use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use leeward_airflow::{NotSentReason, Transport, TransportError};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

mod sabotage;
pub(crate) use sabotage::Memory;

/// A late write takes effect within this time: less than the settle time, as a gateway's time-out promises.
const LATE_MAX_S: u64 = 119;
/// How long a client waits for an answer.
const TIMEOUT_S: u64 = 30;

/// One process's way to Airflow.
pub struct Wire {
    /// The world.
    pub world: Shared,
    /// Whose.
    pub desk: DeskId,
    /// Set when the process is dead: nothing of it goes out any more.
    pub dead: Arc<AtomicBool>,
    /// A bug that was put in on purpose.
    pub bug: Option<Bug>,
    /// What the bug remembers.
    pub(crate) memory: Mutex<Memory>,
    /// The credentials that were sent last.
    pub(crate) token: Mutex<String>,
}

type Answer = Result<Response<Bytes>, TransportError>;

#[async_trait]
impl Transport for Wire {
    async fn send(&self, request: Request<Bytes>) -> Answer {
        self.while_alive().await;
        let request = self.spoilt(request);
        let asked = Asked::of(&request);
        if let Some(answer) = self.answered_by_bug(&request, &asked) {
            return answer;
        }
        self.remember_token(&request);
        let (claim, fault, clock) = self.set_out(&asked);
        self.travel(&clock).await;
        let answer = self.meet(request.clone(), &asked, claim, fault, &clock).await;
        let answer = self.after(&request, &asked, answer, &clock).await;
        self.travel(&clock).await;
        self.while_alive().await;
        if let Ok(answer) = &answer {
            self.world.lock().deliver(self.desk, &asked, answer);
        }
        self.delivered(&request, &asked, &answer);
        answer
    }
}

impl Wire {
    /// A dead process sends nothing and hears nothing.
    async fn while_alive(&self) {
        if self.dead.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }

    async fn travel(&self, clock: &Clock) {
        let micros = self.world.lock().dice.within(300, 9_000);
        clock.sleep(Duration::from_micros(micros)).await;
    }

    fn remember_token(&self, request: &Request<Bytes>) {
        let sent = request.headers().get(header::AUTHORIZATION);
        if let Some(token) = sent
            .and_then(|token| token.to_str().ok())
            .filter(|_| self.bug.is_some())
        {
            token.clone_into(&mut crate::locked::locked(&self.token));
        }
    }

    /// What the desktop knows now.
    fn claim(&self) -> Claim {
        let world = self.world.lock();
        let side = &world.sides[self.desk];
        Claim {
            desk: self.desk,
            sent_at: world.now(),
            request: side.requests,
            readings: side.readings.clone(),
        }
    }

    fn set_out(&self, asked: &Asked) -> (Claim, Option<Fault>, Clock) {
        let world = &mut *self.world.lock();
        let now = world.now();
        let side = &mut world.sides[self.desk];
        side.requests += 1;
        let claim = Claim {
            desk: self.desk,
            sent_at: now,
            request: side.requests,
            readings: if asked.is_write() {
                side.readings.clone()
            } else {
                Default::default()
            },
        };
        let fault = world.fault_for(asked);
        match fault {
            Some(fault) => world.say(format_args!("desk {} asks: {asked}  !{fault:?}", self.desk)),
            None => world.say(format_args!("desk {} asks: {asked}", self.desk)),
        }
        (claim, fault, world.clock.clone())
    }

    async fn meet(
        &self,
        request: Request<Bytes>,
        asked: &Asked,
        claim: Claim,
        fault: Option<Fault>,
        clock: &Clock,
    ) -> Answer {
        let Some(fault) = fault else {
            return Ok(self.arrive(&request, asked, claim));
        };
        match fault {
            Fault::Refused | Fault::Restart => Err(refused()),
            Fault::RequestLost => {
                clock.sleep(Duration::from_secs(TIMEOUT_S)).await;
                Err(unknown())
            }
            Fault::Reset => Err(unknown()),
            Fault::AnswerLost => {
                let _lost = self.arrive(&request, asked, claim);
                Err(unknown())
            }
            Fault::Late => {
                self.put_off(request, claim);
                clock.sleep(Duration::from_secs(TIMEOUT_S)).await;
                Err(unknown())
            }
            Fault::Duplicate => {
                let _first = self.arrive(&request, asked, claim.clone());
                Ok(self.arrive(&request, asked, claim))
            }
            Fault::SlowBody => {
                let answer = self.arrive(&request, asked, claim);
                let wait = self.world.lock().dice.within(2, TIMEOUT_S - 5);
                clock.sleep(Duration::from_secs(wait)).await;
                Ok(answer)
            }
            Fault::CutMidBody => Ok(torn(&self.arrive(&request, asked, claim))),
            Fault::TroubleAfter => {
                let _done = self.arrive(&request, asked, claim);
                Ok(text(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"))
            }
            Fault::TokenExpired => {
                self.world.lock().airflow.expire_tokens();
                Ok(self.arrive(&request, asked, claim))
            }
            Fault::AlreadyThere => {
                self.world.lock().made_by_another(asked);
                Ok(self.arrive(&request, asked, claim))
            }
            Fault::StaleRead => {
                let before = self.world.lock().before();
                let answer = self.arrive(&request, asked, claim);
                self.world.lock().fall_behind(self.desk, &before);
                Ok(answer)
            }
            Fault::OffsetShift | Fault::Restless => {
                let kind = asked.listed().unwrap_or(Kind::Variables);
                self.world.lock().shift(kind);
                Ok(self.arrive(&request, asked, claim))
            }
            fault => Ok(answer_of(fault)),
        }
    }

    fn arrive(&self, request: &Request<Bytes>, asked: &Asked, claim: Claim) -> Response<Bytes> {
        self.world.lock().arrive(request, asked, claim)
    }

    fn put_off(&self, request: Request<Bytes>, claim: Claim) {
        let world = &mut *self.world.lock();
        let at = world.now() + world.dice.within(1, LATE_MAX_S) * 1_000_000;
        world.late.push(LateWrite { at, request, claim });
    }
}

impl World {
    /// What strikes a request on its way.
    fn fault_for(&mut self, asked: &Asked) -> Option<Fault> {
        let now = self.now();
        let weather = &self.weather;
        let spell = if weather.refused_until > now {
            Some(Fault::Restart)
        } else if weather.wedged_until > now {
            Some(Fault::Wedge)
        } else if weather
            .poison
            .as_ref()
            .is_some_and(|poison| asked.is_about(poison))
        {
            Some(Fault::Poison)
        } else if weather.is_jinxed(asked) {
            Some(Fault::Jinx)
        } else if let Some(fault) = weather.trouble_of(asked) {
            Some(fault)
        } else if weather.restless_until > now && asked.is_listing() {
            Some(Fault::Restless)
        } else if weather.log_forbidden && asked.is_event_log() {
            Some(Fault::LogForbidden)
        } else {
            None
        };
        let fault = spell.or_else(|| {
            self.weather
                .strike(&mut self.dice, asked.is_write(), asked.is_listing())
        })?;
        self.strike(fault);
        Some(fault)
    }
}

pub(crate) fn refused() -> TransportError {
    TransportError::NotSent {
        reason: NotSentReason::Refused,
        detail: "refused".into(),
    }
}

pub(crate) fn unknown() -> TransportError {
    TransportError::Unknown {
        detail: "the connection was reset".into(),
    }
}

pub(crate) fn answer_of(fault: Fault) -> Response<Bytes> {
    match fault {
        Fault::Forbidden | Fault::LogForbidden | Fault::CollectionForbidden => {
            json(StatusCode::FORBIDDEN, r#"{"detail":"Forbidden"}"#)
        }
        Fault::ProxyNotFound => html(StatusCode::NOT_FOUND),
        Fault::LoginPage => html(StatusCode::OK),
        Fault::TooMany => {
            let mut answer = html(StatusCode::TOO_MANY_REQUESTS);
            let after = header::HeaderValue::from_static("7");
            answer.headers_mut().insert(header::RETRY_AFTER, after);
            answer
        }
        Fault::Unprocessable => {
            let body = r#"{"detail":[{"type":"value_error","loc":["body"],"msg":"Not today","input":"x"}]}"#;
            json(StatusCode::UNPROCESSABLE_ENTITY, body)
        }
        _ => text(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
    }
}

fn with_type(status: StatusCode, kind: &'static str, body: &str) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from(body.to_owned()));
    *answer.status_mut() = status;
    let kind = header::HeaderValue::from_static(kind);
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

fn json(status: StatusCode, body: &str) -> Response<Bytes> {
    with_type(status, "application/json", body)
}

pub(crate) fn text(status: StatusCode, body: &str) -> Response<Bytes> {
    with_type(status, "text/plain", body)
}

fn html(status: StatusCode) -> Response<Bytes> {
    with_type(
        status,
        "text/html",
        "<html><body>A page, not an API</body></html>",
    )
}

pub(crate) fn torn(answer: &Response<Bytes>) -> Response<Bytes> {
    let mut torn = Response::new(answer.body().slice(..answer.body().len() / 2));
    *torn.status_mut() = answer.status();
    torn.headers_mut().clone_from(answer.headers());
    torn
}
