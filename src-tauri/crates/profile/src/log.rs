//! The log file: one a process name and day, at most seven kept, secrets taken out on the way.

mod redact;

use crate::DataDir;
use crate::problem::problem;
use leeward_model::{Problem, ProblemCode};
use redact::RedactedLines;
use std::fs;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Days of log that are kept.
const FILES_MAX: usize = 7;

/// The variable that says what is logged, in the words of `tracing_subscriber::EnvFilter`.
const LEVELS: &str = "LEEWARD_LOG";

/// Keeps the log being written; hold it until the process ends.
#[derive(Debug)]
#[must_use = "the log stops when this is dropped"]
pub struct Guard(#[allow(dead_code, reason = "held for its drop, which writes what is left")] WorkerGuard);

/// Logs this process's events to `<process>.<day>.log` in the data folder's `logs`, from level `info`, or as
/// `LEEWARD_LOG` says.
///
/// # Errors
/// `Storage` when the folder or file cannot be made; `Internal` when the process logs already.
pub fn init(data_dir: &DataDir, process: &str) -> Result<Guard, Problem> {
    // The appender looks for old files first, and complains on the terminal where there is no folder yet.
    fs::create_dir_all(data_dir.log_dir()).map_err(|e| no_log(ProblemCode::Storage, &e))?;
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(process)
        .filename_suffix("log")
        .max_log_files(FILES_MAX)
        .build(data_dir.log_dir())
        .map_err(|e| no_log(ProblemCode::Storage, &e))?;
    let (file, guard) = tracing_appender::non_blocking(appender);
    tracing::subscriber::set_global_default(subscriber(file))
        .map_err(|e| no_log(ProblemCode::Internal, &e))?;
    Ok(Guard(guard))
}

fn subscriber<W>(file: W) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let levels = EnvFilter::try_from_env(LEVELS).unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(levels)
        .with_ansi(false)
        .fmt_fields(redact::fields())
        .with_writer(RedactedLines(file))
        .finish()
}

fn no_log(code: ProblemCode, error: &dyn std::error::Error) -> Problem {
    problem(
        code,
        format!("The log file could not be opened: {error}."),
        "Nothing was changed.",
        "Check the data folder, then start again.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(events: impl FnOnce()) -> String {
        let kept = Kept::default();
        let writer = kept.clone();
        tracing::subscriber::with_default(subscriber(move || writer.clone()), events);
        let bytes = kept.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn no_way_of_logging_a_secret_reaches_the_file() {
        let text = logged(|| {
            tracing::info!(password = "hunter2 with spaces", api_token = ?Some("hunter2"), "signed in");
            tracing::info!("secret=hunter2, then token: hunter2");
            tracing::warn!(header = "Authorization: Bearer hunter2", "sent");
            tracing::error!(body = ?r#"{"password": "hunter2 and more", "user": "ann"}"#, "refused");
            let _span = tracing::info_span!("request", access_token = "hunter2").entered();
            tracing::info!("within");
        });
        assert!(!text.contains("hunter2"), "{text}");
        assert!(
            !text.contains("with spaces") && !text.contains("and more"),
            "{text}"
        );
        for kept in ["signed in", "sent", "ann", "request", "within"] {
            assert!(text.contains(kept), "{kept} is missing from {text}");
        }
    }

    #[test]
    fn ordinary_events_are_kept_as_they_are() {
        let text = logged(|| tracing::info!(key = "limits", pushed = 3, "cycle ended"));
        assert!(
            text.contains("cycle ended") && text.contains("limits") && text.contains("pushed=3"),
            "{text}"
        );
    }

    #[test]
    fn the_file_is_in_the_data_folder() {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::resolve(Some(folder.path())).unwrap();
        let guard = init(&dir, "leewardctl").unwrap();
        tracing::info!(password = "hunter2", "begun");
        drop(guard);
        let file = std::fs::read_dir(dir.log_dir()).unwrap().next().unwrap().unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert!(text.contains("begun") && !text.contains("hunter2"), "{text}");
        assert!(file.file_name().to_string_lossy().starts_with("leewardctl."));
    }
}
