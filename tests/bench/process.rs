//! What the kernel says of processes: when they started, and how much memory is theirs.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use rustix::time::{ClockId, clock_gettime};

/// Between two looks at the memory.
pub(crate) const LOOK: Duration = Duration::from_secs(1);
/// Looks that must agree.
const AGREE: usize = 5;
/// By so much, of the highest.
const AGREE_WITHIN: f64 = 0.01;
/// Ticks a second in /proc (`USER_HZ`), the same on every machine that Linux runs on today.
const TICKS: f64 = 100.0;
/// The 22nd field of /proc/PID/stat is the start; the first two are before the last parenthesis.
const START: usize = 22 - 3;

/// When a process started, in seconds of the wall clock (since 1970), to a hundredth.
pub(crate) fn started_at(id: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    let (_, fields) = stat.rsplit_once(')').context("no name in /proc/PID/stat")?;
    let ticks = fields.split_whitespace().nth(START).context("no start")?;
    let ticks: u32 = ticks.parse()?;
    let since_boot = Duration::try_from(clock_gettime(ClockId::Boottime))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(now.as_secs_f64() - since_boot.as_secs_f64() + f64::from(ticks) / TICKS)
}

/// Their memory together, each shared page once (PSS), in 10^6 bytes.
pub(crate) fn memory_mb(ids: impl Iterator<Item = u32>) -> Result<f64> {
    ids.map(memory_of).sum()
}

fn memory_of(id: u32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{id}/smaps_rollup"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kib: u32 = line.context("no Pss")?.trim().trim_end_matches(" kB").parse()?;
    Ok(f64::from(kib) * 1024.0 / 1e6)
}

/// The last look, if it and those before it agree.
pub(crate) fn settled(looks: &[f64]) -> Option<f64> {
    let last = looks.last_chunk::<AGREE>()?;
    let highest = last.iter().copied().fold(f64::MIN, f64::max);
    let lowest = last.iter().copied().fold(f64::MAX, f64::min);
    (highest - lowest <= highest * AGREE_WITHIN).then_some(last[AGREE - 1])
}
