//! A private desktop: a screen (Xvfb), a session bus, and a home that only the app sees.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::{processes, wait};

/// The bus sits in a fresh folder, under this name.
const BUS_SOCKET: &str = "bus";

/// What the app must not inherit: a person's own desktop would show through.
const FOREIGN: [&str; 4] = [
    "WAYLAND_DISPLAY",
    "XDG_SESSION_TYPE",
    "DESKTOP_STARTUP_ID",
    "XDG_CURRENT_DESKTOP",
];

/// A screen, a session bus and a home. Everything started on it ends when this is dropped.
pub struct Desktop {
    display: String,
    marker: String,
    extra: Vec<(String, String)>,
    children: Vec<Child>,
    // Last: removed only after the processes that use it have ended.
    scratch: TempDir,
}

impl Desktop {
    /// Starts a screen of 1280 × 900 and a session bus, both on free addresses.
    pub fn start() -> Result<Self> {
        let scratch = tempfile::Builder::new().prefix("leeward-desktop-").tempdir()?;
        let marker = scratch
            .path()
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let mut desktop = Self {
            display: String::new(),
            marker,
            extra: Vec::new(),
            children: Vec::new(),
            scratch,
        };
        desktop.make_folders()?;
        desktop.start_screen()?;
        desktop.start_bus()?;
        Ok(desktop)
    }

    /// The home of the app: everything that it keeps is below.
    pub fn home(&self) -> PathBuf {
        self.scratch.path().join("home")
    }

    /// `XDG_DATA_HOME` of the app.
    pub fn data_home(&self) -> PathBuf {
        self.home().join(".local/share")
    }

    /// Removes every file and folder of the app's data whose path ends so; an error when there is none, for whoever
    /// removes nothing proves nothing.
    pub fn remove_data(&self, end: &str) -> Result<()> {
        let removed = remove_below(&self.data_home(), end)?;
        anyhow::ensure!(removed > 0, "the app has no {end} to remove");
        Ok(())
    }

    /// The X display, such as `:3`.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// The address of the session bus.
    pub fn bus_address(&self) -> String {
        format!("unix:path={}", self.runtime_dir().join(BUS_SOCKET).display())
    }

    /// Sets a variable for everything that is started from now on.
    pub fn set_env(&mut self, name: &str, value: impl Into<String>) {
        self.extra.retain(|(known, _)| known != name);
        self.extra.push((name.to_owned(), value.into()));
    }

    /// A command that runs on this desktop. `leewardctl` and the WebDriver are started with it.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        FOREIGN.iter().for_each(|name| {
            command.env_remove(name);
        });
        command.envs(self.environment()).envs(self.extra.iter().cloned());
        command
    }

    /// Starts an unlocked keychain (Secret Service) on the bus. Without it the app finds none.
    pub fn start_keychain(&mut self) -> Result<()> {
        let mut keychain = self
            .command("gnome-keyring-daemon")
            .args(["--foreground", "--unlock", "--components=secrets"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("gnome-keyring-daemon does not start")?;
        let mut password = keychain
            .stdin
            .take()
            .context("gnome-keyring-daemon takes no password")?;
        self.children.push(keychain);
        password.write_all(b"harness\n")?;
        drop(password);
        self.wait_for_owner("org.freedesktop.secrets")
    }

    /// Saves the whole screen, also what is outside the app's page.
    pub fn screenshot(&self, path: &Path) -> Result<()> {
        let status = self
            .command("import")
            .args(["-window", "root"])
            .arg(path)
            .status()?;
        anyhow::ensure!(status.success(), "import could not save {}", path.display());
        Ok(())
    }

    /// `kill -9` of everything that the app's tree consists of: the app, its web and network processes, the driver.
    pub fn kill_apps(&self) -> Result<()> {
        kill_apps(&self.marker)
    }

    /// What marks everything that runs on this desktop (see [`processes::MARKER`]).
    pub fn marker(&self) -> &str {
        &self.marker
    }

    /// Process id and name of all that runs on this desktop, itself not included.
    pub fn running(&self) -> Vec<(u32, String)> {
        let mut running = processes::marked(&self.marker);
        running.retain(|(_, name)| !is_part_of_desktop(name));
        running
    }

    fn runtime_dir(&self) -> PathBuf {
        self.scratch.path().join("run")
    }

    fn make_folders(&self) -> Result<()> {
        fs::create_dir_all(self.data_home())?;
        fs::create_dir(self.runtime_dir())?;
        fs::set_permissions(self.runtime_dir(), Permissions::from_mode(0o700))?;
        Ok(())
    }

    fn environment(&self) -> Vec<(String, String)> {
        let home = self.home();
        let in_home = |folder: &str| home.join(folder).display().to_string();
        [
            ("DISPLAY", self.display.clone()),
            ("DBUS_SESSION_BUS_ADDRESS", self.bus_address()),
            ("XDG_RUNTIME_DIR", self.runtime_dir().display().to_string()),
            ("HOME", in_home("")),
            ("XDG_DATA_HOME", in_home(".local/share")),
            ("XDG_CONFIG_HOME", in_home(".config")),
            ("XDG_CACHE_HOME", in_home(".cache")),
            ("XDG_STATE_HOME", in_home(".local/state")),
            ("GDK_BACKEND", "x11".to_owned()),
            ("LIBGL_ALWAYS_SOFTWARE", "1".to_owned()),
            // There is no graphics card: OpenGL in software takes as much time as all else that the page does.
            ("WEBKIT_DISABLE_COMPOSITING_MODE", "1".to_owned()),
            // No accessibility bus: it would be started beside ours and outlive the test.
            ("NO_AT_BRIDGE", "1".to_owned()),
            ("GTK_A11Y", "none".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TZ", "UTC".to_owned()),
            (processes::MARKER, self.marker.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    fn start_screen(&mut self) -> Result<()> {
        // Xvfb picks the free display itself and writes its number to the file descriptor: nothing to race for.
        let mut screen = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1280x900x24",
                "-nolisten",
                "tcp",
                // A screen starts anew when its last window goes: an app that opens just then would find none.
                "-noreset",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("Xvfb does not start: `cargo xtask setup --for test` installs it")?;
        let output = screen.stdout.take().context("Xvfb has no output")?;
        self.children.push(screen);
        let mut number = String::new();
        BufReader::new(output).read_line(&mut number)?;
        anyhow::ensure!(!number.trim().is_empty(), "Xvfb ended before it had a display");
        self.display = format!(":{}", number.trim());
        Ok(())
    }

    fn start_bus(&mut self) -> Result<()> {
        let bus = self
            .command("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--address"])
            .arg(self.bus_address())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("dbus-daemon does not start: `cargo xtask setup --for test` installs it")?;
        self.children.push(bus);
        let socket = self.runtime_dir().join(BUS_SOCKET);
        wait::until("the session bus", Duration::from_secs(10), || {
            Ok(socket.exists().then_some(()))
        })
    }

    fn wait_for_owner(&self, name: &str) -> Result<()> {
        let address = self.bus_address();
        let connection = zbus::blocking::connection::Builder::address(address.as_str())?.build()?;
        let bus = zbus::blocking::fdo::DBusProxy::new(&connection)?;
        wait::until(name, Duration::from_secs(10), || {
            Ok(bus.name_has_owner(name.try_into()?)?.then_some(()))
        })
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        if let Err(error) = self.kill_apps() {
            report(&error);
        }
        // Reverse order: the screen goes last.
        self.children.iter_mut().rev().for_each(processes::stop);
        // Services that the bus activated (dconf, portals) outlive it.
        if let Err(error) = processes::kill_marked(&self.marker, |_| true) {
            report(&error);
        }
    }
}

#[expect(clippy::print_stderr, reason = "a drop cannot return what it could not stop")]
fn report(error: &anyhow::Error) {
    eprintln!("harness: {error:#}");
}

/// `kill -9` of everything on the marked desktop but the desktop itself.
pub(crate) fn kill_apps(marker: &str) -> Result<()> {
    processes::kill_marked(marker, |name| !is_part_of_desktop(name))
}

fn remove_below(folder: &Path, end: &str) -> Result<usize> {
    let mut removed = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        removed += match (path.ends_with(end), path.is_dir()) {
            (true, true) => fs::remove_dir_all(&path).map(|()| 1)?,
            (true, false) => fs::remove_file(&path).map(|()| 1)?,
            (false, true) => remove_below(&path, end)?,
            (false, false) => 0,
        };
    }
    Ok(removed)
}

fn is_part_of_desktop(name: &str) -> bool {
    ["dbus-daemon", "gnome-keyring-d", "dconf-service", "gvfsd"].contains(&name)
}
