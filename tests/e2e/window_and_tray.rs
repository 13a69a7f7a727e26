//! Opening, closing into the tray, coming back, and quitting.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::webdriver::{App, keys};
use harness::{wait, workspace};

use crate::screen::Screen;
use crate::stage::{Stage, picture};

const TITLE: &str = "Leeward";

/// Long enough for a cold start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn opens_and_shows_connect() -> Result<()> {
    let stage = Stage::usual()?;
    let app = stage.open()?;
    app.wait_for("connect-url")?;
    ensure!(app.count("no-tray")? == 0, "there is a tray");
    ensure!(
        app.execute("return document.activeElement.dataset.testid", &[])? == "connect-url",
        "one begins to type in the address"
    );
    picture(&app, "connect")?;

    let item = stage.tray().item()?;
    item.wait_for_label("Not connected")?;
    let labels: Vec<_> = item
        .menu()?
        .into_iter()
        .map(|line| line.label)
        .filter(|label| !label.is_empty())
        .collect();
    let expected = [
        "Not connected to Airflow yet",
        "Sync now",
        "Pending (–)",
        "Conflicts (–)",
        "Open Leeward",
        "Quit",
    ];
    assert_eq!(labels, expected);
    Ok(())
}

#[test]
fn the_page_reaches_nobody_but_the_app() -> Result<()> {
    let stage = Stage::usual()?;
    let app = stage.open()?;
    app.wait_for("connect-url")?;
    ensure!(
        app.execute_async(FETCH, &[])? == "connect-src",
        "the page could send a request"
    );
    let refused = app.execute_async(CLOSE, &[])?;
    let refused = refused.as_str().unwrap_or_default();
    ensure!(
        refused.contains("not allowed"),
        "a command that nobody permitted: {refused}"
    );
    Ok(())
}

/// The directive of the page's policy that stops a request to somewhere else.
const FETCH: &str = "
const done = arguments[0];
document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective), { once: true });
fetch('http://127.0.0.1:1/').catch(() => setTimeout(() => done('no policy stopped it'), 1000));";

/// A command of Tauri's own that the window was not given.
const CLOSE: &str = "
const done = arguments[0];
window.__TAURI_INTERNALS__.invoke('plugin:window|close', { label: 'main' }).then(() => done('done'), (error) => done(String(error)));";

#[test]
fn a_data_folder_of_its_own_has_its_own_webview_data() -> Result<()> {
    let mut stage = Stage::usual()?;
    let folder = stage.desktop.home().join("elsewhere");
    stage
        .desktop
        .set_env("LEEWARD_DATA_DIR", folder.display().to_string());
    let app = stage.open()?;
    app.wait_for("connect-url")?;
    app.execute_async(MAKE_DATABASE, &[])?;
    ensure!(
        folder.join("webview/databases").is_dir(),
        "IndexedDB is not in {}",
        folder.display()
    );
    ensure!(
        folder.join("logs").is_dir(),
        "the log is not in {}",
        folder.display()
    );
    Ok(())
}

const MAKE_DATABASE: &str = "
const done = arguments[0];
const opening = indexedDB.open('probe', 1);
opening.onsuccess = opening.onerror = () => done(true);";

#[test]
fn closing_hides_it_in_the_tray_and_quit_ends_it() -> Result<()> {
    let stage = Stage::usual()?;
    let app = stage.open()?;
    app.wait_for("connect-url")?;
    let item = stage.tray().item()?;

    close_window(&stage)?;
    wait_until_window_is(&stage, false)?;
    assert!(stage.app_runs(), "closing the window ended the app");
    item.click("Open Leeward")?;
    wait_until_window_is(&stage, true)?;

    // It may be gone before it has answered: whether the click was heard shows in what comes next.
    let clicked = item.click("Quit");
    wait_until_ended(&stage).with_context(|| format!("the click on Quit: {clicked:?}"))
}

#[test]
fn a_second_start_shows_the_window_of_the_first() -> Result<()> {
    let stage = Stage::usual()?;
    let app = stage.open()?;
    app.wait_for("connect-url")?;
    close_window(&stage)?;
    wait_until_window_is(&stage, false)?;

    let second = stage
        .desktop
        .command(workspace::app()?)
        .stderr(Stdio::null())
        .status()?;
    assert!(second.success(), "the second start failed: {second}");
    wait_until_window_is(&stage, true)
}

#[test]
fn keys_enlarge_the_page() -> Result<()> {
    let stage = Stage::usual()?;
    let app = stage.open()?;
    app.wait_for("connect-url")?;
    let usual = width(&app)?;
    app.press(&format!("{}=", keys::CONTROL))?;
    wait_until_narrower(&app, usual)?;
    app.press(&format!("{}0", keys::CONTROL))?;
    wait::until("the usual size", PATIENCE, || {
        Ok((width(&app)? == usual).then_some(()))
    })
}

/// A page that is enlarged by a tenth has a tenth less room.
fn wait_until_narrower(app: &App, usual: u64) -> Result<()> {
    wait::until("the page to be enlarged", PATIENCE, || {
        Ok((width(app)?.abs_diff(usual * 10 / 11) <= 2).then_some(()))
    })
}

fn width(app: &App) -> Result<u64> {
    let width = app.execute("return window.innerWidth", &[])?;
    width.as_u64().context("the page has no width")
}

#[test]
fn closing_without_a_tray_tells_and_quits() -> Result<()> {
    let stage = Stage::without_tray()?;
    let app = stage.open()?;
    app.wait_for("connect-url")?;
    app.wait_for_text("no-tray", "sync stops when this window is closed")?;
    close_window(&stage)?;
    let told = stage.notifications.wait_for("no longer syncs")?;
    assert!(told.body.contains("no tray"), "{told:?}");
    wait_until_ended(&stage)
}

/// As the window manager's close button does: it asks, it does not kill.
fn close_window(stage: &Stage) -> Result<()> {
    let screen = Screen::of(&stage.desktop)?;
    let window = screen
        .shown_window(TITLE)?
        .context("there is no window to close")?;
    screen.ask_to_close(window)
}

fn wait_until_window_is(stage: &Stage, shown: bool) -> Result<()> {
    let state = if shown { "shown" } else { "hidden" };
    let screen = Screen::of(&stage.desktop)?;
    wait::until(&format!("the window to be {state}"), PATIENCE, || {
        Ok((screen.shown_window(TITLE)?.is_some() == shown).then_some(()))
    })
}

fn wait_until_ended(stage: &Stage) -> Result<()> {
    wait::until("the app to end", PATIENCE, || {
        Ok((!stage.app_runs()).then_some(()))
    })
}
