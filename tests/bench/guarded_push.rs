//! Ten thousand changed records to a real Airflow, guarded, against one by one.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::airflow_server::AirflowServer;
use harness::far_link::FarLink;

use crate::cycles::{EngineOnDisk, block_on};
use crate::http::Bare;
use crate::pairs::{Pairs, Side};
use crate::real::{Real, VARIABLES};
use crate::row::{Goal, Row};
use crate::rows_of;

/// Records changed in each cycle.
const CHANGES: usize = VARIABLES;
/// Records changed one by one: each costs the same, so a sample tells the rate.
const SAMPLE: usize = 300;
/// The added round trips, in milliseconds.
const FAR: [(&str, u64); 2] = [("guarded_push_0ms", 0), ("guarded_push_30ms", 30)];

pub(crate) fn measure(real: &mut Real) -> Result<Vec<Row>> {
    let server = real.server()?;
    // Every edit in a run differs from all before it.
    let mut edition = 1;
    let rows = FAR.iter().map(|(name, far_ms)| {
        let link = FarLink::start(&server.base_url(), Duration::from_millis(*far_ms))?;
        at_distance(name, server, &link, &mut edition)
    });
    rows.collect()
}

fn at_distance(
    name: &'static str,
    server: &AirflowServer,
    link: &FarLink,
    edition: &mut usize,
) -> Result<Row> {
    let (url, user, password) = (link.base_url(), server.username(), server.password());
    let engine = EngineOnDisk::at(&url, user, password)?;
    let pairs = block_on(async {
        engine.cycle().await?;
        Ok(())
    })
    .and_then(|()| {
        Pairs::measure(|side, _| {
            *edition += 1;
            match side {
                Side::Ours => ours(&engine, *edition),
                Side::Reference => one_by_one(&url, user, password, *edition),
            }
        })
    })?;
    let reference = "GET + PATCH + GET for each record, on one connection";
    let goal = Goal::RatioAtLeast(10.0);
    let row = Row::new(name, "records/s", reference, &pairs, goal);
    Ok(row.note(format!(
        "a whole cycle after {CHANGES} edits of {VARIABLES} records, the look at the event log included; the reference \
         is measured on {SAMPLE} records and given a second"
    )))
}

fn ours(engine: &EngineOnDisk, edition: usize) -> Result<f64> {
    // The reference has changed some of the records: edits of what was not seen since would rightly be conflicts.
    block_on(engine.cycle())?;
    engine.edit(CHANGES, edition)?;
    let (summary, took) = block_on(engine.push())?;
    ensure!(summary.pushed as usize == CHANGES, "{summary:?}");
    Ok(rows_of::a_second(CHANGES, took))
}

fn one_by_one(url: &str, user: &str, password: &str, edition: usize) -> Result<f64> {
    block_on(async {
        let bare = Bare::sign_in(url, user, password).await?;
        let began = Instant::now();
        for number in 0..SAMPLE {
            bare.change(number, edition).await?;
        }
        Ok(rows_of::a_second(SAMPLE, began.elapsed()))
    })
}
