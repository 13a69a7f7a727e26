//! The app's own problems, and how they are told when there is no window yet.

use leeward_model::{Problem, ProblemCode};

/// A fault of Leeward's own; `what` is a sentence without values.
pub(crate) fn internal(what: &str) -> Problem {
    Problem {
        code: ProblemCode::Internal,
        what: what.into(),
        meaning: "Your work is kept on this computer.".into(),
        next: "Start Leeward again; if it stays so, look into the log file.".into(),
        retry: false,
    }
}

/// What was given cannot be used; nothing was changed.
pub(crate) fn bad_input(what: String, next: &str) -> Problem {
    Problem {
        code: ProblemCode::BadInput,
        what,
        meaning: "Nothing was changed.".into(),
        next: next.into(),
        retry: false,
    }
}

/// Nothing of that name is there.
pub(crate) fn not_found(what: String) -> Problem {
    Problem {
        code: ProblemCode::NotFound,
        what,
        meaning: "Nothing was changed.".into(),
        next: "Look at the list again.".into(),
        retry: false,
    }
}

/// What the window shows is no longer configured here, though another environment may have its name by now.
pub(crate) fn environment_gone() -> Problem {
    Problem {
        code: ProblemCode::EnvironmentGone,
        what: "This environment was removed from this computer.".into(),
        meaning: "Nothing of it is sent any more. What you see is this window's own copy.".into(),
        next: "Copy what you still need, then close it.".into(),
        retry: false,
    }
}

/// The window system, the tray or the event loop could not be used.
pub(crate) fn of_desktop(error: &tauri::Error) -> Problem {
    tracing::error!(%error, "the desktop refused");
    let mut problem = internal("Leeward could not use the desktop's windows.");
    problem.next = "Check that a desktop session is running, then start Leeward again.".into();
    problem
}

/// Says why the app cannot start: in the log, on the terminal, and as a notification where there is a desktop.
#[expect(clippy::print_stderr, reason = "there is no window to say it in")]
pub(crate) fn tell(problem: &Problem) {
    tracing::error!(%problem, "cannot start");
    eprintln!("Leeward cannot start. {problem}");
    crate::notifications::tell_now("Leeward cannot start", &problem.to_string());
}

/// Runs what blocks (the mirror, the keychain, files) away from the event loop.
///
/// # Errors
/// Those of `work`; `Internal` when it panicked.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let joined = tauri::async_runtime::spawn_blocking(work).await;
    joined.unwrap_or_else(|error| {
        tracing::error!(%error, "a piece of work ended before its time");
        Err(internal("Leeward stumbled over this."))
    })
}
