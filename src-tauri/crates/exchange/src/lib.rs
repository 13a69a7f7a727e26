//! Between files of tables and a collection.
//!
//! [`plan`] holds a table against a collection's data model and the records that there are, and says what an import would
//! do: which records it adds, changes and deletes, which rows it refuses and why. [`export`] makes the table of a
//! collection's records. Types come from the data model; nothing is guessed from what a text looks like.
//!
//! No IO, no clock, no randomness: whoever imports reads the file, keeps the plan, and makes up the keys that are generated.

mod column;
mod dates;
mod export;
mod faults;
mod found;
mod keys;
mod layout;
mod numbers;
mod parquet;
mod places;
mod plan;
mod planned;
mod present;
mod refused;
mod rest;
mod row;
mod secrets;
mod spelling;
mod workbook;

pub use export::{Exported, export};
pub use found::FoundJson;
pub use layout::{GENERATED_KEY, KEY, Layout};
pub use plan::plan;
pub use planned::{Addressable, Plan, PlanOptions, PlanStep, Planned, PlannedKind};
pub use present::{Known, Present};
pub use refused::refused_rows;
pub use workbook::{BASE_SHEET, Base};
