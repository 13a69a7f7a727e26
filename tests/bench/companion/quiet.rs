//! What a cycle asks about several collections when nothing happened.

use anyhow::{Result, ensure};

use super::MANY;
use super::desk::Desk;
use super::store::Store;
use crate::cycles::block_on;
use crate::http::Bare;
use crate::pairs::{Pairs, Side};
use crate::prices::NAME;
use crate::row::{Goal, Row};

/// Beside [`NAME`].
const FURTHER: [&str; 4] = ["discounts", "surcharges", "tariffs", "thresholds"];
const RECORDS: usize = 100;
/// Cycles until there is nothing left to take down.
const UNTIL_QUIET: usize = 3;
const NEWEST: &str = "/api/v2/dags/leeward_publish/dagRuns?state=success&order_by=-end_date&limit=1";

pub(super) fn measure(store: &Store) -> Result<Row> {
    store.add_collections(&FURTHER, RECORDS)?;
    let desk = Desk::new(store)?;
    block_on(desk.engine.cycle())?;
    desk.check(NAME, MANY)?;
    FURTHER.iter().try_for_each(|name| desk.check(name, RECORDS))?;
    for _ in 0..UNTIL_QUIET {
        block_on(desk.engine.look())?;
    }
    let mut asked = Vec::new();
    let pairs = Pairs::measure(|side, _| match side {
        Side::Ours => {
            desk.asked();
            block_on(desk.engine.look())?;
            asked = desk.asked();
            count(asked.iter().filter(|line| line.contains("/leeward_")).count())
        }
        Side::Reference => one_by_one(store),
    })?;
    eprintln!("  a quiet cycle asks: {asked:#?}");
    notices(store, &desk)?;
    let reference = "a bare look at the newest publication for each collection";
    let goal = Goal::AtMost(1.0);
    let row = Row::new("companion_quiet_requests", "requests", reference, &pairs, goal);
    Ok(row.note(format!(
        "requests about the companion in a cycle of the schedule in which nothing happened, with {} collections, one of them \
         with {MANY} records; the whole cycle asks {} times",
        FURTHER.len() + 1,
        asked.len()
    )))
}

fn one_by_one(store: &Store) -> Result<f64> {
    let server = &store.server;
    block_on(async {
        let bare = Bare::sign_in(&server.base_url(), server.username(), server.password()).await?;
        let mut requests = 0;
        for _ in 0..=FURTHER.len() {
            bare.read(NEWEST).await?;
            requests += 1;
        }
        count(requests)
    })
}

/// That one request sees what was changed: it was no look too few.
fn notices(store: &Store, desk: &Desk) -> Result<()> {
    store.execute("UPDATE prices SET note = 'changed' WHERE sku = 'A-000007'")?;
    store.publish("one-change")?;
    block_on(desk.engine.look())?;
    let note = desk.text("A-000007", "note")?;
    ensure!(note.as_deref() == Some("changed"), "{note:?}");
    Ok(())
}

fn count(requests: usize) -> Result<f64> {
    Ok(f64::from(u32::try_from(requests)?))
}
