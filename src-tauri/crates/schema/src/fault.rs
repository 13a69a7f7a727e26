//! What is wrong with a model file.

use std::fmt;

/// One fault of a model file: where it is, what is wrong there, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFault {
    /// A JSON Pointer (RFC 6901) into the file; the empty one is the whole of it.
    pub pointer: String,
    /// What is wrong, as the end of a sentence ("is not a whole number").
    pub what: String,
    /// What would be right, as a sentence.
    pub instead: String,
}

impl fmt::Display for ModelFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() {
            "The data model"
        } else {
            &self.pointer
        };
        write!(f, "{place} {}. {}", self.what, self.instead)
    }
}

impl std::error::Error for ModelFault {}

/// The faults that were found so far.
#[derive(Debug, Default)]
pub(crate) struct Faults(pub(crate) Vec<ModelFault>);

impl Faults {
    /// Notes one more.
    pub(crate) fn add(&mut self, pointer: &str, what: impl Into<String>, instead: impl Into<String>) {
        self.0.push(ModelFault {
            pointer: pointer.to_owned(),
            what: what.into(),
            instead: instead.into(),
        });
    }
}
