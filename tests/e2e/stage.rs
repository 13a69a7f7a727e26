//! A desktop with a tray, notifications and a keychain, and the app on it.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use harness::desktop::Desktop;
use harness::notifications::Notifications;
use harness::tray::Tray;
use harness::webdriver::App;
use harness::workspace;

/// What is there before the app opens. Fields are dropped in order: the desktop, which ends all, is last.
pub(crate) struct Stage {
    pub(crate) tray: Option<Tray>,
    pub(crate) notifications: Notifications,
    pub(crate) desktop: Desktop,
}

impl Stage {
    /// A desktop as most people have it.
    pub(crate) fn usual() -> Result<Self> {
        let mut stage = Self::without_tray()?;
        stage.tray = Some(Tray::start(&stage.desktop)?);
        Ok(stage)
    }

    /// A desktop that shows no tray icons.
    pub(crate) fn without_tray() -> Result<Self> {
        let mut desktop = Desktop::start()?;
        desktop.start_keychain()?;
        Self::on(desktop)
    }

    /// A desktop that keeps no secrets.
    pub(crate) fn without_keychain() -> Result<Self> {
        let mut stage = Self::on(Desktop::start()?)?;
        stage.tray = Some(Tray::start(&stage.desktop)?);
        Ok(stage)
    }

    fn on(desktop: Desktop) -> Result<Self> {
        let notifications = Notifications::start(&desktop)?;
        Ok(Self {
            tray: None,
            notifications,
            desktop,
        })
    }

    /// The tray of a stage that has one.
    pub(crate) fn tray(&self) -> &Tray {
        self.tray.as_ref().expect("this stage has a tray")
    }

    /// Opens the app.
    pub(crate) fn open(&self) -> Result<App> {
        App::open(&self.desktop, &workspace::app()?)
    }

    /// Whether the app's own process runs.
    pub(crate) fn app_runs(&self) -> bool {
        self.desktop.running().iter().any(|(_, name)| name == "leeward")
    }
}

/// Saves a picture of the window, where a folder for them was named.
pub(crate) fn picture(app: &App, name: &str) -> Result<()> {
    let Some(folder) = std::env::var_os("LEEWARD_TOUR_SCREENSHOTS").map(PathBuf::from) else {
        return Ok(());
    };
    fs::create_dir_all(&folder)?;
    app.screenshot(&folder.join(format!("{name}.png")))
}
