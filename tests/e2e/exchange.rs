//! A file in and out by the window: a preview with what is refused, kept as one step, and what Airflow has then.

use crate::axe::Inspector;
use crate::connected::Connected;
use crate::terminal::{add_environment, ctl};
use anyhow::{Context, Result, ensure};
use harness::wait;
use harness::webdriver::App;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

const MODEL: &str = r#"{
  "title": "Prices", "type": "object",
  "properties": {
    "sku": {"type": "string"}, "lots": {"type": "integer"}, "day": {"type": "string", "format": "date"},
    "price": {"type": "string", "format": "decimal", "x-leeward": {"scale": 6}}
  },
  "required": ["sku"], "x-leeward": {"collection": "prices", "version": 1, "key": ["sku"]}
}"#;

const BEFORE: &str = "sku,price,lots\nA-1,1.5,1\nA-2,2,2\nA-3,3,3\n";

/// One is changed, one added, one refused; one is not in it, one is as it was.
const FILE: &str = "sku;price;lots\nA-1;1,75;9007199254740993\nA-2;2;2\nB-1;0,10;4\nB-2;much;1\n";

/// Gives a file to the field that the system's dialog would give it to: that dialog is no part of the page.
const CHOOSE: &str = "
const [testid, name, text] = arguments;
const input = document.querySelector(`[data-testid=${testid}]`);
const files = new DataTransfer();
files.items.add(new File([text], name));
input.files = files.files;
input.dispatchEvent(new Event('change', { bubbles: true }));
return input.files.length;";

const SOON: Duration = Duration::from_secs(30);

#[test]
fn a_file_in_and_out() -> Result<()> {
    let stage = Connected::start()?;
    add_environment(&stage)?;
    collection(&stage)?;
    let app = stage.stage.open()?;
    app.wait_for_text("status-line", "In sync")?;
    let mut inspector = Inspector::new()?;
    preview(&stage, &app, &mut inspector)?;
    refused(&stage, &app)?;
    keep(&stage, &app, &mut inspector)?;
    arrived(&stage)?;
    out_and_back(&stage, &app, &mut inspector)?;
    undone(&stage, &app)?;
    inspector.nothing_found()
}

fn collection(stage: &Connected) -> Result<()> {
    let model = beside(stage, "prices.json", MODEL)?;
    let rows = beside(stage, "before.csv", BEFORE)?;
    let binding = ["--model", &model, "--binding", "variables"];
    run(
        stage,
        &[&["collection", "create", "prices"][..], &binding].concat(),
    )?;
    run(stage, &["import", "prices", &rows])?;
    run(stage, &["sync"])?;
    Ok(())
}

fn beside(stage: &Connected, name: &str, content: &str) -> Result<String> {
    let file = stage.stage.desktop.data_home().join(name);
    fs::write(&file, content)?;
    Ok(file.to_str().context("a path that is no text")?.to_owned())
}

fn run(stage: &Connected, arguments: &[&str]) -> Result<Value> {
    let output = ctl(stage, arguments)?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "leewardctl {arguments:?}: {said}");
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn choose(app: &App, name: &str, text: &str) -> Result<()> {
    let given = app.execute(CHOOSE, &[json!("import-choose-file"), json!(name), json!(text)])?;
    // The page empties its field, so that the same file can be chosen again.
    ensure!(given == json!(0), "the file was not taken: {given}");
    Ok(())
}

fn preview(stage: &Connected, app: &App, inspector: &mut Inspector) -> Result<()> {
    stage.step("a file is chosen, and what it would do is shown");
    app.wait_for_text("rail-prices", "Prices")?;
    app.click("rail-prices")?;
    app.click("record-import")?;
    app.wait_for("import-choose")?;
    stage.picture(app, "an-import-begins")?;
    inspector.look(app, "an import that begins")?;
    choose(app, "prices.csv", FILE)?;
    app.wait_for_text("import-part-refused", "Refused 1")?;
    app.wait_for_text("import-part-added", "Added 1")?;
    app.wait_for_text("import-part-changed", "Changed 1")?;
    app.wait_for_text("import-part-rest", "Not in the file 1")?;
    app.wait_for_text("import-unchanged", "Unchanged 1")?;
    app.wait_for_text("import-line", "decimal number")?;
    app.wait_for_text("import-delimiter", "Semicolon")?;
    app.wait_for_text("import-decimal", "1.234,50")?;
    stage.picture(app, "an-import-with-a-refused-row")?;
    inspector.look(app, "an import with a refused row")?;
    app.click("import-part-changed")?;
    app.wait_for_text("import-line", "9007199254740993")?;
    stage.picture(app, "what-an-import-changes")?;
    inspector.look(app, "what an import changes")
}

/// The refused rows are a file among the downloads.
fn refused(stage: &Connected, app: &App) -> Result<()> {
    stage.step("the refused rows are saved");
    app.click("import-save-refused")?;
    app.wait_for_text("import-saved", "prices refused.csv")?;
    let text = fs::read_to_string(saved(app, "import-saved", "prices refused.csv")?)?;
    ensure!(
        text.starts_with("sku;price;lots;_row;_why\nB-2;much;1;5;"),
        "the file holds {text:?}"
    );
    Ok(())
}

/// The file of that name in the folder that the page names.
fn saved(app: &App, testid: &str, name: &str) -> Result<PathBuf> {
    let said = app.text(testid)?;
    let (_, folder) = said.split_once("in /").context("no folder is named")?;
    Ok(PathBuf::from(format!("/{}", folder.trim_end_matches('.'))).join(name))
}

fn keep(stage: &Connected, app: &App, inspector: &mut Inspector) -> Result<()> {
    stage.step("the good rows are kept, and the rest is deleted");
    ensure!(
        app.attribute("import-keep", "disabled")?.is_some(),
        "a file with a refused row can be kept unasked"
    );
    app.click("import-keep-good")?;
    app.click("import-delete-rest")?;
    app.wait_for_text("import-keep", "Save 3 changes")?;
    app.click("import-keep")?;
    app.wait_for_text("import-kept", "3 records kept from prices.csv")?;
    app.click("sync-now")?;
    stage.picture(app, "an-import-that-was-kept")?;
    inspector.look(app, "an import that was kept")
}

fn arrived(stage: &Connected) -> Result<()> {
    variable(
        stage,
        "A-1",
        Some(r#"{"sku": "A-1", "lots": 9007199254740993, "price": "1.75"}"#),
    )?;
    variable(stage, "B-1", Some(r#"{"sku": "B-1", "lots": 4, "price": "0.1"}"#))?;
    variable(stage, "A-3", None)?;
    variable(stage, "B-2", None)
}

/// Waits until Airflow has this of a record.
fn variable(stage: &Connected, sku: &str, wanted: Option<&str>) -> Result<()> {
    let mut last = None;
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let look = || {
        last = stage.airflow.raw_variable(&format!("prices.{sku}"))?;
        let is_there = last.as_deref().map(read) == wanted.map(read);
        Ok(is_there.then_some(()))
    };
    wait::until(sku, SOON, look).with_context(|| format!("Airflow has {last:?}"))
}

fn out_and_back(stage: &Connected, app: &App, inspector: &mut Inspector) -> Result<()> {
    stage.step("the collection as a file, and back");
    app.click("rail-prices")?;
    app.click("record-export")?;
    app.wait_for("export-write")?;
    app.click("export-parquet")?;
    app.click("export-write")?;
    app.wait_for_text("export-saved", "3 records in prices.parquet")?;
    stage.picture(app, "an-export")?;
    inspector.look(app, "an export")?;
    let file = saved(app, "export-saved", "prices.parquet")?;
    let file = file.to_str().context("a path that is no text")?;
    let back = run(stage, &["import", "prices", file, "--dry-run", "--delete-rest"])?;
    ensure!(
        (&back["unchanged"], &back["deleted"]) == (&json!(3), &json!(0)),
        "it comes back as {back}"
    );
    Ok(())
}

/// All of an import is one step.
fn undone(stage: &Connected, app: &App) -> Result<()> {
    stage.step("one undo takes all of it back");
    app.click("rail-prices")?;
    app.click("grid-undo")?;
    app.click("sync-now")?;
    variable(stage, "A-1", Some(r#"{"sku": "A-1", "lots": 1, "price": "1.5"}"#))?;
    variable(stage, "A-3", Some(r#"{"sku": "A-3", "lots": 3, "price": "3"}"#))?;
    variable(stage, "B-1", None)
}
