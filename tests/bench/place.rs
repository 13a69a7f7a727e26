//! The real app on a private desktop, connected to a model of Airflow with so many records.

use std::io::Write as _;
use std::process::Stdio;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow, ensure};
use harness::desktop::Desktop;
use harness::notifications::Notifications;
use harness::tray::Tray;
use harness::webdriver::{App, Target, keys};
use harness::{wait, workspace};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

use crate::children::{Model, USER};
use crate::process;

const ENVIRONMENT: &str = "bench";
/// Its mirror, within the data folder.
const MIRROR: &str = "leeward/mirrors/bench.sqlite";
/// For a first reading of all, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);
/// One question to the page; the driver gives up on one that takes half a minute.
const QUESTION_MS: u32 = 20_000;

const PAINTED: &str = include_str!("pages/painted.js");
const KEYSTROKE: &str = include_str!("pages/keystroke.js");
const KEYSTROKE_READ: &str = include_str!("pages/keystroke_read.js");
const SCROLL: &str = include_str!("pages/scroll.js");
const WORK: &str = include_str!("pages/work.js");
const WORK_READ: &str = include_str!("pages/work_read.js");
const BARE: &str = include_str!("pages/bare.js");
/// For so long a list is scrolled.
const SCROLLED_MS: u32 = 4_000;

/// The name of the app's own process.
const APP: &str = "leeward";
/// Beginnings of the names of all processes that the app consists of.
const PARTS: [&str; 3] = [APP, "WebKitWebProces", "WebKitNetworkPr"];

/// What stands in place of the rows where there are none.
const NO_ROWS: &str = ".list .empty";

/// A screen with rows: what its parts are found by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    /// The entry of the rail that leads there; none where the app starts with it.
    pub(crate) rail: Option<&'static str>,
    /// The count above the rows.
    pub(crate) count: &'static str,
    /// A row.
    pub(crate) row: &'static str,
    /// The field that is searched by.
    pub(crate) search: &'static str,
    /// What the count calls the rows.
    pub(crate) noun: &'static str,
}

/// The list of Variables.
pub(crate) const VARIABLES: Screen = Screen {
    rail: None,
    count: "[data-testid=variable-count]",
    row: "[data-testid=variable-row]",
    search: "variable-search",
    noun: "variables",
};

/// A desktop, and a model of Airflow in a process of its own. Fields are dropped in order: the desktop ends last.
pub(crate) struct Place {
    screen: Screen,
    rows: usize,
    _model: Model,
    _tray: Tray,
    _notifications: Notifications,
    desktop: Desktop,
}

impl Place {
    /// With the mirror filled from the model, and the window's store as well; the screen shows so many rows of it.
    pub(crate) fn start(model: Model, screen: Screen, rows: usize) -> Result<Self> {
        let mut desktop = Desktop::start()?;
        desktop.start_keychain()?;
        let place = Self {
            screen,
            rows,
            _model: model,
            _tray: Tray::start(&desktop)?,
            _notifications: Notifications::start(&desktop)?,
            desktop,
        };
        place.connect()?;
        place.open()?.until_all()?;
        Ok(place)
    }

    /// Starts the app.
    pub(crate) fn open(&self) -> Result<Window<'_>> {
        let mut app = App::open(&self.desktop, &workspace::app()?)?;
        app.set_patience(PATIENCE);
        Ok(Window { app, place: self })
    }

    /// The window has never seen the mirror.
    pub(crate) fn forget_window(&self) -> Result<()> {
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

    /// Waits, in a thread of its own, until the mirror has more of the window's work: the wall clock's milliseconds then.
    fn next_in_mirror(&self) -> Result<JoinHandle<Result<f64>>> {
        let file = self.desktop.data_home().join(MIRROR);
        let mirror = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let before = acked(&mirror)?;
        Ok(std::thread::spawn(move || {
            let until = Instant::now() + PATIENCE;
            while acked(&mirror)? <= before {
                ensure!(Instant::now() < until, "the mirror got nothing");
                std::thread::sleep(Duration::from_micros(200));
            }
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
            Ok(now.as_secs_f64() * 1000.0)
        }))
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
            "{}{} {}",
            found.unwrap_or_default(),
            thousands(self.rows),
            self.screen.noun
        )
    }
}

/// How much of the window's work a mirror has acknowledged.
fn acked(mirror: &Connection) -> Result<i64> {
    let mut select =
        mirror.prepare_cached("SELECT coalesce(max(acked), 0) FROM clients WHERE client = 'window'")?;
    Ok(select.query_row([], |row| row.get(0))?)
}

/// As the window writes a number below a million.
fn thousands(number: usize) -> String {
    match number / 1000 {
        0 => number.to_string(),
        thousands => format!("{thousands},{:03}", number % 1000),
    }
}

/// The running app.
pub(crate) struct Window<'p> {
    app: App,
    place: &'p Place,
}

impl Window<'_> {
    /// Seconds from the start of the app's process to the first rows, or to the words that there are none.
    pub(crate) fn until_rows(&self) -> Result<f64> {
        if let Some(rail) = self.place.screen.rail {
            self.app.click(rail)?;
        }
        let rows = match self.place.rows {
            0 => NO_ROWS,
            _ => self.place.screen.row,
        };
        self.until_painted(rows, "")
    }

    /// Seconds from the start of the app's process until the list has them all.
    pub(crate) fn until_all(&self) -> Result<f64> {
        self.until_rows()?;
        self.until_painted(self.place.screen.count, &self.place.counted(None))
    }

    /// Milliseconds from each keystroke of a word to its rows; `found` says how many there are of a text.
    pub(crate) fn search(&self, word: &str, found: impl Fn(&str) -> usize) -> Result<Vec<f64>> {
        self.app.click(self.place.screen.search)?;
        let ends = word.char_indices().map(|(at, letter)| at + letter.len_utf8());
        ends.map(|end| {
            let typed = &word[..end];
            let expected = self.place.counted(Some(found(typed)));
            self.app
                .execute(KEYSTROKE, &[json!(self.place.screen.count), json!(expected)])?;
            self.app.press(&typed[typed.len() - 1..])?;
            let took = self.app.execute_async(KEYSTROKE_READ, &[]);
            let took = took.with_context(|| format!("{expected:?} did not come after {typed:?}"))?;
            number(&took)
        })
        .collect()
    }

    /// Empties the search field.
    pub(crate) fn clear_search(&self) -> Result<()> {
        self.app.press(keys::ESCAPE)?;
        self.until_painted(self.place.screen.count, &self.place.counted(None))
            .map(drop)
    }

    /// Megabytes of all the app's processes (PSS), once a sync is over and they no longer change.
    pub(crate) fn settled_memory(&self) -> Result<f64> {
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

    /// Frames a second that showed rows while the list was scrolled.
    pub(crate) fn scroll(&self) -> Result<f64> {
        let question = [json!(self.place.screen.row), json!(SCROLLED_MS)];
        number(&self.app.execute_async(SCROLL, &question)?)
    }

    /// No sync by itself from now on.
    pub(crate) fn pause_sync(&self) -> Result<()> {
        self.app.click("sync-pause")?;
        self.app.wait_for_text("status-line", "Paused")
    }

    /// Types into a cell: milliseconds until the window's store has it, and until the mirror has.
    pub(crate) fn edit_cell(&self, key: &str, column: &str, text: &str) -> Result<[f64; 2]> {
        self.app.click(self.cell(key, column))?;
        for letter in text.chars() {
            self.app.press(&letter.to_string())?;
        }
        self.app
            .execute_async(WORK, &[json!("keydown"), json!("Enter")])?;
        let mirrored = self.place.next_in_mirror()?;
        self.app.press(keys::ENTER)?;
        let [began, kept] = self.work_took()?;
        let mirrored = mirrored.join().map_err(|_| anyhow!("the watcher ended"))??;
        Ok([kept - began, mirrored - began])
    }

    /// Pastes from a cell on: milliseconds until the window's store has it all.
    pub(crate) fn paste_at(&self, key: &str, column: &str, text: &str) -> Result<f64> {
        self.app.click(self.cell(key, column))?;
        self.app.execute_async(WORK, &[json!("paste"), Value::Null])?;
        self.app.paste(text)?;
        let [began, kept] = self.work_took()?;
        Ok(kept - began)
    }

    /// Milliseconds for so many rows in a database of their own.
    pub(crate) fn bare_rows(&self, rows: usize) -> Result<f64> {
        number(&self.app.execute_async(BARE, &[json!(rows)])?)
    }

    fn work_took(&self) -> Result<[f64; 2]> {
        let took = self.app.execute_async(WORK_READ, &[])?;
        Ok([number(&took[0])?, number(&took[1])?])
    }

    fn cell(&self, key: &str, column: &str) -> Target {
        let row = self.place.screen.row;
        Target::css(&format!("{row}[data-key=\"{key}\"] [data-testid=cell-{column}]"))
    }

    /// Saves a picture of the page.
    pub(crate) fn picture(&self, path: &std::path::Path) -> Result<()> {
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
