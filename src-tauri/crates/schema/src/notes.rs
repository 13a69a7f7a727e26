//! What a data model says for people.

use leeward_model::Value;

/// What a model says for people, and what no value is held to. It is kept as it came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notes {
    /// What it is called on screen.
    pub title: Option<String>,
    /// What it means.
    pub description: Option<String>,
    /// For those who edit the model (`$comment`).
    pub comment: Option<String>,
    /// It should not be used any more.
    pub deprecated: Option<bool>,
    /// Values as they could be.
    pub examples: Vec<Value>,
}

impl Notes {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One of the texts that a choice can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The text that is kept.
    pub value: String,
    /// What it is called on screen, and what else is said of it.
    pub notes: Notes,
}
