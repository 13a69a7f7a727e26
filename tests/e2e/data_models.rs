//! The screen of a collection's data model: made by keyboard, filled in the grid, changed after its effect was told, and read by
//! another desktop.

use crate::axe::Inspector;
use crate::connected::Connected;
use crate::terminal::{add_environment, ctl};
use anyhow::{Context, Result, ensure};
use harness::ctl::Ctl;
use harness::wait;
use harness::webdriver::{App, Target, keys};
use serde_json::{Value, json};
use std::time::Duration;

const NAME: &str = "fx_overrides";
/// Longer than the rail is wide.
const TITLE: &str = "Exchange-rate overrides of the treasury";
const DOWN: &str = "\u{E015}";
const SOON: Duration = Duration::from_secs(30);

/// The word of a collection in the rail: whether it is cut, and how high it is.
const IN_RAIL: &str = "
const word = document.querySelector(`[data-testid=rail-${arguments[0]}] .word`);
return { isCut: word.scrollWidth > word.clientWidth, height: word.offsetHeight };";

const FOCUSED: &str = "return document.activeElement?.dataset.testid ?? null";

#[test]
fn a_collection_is_made_changed_and_read_elsewhere() -> Result<()> {
    let stage = Connected::start()?;
    add_environment(&stage)?;
    let app = stage.stage.open()?;
    app.wait_for_text("status-line", "In sync")?;
    let mut inspector = Inspector::new()?;
    make(&stage, &app, &mut inspector)?;
    fill(&stage, &app)?;
    describe_change(&stage, &app, &mut inspector)?;
    change(&stage, &app, &mut inspector)?;
    read_elsewhere(&stage)?;
    take_over_a_file(&stage, &app, &mut inspector)?;
    inspector.nothing_found()
}

fn make(stage: &Connected, app: &App, inspector: &mut Inspector) -> Result<()> {
    stage.step("a collection made by keyboard alone");
    app.click("rail-new-collection")?;
    has_focus(app, "model-title")?;
    stage.picture(app, "a-new-collection")?;
    strike(app, TITLE)?;
    tab_to(app, "model-name")?;
    app.press(&format!("{}a", keys::CONTROL))?;
    strike(app, "pools")?;
    tab_to(app, "field-0-title")?;
    app.wait_for_text("model-name-problem", "built-in")?;
    strike(app, "Currency")?;
    stage.picture(app, "a-name-that-is-taken")?;
    inspector.look(app, "a data model with a fault")?;
    app.replace_text("model-name", NAME)?;
    app.wait_until_gone("model-name-problem")?;
    field(app, 1, "Rate", "Decimal")?;
    field(app, 2, "Note", "Text")?;
    field(app, 3, "Approved", "Yes")?;
    stage.step("what is typed is there after another screen");
    app.click("rail-runs")?;
    app.wait_until_gone("model-title")?;
    app.click("rail-new-collection")?;
    app.wait_for(Target::css("[data-testid=field-3-name]"))?;
    ensure!(app.value("field-3-name")? == "approved", "what was typed is lost");
    stage.picture(app, "a-collection-described")?;
    inspector.look(app, "a new data model")?;
    app.press(&format!("{}s", keys::CONTROL))?;
    app.wait_for("collection-model")?;
    app.wait_for_text(&*format!("rail-{NAME}"), "Exchange-rate")
}

/// Adds a field: its title, from which its name follows, and its type.
fn field(app: &App, at: usize, title: &str, kind: &str) -> Result<()> {
    tab_to(app, "model-add-field")?;
    app.press(keys::ENTER)?;
    has_focus(app, &format!("field-{at}-title"))?;
    strike(app, title)?;
    tab_to(app, &format!("field-{at}-type"))?;
    if kind == "Text" {
        return Ok(());
    }
    app.press(DOWN)?;
    app.wait_for(&*format!("field-{at}-type-choice"))?;
    strike(app, kind)?;
    app.press(keys::ENTER)?;
    app.wait_until_gone(&*format!("field-{at}-type-choice"))
}

fn fill(stage: &Connected, app: &App) -> Result<()> {
    stage.step("records in its grid; a long title is cut in the rail");
    let word = app.execute(IN_RAIL, &[json!(NAME)])?;
    ensure!(
        word["isCut"] == true && word["height"].as_u64() < Some(24),
        "the rail: {word}"
    );
    for (code, rate) in [("EUR", "1.08"), ("USD", "0.99")] {
        app.click("record-new")?;
        app.replace_text("field-currency", code)?;
        app.replace_text("field-rate", rate)?;
        app.replace_text("field-note", "agreed by phone")?;
        app.press(&format!("{}s", keys::CONTROL))?;
        app.wait_for("editor-kept")?;
    }
    stage.picture(app, "its-records")?;
    app.click("sync-now")?;
    airflow_has(
        stage,
        "EUR",
        &json!({"currency": "EUR", "rate": "1.08", "note": "agreed by phone"}),
    )
}

fn describe_change(stage: &Connected, app: &App, inspector: &mut Inspector) -> Result<()> {
    stage.step("a field renamed, another dropped: what that does is told first");
    app.click("collection-model")?;
    app.wait_for_text("model-version", "version 1 · 2 records")?;
    app.replace_text("field-1-name", "token_rate")?;
    app.press(keys::TAB)?;
    app.wait_for_text("field-1-name-problem", "secret")?;
    app.replace_text("field-1-name", "value")?;
    app.wait_until_gone("field-1-name-problem")?;
    app.wait_for_text("field-1-was", "was rate")?;
    app.click("field-2-drop")?;
    app.wait_for("bring-back-note")?;
    app.wait_for_text(
        "effect-renamed",
        "rate is called value from then on, in 2 records",
    )?;
    app.wait_for_text("effect-dropped", "Note is dropped: 2 records have a value")?;
    app.wait_for_text("effect-dropped", "agreed by phone")?;
    stage.picture(app, "what-a-change-does")?;
    inspector.look(app, "what a change of a data model does")?;
    let shown = shown(stage, "EUR")?;
    ensure!(
        shown["rate"] == "1.08" && shown["note"] == "agreed by phone",
        "told only: {shown}"
    );
    Ok(())
}

fn change(stage: &Connected, app: &App, inspector: &mut Inspector) -> Result<()> {
    stage.step("the change is made, and reaches Airflow");
    app.click("model-keep")?;
    app.wait_for_text("model-kept", "Version 2")?;
    app.wait_for_text("model-version", "version 2")?;
    stage.picture(app, "a-change-kept")?;
    inspector.look(app, "a data model that was kept")?;
    let shown = shown(stage, "EUR")?;
    ensure!(
        shown["value"] == "1.08" && shown.get("note").is_none(),
        "made: {shown}"
    );
    app.click("sync-now")?;
    let look = || {
        let text = stage
            .airflow
            .raw_variable("fx_overrides.$model")?
            .unwrap_or_default();
        Ok(text.contains("\"rename\"").then_some(()))
    };
    wait::until("the model in Airflow", SOON, look)
}

/// Another computer, which knows nothing but Airflow.
fn read_elsewhere(stage: &Connected) -> Result<()> {
    stage.step("another desktop reads it from Airflow");
    let other = Ctl::connected(&stage.airflow, &stage.airflow.base_url())?;
    other.sync()?.exits(0)?;
    let one = other.run(&["collection", "show", NAME])?.exits(0)?.json;
    let own = &one["model"]["x-leeward"];
    let changes = json!([
        {"version": 2, "drop": "note"},
        {"version": 2, "rename": "rate", "to": "value"},
    ]);
    ensure!(
        own["version"] == 2 && own["changes"] == changes,
        "the model: {own}"
    );
    let record = other.run(&["records", "get", NAME, "EUR"])?.exits(0)?.json;
    let fields = json!({"currency": "EUR", "value": "1.08"});
    ensure!(record["fields"] == fields, "the record: {record}");
    Ok(())
}

/// A file that is pasted, with a field more and a rule that a value breaks.
fn take_over_a_file(stage: &Connected, app: &App, inspector: &mut Inspector) -> Result<()> {
    stage.step("a model's file, pasted");
    let file = ctl_json(stage, &["collection", "show", NAME])?["model"].to_string();
    let file = file.replace(
        r#""currency":{"title":"Currency","type":"string"}"#,
        r#""currency":{"title":"Currency","type":"string","pattern":"^E"},"source":{"title":"Source","enum":["ECB","treasury"],"default":"ECB"}"#,
    );
    app.click("model-json-open")?;
    app.paste_over("model-json", &file)?;
    app.click("model-json-use")?;
    app.wait_for_text("effect-broken", "USD")?;
    app.wait_for_text("effect-filled", "2 records")?;
    stage.picture(app, "a-file-pasted")?;
    inspector.look(app, "a data model's file")?;
    app.press(keys::ESCAPE)?;
    app.click(Target::css(
        "[data-testid=model-field][data-name=source] [data-testid$=-rules]",
    ))?;
    app.wait_for("choice-1")?;
    stage.picture(app, "rules-of-a-choice")?;
    inspector.look(app, "the rules of a field")?;
    app.click("model-drop")?;
    app.wait_until_gone("effect-broken")
}

fn airflow_has(stage: &Connected, key: &str, wanted: &Value) -> Result<()> {
    let variable = format!("{NAME}.{key}");
    let mut last = None;
    let look = || {
        let text = stage.airflow.raw_variable(&variable)?.unwrap_or_default();
        let value: Value = serde_json::from_str(&text).unwrap_or_default();
        let is_there = value == *wanted;
        last = Some(text);
        Ok(is_there.then_some(()))
    };
    wait::until("the record in Airflow", SOON, look).with_context(|| format!("Airflow has {last:?}"))
}

/// The fields of a record, as this desktop has them.
fn shown(stage: &Connected, key: &str) -> Result<Value> {
    Ok(ctl_json(stage, &["records", "get", NAME, key])?["fields"].clone())
}

fn ctl_json(stage: &Connected, arguments: &[&str]) -> Result<Value> {
    let output = ctl(stage, arguments)?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "leewardctl {arguments:?}: {said}");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Goes on by Tab until that has the focus.
fn tab_to(app: &App, testid: &str) -> Result<()> {
    for _ in 0..80 {
        app.press(keys::TAB)?;
        if app.execute(FOCUSED, &[])? == json!(testid) {
            return Ok(());
        }
    }
    anyhow::bail!("Tab does not come to {testid}")
}

fn has_focus(app: &App, testid: &str) -> Result<()> {
    let look = || Ok((app.execute(FOCUSED, &[])? == json!(testid)).then_some(()));
    wait::until(&format!("{testid} to have the focus"), SOON, look)
}

/// Strikes each letter as a key of its own, wherever the focus is by then.
fn strike(app: &App, text: &str) -> Result<()> {
    for letter in text.chars() {
        app.press(&letter.to_string())?;
    }
    Ok(())
}
