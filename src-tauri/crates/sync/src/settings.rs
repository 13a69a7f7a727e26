//! An environment's settings, as far as the engine cares.

use leeward_store::HistoryKeep;
use std::time::Duration;

/// The longest time between two full scans: the status line calls nothing "in sync" that was read long before
/// (docs/adr/0006-what-is-read-between-full-scans.md).
pub(crate) const FULL_SCAN_MAX: Duration = Duration::from_secs(15 * 60);

/// An environment's settings, as far as the engine cares.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How long a write may still take effect after its answer was lost; at least a gateway's time-out.
    pub settle: Duration,
    /// The time between two cycles when nothing else calls for one.
    pub interval: Duration,
    /// The time after which everything is read, not only what the event log points at; at most 15 minutes.
    pub full_scan: Duration,
    /// How much of every record's history is kept.
    pub history_keep: HistoryKeep,
    /// Whether nothing is sent before the analyst has looked at it and said "send".
    pub review: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            settle: Duration::from_secs(120),
            interval: Duration::from_secs(60),
            full_scan: FULL_SCAN_MAX,
            history_keep: HistoryKeep::default(),
            review: false,
        }
    }
}
