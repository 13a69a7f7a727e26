//! The data model of a typed collection: a JSON Schema (draft 2020-12) with one extra member, `x-leeward`.
//!
//! A model is read with all its faults told at once ([`DataModel::read`]) and written in one canonical form. It brings
//! values into the form in which they are kept and compared ([`FieldType::take`]), holds records to its rules, makes
//! their keys, and compares itself with its next version. No IO, no clock, no randomness.

mod check;
mod collection;
mod compare;
mod difference;
mod fault;
mod field;
mod field_type;
mod json_record;
mod key;
mod migrate;
mod model;
mod name;
mod next_version;
mod node;
mod notes;
mod read;
mod spelling;
mod write;

pub use difference::{Addition, AdditionKind, Difference, Missing, MissingKind};
pub use fault::ModelFault;
pub use field::Field;
pub use field_type::{FieldType, JsonShape, Range, TextRules};
pub use key::KeyFault;
pub use model::{DataModel, Key, Merge, Step, StepKind};
pub use next_version::Origin;
pub use notes::{Choice, Notes};
