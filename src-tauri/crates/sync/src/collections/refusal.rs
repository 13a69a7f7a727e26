//! Why a collection was not made, changed or removed.

use leeward_model::{Problem, ProblemCode};
use leeward_schema::Missing;
use leeward_store::StoreError;
use std::fmt;

/// Why a collection was not made, changed or removed; nothing happened. What to do next is said by whoever shows it.
#[derive(Debug)]
pub enum Refusal {
    /// There is no collection of that name.
    NoCollection(String),
    /// There is one of that name already.
    NameTaken(String),
    /// The prefix is empty.
    NoPrefix,
    /// The prefix makes no key of a Variable, for that reason.
    BadPrefix(String),
    /// Airflow hides Variables under that prefix.
    HiddenPrefix(String),
    /// Another collection has the prefix, or one of which one begins with the other.
    PrefixTaken {
        /// The other collection.
        by: String,
        /// Its prefix.
        prefix: String,
    },
    /// There is a Variable where the model would be.
    VariableTaken(String),
    /// The Variable of the model is not there.
    NoVariable(String),
    /// The model is not the next version.
    CannotFollow {
        /// The version that there is.
        version: u32,
        /// What it lacks.
        missing: Vec<Missing>,
    },
    /// Records cannot be brought to the model; why, as the end of a sentence.
    MayNotFollow(String),
    /// Another version is there than the one that it was described from.
    Moved {
        /// The collection.
        name: String,
        /// What came, each as a sentence.
        changes: Vec<String>,
    },
    /// The model has faults, each as a sentence.
    Faults(Vec<String>),
    /// Work waits in the collection.
    WorkWaits(String),
    /// The companion keeps the collection: its data model is a file beside the DAGs.
    KeptByCompanion(String),
    /// The mirror.
    Store(StoreError),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCollection(name) => {
                write!(f, "There is no collection {name} with a data model of its own.")
            }
            Self::NameTaken(name) => write!(f, "There is a collection {name} already."),
            Self::NoPrefix => f.write_str("The prefix is empty."),
            Self::BadPrefix(why) => write!(f, "The prefix cannot be used: {why}."),
            Self::HiddenPrefix(prefix) => write!(
                f,
                "Airflow treats names like {prefix} as secret: no record could be read back."
            ),
            Self::PrefixTaken { by, prefix } => write!(f, "The collection {by} has the prefix {prefix}."),
            Self::VariableTaken(key) => write!(f, "There is a Variable {key} already."),
            Self::NoVariable(key) => write!(f, "There is no Variable {key} any more."),
            Self::CannotFollow { version, missing } => {
                write!(f, "This data model cannot follow version {version}.")?;
                missing.iter().try_for_each(|one| write!(f, "\n{one}"))
            }
            Self::MayNotFollow(why) => write!(f, "This data model {}.", why.trim_end_matches('.')),
            Self::Moved { name, changes } => {
                write!(f, "The data model of {name} is another one by now.")?;
                changes.iter().try_for_each(|one| write!(f, "\n{one}"))
            }
            Self::Faults(all) => write!(f, "This is no data model that can be used.\n{}", all.join("\n")),
            Self::WorkWaits(name) => write!(f, "Work waits in {name}."),
            Self::KeptByCompanion(name) => write!(
                f,
                "{name} is kept in a database by DAGs: its data model is a file beside them, and is changed there."
            ),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl Refusal {
    /// As a problem, with what to do next; one of the mirror says that itself.
    #[must_use]
    pub fn into_problem(self, next: impl Into<String>) -> Problem {
        let code = match self {
            Self::Store(error) => return error.into(),
            Self::NoCollection(_) | Self::NoVariable(_) => ProblemCode::NotFound,
            Self::NoPrefix
            | Self::BadPrefix(_)
            | Self::CannotFollow { .. }
            | Self::MayNotFollow(_)
            | Self::Faults(_) => ProblemCode::BadInput,
            _ => ProblemCode::Rejected,
        };
        Problem {
            code,
            what: self.to_string(),
            meaning: "Nothing was changed.".into(),
            next: next.into(),
            retry: false,
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
