//! The start at login: an entry among the programs that a desktop session starts, by the freedesktop specifications *Desktop
//! Application Autostart* and *Desktop Entry*. macOS and Windows have other ways, which are not offered.

use crate::hidden_start::HIDDEN;
use leeward_model::{Problem, ProblemCode};
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tauri::{AppHandle, Manager};

const FILE: &str = "leeward.desktop";
/// The folder that this program was told to keep its files in; the start at login is to use the same.
const DATA_DIR: &str = "LEEWARD_DATA_DIR";

/// The entry of this program.
#[derive(Debug)]
pub(crate) struct Login {
    /// The folder of such entries.
    folder: PathBuf,
    /// The words of the command.
    command: Vec<OsString>,
}

impl Login {
    /// Nothing where the system has no such entries.
    pub(crate) fn of(app: &AppHandle) -> Option<Self> {
        if !cfg!(all(unix, not(target_os = "macos"))) {
            return None;
        }
        let folder = app.path().config_dir().ok()?.join("autostart");
        let program = program(app)?.into_os_string();
        let data = std::env::var_os(DATA_DIR).filter(|folder| !folder.is_empty());
        Some(Self {
            folder,
            command: command(program, data),
        })
    }

    /// Whether the entry is there, and no tool for such entries has switched it off.
    pub(crate) fn is_on(&self) -> Result<bool, Problem> {
        match fs::read_to_string(self.file()) {
            Ok(entry) => Ok(!is_switched_off(&entry)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(trouble(&self.file(), "read", &error)),
        }
    }

    /// Writes the entry, in place of one that is there.
    pub(crate) fn turn_on(&self) -> Result<(), Problem> {
        let entry = entry(&self.command).ok_or_else(unwritable_command)?;
        self.put(&entry)
            .map_err(|error| trouble(&self.file(), "written", &error))
    }

    /// Removes the entry.
    pub(crate) fn turn_off(&self) -> Result<(), Problem> {
        match fs::remove_file(self.file()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(trouble(&self.file(), "removed", &error))
            }
            _ => Ok(()),
        }
    }

    /// Whole or not at all: half an entry would start something else.
    fn put(&self, entry: &str) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(entry.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(self.file())?;
        Ok(())
    }

    fn file(&self) -> PathBuf {
        self.folder.join(FILE)
    }
}

/// An AppImage is mounted anew at each start: its own file is the program.
fn program(app: &AppHandle) -> Option<PathBuf> {
    #[cfg(target_os = "linux")]
    if let Some(image) = app.env().appimage {
        return Some(image.into());
    }
    let _ = app;
    std::env::current_exe().ok()
}

fn command(program: OsString, data: Option<OsString>) -> Vec<OsString> {
    let mut words: Vec<OsString> = Vec::new();
    if let Some(folder) = data.and_then(|folder| std::path::absolute(PathBuf::from(folder)).ok()) {
        let mut setting = OsString::from(format!("{DATA_DIR}="));
        setting.push(folder);
        words.extend(["env".into(), setting]);
    }
    words.extend([program, HIDDEN.into()]);
    words
}

/// Nothing when the command has letters that an entry cannot hold.
fn entry(command: &[OsString]) -> Option<String> {
    let words: Option<Vec<String>> = command.iter().map(|word| quoted(word.to_str()?)).collect();
    // The value is escaped once more, as every text of an entry is.
    let exec = words?.join(" ").replace('\\', "\\\\");
    Some(format!(
        "[Desktop Entry]\n\
         Type=Application\n\
         Name=Leeward\n\
         Comment=Syncs with Airflow from the tray\n\
         Exec={exec}\n\
         Icon=leeward\n\
         Terminal=false\n\
         StartupNotify=false\n"
    ))
}

/// A word of a command, by the rules of the key `Exec`.
fn quoted(word: &str) -> Option<String> {
    if word.chars().any(char::is_control) {
        return None;
    }
    let mut quoted = String::from('"');
    for letter in word.chars() {
        match letter {
            '"' | '`' | '$' | '\\' => quoted.extend(['\\', letter]),
            '%' => quoted.push_str("%%"),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    Some(quoted)
}

/// As desktops do it in place of removing an entry.
fn is_switched_off(entry: &str) -> bool {
    entry.lines().any(|line| {
        let line: String = line.split_whitespace().collect();
        line == "Hidden=true" || line == "X-GNOME-Autostart-enabled=false"
    })
}

fn unwritable_command() -> Problem {
    Problem {
        code: ProblemCode::BadInput,
        what: "Leeward cannot be started at login from where it is installed: a name of a folder has letters that \
               the list of such programs cannot hold."
            .into(),
        meaning: "Nothing was changed.".into(),
        next: "Install it in a folder with a plain name.".into(),
        retry: false,
    }
}

fn trouble(file: &Path, done: &str, error: &io::Error) -> Problem {
    Problem {
        code: ProblemCode::Storage,
        what: format!(
            "The entry for the start at login, {}, could not be {done}: {error}.",
            file.display()
        ),
        meaning: "Leeward starts at login as it did before.".into(),
        next: "Look whether the folder is yours and the disk has room, and try again.".into(),
        retry: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(folder: &Path, program: &str) -> Login {
        Login {
            folder: folder.join("made").join("autostart"),
            command: command(program.into(), None),
        }
    }

    #[test]
    fn it_is_off_until_it_is_asked_for_and_off_again() {
        let folder = tempfile::tempdir().unwrap();
        let login = login(folder.path(), "/usr/bin/leeward");
        assert!(!login.is_on().unwrap());
        login.turn_off().unwrap();
        login.turn_on().unwrap();
        assert!(login.is_on().unwrap());
        let entry = fs::read_to_string(login.file()).unwrap();
        assert!(
            entry.contains("\nExec=\"/usr/bin/leeward\" \"--hidden\"\n"),
            "{entry}"
        );
        login.turn_on().unwrap();
        login.turn_off().unwrap();
        assert!(!login.is_on().unwrap());
        assert_eq!(fs::read_dir(&login.folder).unwrap().count(), 0);
    }

    #[test]
    fn an_entry_that_a_desktop_switched_off_is_off() {
        let folder = tempfile::tempdir().unwrap();
        let login = login(folder.path(), "/usr/bin/leeward");
        login.turn_on().unwrap();
        for line in ["Hidden=true\n", "X-GNOME-Autostart-enabled = false\n"] {
            let mut entry = entry(&login.command).unwrap();
            entry.push_str(line);
            fs::write(login.file(), entry).unwrap();
            assert!(!login.is_on().unwrap(), "{line}");
        }
        login.turn_on().unwrap();
        assert!(login.is_on().unwrap(), "asked for again");
    }

    /// Twice escaped: by the rules of `Exec`, then by those of texts.
    #[test]
    fn any_path_is_one_word() {
        let exec = |program: &str, data: Option<&str>| {
            let entry = entry(&command(program.into(), data.map(OsString::from)))?;
            let line = entry.lines().find_map(|line| line.strip_prefix("Exec="));
            line.map(str::to_owned)
        };
        assert_eq!(
            exec("/opt/a b/100%/$x`\"\\", None).unwrap(),
            r#""/opt/a b/100%%/\\$x\\`\\"\\\\" "--hidden""#
        );
        assert_eq!(
            exec("/usr/bin/leeward", Some("/data/a b")).unwrap(),
            r#""env" "LEEWARD_DATA_DIR=/data/a b" "/usr/bin/leeward" "--hidden""#
        );
        assert_eq!(exec("/opt/a\nb", None), None);
    }

    #[test]
    fn what_cannot_be_written_is_told() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("made"), b"a file").unwrap();
        let problem = login(folder.path(), "/usr/bin/leeward").turn_on().unwrap_err();
        assert_eq!(problem.code, ProblemCode::Storage);
        assert!(problem.what.contains("could not be written"), "{problem}");
    }
}
