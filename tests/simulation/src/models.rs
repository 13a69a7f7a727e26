//! The second kind of history: a few desktops, two collections with data models of their own, and what happens to those
//! models: rules that are broken and mended, new versions while work waits, two versions at once, files that are imported.
//!
//! It has a world of its own, since its truth is about fields that change their names and forms; desktops, disks, the
//! executor, the window's half and Airflow are those of the first kind.

pub mod change;
mod ends;
mod history;
mod imports;
pub(crate) mod people;
pub mod scheme;
mod wire;
pub mod world;
mod writes;

pub use history::play;

/// What many histories together must have met.
pub const MUST_HAPPEN: &[&str] = &[
    "fault.answer_lost",
    "fault.disk_full",
    "fault.duplicate",
    "fault.killed",
    "fault.late",
    "fault.power_cut",
    "fault.request_lost",
    "import.kept",
    "import.not_kept",
    "import.unsure",
    "model.add",
    "model.conflict",
    "model.convert",
    "model.drop",
    "model.merge",
    "model.narrow",
    "model.rename",
    "model.together",
    "model.widen",
    "refused.edit",
    "refused.model",
    "resolve.airflow",
    "resolve.edited",
    "resolve.mine",
    "sync.stopped",
    "violation.mended",
];
