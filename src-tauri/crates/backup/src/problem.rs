//! What goes wrong with a backup, in plain words.

use leeward_model::{Problem, ProblemCode};

pub(crate) const NOTHING_RESTORED: &str = "Nothing was restored, and nothing was changed.";

/// The file is no backup that can be used; `why` is the end of a sentence.
pub(crate) fn unusable(why: impl std::fmt::Display) -> Problem {
    Problem {
        code: ProblemCode::BadInput,
        what: format!("The backup cannot be used: {why}."),
        meaning: NOTHING_RESTORED.into(),
        next: "Take another backup. The file itself was not changed.".into(),
        retry: false,
    }
}

/// A file could not be written or read; `doing` follows "could not".
pub(crate) fn file_trouble(doing: &str, error: &std::io::Error) -> Problem {
    Problem {
        code: ProblemCode::Storage,
        what: format!("Leeward could not {doing}: {error}."),
        meaning: "Nothing was changed.".into(),
        next: "Make room on the disk, or look whether the folder is yours, and try again.".into(),
        retry: true,
    }
}
