//! What release 0.1.0 left on the disk, opened by this one: it is taken over, and nothing of it is lost.
//! `upgraded/README.md` says how it was made.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::wait;
use harness::webdriver::{App, Target};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::connected::Connected;
use crate::terminal::{add_environment, ctl, ctl_of, sign_in};

/// As that release named it.
const ENVIRONMENT: &str = "127.0.0.1-43487";
const THRESHOLD: &str = "pricing_threshold";
const RULES: &str = "pricing_rules";
const DAG: &str = "daily_pricing";
/// A first reading, and a push.
const LONG: Duration = Duration::from_secs(90);

#[test]
fn the_stores_of_0_1_0_are_taken_over() -> Result<()> {
    let stage = left_by_0_1_0()?;
    let app = opened(&stage)?;
    // It is another Airflow, with the same variables: a person says that it is the right one.
    wait::until("the other server to be noticed", LONG, || {
        let brakes = ctl_of(&stage, ENVIRONMENT, &["brake", "show"])?;
        Ok((brakes.stdout.trim_ascii() != b"[]").then_some(()))
    })?;
    let accepted = ctl_of(&stage, ENVIRONMENT, &["brake", "accept", "variables"])?;
    ensure!(accepted.status.success(), "{accepted:?}");
    everything_arrives(&stage, &app)
}

/// The window's store alone has everything that was kept: a mirror is built from it.
#[test]
fn the_window_of_0_1_0_builds_a_lost_mirror() -> Result<()> {
    let stage = left_by_0_1_0()?;
    fs::remove_dir_all(stage.stage.desktop.data_home().join("leeward/mirrors"))?;
    let app = opened(&stage)?;
    everything_arrives(&stage, &app)
}

/// A mirror that a later release wrote is left as it is; the window says why nothing is sent, and goes on by itself once
/// that can be read.
#[test]
fn a_later_mirror_is_told() -> Result<()> {
    let stage = Connected::start_with_dags()?;
    add_environment(&stage)?;
    let read = ctl(&stage, &["sync"])?;
    ensure!(read.status.success(), "{read:?}");
    let mirror = only_mirror(&stage)?;
    let known = schema_of(&mirror)?;
    set_schema(&mirror, known + 1_000)?;
    let app = stage.stage.open()?;
    app.wait_for_text("store-banner", "written by a newer Leeward")?;
    app.wait_for_text("status-line", "Not synchronised")?;
    ensure!(app.count("gone-banner")? == 0, "it was not removed");
    stage.picture(&app, "later-mirror")?;
    ensure!(schema_of(&mirror)? == known + 1_000, "the mirror was touched");
    set_schema(&mirror, known)?;
    wait::until("the window to synchronise", LONG, || {
        let in_sync = app.count(Target::from("status-line").with_text("In sync"))?;
        Ok((in_sync > 0 && app.count("store-banner")? == 0).then_some(()))
    })
}

fn only_mirror(stage: &Connected) -> Result<PathBuf> {
    let folder = stage.stage.desktop.data_home().join("leeward/mirrors");
    let files = fs::read_dir(folder)?.flatten().map(|file| file.path());
    let mut mirrors = files.filter(|path| path.extension().is_some_and(|end| end == "sqlite"));
    mirrors.next().context("no mirror")
}

/// Which schema a mirror has.
fn schema_of(mirror: &Path) -> Result<i64> {
    Ok(Connection::open(mirror)?.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn set_schema(mirror: &Path, version: i64) -> Result<()> {
    Ok(Connection::open(mirror)?.pragma_update(None, "user_version", version)?)
}

/// A desktop with that release's files, for an Airflow that has the same variables.
fn left_by_0_1_0() -> Result<Connected> {
    let stage = Connected::start_with_dags()?;
    let data = stage.stage.desktop.data_home();
    fs::create_dir_all(&data)?;
    let archive = concat!(env!("CARGO_MANIFEST_DIR"), "/e2e/upgraded/data-0.1.0.tar.gz");
    let unpacked = Command::new("tar")
        .args(["-xzf", archive, "-C"])
        .arg(&data)
        .status()?;
    ensure!(unpacked.success(), "the archive cannot be unpacked");
    let path = data.join("leeward/environments.json");
    let mut file: Value = serde_json::from_slice(&fs::read(&path)?)?;
    file["environments"][0]["url"] = json!(stage.airflow.base_url());
    fs::write(&path, file.to_string())?;
    sign_in(&stage, ENVIRONMENT)?;
    Ok(stage)
}

fn opened(stage: &Connected) -> Result<App> {
    let app = stage.stage.open()?;
    app.click("rail-pending")?;
    for key in [THRESHOLD, RULES] {
        app.wait_for(Target::css(&format!("[data-testid=pending-row][data-key={key}]")))?;
    }
    app.wait_for("action-row")?;
    let rows = (app.count("pending-row")?, app.count("action-row")?);
    ensure!(rows == (2, 1), "pending are {rows:?} changes and runs");
    Ok(app)
}

fn everything_arrives(stage: &Connected, app: &App) -> Result<()> {
    app.click("sync-now")?;
    let arrived =
        |key, text: &str| Ok((stage.airflow.raw_variable(key)?.as_deref() == Some(text)).then_some(()));
    wait::until("the threshold to arrive", LONG, || arrived(THRESHOLD, "4.50"))?;
    wait::until("the rules to arrive", LONG, || {
        let raw = stage.airflow.raw_variable(RULES)?.context("no rules")?;
        Ok(raw.contains("\"coffee\": 0.240").then_some(()))
    })?;
    let writer = stage.airflow.writer()?;
    wait::until("the run to start", LONG, || {
        Ok((writer.count_runs(DAG)? == 1).then_some(()))
    })?;
    app.wait_until_gone("pending-row")?;
    let told = ctl_of(stage, ENVIRONMENT, &["history", "variables", THRESHOLD])?;
    let history: Value = serde_json::from_slice(&told.stdout)?;
    let local = history
        .as_array()
        .into_iter()
        .flatten()
        .filter(|item| item["source"] == "local");
    let reasons: Vec<&Value> = local.map(|item| &item["reason"]).collect();
    ensure!(
        reasons == [&json!("Fewer price changes before the holidays")],
        "the history tells {history}"
    );
    Ok(())
}
