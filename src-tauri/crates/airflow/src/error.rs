//! Errors in two layers: what is known inside, and for the analyst what happened, what it means for their work, and
//! the next step. No text ever holds a value, a token, or what a server echoed of our request.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use leeward_model::{Problem, ProblemCode};

use crate::key::KeyError;
use crate::pool_name::PoolNameError;
use crate::transport::{NotSentReason, TransportError};

/// What the client was about when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    /// In words that follow "could not".
    pub(crate) doing: &'static str,
    /// Whether it changes something in Airflow.
    pub(crate) writes: bool,
}

impl Call {
    pub(crate) const fn read(doing: &'static str) -> Self {
        Self { doing, writes: false }
    }

    pub(crate) const fn write(doing: &'static str) -> Self {
        Self { doing, writes: true }
    }
}

/// A request to Airflow that did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AirflowError {
    kind: ErrorKind,
    call: Call,
    status: Option<u16>,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request certainly never reached the server.
    Unreachable {
        /// What stood in the way.
        reason: NotSentReason,
        /// The system's words.
        detail: String,
    },
    /// The request was sent, and no answer came in time: it may or may not have taken effect.
    NoAnswer,
    /// The request may or may not have taken effect: the connection broke, or only a part of the answer came.
    InDoubt {
        /// The system's words.
        detail: String,
    },
    /// The credentials were not accepted, or no longer are.
    SignInNeeded {
        /// Why, in words for the analyst.
        detail: String,
    },
    /// Signed in, but this user may not do that.
    Forbidden,
    /// Airflow itself says that it has no such thing.
    NotFound,
    /// Airflow has one of this key or name already.
    AlreadyExists,
    /// Airflow understood the request and refused it.
    Rejected {
        /// Airflow's reason, without what it echoed.
        detail: String,
    },
    /// What answers is not Airflow's API: a login page, a proxy, another service, another path.
    NotAirflow {
        /// What was found.
        found: String,
        /// An address at which an Airflow does answer.
        instead: Option<String>,
    },
    /// The server sends elsewhere. Not followed: credentials go only to the address that the analyst gave.
    Redirected {
        /// Where to: scheme and host.
        to_host: String,
    },
    /// 5xx. For a write the outcome is unknown.
    ServerTrouble {
        /// Airflow's reason where it gave one.
        detail: String,
    },
    /// 429: a gateway asks to slow down. Not executed.
    TooManyRequests {
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// It is an Airflow, and its answer could not be understood.
    Protocol {
        /// What was not understood.
        detail: String,
    },
    /// Refused before sending: the key or name cannot be addressed.
    Unaddressable(Unaddressable),
    /// Refused before sending: the value is the placeholder that Airflow shows for a secret.
    MaskRefused,
    /// Refused before sending: the value is hidden, and it is not certain that the server would leave it alone (H30).
    HiddenValueAtRisk,
    /// The listing changed under every attempt to read it whole.
    ScanShifted,
}

/// What cannot be addressed, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unaddressable {
    /// A Variable's key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A pool's name.
    #[error(transparent)]
    PoolName(#[from] PoolNameError),
}

/// What can be done about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Nothing happened: the same request may be sent again later.
    Later,
    /// It may have happened: look before anything else is sent.
    Look,
    /// Only after the analyst has signed in.
    SignIn,
    /// Not by itself: a person has to change something.
    Person,
}

/// An error in words for the analyst.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What happened.
    pub what: String,
    /// What it means for the analyst's work.
    pub means: String,
    /// The next step.
    pub next: String,
}

impl AirflowError {
    pub(crate) fn new(call: Call, kind: ErrorKind) -> Self {
        Self {
            kind,
            call,
            status: None,
        }
    }

    /// A record was asked for that no resource of Airflow has: the companion's are read from what it publishes. No request
    /// was sent.
    #[must_use]
    pub fn only_published() -> Self {
        let detail = "records that the companion keeps are read from what it publishes".into();
        Self::new(Call::read("read the record"), ErrorKind::Protocol { detail })
    }

    pub(crate) fn with_status(call: Call, kind: ErrorKind, status: http::StatusCode) -> Self {
        Self {
            kind,
            call,
            status: Some(status.as_u16()),
        }
    }

    pub(crate) fn from_transport(call: Call, error: TransportError) -> Self {
        let kind = match error {
            TransportError::NotSent { reason, detail } => ErrorKind::Unreachable { reason, detail },
            TransportError::NoAnswer => ErrorKind::NoAnswer,
            TransportError::Unknown { detail } => ErrorKind::InDoubt { detail },
        };
        Self::new(call, kind)
    }

    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// The HTTP status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Whether the request was a write that may have taken effect.
    pub fn outcome_unknown(&self) -> bool {
        self.call.writes
            && match &self.kind {
                ErrorKind::NoAnswer
                | ErrorKind::InDoubt { .. }
                | ErrorKind::ServerTrouble { .. }
                | ErrorKind::Protocol { .. } => true,
                // A page in place of the answer may have been put there after Airflow did the work.
                ErrorKind::NotAirflow { .. } => self.status.is_none_or(|s| s < 400),
                _ => false,
            }
    }

    /// Whether Airflow itself answered that it failed (500): the request came to its end there. A gateway's 502, 503 or
    /// 504 says nothing of that.
    pub fn failed_there(&self) -> bool {
        matches!(self.kind, ErrorKind::ServerTrouble { .. }) && self.status == Some(500)
    }

    /// What can be done about it.
    pub fn retry(&self) -> Retry {
        if self.outcome_unknown() {
            return Retry::Look;
        }
        match &self.kind {
            ErrorKind::Unreachable { .. }
            | ErrorKind::NoAnswer
            | ErrorKind::InDoubt { .. }
            | ErrorKind::ServerTrouble { .. }
            | ErrorKind::TooManyRequests { .. }
            | ErrorKind::Protocol { .. }
            | ErrorKind::NotAirflow { .. }
            | ErrorKind::Redirected { .. }
            | ErrorKind::ScanShifted => Retry::Later,
            ErrorKind::SignInNeeded { .. } => Retry::SignIn,
            ErrorKind::Forbidden
            | ErrorKind::NotFound
            | ErrorKind::AlreadyExists
            | ErrorKind::Rejected { .. }
            | ErrorKind::Unaddressable(_)
            | ErrorKind::MaskRefused
            | ErrorKind::HiddenValueAtRisk => Retry::Person,
        }
    }

    /// The error in words for the analyst.
    pub fn explain(&self) -> Explanation {
        Explanation {
            what: self.what(),
            means: self.means().to_owned(),
            next: self.next().into_owned(),
        }
    }

    /// As a problem of somebody who is about to connect: nothing is saved yet, and nothing is tried again by itself.
    pub fn while_connecting(&self) -> Problem {
        Problem {
            meaning: "Nothing was saved.".into(),
            next: self.next_while_connecting().into_owned(),
            retry: false,
            ..Problem::from(self)
        }
    }

    /// Where nothing was reached, it does not matter what for; nor what was to be read, where nobody answers.
    fn what(&self) -> String {
        match &self.kind {
            ErrorKind::Unreachable { .. } => format!("Airflow cannot be reached: {}.", self.cause()),
            ErrorKind::NoAnswer if !self.call.writes => format!("{}.", self.cause()),
            _ => format!("Leeward could not {}: {}.", self.call.doing, self.cause()),
        }
    }

    fn cause(&self) -> Cow<'_, str> {
        match &self.kind {
            ErrorKind::Unreachable { reason, detail } => unreachable_cause(*reason, detail),
            ErrorKind::NoAnswer => "Airflow did not answer in time".into(),
            ErrorKind::InDoubt { detail } => {
                format!("the connection broke before the answer was whole ({detail})").into()
            }
            ErrorKind::SignInNeeded { detail } | ErrorKind::Protocol { detail } => detail.into(),
            ErrorKind::Forbidden => "your user is not allowed to do this in Airflow".into(),
            ErrorKind::NotFound => "Airflow no longer has it".into(),
            ErrorKind::AlreadyExists => "it is in Airflow already".into(),
            ErrorKind::Rejected { detail } => format!("Airflow refused it ({detail})").into(),
            ErrorKind::NotAirflow { found, .. } => {
                format!("what answers there is not Airflow's API ({found})").into()
            }
            ErrorKind::Redirected { to_host } => format!("the server sends elsewhere, to {to_host}").into(),
            ErrorKind::ServerTrouble { detail } => {
                format!("Airflow has trouble of its own ({detail})").into()
            }
            ErrorKind::TooManyRequests { .. } => "the server asks for fewer requests".into(),
            ErrorKind::Unaddressable(reason) => reason.to_string().into(),
            ErrorKind::MaskRefused => {
                "the value holds the placeholder that Airflow shows for a secret (***)".into()
            }
            ErrorKind::HiddenValueAtRisk => {
                "Airflow hides the value, and this version may overwrite it when only the description changes"
                    .into()
            }
            ErrorKind::ScanShifted => "the list kept changing while it was being read".into(),
        }
    }

    fn means(&self) -> &'static str {
        if self.outcome_unknown() {
            "It is not known whether the change reached Airflow. Your work is kept, and nothing else is sent for it until \
             Leeward has looked."
        } else if self.call.writes {
            "Nothing was changed in Airflow, and your work is kept."
        } else {
            "Your work is kept on this computer; nothing was changed in Airflow."
        }
    }

    fn next(&self) -> Cow<'static, str> {
        match &self.kind {
            ErrorKind::Unreachable { reason, .. } => unreachable_next(*reason).into(),
            ErrorKind::NoAnswer
            | ErrorKind::InDoubt { .. }
            | ErrorKind::ServerTrouble { .. }
            | ErrorKind::ScanShifted => {
                "Leeward tries again by itself. If it stays so, tell whoever runs this Airflow.".into()
            }
            ErrorKind::SignInNeeded { .. } => "Sign in again; everything goes on from where it was.".into(),
            ErrorKind::Forbidden => "Ask whoever runs this Airflow for the permission.".into(),
            ErrorKind::NotFound => "Synchronise to see what Airflow has now.".into(),
            ErrorKind::AlreadyExists => "Synchronise to see it, then decide which one is right.".into(),
            ErrorKind::Rejected { .. } => "Change what Airflow objects to, then send it again.".into(),
            ErrorKind::NotAirflow { instead: Some(address), .. } => {
                format!("An Airflow answers at {address}: use that address.").into()
            }
            ErrorKind::NotAirflow { instead: None, .. } => {
                "Check the address, and whether a sign-in page, VPN or proxy stands in between.".into()
            }
            ErrorKind::Redirected { to_host } => {
                format!("If {to_host} is the right place, use it as the address; otherwise check VPN and sign-in page.").into()
            }
            ErrorKind::TooManyRequests { .. } => "Leeward waits and tries again by itself.".into(),
            ErrorKind::Protocol { .. } => {
                "Check that this Airflow is of a supported version (3.x); Leeward tries again by itself.".into()
            }
            ErrorKind::Unaddressable(Unaddressable::Key(_)) => "Choose another key.".into(),
            ErrorKind::Unaddressable(Unaddressable::PoolName(_)) => "Choose another name.".into(),
            ErrorKind::MaskRefused => "Type the real value, or leave it as it is in Airflow.".into(),
            ErrorKind::HiddenValueAtRisk => {
                "Change the description in Airflow itself, or replace the whole value together with it.".into()
            }
        }
    }
}

impl AirflowError {
    fn next_while_connecting(&self) -> Cow<'static, str> {
        match &self.kind {
            ErrorKind::Unreachable {
                reason: NotSentReason::Tls,
                ..
            } => self.next(),
            ErrorKind::Unreachable { .. } => {
                "Check the address, your network or VPN, and whether Airflow is up; then try again.".into()
            }
            ErrorKind::NoAnswer
            | ErrorKind::InDoubt { .. }
            | ErrorKind::ServerTrouble { .. }
            | ErrorKind::ScanShifted => "Try again. If it stays so, tell whoever runs this Airflow.".into(),
            ErrorKind::SignInNeeded { .. } => "Check the user name and password, or the token.".into(),
            ErrorKind::TooManyRequests { .. } => "Wait a moment, then try again.".into(),
            ErrorKind::Protocol { .. } => "Check that this Airflow is of a supported version (3.x).".into(),
            _ => self.next(),
        }
    }
}

impl From<&AirflowError> for Problem {
    fn from(error: &AirflowError) -> Self {
        let Explanation { what, means, next } = error.explain();
        let retry = matches!(error.retry(), Retry::Later | Retry::Look);
        Self {
            code: code_of(&error.kind),
            what,
            meaning: means,
            next,
            retry,
        }
    }
}

fn code_of(kind: &ErrorKind) -> ProblemCode {
    match kind {
        ErrorKind::Unreachable { .. } | ErrorKind::NoAnswer | ErrorKind::InDoubt { .. } => {
            ProblemCode::Unreachable
        }
        ErrorKind::SignInNeeded { .. } => ProblemCode::SignInNeeded,
        ErrorKind::Forbidden => ProblemCode::Forbidden,
        ErrorKind::NotFound => ProblemCode::NotFound,
        ErrorKind::AlreadyExists | ErrorKind::Rejected { .. } => ProblemCode::Rejected,
        ErrorKind::NotAirflow { .. } | ErrorKind::Redirected { .. } | ErrorKind::Protocol { .. } => {
            ProblemCode::NotAirflow
        }
        ErrorKind::ServerTrouble { .. } | ErrorKind::TooManyRequests { .. } | ErrorKind::ScanShifted => {
            ProblemCode::ServerTrouble
        }
        ErrorKind::Unaddressable(_) | ErrorKind::MaskRefused | ErrorKind::HiddenValueAtRisk => {
            ProblemCode::BadInput
        }
    }
}

fn unreachable_cause(reason: NotSentReason, detail: &str) -> Cow<'static, str> {
    match reason {
        NotSentReason::Dns => "no computer of that name was found".into(),
        NotSentReason::Refused => "nothing answers at that address".into(),
        NotSentReason::Tls => format!("the secure connection was not accepted ({detail})").into(),
        NotSentReason::TimedOut => "no connection came about in time".into(),
        NotSentReason::Other => format!("no connection came about ({detail})").into(),
    }
}

fn unreachable_next(reason: NotSentReason) -> &'static str {
    match reason {
        NotSentReason::Dns => "Check the address and your network or VPN; Leeward tries again by itself.",
        NotSentReason::Tls => "Check the address, or add your organisation's certificate to the environment.",
        NotSentReason::Refused | NotSentReason::TimedOut | NotSentReason::Other => {
            "Check your network or VPN and whether Airflow is up; Leeward tries again by itself."
        }
    }
}

impl fmt::Display for AirflowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Explanation { what, means, next } = self.explain();
        write!(f, "{what} {means} {next}")
    }
}

impl std::error::Error for AirflowError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_write_without_a_clear_answer_is_in_doubt() {
        let lost = || ErrorKind::InDoubt {
            detail: "reset".to_owned(),
        };
        let write = AirflowError::new(Call::write("change it"), lost());
        assert!(write.outcome_unknown() && write.retry() == Retry::Look);
        assert!(write.to_string().contains("not known"));
        let read = AirflowError::new(Call::read("read it"), lost());
        assert!(!read.outcome_unknown() && read.retry() == Retry::Later);
        let refused = AirflowError::new(Call::write("change it"), ErrorKind::Forbidden);
        assert!(!refused.outcome_unknown() && refused.to_string().contains("Nothing was changed"));
    }

    #[test]
    fn who_is_about_to_connect_is_promised_nothing() {
        let kinds = [
            ErrorKind::Unreachable {
                reason: NotSentReason::Refused,
                detail: String::new(),
            },
            ErrorKind::ServerTrouble {
                detail: String::new(),
            },
            ErrorKind::SignInNeeded {
                detail: String::new(),
            },
            ErrorKind::Protocol {
                detail: String::new(),
            },
        ];
        for kind in kinds {
            let problem = AirflowError::new(Call::read("read the event log"), kind).while_connecting();
            assert_eq!(problem.meaning, "Nothing was saved.");
            assert!(
                !problem.next.contains("by itself") && !problem.next.contains("goes on"),
                "{problem}"
            );
        }
    }

    #[test]
    fn what_was_to_be_read_does_not_matter_where_nothing_is_reached() {
        let kind = ErrorKind::Unreachable {
            reason: NotSentReason::Dns,
            detail: String::new(),
        };
        let problem = Problem::from(&AirflowError::new(Call::read("read the event log"), kind));
        assert_eq!(
            problem.what,
            "Airflow cannot be reached: no computer of that name was found."
        );
    }

    #[test]
    fn a_server_that_does_not_answer_is_told_as_that() {
        let of = |call| Problem::from(&AirflowError::new(call, ErrorKind::NoAnswer));
        let read = of(Call::read("read the event log"));
        assert_eq!(read.what, "Airflow did not answer in time.");
        assert!(!read.meaning.contains("not known") && read.next.contains("by itself"));
        let written = of(Call::write("create the variable"));
        assert_eq!(
            written.what,
            "Leeward could not create the variable: Airflow did not answer in time."
        );
        assert!(written.meaning.contains("not known whether"), "{written}");
        assert_eq!(
            (read.code, written.code),
            (ProblemCode::Unreachable, ProblemCode::Unreachable)
        );
        let connecting =
            AirflowError::new(Call::read("find Airflow"), ErrorKind::NoAnswer).while_connecting();
        assert!(connecting.next.starts_with("Try again."), "{connecting}");
    }

    #[test]
    fn what_cannot_be_addressed_is_named_for_what_it_is() {
        let said = |reason| {
            AirflowError::new(Call::write("create it"), ErrorKind::Unaddressable(reason)).to_string()
        };
        let key = said(Unaddressable::from(KeyError::Empty));
        assert!(
            key.contains("the key is empty") && key.ends_with("Choose another key."),
            "{key}"
        );
        let name = said(Unaddressable::from(PoolNameError::Empty));
        assert!(
            name.contains("the name is empty") && name.ends_with("Choose another name."),
            "{name}"
        );
    }

    #[test]
    fn a_problem_says_what_it_means_and_what_is_next() {
        let error = AirflowError::new(
            Call::read("find Airflow"),
            ErrorKind::NotAirflow {
                found: "a web page".to_owned(),
                instead: Some("https://a.example".to_owned()),
            },
        );
        let problem = Problem::from(&error);
        assert_eq!(problem.code, ProblemCode::NotAirflow);
        assert_eq!(
            problem.next,
            "An Airflow answers at https://a.example: use that address."
        );
        assert!(problem.retry && !problem.meaning.is_empty());
    }
}
