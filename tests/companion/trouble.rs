//! What stands in the way.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::ctl::Ctl;
use harness::processes;
use harness::wait;
use serde_json::json;

use crate::fixture::{Fixture, INGEST, RATES, get, same, set};

/// So long a run may take to be seen.
const LIMIT: Duration = Duration::from_secs(120);

/// A rule that nobody but the database knows: nothing could be decided, and Airflow tries the run again.
pub(crate) fn failing(fixture: &Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    fixture.execute(
        "CREATE TRIGGER no_xau BEFORE INSERT ON rates WHEN NEW.code = 'XAU' BEGIN SELECT RAISE(ABORT, 'no gold'); END",
    )?;
    let outcome = (|| {
        set(&ctl, "XAU", &["rate=2000"])?.exits(0)?;
        ctl.sync()?;
        same(&fixture.row("XAU")?, &None)
    })();
    fixture.execute("DROP TRIGGER no_xau")?;
    outcome?;
    arrived(&ctl, "XAU")?;
    same(&fixture.rate("XAU")?.as_deref(), &Some("2000"))
}

/// Syncs until nothing waits on the record.
fn arrived(ctl: &Ctl, key: &str) -> Result<()> {
    wait::until("an edit to arrive", LIMIT, || {
        ctl.sync()?;
        Ok((get(ctl, key)?["state"] == "clean").then_some(()))
    })
}

pub(crate) fn paused(fixture: &Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    fixture.other.pause(INGEST, true)?;
    set(&ctl, "CHF", &["rate=1.05"])?.exits(0)?;
    let mut sync = ctl.begin_sync()?;
    let outcome = wait::until("the reason to be said", LIMIT, || {
        let record = get(&ctl, "CHF")?;
        let note = record["note"].as_str().unwrap_or_default().to_owned();
        Ok(note.contains("is paused").then_some(()))
    });
    fixture.other.pause(INGEST, false)?;
    outcome?;
    sync.wait()?;
    arrived(&ctl, "CHF")?;
    same(&fixture.rate("CHF")?.as_deref(), &Some("1.05"))
}

pub(crate) fn killed(fixture: &Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    let before = fixture.other.count_runs(INGEST)?;
    set(&ctl, "SEK", &["rate=0.09"])?.exits(0)?;
    let mut sync = ctl.begin_sync()?;
    wait::until("a batch on its way", LIMIT, || {
        Ok((fixture.other.count_runs(INGEST)? > before).then_some(()))
    })?;
    processes::kill(&mut sync);
    arrived(&ctl, "SEK")?;
    same(&fixture.rate("SEK")?.as_deref(), &Some("0.09"))?;
    let entries = fixture.query("SELECT COUNT(*) FROM leeward_changes WHERE key = 'SEK'")?;
    same(&entries, &vec![vec![rusqlite::types::Value::Integer(1)]])
}

pub(crate) fn model(fixture: &Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    let told = ctl.run_with(&["collection", "change", RATES, "--model", "-"], &model_text())?;
    ensure!(told.code == 1, "{told:?}");
    let told = ctl.run(&["collection", "remove", RATES])?;
    ensure!(told.code == 1, "{told:?}");
    set(&ctl, "GBP", &["rate=1.6"])?.exits(0)?;
    fixture.put_model(&model_text())?;
    arrived(&ctl, "GBP")?;
    let found = fixture.query("SELECT value FROM rates WHERE code = 'GBP'")?;
    same(&found, &vec![vec![rusqlite::types::Value::Text("1.6".into())]])?;
    same(&get(&ctl, "GBP")?["fields"]["value"], &json!("1.6"))
}

fn model_text() -> String {
    crate::fixture::model(2, "value")
}

pub(crate) fn restored(fixture: &Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    let copy = fs::read(fixture.database()).context("the database")?;
    set(&ctl, "NOK", &["value=0.08"])?.exits(0)?;
    ctl.sync()?.exits(0)?;
    fixture.published()?;
    ctl.sync()?.exits(0)?;
    fs::write(fixture.database(), copy)?;
    fixture.publish("restored", &json!({"restored": true}))?;
    set(&ctl, "GBP", &["value=1.7"])?.exits(0)?;
    let told = ctl.sync()?;
    ensure!(told.code == 3, "{told:?}");
    same(&get(&ctl, "NOK")?["fields"]["value"], &json!("0.08"))?;
    let held = ctl.run(&["status"])?.json;
    same(&held["braked"], &json!(true))?;
    same(&fixture.row("NOK")?, &None)
}
