//! Collections that the companion keeps in PostgreSQL behind a real Airflow 3.3.2: how long a first pull takes, a push, a
//! compare-and-set in the database, and what a cycle asks when nothing happened.

mod apply;
mod client;
mod desk;
mod pull;
mod push;
mod quiet;
mod store;

use anyhow::Result;

use crate::row::Row;
use store::Store;

/// Records of the collection at first, and in the end.
const FEW: usize = 10_000;
const MANY: usize = 100_000;

pub(crate) fn measure() -> Result<Vec<Row>> {
    let store = Store::start()?;
    store.grow(0..FEW)?;
    let mut rows = vec![
        pull::few(&store)?,
        push::measure(&store)?,
        apply::measure(&store)?,
    ];
    store.grow(FEW..MANY)?;
    rows.extend(pull::many(&store)?);
    rows.push(quiet::measure(&store)?);
    Ok(rows)
}
