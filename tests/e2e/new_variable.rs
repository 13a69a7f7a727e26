//! A new variable is as prompt as an edit: nothing in Airflow points at it, and the next full reading may be far. That no
//! full reading is needed is told by `engine::schedule`, in virtual time: here Airflow's log may ask for one at any moment.

use crate::connected::Connected;
use crate::terminal::{add_environment, ctl};
use anyhow::{Result, ensure};
use harness::wait;
use harness::webdriver::{App, Target, keys};
use std::time::Duration;

const KEY: &str = "region_export_limit";
const DAG: &str = "daily_pricing";
/// Longer than an interval between two cycles, and far shorter than the time between two full readings.
const PATIENCE: Duration = Duration::from_secs(90);

#[test]
fn a_new_variable_and_the_run_after_it_arrive_without_being_asked_for() -> Result<()> {
    let desk = Connected::start_with_dags()?;
    add_environment(&desk)?;
    let app = desk.stage.open()?;
    app.wait_for_text("status-line", "In sync")?;
    make_variable(&app)?;
    let queued = ctl(&desk, &["dagrun", "trigger", DAG, "--after-edits"])?;
    ensure!(queued.status.success(), "leewardctl did not queue the run");
    wait::until("the variable to arrive", PATIENCE, || {
        Ok((desk.airflow.raw_variable(KEY)?.as_deref() == Some("250")).then_some(()))
    })?;
    app.wait_for_text("editor-kept", "Sent to Airflow")?;
    let writer = desk.airflow.writer()?;
    wait::until("the run to be started after it", PATIENCE, || {
        Ok((writer.count_runs(DAG)? == 1).then_some(()))
    })?;
    app.wait_for_text("rail-pending-count", "0")
}

fn make_variable(app: &App) -> Result<()> {
    app.click("variable-new")?;
    app.replace_text("editor-key", KEY)?;
    app.paste_over(Target::css("[data-testid=editor-value] .cm-content"), "250")?;
    undo_and_redo(app)?;
    app.click("editor-save")?;
    app.wait_for("editor-kept")
}

/// WebKitGTK has no keys of its own for that in a field.
fn undo_and_redo(app: &App) -> Result<()> {
    let field = "editor-description";
    app.replace_text(field, "Tons a year")?;
    app.press(&format!("{}z", keys::CONTROL))?;
    let undone = app.value(field)?;
    ensure!(undone != "Tons a year", "nothing was undone");
    app.press(&format!("{}{}z", keys::CONTROL, keys::SHIFT))?;
    let redone = app.value(field)?;
    ensure!(redone == "Tons a year", "redone is {redone:?}");
    Ok(())
}
