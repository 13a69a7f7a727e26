//! The data model: what is shared with the other validators, what JSON Schema says of it, and laws.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails says where")]

mod faults;
mod json_records;
mod laws;
mod made;
mod next_versions;
mod vectors;
mod versions;
