//! The way there and back.

use anyhow::{Context, Result, ensure};
use rusqlite::types::Value as Cell;
use serde_json::json;

use crate::fixture::{Fixture, INGEST, RATES, get, same, set};

pub(crate) fn comes(fixture: &Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    let list = ctl.run(&["collection", "list"])?.exits(0)?.json;
    let rates = list
        .as_array()
        .and_then(|all| all.first())
        .context("no collection")?;
    same(
        &(
            &rates["name"],
            &rates["binding"],
            &rates["prefix"],
            &rates["records"],
        ),
        &(&json!(RATES), &json!("dag"), &json!(null), &json!(0)),
    )?;
    ensure!(rates.get("trouble").is_none(), "{rates}");
    Ok(())
}

pub(crate) fn arrives(fixture: &Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    set(&ctl, "EUR", &["rate=1.0850", "source=ECB"])?.exits(0)?;
    let told = ctl.sync()?.exits(0)?.json;
    same(&told["pushed"], &json!(1))?;
    let row = fixture.row("EUR")?.context("no row")?;
    ensure!(row.contains(&Cell::Text("1.085".into())), "{row:?}");
    ensure!(row.contains(&Cell::Integer(1)), "with its default: {row:?}");
    let record = get(&ctl, "EUR")?;
    same(
        &(&record["state"], &record["fields"]["lots"]),
        &(&json!("clean"), &json!("1")),
    )?;
    set(&ctl, "EUR", &["rate=1.09", "lots=9007199254740993"])?.exits(0)?;
    ctl.sync()?.exits(0)?;
    let row = fixture.row("EUR")?.context("no row")?;
    ensure!(row.contains(&Cell::Integer(9_007_199_254_740_993)), "{row:?}");
    ctl.run(&["records", "delete", RATES, "EUR"])?.exits(0)?;
    ctl.sync()?.exits(0)?;
    same(&fixture.row("EUR")?, &None)
}

pub(crate) fn meet(fixture: &Fixture) -> Result<()> {
    let ann = fixture.synced()?;
    set(&ann, "GBP", &["rate=1.3", "source=ECB"])?.exits(0)?;
    ann.sync()?.exits(0)?;
    fixture.published()?;
    let bob = fixture.synced()?;
    same(&get(&bob, "GBP")?["fields"]["rate"], &json!("1.3"))?;
    set(&ann, "GBP", &["rate=1.31"])?.exits(0)?;
    set(&bob, "GBP", &["source=treasury"])?.exits(0)?;
    ann.sync()?.exits(0)?;
    bob.sync()?.exits(0)?;
    let both = get(&bob, "GBP")?;
    same(
        &(&both["fields"]["rate"], &both["fields"]["source"]),
        &(&json!("1.31"), &json!("treasury")),
    )?;
    set(&ann, "GBP", &["rate=1.4"])?.exits(0)?;
    set(&bob, "GBP", &["rate=1.5"])?.exits(0)?;
    ann.sync()?.exits(0)?;
    bob.sync()?.exits(3)?;
    same(&fixture.rate("GBP")?.as_deref(), &Some("1.4"))?;
    bob.run(&["conflicts", "resolve", RATES, "GBP", "--take", "mine"])?
        .exits(0)?;
    bob.sync()?.exits(0)?;
    same(&fixture.rate("GBP")?.as_deref(), &Some("1.5"))?;
    fixture.published()?;
    ann.sync()?.exits(0)?;
    same(&get(&ann, "GBP")?["fields"]["rate"], &json!("1.5"))
}

pub(crate) fn by_sql(fixture: &Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    set(&ctl, "JPY", &["rate=0.007"])?.exits(0)?;
    ctl.sync()?.exits(0)?;
    fixture.execute("UPDATE rates SET rate = '0.008' WHERE code = 'JPY'")?;
    set(&ctl, "JPY", &["rate=0.009"])?.exits(0)?;
    ctl.sync()?.exits(3)?;
    same(&fixture.rate("JPY")?.as_deref(), &Some("0.008"))?;
    let record = get(&ctl, "JPY")?;
    same(&record["state"], &json!("conflict"))?;
    ctl.run(&["conflicts", "resolve", RATES, "JPY", "--take", "airflow"])?
        .exits(0)?;
    fixture.execute("UPDATE rates SET rate = '0.0081' WHERE code = 'JPY'")?;
    fixture.publish("by-sql", &json!({}))?;
    ctl.sync()?.exits(0)?;
    same(&get(&ctl, "JPY")?["fields"]["rate"], &json!("0.0081"))
}

pub(crate) fn many(fixture: &Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    let before = fixture.other.count_runs(INGEST)?;
    let header = "code,rate\n".to_owned();
    let rows = (0..2000).map(|number| format!("N{number:04},{number}.5\n"));
    let file: String = std::iter::once(header).chain(rows).collect();
    let told = ctl
        .run_with(&["import", RATES, "-", "--format", "csv"], &file)?
        .exits(0)?
        .json;
    same(&told["added"], &json!(2000))?;
    let told = ctl.sync()?.exits(0)?.json;
    same(&told["pushed"], &json!(2000))?;
    same(&(fixture.other.count_runs(INGEST)? - before), &1)?;
    let found = fixture.query("SELECT COUNT(*) FROM rates WHERE code LIKE 'N%'")?;
    same(&found, &vec![vec![Cell::Integer(2000)]])?;
    fixture.published()?;
    let other = fixture.synced()?;
    same(&get(&other, "N1999")?["fields"]["rate"], &json!("1999.5"))
}
