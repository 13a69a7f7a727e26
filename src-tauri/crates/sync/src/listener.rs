//! Who is told of what happens, and what there is to tell.

use leeward_model::{MirrorPart, Status};

/// Something that the analyst should hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A conflict needs a person.
    Conflict {
        /// The record's collection.
        collection: String,
        /// The record's key.
        key: String,
    },
    /// A run of theirs ended.
    RunEnded {
        /// The DAG.
        dag_id: String,
        /// The run.
        run_id: String,
        /// `success` or `failed`.
        state: String,
    },
    /// The credentials are no longer accepted.
    SignInNeeded,
    /// This account is not allowed what is needed.
    NotAllowed {
        /// What, and what can be done about it, in plain words.
        what: String,
    },
    /// Another writer changed a record within our write window: one of the two may have been overwritten unseen.
    MayBeOverwritten {
        /// The record's collection.
        collection: String,
        /// The record's key.
        key: String,
        /// Who, by Airflow's event log.
        by: Option<String>,
    },
    /// Airflow refused a change.
    Rejected {
        /// The record's collection.
        collection: String,
        /// The record's key.
        key: String,
    },
    /// A queued run was refused: it is not in Airflow.
    RunRefused {
        /// The DAG.
        dag_id: String,
        /// Why, in plain words.
        why: String,
    },
}

/// Who is told. Called from the driver's task: must not block.
pub trait Listener: Send + Sync {
    /// The mirror's feed may have moved: pull. `parts`: what else is another than when it was told last.
    fn mirror_changed(&self, parts: &[MirrorPart]);
    /// The status, whenever it may have changed.
    fn status_changed(&self, status: &Status);
    /// Something that the analyst should hear of.
    fn notice(&self, notice: &Notice);
}
