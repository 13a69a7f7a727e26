//! Wall clocks.

use crate::executor::Micros;
use jiff::{SignedDuration, Timestamp};

/// The time on a clock that is so many milliseconds off.
#[must_use]
pub(crate) fn wall(now: Micros, offset_ms: i64) -> Timestamp {
    let ms = i64::try_from(now / 1000).unwrap_or_default() + offset_ms;
    "2026-01-05T08:00:00Z"
        .parse::<Timestamp>()
        .unwrap_or(Timestamp::UNIX_EPOCH)
        + SignedDuration::from_millis(ms)
}
