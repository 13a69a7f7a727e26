//! The first reading of a hundred thousand records by `leewardctl sync`: how long it takes, and how much memory.

use std::fs;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::ctl::Ctl;
use serde_json::Value;

use crate::children::{Model, USER};
use crate::pairs::{Pairs, Side};
use crate::row::{Goal, Row};

const RECORDS: usize = 100_000;
/// How often a process's highest memory is looked at; it only ever grows.
const LOOK: Duration = Duration::from_millis(5);

pub(crate) fn measure() -> Result<Vec<Row>> {
    let model = Model::start(RECORDS)?;
    let (mut times, mut memories) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    Pairs::measure(|side, _| {
        let (seconds, megabytes) = match side {
            Side::Ours => sync(&model)?,
            Side::Reference => watch(&mut model.bare_pull(RECORDS)?)?.0,
        };
        times[side as usize].push(seconds);
        memories[side as usize].push(megabytes);
        Ok(seconds)
    })?;
    let pairs = |[ours, reference]: [Vec<f64>; 2]| Pairs::of(ours, reference);
    let reference = "a process with a bare paging loop, nothing parsed or kept";
    let note = format!(
        "{RECORDS} records from the model of Airflow in a process of its own; `leewardctl sync` from start to end, the \
         unlocking of its secrets included"
    );
    Ok(vec![
        Row::new("first_pull_100k", "s", reference, &pairs(times), Goal::None).note(note),
        Row::new(
            "first_pull_100k_memory",
            "MB",
            reference,
            &pairs(memories),
            Goal::AtMost(150.0),
        )
        .note("highest resident memory (VmHWM), in 10^6 bytes"),
    ])
}

fn sync(model: &Model) -> Result<(f64, f64)> {
    let ctl = Ctl::new()?;
    ctl.add(model.url(), USER.0, USER.1)?.exits(0)?;
    let (figures, said) = watch(ctl.command().args(["sync", "-o", "json"]))?;
    let summary: Value = serde_json::from_str(&said)?;
    ensure!(summary["pulled"] == RECORDS, "{summary}");
    Ok(figures)
}

/// Runs a command to its end, and returns its seconds, its megabytes at the highest, and what it printed.
fn watch(command: &mut Command) -> Result<((f64, f64), String)> {
    let began = Instant::now();
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut highest = 0.0;
    let status = loop {
        if let Some(status) = process.try_wait()? {
            break status;
        }
        highest = memory_mb(&process).unwrap_or(highest);
        thread::sleep(LOOK);
    };
    let took = began.elapsed().as_secs_f64();
    ensure!(status.success(), "it ended with {status}");
    ensure!(highest > 0.0, "its memory was never seen");
    let mut said = String::new();
    let mut output = process.stdout.take().context("no output")?;
    output.read_to_string(&mut said)?;
    Ok(((took, highest), said))
}

fn memory_mb(process: &Child) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{}/status", process.id()))?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .context("no VmHWM")?;
    let kib: u32 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(f64::from(kib) * 1024.0 / 1e6)
}
