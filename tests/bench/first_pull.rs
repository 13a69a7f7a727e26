//! The first reading of ten thousand variables from a real Airflow.

use std::time::Instant;

use anyhow::{Result, ensure};

use crate::cycles::{EngineOnDisk, block_on};
use crate::http::Bare;
use crate::pairs::{Pairs, Side};
use crate::real::{Real, VARIABLES};
use crate::row::{Goal, Row};

pub(crate) fn measure(real: &mut Real) -> Result<Vec<Row>> {
    let server = real.server()?;
    let (url, user, password) = (server.base_url(), server.username(), server.password());
    let pairs = Pairs::measure(|side, _| match side {
        Side::Ours => ours(&url, user, password),
        Side::Reference => bare(&url, user, password),
    })?;
    let reference = "a bare paging loop over the same addresses, nothing parsed or kept";
    let goal = Goal::RatioAtMost(1.05);
    let row = Row::new("first_pull_10k", "s", reference, &pairs, goal);
    Ok(vec![row.note(format!(
        "a whole cycle on an empty mirror, sign-in, event log, DAGs and runs included; {VARIABLES} variables, \
         Airflow 3.3.2 on SQLite on the same machine"
    ))])
}

fn ours(url: &str, user: &str, password: &str) -> Result<f64> {
    let engine = EngineOnDisk::at(url, user, password)?;
    let (summary, took) = block_on(engine.cycle())?;
    ensure!(summary.pulled as usize == VARIABLES, "{summary:?}");
    Ok(took.as_secs_f64())
}

fn bare(url: &str, user: &str, password: &str) -> Result<f64> {
    block_on(async {
        let began = Instant::now();
        let bare = Bare::sign_in(url, user, password).await?;
        bare.pull(VARIABLES).await?;
        Ok(began.elapsed().as_secs_f64())
    })
}
