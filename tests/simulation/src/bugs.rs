//! Bugs that are put in on purpose, two for each invariant, to prove that its checker catches them. They are put into the
//! system that is tested, at its seams (the transport, the mirror's file, the clock, the window's half), never into a
//! checker.

use crate::invariant::Invariant;

/// A bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bug {
    /// After rehydration the window forgets what was not sent yet.
    WindowForgetsUnsentOnRehydrate,
    /// The mirror acknowledges work and keeps nothing of it.
    OverlayIsDropped,
    /// A Variable that was read lately is not read again before it is written.
    ReadsFromMemory,
    /// A write is simply sent again when its answer was lost, and at times when it was not.
    RepeatsWritesBlindly,
    /// What was sent becomes the base, not what was read back.
    BaseIsWhatWasSent,
    /// An edit moves the base.
    BaseIsWhatWasTyped,
    /// All fields are written as they are known, not the dirty ones alone.
    WritesWithoutMask,
    /// An edit is pushed as if it had been made on what is there now.
    ClaimsToHaveSeen,
    /// A delete is followed by a creation.
    RemakesWhatItDeleted,
    /// A record that is gone is made again from memory.
    RemakesWhatOthersDeleted,
    /// Every error means that the Variable is not there.
    BelievesAnyAbsence,
    /// Rows that are gone after rehydration are deleted.
    WindowDeletesWhatItLacks,
    /// A trigger whose answer was lost is sent again under another id.
    TriggersAgainUnderAnotherId,
    /// Each sending of a trigger has an id of its own.
    ANewIdForEachSending,
    /// What an action waits for is not taken down.
    WaitsAreForgotten,
    /// Work counts as verified as soon as it is done.
    VerifiedBeforeItIsSent,
    /// A commit is not synced.
    SyncsNothing,
    /// What was committed stands in the process's memory alone.
    LogIsLostWithTheProcess,
    /// A secret's mask is written in its place.
    SendsTheMask,
    /// A change of the description writes the value back as it was read.
    SendsBackWhatWasRead,
    /// A mask looks like any other text.
    MasksLookLikeText,
    /// Each reading of what is hidden is taken down as a change.
    EveryMaskIsAChange,
    /// After one record that failed nothing else is written.
    OneBadRecordStopsAll,
    /// After one record that failed nothing is asked any more.
    OneBadRecordClosesTheConnection,
    /// A collection that cannot be read stops all the others.
    OneCollectionStopsAll,
    /// What is read of a Variable is kept by its key alone, and shown in the pool of that name.
    MixesUpSameKeys,
    /// After a while the schedule's timer never rings.
    ATimerIsLost,
    /// A lost answer is waited for without end.
    WaitsForALostAnswer,
    /// Reading the event log leads to a write.
    WritesAfterReading,
    /// Each round of the window's link is written down.
    TakesNoteOfEveryRound,
    /// The window leaves out items of the feed.
    WindowSkipsAnItem,
    /// A listing is read as far as its first page.
    ListingLosesPages,
    /// Waiting changes are shown as in sync.
    PendingIsInSync,
    /// An Airflow that does not answer is shown as in sync.
    OfflineIsInSync,
    /// The window's log forgets work when it is acknowledged, and its row is not kept.
    WindowPrunesTheLogEarly,
    /// A push is acknowledged and nothing is written.
    AckedNotWritten,
    /// An import is kept in a transaction a record.
    ImportsRowByRow,
    /// Of what is entered at a terminal in one transaction, a part is not written down.
    EntersAPart,
    /// A change of a data model forgets what waits.
    ModelForgetsWhatWaits,
    /// A record is written without what its data model does not know.
    WritesOnlyWhatItKnows,
    /// A violation is forgotten as soon as it is taken down.
    ViolationIsForgotten,
    /// What was taken over with nothing pending is not among the values that an edit is compared with.
    ComparesWithOwnWorkAlone,
    /// The companion carries out a batch again when it comes again.
    StoreRepeatsBatches,
    /// A batch that is sent again is another one, made on what is there by then.
    EachAttemptIsABatch,
    /// The companion applies a change whatever it was made on.
    StoreComparesNothing,
    /// A batch says that it was made on what is there.
    ClaimsTheNewestVersion,
    /// Every change of an outcome is read as applied.
    SaysApplied,
    /// The outcome of another batch is read.
    OutcomeOfAnotherBatch,
    /// The last change of each part of the log is not published.
    PublicationDropsEntries,
    /// The first publication stays the newest one.
    AnOlderPublication,
}

impl Bug {
    /// Every bug, with the invariant that it breaks.
    pub const ALL: &'static [(Invariant, Self)] = &[
        (Invariant::NoLostEdit, Self::WindowForgetsUnsentOnRehydrate),
        (Invariant::NoLostEdit, Self::OverlayIsDropped),
        (Invariant::NoSilentOverwrite, Self::ReadsFromMemory),
        (Invariant::NoSilentOverwrite, Self::RepeatsWritesBlindly),
        (Invariant::BaseFromRemote, Self::BaseIsWhatWasSent),
        (Invariant::BaseFromRemote, Self::BaseIsWhatWasTyped),
        (Invariant::SeenBeforeReplaced, Self::WritesWithoutMask),
        (Invariant::SeenBeforeReplaced, Self::ClaimsToHaveSeen),
        (Invariant::NoResurrection, Self::RemakesWhatItDeleted),
        (Invariant::NoResurrection, Self::RemakesWhatOthersDeleted),
        (Invariant::NoPhantomDelete, Self::BelievesAnyAbsence),
        (Invariant::NoPhantomDelete, Self::WindowDeletesWhatItLacks),
        (Invariant::ExactlyOnce, Self::TriggersAgainUnderAnotherId),
        (Invariant::ExactlyOnce, Self::ANewIdForEachSending),
        (Invariant::Order, Self::WaitsAreForgotten),
        (Invariant::Order, Self::VerifiedBeforeItIsSent),
        (Invariant::Replay, Self::SyncsNothing),
        (Invariant::Replay, Self::LogIsLostWithTheProcess),
        (Invariant::MaskNeverSent, Self::SendsTheMask),
        (Invariant::MaskNeverSent, Self::SendsBackWhatWasRead),
        (Invariant::MaskIsNoChange, Self::MasksLookLikeText),
        (Invariant::MaskIsNoChange, Self::EveryMaskIsAChange),
        (Invariant::Isolation, Self::OneBadRecordStopsAll),
        (Invariant::Isolation, Self::OneBadRecordClosesTheConnection),
        (Invariant::CollectionsApart, Self::OneCollectionStopsAll),
        (Invariant::CollectionsApart, Self::MixesUpSameKeys),
        (Invariant::Liveness, Self::ATimerIsLost),
        (Invariant::Liveness, Self::WaitsForALostAnswer),
        (Invariant::Quiet, Self::WritesAfterReading),
        (Invariant::Quiet, Self::TakesNoteOfEveryRound),
        (Invariant::Convergence, Self::WindowSkipsAnItem),
        (Invariant::Convergence, Self::ListingLosesPages),
        (Invariant::HonestStatus, Self::PendingIsInSync),
        (Invariant::HonestStatus, Self::OfflineIsInSync),
        (Invariant::TwoCopies, Self::WindowPrunesTheLogEarly),
        (Invariant::TwoCopies, Self::AckedNotWritten),
        (Invariant::NoHalfImport, Self::ImportsRowByRow),
        (Invariant::NoHalfImport, Self::EntersAPart),
        (Invariant::ModelNeverLoses, Self::ModelForgetsWhatWaits),
        (Invariant::ModelNeverLoses, Self::WritesOnlyWhatItKnows),
        (Invariant::ViolationNeverSent, Self::ViolationIsForgotten),
        (Invariant::ViolationNeverSent, Self::ComparesWithOwnWorkAlone),
        (Invariant::BatchOnce, Self::StoreRepeatsBatches),
        (Invariant::BatchOnce, Self::EachAttemptIsABatch),
        (Invariant::VersionKnown, Self::StoreComparesNothing),
        (Invariant::VersionKnown, Self::ClaimsTheNewestVersion),
        (Invariant::OutcomeTrue, Self::SaysApplied),
        (Invariant::OutcomeTrue, Self::OutcomeOfAnotherBatch),
        (Invariant::StoreShown, Self::PublicationDropsEntries),
        (Invariant::StoreShown, Self::AnOlderPublication),
    ];

    /// What it does to the mirror's file, as triggers of SQLite.
    #[must_use]
    pub fn triggers(self) -> Option<&'static str> {
        Some(match self {
            Self::OverlayIsDropped => {
                "CREATE TRIGGER IF NOT EXISTS bug AFTER INSERT ON log WHEN NEW.kind = 'edit' BEGIN \
                 UPDATE records SET overlay = NULL, conflict = NULL WHERE collection = NEW.collection AND key = NEW.key AND base IS NOT NULL; END"
            }
            Self::BaseIsWhatWasSent => {
                "CREATE TRIGGER IF NOT EXISTS bug AFTER UPDATE OF base ON records \
                 WHEN json_extract(NEW.base, '$.value.typed') IS NOT NULL BEGIN \
                 UPDATE records SET base = json_set(NEW.base, '$.value.seen.value', json_extract(NEW.base, '$.value.typed')) \
                 WHERE collection = NEW.collection AND key = NEW.key; END"
            }
            Self::BaseIsWhatWasTyped => {
                "CREATE TRIGGER IF NOT EXISTS bug AFTER UPDATE OF overlay ON records \
                 WHEN NEW.base IS NOT NULL AND json_extract(NEW.overlay, '$.fields.value.to') IS NOT NULL BEGIN \
                 UPDATE records SET base = json_set(NEW.base, '$.value.seen.value', \
                 json_extract(NEW.overlay, '$.fields.value.to')) WHERE collection = NEW.collection AND key = NEW.key; END"
            }
            Self::EveryMaskIsAChange => {
                "CREATE TRIGGER IF NOT EXISTS bug AFTER UPDATE OF remote ON records \
                 WHEN NEW.remote <> OLD.remote AND NEW.remote LIKE '%sealed%' AND NEW.key LIKE 'url%' BEGIN \
                 INSERT INTO history (collection, key, at, source) \
                 VALUES (NEW.collection, NEW.key, '2026-01-01T00:00:00Z', 'airflow'); END"
            }
            Self::WaitsAreForgotten => {
                "CREATE TRIGGER IF NOT EXISTS bug AFTER INSERT ON waits BEGIN \
                 DELETE FROM waits WHERE action = NEW.action; END"
            }
            Self::VerifiedBeforeItIsSent => {
                "CREATE TRIGGER IF NOT EXISTS bug AFTER UPDATE OF rev ON records BEGIN \
                 UPDATE records SET verified_rev = rev WHERE collection = NEW.collection AND key = NEW.key; END; \
                 CREATE TRIGGER IF NOT EXISTS bug_too AFTER INSERT ON records BEGIN \
                 UPDATE records SET verified_rev = rev WHERE collection = NEW.collection AND key = NEW.key; END"
            }
            Self::ModelForgetsWhatWaits => {
                "CREATE TRIGGER IF NOT EXISTS bug AFTER UPDATE OF file ON collections WHEN NEW.file <> OLD.file BEGIN \
                 UPDATE records SET overlay = NULL, conflict = NULL WHERE collection = NEW.name AND base IS NOT NULL; END"
            }
            Self::EntersAPart => {
                "CREATE TRIGGER IF NOT EXISTS bug AFTER INSERT ON log WHEN NEW.client = 'leewardctl' AND NEW.seq % 3 = 0 \
                 BEGIN DELETE FROM log WHERE id = NEW.id; END"
            }
            Self::ViolationIsForgotten => {
                "CREATE TRIGGER IF NOT EXISTS bug AFTER INSERT ON violations BEGIN \
                 DELETE FROM violations WHERE collection = NEW.collection AND key = NEW.key; END"
            }
            Self::ComparesWithOwnWorkAlone => {
                "CREATE TRIGGER IF NOT EXISTS bug AFTER INSERT ON constraint_values \
                 WHEN EXISTS (SELECT 1 FROM records r WHERE r.collection = NEW.collection AND r.key = NEW.key \
                 AND r.overlay IS NULL) BEGIN DELETE FROM constraint_values WHERE collection = NEW.collection \
                 AND name = NEW.name AND value = NEW.value AND key = NEW.key; END"
            }
            _ => return None,
        })
    }
}
