//! The first reading of a collection, on an empty mirror.

use std::time::Instant;

use anyhow::{Result, ensure};

use super::client::Variables;
use super::desk::Desk;
use super::store::Store;
use super::{FEW, MANY};
use crate::cycles::block_on;
use crate::http::Bare;
use crate::pairs::{Pairs, Side};
use crate::prices::NAME;
use crate::row::{Goal, Row};

/// Ten thousand records, beside as many Variables read with Airflow's own Python client.
pub(super) fn few(store: &Store) -> Result<Row> {
    let variables = Variables::create(store, FEW)?;
    let pairs = Pairs::measure(|side, _| match side {
        Side::Ours => pull(store, FEW).map(|(seconds, _)| seconds),
        Side::Reference => variables.read(),
    })?;
    let reference = "paging as many Variables with apache-airflow-client 3.3.2";
    let goal = Goal::RatioAtMost(1.0 / 30.0);
    let row = Row::new("companion_pull_10k", "s", reference, &pairs, goal);
    Ok(row.note(format!(
        "a whole cycle on an empty mirror until all is committed, sign-in, event log, Variables (none), DAGs and runs \
         included; a collection of {FEW} records of six fields; the client from signing in to the last of {FEW} Variables, \
         {} at a time, its imports not counted",
        crate::http::PAGE
    )))
}

/// A hundred thousand, beside the same answers read and thrown away.
pub(super) fn many(store: &Store) -> Result<Vec<Row>> {
    let (_, asked) = pull(store, MANY)?;
    let pairs = Pairs::measure(|side, _| match side {
        Side::Ours => pull(store, MANY).map(|(seconds, _)| seconds),
        Side::Reference => read_bare(store, &asked),
    })?;
    let (over, bare) = pairs.each().map(|(ours, bare)| (ours - bare, bare)).unzip();
    let beyond = Pairs::of(over, bare);
    let reference = "a bare loop over the same addresses, nothing parsed or kept";
    let name = "companion_pull_100k";
    Ok(vec![
        Row::new(name, "s", reference, &pairs, Goal::None).note(format!(
            "as `companion_pull_10k`, with {MANY} records: {} requests",
            asked.len()
        )),
        Row::new(
            "companion_pull_100k_beyond",
            "s",
            reference,
            &beyond,
            Goal::AtMost(3.0),
        )
        .note("the difference of the two, pair by pair: what Leeward takes beyond the server's own answers"),
    ])
}

/// Seconds, and what was asked.
fn pull(store: &Store, count: usize) -> Result<(f64, Vec<String>)> {
    let desk = Desk::new(store)?;
    let (summary, took) = block_on(desk.engine.cycle())?;
    ensure!(summary.pulled as usize >= count, "{summary:?}");
    desk.check(NAME, count)?;
    Ok((took.as_secs_f64(), desk.asked()))
}

fn read_bare(store: &Store, asked: &[String]) -> Result<f64> {
    let server = &store.server;
    block_on(async {
        let began = Instant::now();
        let bare = Bare::sign_in(&server.base_url(), server.username(), server.password()).await?;
        for target in asked.iter().filter_map(|line| line.strip_prefix("GET ")) {
            bare.read(target).await?;
        }
        Ok(began.elapsed().as_secs_f64())
    })
}
