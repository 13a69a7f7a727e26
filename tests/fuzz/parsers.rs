//! Everything that reads what somebody else wrote: the answers of an Airflow, the messages of the window, and files.

mod airflow;
mod merge;
mod mirror;
mod tables;

use crate::hostile::Input;

/// Reads one input; whether it was accepted. A refusal is an error; a panic is a fault.
pub(crate) type Feed = Box<dyn FnMut(&Input) -> bool>;

/// One way in.
pub(crate) struct Parser {
    pub(crate) name: &'static str,
    /// What inputs are made of.
    pub(crate) seeds: Vec<Input>,
    /// Sets up what it needs.
    pub(crate) open: Box<dyn FnOnce() -> Feed>,
}

/// All of them.
pub(crate) fn all() -> Vec<Parser> {
    let mut parsers = airflow::parsers();
    parsers.extend(mirror::parsers());
    parsers.extend(merge::parsers());
    parsers.extend(tables::parsers());
    parsers
}

/// A message, which has no status and no headers.
fn message(text: impl Into<Vec<u8>>) -> Input {
    Input {
        body: text.into(),
        ..Input::default()
    }
}
