//! What the figures were measured on.

use std::fs;
use std::thread;

/// Processor and cores, in one line.
pub(crate) fn describe() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .and_then(|rest| rest.split_once(':'))
        .map_or("processor unknown", |(_, name)| name.trim());
    let cores = thread::available_parallelism().map_or(0, usize::from);
    format!("{model}, {cores} cores, load {} at the start", load())
}

/// How many processes wanted to run, on average over the last minute.
pub(crate) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}
