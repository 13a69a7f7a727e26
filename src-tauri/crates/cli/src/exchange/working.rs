//! While a command works: how far it is, and Ctrl+C.
//!
//! A thread of its own tells the first and waits for the second, since reading a large file looks at neither. Ctrl+C ends
//! the program where it stands. What was begun is in a transaction that is not committed, or in a file beside the one that
//! was asked for; so nothing is there by half. Only the last moment, in which it is finished, is not stopped any more.

use crate::output::Exit;
use crate::problem::internal;
use crate::progress::Progress;
use leeward_model::Problem;
use leeward_sync::{Runtime, SystemRuntime};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::oneshot;

/// How often the line is looked at.
const BETWEEN: Duration = Duration::from_millis(200);

/// The work, as the thread beside it sees it.
#[derive(Debug, Default)]
struct State {
    phase: String,
    is_finishing: bool,
}

/// Tells how far the work is until this is dropped.
pub(crate) struct Working {
    state: Arc<Mutex<State>>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Working {
    /// `stopped` is what Ctrl+C leaves behind, as a sentence.
    pub(crate) fn begin(stopped: &'static str) -> Result<Self, Problem> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| internal(&error))?;
        let state = Arc::<Mutex<State>>::default();
        let (end, ended) = oneshot::channel();
        let seen = state.clone();
        let watch = move || runtime.block_on(watch(&seen, ended, stopped));
        let thread = thread::Builder::new().name("working".to_owned()).spawn(watch);
        Ok(Self {
            state,
            end: Some(end),
            thread: Some(thread.map_err(|error| internal(&error))?),
        })
    }

    /// What is being done.
    pub(crate) fn says(&self, phase: &str) {
        let mut state = locked(&self.state);
        state.phase.clear();
        state.phase.push_str(phase);
    }

    /// From here on it takes moments, and is not stopped any more.
    pub(crate) fn finishes(&self) {
        locked(&self.state).is_finishing = true;
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn watch(state: &Mutex<State>, mut ended: oneshot::Receiver<()>, stopped: &str) {
    let clock = SystemRuntime::new();
    let mut progress = Progress::on_stderr(clock.elapsed());
    loop {
        tokio::select! {
            _ = &mut ended => return,
            Ok(()) = tokio::signal::ctrl_c() => {
                // Held to the end: the work cannot begin to finish while the program ends.
                let state = locked(state);
                if !state.is_finishing {
                    drop(progress);
                    let _ = writeln!(io::stderr(), "Stopped. {stopped}");
                    std::process::exit(Exit::Stopped as i32);
                }
            }
            () = clock.sleep(BETWEEN) => {
                let phase = locked(state).phase.clone();
                progress.say(|| format!("{phase}…"), clock.elapsed());
            }
        }
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
