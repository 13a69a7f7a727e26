//! The start at login: an entry that the desktop starts, and a start with the tray alone.

use std::fs;
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{wait, workspace};
use leeward_profile::{DataDir, Environment, Environments};
use serde_json::Value;

use crate::screen::Screen;
use crate::stage::Stage;

/// More than the time for which a tray is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

const INVOKE: &str = "
const [command, args, done] = arguments;
window.__TAURI_INTERNALS__.invoke(command, args).then((answer) => done(answer), (error) => done(String(error.what ?? error)));";

#[test]
fn it_is_an_entry_of_the_desktop_while_it_is_asked_for() -> Result<()> {
    let stage = Stage::usual()?;
    let app = stage.open()?;
    app.wait_for("connect-url")?;
    let ask = |command: &str, on: Value| app.execute_async(INVOKE, &[command.into(), on]);
    let starts = || ask("login_start", serde_json::json!({}));
    let set = |on: bool| ask("login_start_set", serde_json::json!({ "on": on }));
    let entry = stage.desktop.home().join(".config/autostart/leeward.desktop");
    ensure!(starts()? == false, "it is on by itself");
    set(true)?;
    let text = fs::read_to_string(&entry).with_context(|| entry.display().to_string())?;
    let program = workspace::app()?.canonicalize()?;
    ensure!(
        text.contains(&format!("\nExec=\"{}\" \"--hidden\"\n", program.display())),
        "{text}"
    );
    ensure!(starts()? == true, "it is not told");
    set(false)?;
    ensure!(!entry.exists() && starts()? == false, "it is still there");
    Ok(())
}

#[test]
fn it_starts_with_the_tray_alone_and_opens_from_there() -> Result<()> {
    let stage = Stage::usual()?;
    let data = DataDir::resolve(Some(&stage.desktop.data_home().join("leeward")))?;
    // Port 9 of loopback discards.
    Environments::load(&data)?.add(Environment::new(
        "kept",
        "http://127.0.0.1:9",
        Some("ann"),
        "#2f6f8f",
    ))?;
    let mut first = start_hidden(&stage)?;
    let item = stage.tray().item()?;
    wait_for_the_page(&stage)?;
    let again = start_hidden(&stage)?.wait()?;
    ensure!(again.success(), "a second start failed: {again}");
    ensure!(!is_shown(&stage)?, "the window is shown");
    item.click("Open Leeward")?;
    wait_until_shown(&stage)?;
    item.click("Quit").ok();
    first.wait()?;
    Ok(())
}

#[test]
fn it_shows_the_window_where_no_tray_comes() -> Result<()> {
    let stage = Stage::without_tray()?;
    let mut app = start_hidden(&stage)?;
    wait_until_shown(&stage)?;
    stage.desktop.kill_apps()?;
    app.wait()?;
    Ok(())
}

/// It works although nobody sees it: it opens its own store.
fn wait_for_the_page(stage: &Stage) -> Result<()> {
    let store = stage
        .desktop
        .data_home()
        .join("app.leeward.desktop/databases/indexeddb");
    wait::until("the page to open its store", PATIENCE, || {
        Ok(store.is_dir().then_some(()))
    })
}

fn start_hidden(stage: &Stage) -> Result<Child> {
    let mut command = stage.desktop.command(workspace::app()?);
    Ok(command.arg("--hidden").stderr(Stdio::null()).spawn()?)
}

fn is_shown(stage: &Stage) -> Result<bool> {
    Ok(Screen::of(&stage.desktop)?.shown_window("Leeward")?.is_some())
}

fn wait_until_shown(stage: &Stage) -> Result<()> {
    wait::until("the window to be shown", PATIENCE, || {
        Ok(is_shown(stage)?.then_some(()))
    })
}
