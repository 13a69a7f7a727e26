//! The grid by keyboard, with a real clipboard, over a restart.

use crate::connected::Connected;
use anyhow::{Context, Result, ensure};
use harness::wait;
use harness::webdriver::{App, Target, keys};
use serde_json::{Value, json};
use std::time::Duration;

const POOL: &str = "reporting";
const OTHER: &str = "warehouse";
const PASTED: &str = "night_load\t3\t\"runs from 22:00\nto 04:00\"\tTRUE\nnight_export\t2";

/// What a cell of the grid shows.
const SHOWN: &str = "
const [key, column] = arguments;
return document.querySelector(`[data-key=\"${key}\"] [data-testid=cell-${column}] .ellipsis`)?.textContent ?? null";

const SOON: Duration = Duration::from_secs(30);

#[test]
fn edit_paste_undo_restart_and_redo_by_keyboard() -> Result<()> {
    let mut stage = Connected::start()?;
    let writer = stage.airflow.writer()?;
    writer.set_pool(POOL, "for reports")?;
    writer.set_pool(OTHER, "for loads")?;
    let app = stage.stage.open()?;
    connect(&stage, &app)?;
    edit(&stage, &app)?;
    click_elsewhere(&stage, &app)?;
    copy(&stage, &app)?;
    paste(&stage, &app)?;
    let app = undo_and_restart(&mut stage, app)?;
    redo(&stage, &app)
}

fn connect(stage: &Connected, app: &App) -> Result<()> {
    app.replace_text("connect-url", &stage.airflow.base_url())?;
    app.click("connect-probe")?;
    app.wait_for("connect-version")?;
    app.replace_text("connect-username", stage.airflow.username())?;
    app.replace_text("connect-password", stage.airflow.password())?;
    app.click("connect-submit")?;
    app.wait_for("variable-row")?;
    app.click("rail-pools")?;
    app.wait_for(row(POOL))
}

fn edit(stage: &Connected, app: &App) -> Result<()> {
    stage.step("a number typed into a cell: what is none is said, and stays");
    app.click(cell(POOL, "slots"))?;
    strike(app, "4x")?;
    app.press(keys::ENTER)?;
    app.wait_for_text("cell-problem", "is not a whole number")?;
    stage.picture(app, "a-cell-that-does-not-fit")?;
    app.press(keys::BACKSPACE)?;
    strike(app, "2")?;
    app.press(keys::ENTER)?;
    app.wait_until_gone("cell-editor")?;
    wait_for(app, POOL, "slots", Some("42"))?;
    stage.picture(app, "a-cell-edited")?;
    app.click("sync-now")?;
    airflow_has(stage, POOL, "slots", &json!(42))
}

fn click_elsewhere(stage: &Connected, app: &App) -> Result<()> {
    stage.step("a click on the search while a cell is open: the next keys are the search's");
    app.click(cell(POOL, "description"))?;
    strike(app, "for")?;
    app.wait_for("cell-editor")?;
    app.click("pool-search")?;
    strike(app, "port")?;
    let typed = || Ok((app.value("pool-search")? == "port").then_some(()));
    wait::until("the search to have what was typed", SOON, typed)?;
    wait_for(app, POOL, "description", Some("for"))?;
    (0.."port".len()).try_for_each(|_| app.press(keys::BACKSPACE))?;
    app.wait_for(row(OTHER))
}

fn copy(stage: &Connected, app: &App) -> Result<()> {
    stage.step("Ctrl+C and Ctrl+V, through the desktop's clipboard");
    app.click(cell(POOL, "slots"))?;
    app.press(&format!("{}c", keys::CONTROL))?;
    app.click(cell(OTHER, "slots"))?;
    app.press(&format!("{}v", keys::CONTROL))?;
    wait_for(app, OTHER, "slots", Some("42"))
}

fn paste(stage: &Connected, app: &App) -> Result<()> {
    stage.step("two rows pasted by their keys");
    app.click(cell(POOL, "slots"))?;
    app.press(HOME)?;
    app.paste(PASTED)?;
    app.wait_for(row("night_load"))?;
    wait_for(app, "night_load", "description", Some("runs from 22:00 to 04:00"))?;
    wait_for(app, "night_load", "include_deferred", Some("yes"))?;
    wait_for(app, "night_export", "slots", Some("2"))?;
    stage.picture(app, "rows-pasted")
}

fn undo_and_restart(stage: &mut Connected, app: App) -> Result<App> {
    stage.step("undo takes both rows and the copy away; then kill -9");
    // What waits to be sent is undone before it is: the two rows must not be there before the redo.
    app.press(&format!("{}z", keys::CONTROL))?;
    app.wait_until_gone(row("night_export"))?;
    app.press(&format!("{}z", keys::CONTROL))?;
    wait_for(&app, OTHER, "slots", Some("1"))?;
    app.kill()?;
    stage.stage.open()
}

fn redo(stage: &Connected, app: &App) -> Result<()> {
    stage.step("redo brings them back, and they arrive");
    app.click("rail-pools")?;
    app.click(cell(POOL, "slots"))?;
    app.press(&format!("{}y", keys::CONTROL))?;
    wait_for(app, OTHER, "slots", Some("42"))?;
    app.press(&format!("{}y", keys::CONTROL))?;
    app.wait_for(row("night_load"))?;
    app.click("sync-now")?;
    airflow_has(stage, "night_load", "slots", &json!(3))?;
    airflow_has(
        stage,
        "night_load",
        "description",
        &json!("runs from 22:00\nto 04:00"),
    )?;
    airflow_has(stage, "night_load", "include_deferred", &json!(true))?;
    airflow_has(stage, "night_export", "slots", &json!(2))?;
    airflow_has(stage, OTHER, "slots", &json!(42))
}

const HOME: &str = "\u{E011}";

/// Strikes each letter as a key of its own, wherever the focus is by then.
fn strike(app: &App, text: &str) -> Result<()> {
    for letter in text.chars() {
        app.press(&letter.to_string())?;
    }
    Ok(())
}

fn wait_for(app: &App, key: &str, column: &str, text: Option<&str>) -> Result<()> {
    let shown = || app.execute(SHOWN, &[json!(key), json!(column)]);
    let is_there = || Ok((shown()? == json!(text)).then_some(()));
    wait::until(&format!("{column} of {key} to be {text:?}"), SOON, is_there)
        .with_context(|| format!("the cell shows {:?}", shown().ok()))
}

fn airflow_has(stage: &Connected, key: &str, field: &str, value: &Value) -> Result<()> {
    let writer = stage.airflow.writer()?;
    let look = || {
        let pool = writer.pool(key)?;
        Ok(pool.is_some_and(|pool| pool[field] == *value).then_some(()))
    };
    wait::until(&format!("{field} of {key} to be {value} in Airflow"), SOON, look)?;
    ensure!(
        writer.pool("default_pool")?.is_some(),
        "the other pools are there"
    );
    Ok(())
}

fn row(key: &str) -> Target {
    Target::css(&format!("[data-testid=pool-row][data-key={key}]"))
}

fn cell(key: &str, column: &str) -> Target {
    Target::css(&format!(
        "[data-testid=pool-row][data-key={key}] [data-testid=cell-{column}]"
    ))
}
