//! How far long work is: one line on standard error that is written over, for a person at a terminal.

use leeward_model::SyncProgress;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

/// What is done sooner needs no word.
const PATIENCE: Duration = Duration::from_secs(1);
/// A line for each page would only flicker.
const BETWEEN: Duration = Duration::from_millis(200);

/// To the beginning of the line, and clear it.
const CLEAR: &str = "\r\u{1b}[K";

/// The line. It is gone when this is dropped.
pub(crate) struct Progress<W: Write> {
    terminal: Option<W>,
    begun: Duration,
    shown: Option<Duration>,
}

impl Progress<io::Stderr> {
    /// Nothing is shown where standard error is no terminal.
    pub(crate) fn on_stderr(now: Duration) -> Self {
        let stderr = io::stderr();
        Self::on(stderr.is_terminal().then_some(stderr), now)
    }
}

impl<W: Write> Progress<W> {
    fn on(terminal: Option<W>, now: Duration) -> Self {
        Self {
            terminal,
            begun: now,
            shown: None,
        }
    }

    /// A cycle of the engine is so far.
    pub(crate) fn synced(&mut self, progress: SyncProgress, now: Duration) {
        let SyncProgress { read, sent, to_send } = progress;
        let line = || match to_send {
            0 => format!("Reading Airflow: {read} records so far…"),
            _ => format!("Writing to Airflow: sent {sent} of {to_send}…"),
        };
        self.say(line, now);
    }

    /// Shows how far the work is, where it takes long.
    pub(crate) fn say(&mut self, line: impl FnOnce() -> String, now: Duration) {
        let due = self.shown.map_or(self.begun + PATIENCE, |shown| shown + BETWEEN);
        if now < due {
            return;
        }
        if let Some(terminal) = &mut self.terminal {
            let _ = write!(terminal, "{CLEAR}{}", line());
            let _ = terminal.flush();
            self.shown = Some(now);
        }
    }
}

impl<W: Write> Drop for Progress<W> {
    fn drop(&mut self) {
        if let (Some(terminal), Some(_)) = (&mut self.terminal, self.shown) {
            let _ = write!(terminal, "{CLEAR}");
            let _ = terminal.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(read: impl FnOnce(&mut Progress<&mut Vec<u8>>)) -> String {
        let mut terminal = Vec::new();
        read(&mut Progress::on(Some(&mut terminal), Duration::ZERO));
        String::from_utf8(terminal).unwrap()
    }

    fn read(read: u32) -> SyncProgress {
        SyncProgress {
            read,
            ..SyncProgress::default()
        }
    }

    #[test]
    fn a_long_cycle_is_shown_and_the_line_is_gone_at_the_end() {
        let at = Duration::from_millis;
        let text = shown(|progress| {
            progress.synced(read(100), at(900));
            progress.synced(read(200), at(1100));
            progress.synced(read(300), at(1150));
            let sent = SyncProgress {
                sent: 50,
                to_send: 120,
                ..read(400)
            };
            progress.synced(sent, at(1400));
        });
        let first = "Reading Airflow: 200 records so far…";
        let second = "Writing to Airflow: sent 50 of 120…";
        assert_eq!(text, format!("{CLEAR}{first}{CLEAR}{second}{CLEAR}"));
    }

    #[test]
    fn a_short_cycle_says_nothing() {
        let text = shown(|progress| progress.synced(read(100), Duration::from_millis(900)));
        assert_eq!(text, "");
    }
}
