//! The .deb as a person has it: installed on a Debian 12 that has nothing else, upgraded with work in it, removed. `LEEWARD_DEB`
//! names it; `cargo xtask dist --bare-debian` builds it and runs this.

mod debian;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use debian::Debian;
use harness::airflow_server::{AirflowServer, Options, seed};
use harness::desktop::Desktop;
use harness::wait;
use harness::webdriver::App;

const PACKAGE: &str = "leeward";
/// Below every version that was released.
const BEFORE: &str = "0.0.1";
const KEY: &str = "fx_fallback_rate";
/// A push, on a busy machine.
const LONG: Duration = Duration::from_secs(90);

#[test]
fn a_bare_debian_takes_it_and_gives_everything_back() -> Result<()> {
    let package = PathBuf::from(std::env::var_os("LEEWARD_DEB").context("LEEWARD_DEB names no package")?);
    let scratch = tempfile::tempdir()?;
    let debian = Debian::bare()?;
    debian.install(&debian::with_version(&package, BEFORE, scratch.path())?)?;
    ensure!(debian.version(PACKAGE)? == BEFORE);
    let mut desk = Desk::beside(&debian)?;

    desk.connects_and_reads()?;
    desk.airflow.stop();
    desk.edits_without_airflow()?;
    let before = contents(&desk.data())?;
    debian.install(&package)?;
    ensure!(debian.version(PACKAGE)? != BEFORE, "it was not upgraded");
    ensure!(contents(&desk.data())? == before, "the upgrade touched the work");
    desk.airflow.start_again()?;
    desk.sends_what_was_kept()?;

    let before = contents(&desk.data())?;
    debian.purge(PACKAGE)?;
    let left = debian.named(PACKAGE)?;
    ensure!(left.is_empty(), "of the package was left: {left:?}");
    ensure!(contents(&desk.data())? == before, "the removal touched the work");
    Ok(())
}

/// A desktop outside, whose programs are those of the package.
struct Desk {
    app: PathBuf,
    ctl: PathBuf,
    airflow: AirflowServer,
    desktop: Desktop,
}

impl Desk {
    fn beside(debian: &Debian) -> Result<Self> {
        let mut desktop = Desktop::start()?;
        desktop.start_keychain()?;
        let airflow = AirflowServer::start(Options {
            api_only: true,
            ..Options::default()
        })?;
        seed(&airflow.writer()?)?;
        Ok(Self {
            app: debian.program("leeward")?,
            ctl: debian.program("leewardctl")?,
            airflow,
            desktop,
        })
    }

    fn open(&self) -> Result<App> {
        let mut app = App::open(&self.desktop, &self.app)?;
        // A system that has only just been installed reads all of WebKit from the disk.
        app.set_patience(LONG);
        Ok(app)
    }

    /// As a person connects for the first time.
    fn connects_and_reads(&self) -> Result<()> {
        let app = self.open()?;
        app.replace_text("connect-url", &self.airflow.base_url())?;
        app.click("connect-probe")?;
        app.wait_for("connect-version")?;
        app.replace_text("connect-username", self.airflow.username())?;
        app.replace_text("connect-password", self.airflow.password())?;
        app.click("connect-submit")?;
        app.wait_for_text("status-line", "In sync")?;
        picture(&app, "in-sync")
    }

    fn edits_without_airflow(&self) -> Result<()> {
        let edit = ["records", "set", "variables", KEY, "--field", "value=1.0975"];
        let set = self.desktop.command(&self.ctl).args(edit).output()?;
        ensure!(set.status.success(), "{set:?}");
        let app = self.open()?;
        app.click("rail-pending")?;
        app.wait_for("pending-row")?;
        picture(&app, "pending-before-the-upgrade")
    }

    fn sends_what_was_kept(&self) -> Result<()> {
        let app = self.open()?;
        app.click("sync-now")?;
        wait::until("the edit to arrive", LONG, || {
            let raw = self.airflow.raw_variable(KEY)?;
            Ok((raw.as_deref() == Some("1.0975")).then_some(()))
        })?;
        app.wait_for_text("status-line", "In sync")?;
        picture(&app, "sent-after-the-upgrade")
    }

    fn data(&self) -> PathBuf {
        self.desktop.data_home().join("leeward")
    }
}

/// Every file below a folder with its bytes.
fn contents(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.insert(path.clone(), fs::read(&path)?);
            }
        }
    }
    ensure!(!files.is_empty(), "{} has no files", folder.display());
    Ok(files)
}

/// Saves a picture of the window, where a folder for them was named.
fn picture(app: &App, name: &str) -> Result<()> {
    let Some(folder) = std::env::var_os("LEEWARD_TOUR_SCREENSHOTS").map(PathBuf::from) else {
        return Ok(());
    };
    fs::create_dir_all(&folder)?;
    app.screenshot(&folder.join(format!("{name}.png")))
}
