//! The real app on a private desktop, connected to a model of Airflow with so many Variables.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::desktop::Desktop;
use harness::notifications::Notifications;
use harness::tray::Tray;
use harness::webdriver::{App, keys};
use harness::{wait, workspace};
use serde_json::{Value, json};

use super::process;
use crate::children::{Model, USER};

const ENVIRONMENT: &str = "bench";
/// For a first reading of all, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);
/// One question to the page; the driver gives up on one that takes half a minute.
const QUESTION_MS: u32 = 20_000;

const PAINTED: &str = include_str!("painted.js");
const KEYSTROKE: &str = include_str!("keystroke.js");
const KEYSTROKE_READ: &str = include_str!("keystroke_read.js");

/// The name of the app's own process.
const APP: &str = "leeward";
/// Beginnings of the names of all processes that the app consists of.
const PARTS: [&str; 3] = [APP, "WebKitWebProces", "WebKitNetworkPr"];

/// What the count above the list is found by.
const COUNT: &str = "[data-testid=variable-count]";
const ROW: &str = "[data-testid=variable-row]";
/// What stands in place of the rows where there are none.
const NO_ROWS: &str = ".list .empty";

/// A desktop, and a model of Airflow in a process of its own. Fields are dropped in order: the desktop ends last.
pub(super) struct Place {
    variables: usize,
    _model: Model,
    _tray: Tray,
    _notifications: Notifications,
    desktop: Desktop,
}

impl Place {
    /// With the mirror filled, and the window's store as well.
    pub(super) fn start(variables: usize) -> Result<Self> {
        let mut desktop = Desktop::start()?;
        desktop.start_keychain()?;
        let place = Self {
            variables,
            _model: Model::start(variables)?,
            _tray: Tray::start(&desktop)?,
            _notifications: Notifications::start(&desktop)?,
            desktop,
        };
        place.connect()?;
        place.open()?.until_all()?;
        Ok(place)
    }

    /// Starts the app.
    pub(super) fn open(&self) -> Result<Window<'_>> {
        let mut app = App::open(&self.desktop, &workspace::app()?)?;
        app.set_patience(PATIENCE);
        Ok(Window { app, place: self })
    }

    /// The window has never seen the mirror.
    pub(super) fn forget_window(&self) -> Result<()> {
        self.desktop.remove_data("databases/indexeddb")
    }

    fn connect(&self) -> Result<()> {
        let mut add = self.desktop.command(workspace::ctl()?);
        add.args(["env", "add", ENVIRONMENT, "--url", self._model.url()]);
        add.args(["--username", USER.0, "--password-stdin"]);
        let mut add = add.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        let mut input = add.stdin.take().context("no standard input")?;
        input.write_all(USER.1.as_bytes())?;
        drop(input);
        ensure!(add.wait()?.success(), "the environment could not be added");
        let mut sync = self.desktop.command(workspace::ctl()?);
        sync.args(["--env", ENVIRONMENT, "sync"]).stdout(Stdio::null());
        ensure!(sync.status()?.success(), "the mirror could not be filled");
        Ok(())
    }

    fn parts(&self) -> Vec<(u32, String)> {
        let mut parts = self.desktop.running();
        parts.retain(|(_, name)| PARTS.contains(&name.as_str()));
        parts
    }

    /// What the count says when all is there, and so many were found.
    fn counted(&self, found: Option<usize>) -> String {
        let found = found.map(|found| format!("{} of ", thousands(found)));
        format!(
            "{}{} variables",
            found.unwrap_or_default(),
            thousands(self.variables)
        )
    }
}

/// As the window writes a number below a million.
fn thousands(number: usize) -> String {
    match number / 1000 {
        0 => number.to_string(),
        thousands => format!("{thousands},{:03}", number % 1000),
    }
}

/// The running app.
pub(super) struct Window<'p> {
    app: App,
    place: &'p Place,
}

impl Window<'_> {
    /// Seconds from the start of the app's process to the first rows, or to the words that there are none.
    pub(super) fn until_rows(&self) -> Result<f64> {
        let rows = if self.place.variables == 0 { NO_ROWS } else { ROW };
        self.until_painted(rows, "")
    }

    /// Seconds from the start of the app's process until the list has them all.
    pub(super) fn until_all(&self) -> Result<f64> {
        self.until_rows()?;
        self.until_painted(COUNT, &self.place.counted(None))
    }

    /// Milliseconds from each keystroke of a word to its rows; `found` says how many there are of a text.
    pub(super) fn search(&self, word: &str, found: impl Fn(&str) -> usize) -> Result<Vec<f64>> {
        self.app.click("variable-search")?;
        let ends = word.char_indices().map(|(at, letter)| at + letter.len_utf8());
        ends.map(|end| {
            let typed = &word[..end];
            let expected = self.place.counted(Some(found(typed)));
            self.app.execute(KEYSTROKE, &[json!(COUNT), json!(expected)])?;
            self.app.press(&typed[typed.len() - 1..])?;
            let took = self.app.execute_async(KEYSTROKE_READ, &[]);
            let took = took.with_context(|| format!("{expected:?} did not come after {typed:?}"))?;
            number(&took)
        })
        .collect()
    }

    /// Empties the search field.
    pub(super) fn clear_search(&self) -> Result<()> {
        self.app.press(keys::ESCAPE)?;
        self.until_painted(COUNT, &self.place.counted(None)).map(drop)
    }

    /// Megabytes of all the app's processes (PSS), once a sync is over and they no longer change.
    pub(super) fn settled_memory(&self) -> Result<f64> {
        self.app.wait_for_text("status-line", "In sync")?;
        let mut last = Vec::new();
        wait::until("the memory to settle", PATIENCE, || {
            std::thread::sleep(process::LOOK);
            let parts = self.place.parts();
            ensure!(parts.len() == PARTS.len(), "the app consists of {parts:?}");
            last.push(process::memory_mb(parts.iter().map(|(id, _)| *id))?);
            Ok(process::settled(&last))
        })
    }

    /// Saves a picture of the page.
    pub(super) fn picture(&self, path: &std::path::Path) -> Result<()> {
        self.app.screenshot(path)
    }

    fn until_painted(&self, selector: &str, text: &str) -> Result<f64> {
        let started = self.started_at()?;
        let question = [json!(selector), json!(text), json!(QUESTION_MS)];
        let at = wait::until(&format!("{selector} with {text:?}"), PATIENCE, || {
            match self.app.execute_async(PAINTED, &question)? {
                Value::Null => Ok(None),
                at => number(&at).map(Some),
            }
        })?;
        Ok(at / 1000.0 - started)
    }

    fn started_at(&self) -> Result<f64> {
        let parts = self.place.parts();
        let app = parts.iter().find(|(_, name)| name == APP);
        process::started_at(app.context("the app does not run")?.0)
    }
}

fn number(value: &Value) -> Result<f64> {
    // Under `arbitrary_precision` a number is a text.
    let number = value.as_f64();
    number.with_context(|| format!("the page answered {value}"))
}
