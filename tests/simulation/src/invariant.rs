//! The invariants, by name.

/// The invariants of the design; each has a checker of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// Every local edit comes to an end that is told.
    NoLostEdit,
    /// A value that was not read is never replaced.
    NoSilentOverwrite,
    /// Base is only what Airflow returned.
    BaseFromRemote,
    /// No edit replaces what its author was not shown.
    SeenBeforeReplaced,
    /// What was deleted does not come back by itself.
    NoResurrection,
    /// No delete from absence.
    NoPhantomDelete,
    /// A run starts once.
    ExactlyOnce,
    /// After the edits that it waits for.
    Order,
    /// A restart reaches the same result.
    Replay,
    /// A redacted value is never written, and no secret is lost to one.
    MaskNeverSent,
    /// That Airflow hides a part of a value, or shows it again, is told as no change.
    MaskIsNoChange,
    /// One bad record stops no other.
    Isolation,
    /// One collection's trouble holds up no other, and what has the same key in two is never mixed up.
    CollectionsApart,
    /// With the network back, everything arrives.
    Liveness,
    /// Nothing to do writes nothing.
    Quiet,
    /// All agree once quiet.
    Convergence,
    /// "In sync" is true.
    HonestStatus,
    /// Kept survives a kill; once mirrored, the loss of a store.
    TwoCopies,
    /// An import is kept whole or not at all.
    NoHalfImport,
    /// A change of a data model, and meeting another version, loses nothing.
    ModelNeverLoses,
    /// What breaks a data model is never sent.
    ViolationNeverSent,
    /// A change of a batch takes effect once.
    BatchOnce,
    /// A change is made on a version that its desktop was told, and replaces nothing else.
    VersionKnown,
    /// Applied, refused and in sync are told where they are true.
    OutcomeTrue,
    /// All desktops show what the store has.
    StoreShown,
}

impl Invariant {
    /// Every invariant.
    pub const ALL: [Self; 25] = [
        Self::NoLostEdit,
        Self::NoSilentOverwrite,
        Self::BaseFromRemote,
        Self::SeenBeforeReplaced,
        Self::NoResurrection,
        Self::NoPhantomDelete,
        Self::ExactlyOnce,
        Self::Order,
        Self::Replay,
        Self::MaskNeverSent,
        Self::MaskIsNoChange,
        Self::Isolation,
        Self::CollectionsApart,
        Self::Liveness,
        Self::Quiet,
        Self::Convergence,
        Self::HonestStatus,
        Self::TwoCopies,
        Self::NoHalfImport,
        Self::ModelNeverLoses,
        Self::ViolationNeverSent,
        Self::BatchOnce,
        Self::VersionKnown,
        Self::OutcomeTrue,
        Self::StoreShown,
    ];

    /// Its name in the design.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoLostEdit => "no-lost-edit",
            Self::NoSilentOverwrite => "no-silent-overwrite",
            Self::BaseFromRemote => "base-from-remote",
            Self::SeenBeforeReplaced => "seen-before-replaced",
            Self::NoResurrection => "no-resurrection",
            Self::NoPhantomDelete => "no-phantom-delete",
            Self::ExactlyOnce => "exactly-once",
            Self::Order => "order",
            Self::Replay => "replay",
            Self::MaskNeverSent => "mask-never-sent",
            Self::MaskIsNoChange => "mask-is-no-change",
            Self::Isolation => "isolation",
            Self::CollectionsApart => "collections-apart",
            Self::Liveness => "liveness",
            Self::Quiet => "quiet",
            Self::Convergence => "convergence",
            Self::HonestStatus => "honest-status",
            Self::TwoCopies => "two-copies",
            Self::NoHalfImport => "no-half-import",
            Self::ModelNeverLoses => "model-never-loses",
            Self::ViolationNeverSent => "violation-never-sent",
            Self::BatchOnce => "batch-once",
            Self::VersionKnown => "version-known",
            Self::OutcomeTrue => "outcome-true",
            Self::StoreShown => "store-shown",
        }
    }
}
