//! A secret that is half typed is kept nowhere: Leeward asks before it ends.

use crate::connected::Connected;
use crate::terminal::add_environment;
use anyhow::{Context, Result, ensure};
use harness::webdriver::{App, Target};

#[test]
fn ending_with_a_half_typed_secret_asks_first() -> Result<()> {
    let desk = Connected::start()?;
    add_environment(&desk)?;
    let app = desk.stage.open()?;
    app.click("variable-new")?;
    app.replace_text("editor-key", "db_password")?;
    app.paste_over(Target::css("[data-testid=editor-value] .cm-content"), "hunter2")?;
    quit(&desk, &app)?;
    desk.picture(&app, "a-secret-would-be-lost")?;
    app.click("closing-stay")?;
    app.wait_until_gone("closing")?;
    ensure!(desk.stage.app_runs(), "it ended although it was to stay");
    quit(&desk, &app)?;
    app.click("closing-end")?;
    app.wait_until_ended()
}

/// By the tray, until the window asks.
fn quit(desk: &Connected, app: &App) -> Result<()> {
    let item = desk.stage.tray().item()?;
    item.click("Quit")?;
    app.wait_for("closing").context("it did not ask")
}
