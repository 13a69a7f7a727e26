//! A collection in a database, in the window: it comes by itself, a cell that is edited ends as a row, and what keeps a run
//! from starting is said beside the record.

use crate::axe::Inspector;
use crate::connected::Connected;
use crate::terminal::{add_environment, run};
use anyhow::Result;
use harness::airflow_server::Database;
use harness::companion_dags::{self, PUBLISH};
use harness::wait;
use harness::webdriver::{App, Target, keys};
use serde_json::json;
use std::time::Duration;

const INGEST: &str = "leeward_ingest__rates";
const MODEL: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Exchange rates", "type": "object", "additionalProperties": false,
  "properties": {
    "code": {"type": "string", "pattern": "^[A-Z]{3}$", "title": "Currency"},
    "rate": {"type": "string", "format": "decimal", "x-leeward": {"scale": 6}, "title": "Rate"},
    "source": {"enum": ["ECB", "treasury"], "title": "Source"}
  },
  "required": ["code", "rate"],
  "x-leeward": {"collection": "rates", "version": 1, "key": ["code"]}
}"#;
const SOON: Duration = Duration::from_secs(120);

#[test]
fn a_cell_ends_as_a_row_of_a_database() -> Result<()> {
    tour(Database::Sqlite)
}

#[test]
fn a_cell_ends_as_a_row_of_postgresql() -> Result<()> {
    tour(Database::Postgres)
}

/// The tour of a collection in a database of that kind; Airflow's own is one, too.
fn tour(database: Database) -> Result<()> {
    let dags = companion_dags::folder_beside(database, &[("rates", MODEL)])?;
    let stage = Connected::start_with_dags_of(dags.path(), database)?;
    let writer = stage.airflow.writer()?;
    companion_dags::wait_for_dags(&writer, 2)?;
    companion_dags::run(&writer, PUBLISH, "first", &json!({}))?;
    add_environment(&stage)?;
    run(&stage, &["sync"])?;
    for (code, rate) in [("EUR", "1.085"), ("GBP", "1.27")] {
        let fields = [format!("rate={rate}"), "source=ECB".to_owned()];
        let fields = ["--field", &fields[0], "--field", &fields[1]];
        run(
            &stage,
            &[&["records", "set", "rates", code][..], &fields].concat(),
        )?;
    }
    run(&stage, &["sync"])?;
    is_stored(&stage, "1.085")?;
    let app = stage.stage.open()?;
    let mut inspector = Inspector::new()?;
    stage.step("the collection in the rail, with its records");
    app.wait_for_text("rail-rates", "Exchange rates")?;
    app.click("rail-rates")?;
    app.wait_for_text(cell("rate"), "1.085")?;
    edit(&stage, &app, "1.09")?;
    stage.picture(&app, "a-collection-in-a-database")?;
    inspector.look(&app, "a collection in a database")?;
    app.click("sync-now")?;
    is_stored(&stage, "1.09")?;
    app.wait_for_text("status-line", "In sync")?;
    stage.step("a paused DAG is named beside the record");
    writer.pause(INGEST, true)?;
    edit(&stage, &app, "1.1")?;
    app.click("sync-now")?;
    app.click("rail-pending")?;
    wait::until("the reason to be said", SOON, || {
        Ok(app.page_text()?.contains("is paused").then_some(()))
    })?;
    stage.picture(&app, "a-paused-dag")?;
    inspector.look(&app, "a change that waits for a paused DAG")?;
    writer.pause(INGEST, false)?;
    is_stored(&stage, "1.1")?;
    stage.step("its data model is shown, and changed elsewhere");
    app.click("rail-rates")?;
    app.click("collection-model")?;
    app.wait_for("model-elsewhere")?;
    stage.picture(&app, "a-data-model-beside-the-dags")?;
    inspector.look(&app, "a data model beside the DAGs")?;
    inspector.nothing_found()
}

/// Types another rate into the first row.
fn edit(stage: &Connected, app: &App, rate: &str) -> Result<()> {
    stage.step("a cell is edited");
    app.click(cell("rate"))?;
    for letter in rate.chars() {
        app.press(&letter.to_string())?;
    }
    app.press(keys::ENTER)?;
    app.wait_until_gone("cell-editor")
}

fn is_stored(stage: &Connected, rate: &str) -> Result<()> {
    wait::until("the row in the database", SOON, || {
        let sql = "SELECT CAST(rate AS TEXT) FROM rates WHERE code = 'EUR'";
        let rows = stage.airflow.store_rows(sql).unwrap_or_default();
        let found = rows.first().and_then(|row| row.first()?.as_str());
        // PostgreSQL has a scale of six, and shows it.
        let is_there = found.is_some_and(|found| found.trim_end_matches('0') == rate);
        Ok(is_there.then_some(()))
    })
}

fn cell(column: &str) -> Target {
    Target::css(&format!("[data-testid=record-row] [data-testid=cell-{column}]"))
}
