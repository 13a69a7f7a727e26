//! LibreOffice on workbooks, as people use it. Files are changed in its own text form, between two conversions.

use std::fs;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// So often it is started until one start saves something.
const STARTS_MAX: u32 = 3;

/// A folder, and LibreOffice in it.
#[derive(Debug)]
pub struct Office {
    folder: TempDir,
}

impl Office {
    /// An empty folder.
    ///
    /// # Errors
    /// Where none can be made.
    pub fn new() -> Result<Self> {
        Ok(Self {
            folder: tempfile::tempdir()?,
        })
    }

    /// Where the file of that name is.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Opens the file in LibreOffice and saves it in another form, under the same name in a folder called like the form. Where
    /// LibreOffice ends before it saved anything, as some of its starts on a new machine do, it is started again.
    ///
    /// # Errors
    /// Where LibreOffice is missing, or saves nothing.
    pub fn saves(&self, from: &str, form: &str) -> Result<PathBuf> {
        let mut last = self.saves_at_once(from, form, 0);
        for start in 1..STARTS_MAX {
            if last.is_ok() {
                break;
            }
            last = self.saves_at_once(from, form, start);
        }
        last
    }

    /// The same by one start, whose profile and home no other has.
    fn saves_at_once(&self, from: &str, form: &str, start: u32) -> Result<PathBuf> {
        let home = self.file(&format!("home-{form}-{start}"));
        fs::create_dir_all(&home)?;
        let profile = format!("-env:UserInstallation=file://{}/profile", home.display());
        let out = self.file(form);
        let ran = Command::new("soffice")
            .args([&profile, "--headless", "--convert-to", form, "--outdir"])
            .arg(&out)
            .arg(self.file(from))
            .env("HOME", &home)
            .output()
            .map_err(|error| {
                Error::other(format!(
                    "LibreOffice: `cargo xtask setup` installs libreoffice-calc-nogui: {error}"
                ))
            })?;
        let saved = out.join(Path::new(from).with_extension(form));
        if ran.status.success() && saved.exists() {
            return Ok(saved);
        }
        Err(Error::other(format!("LibreOffice saved no {form}: {ran:?}")))
    }

    /// The workbook as LibreOffice saves it after these replacements in its text form, each of one place.
    ///
    /// # Errors
    /// Those of [`Office::saves`]; where a text to replace is not there exactly once.
    pub fn edits(&self, workbook: &str, edits: &[(&str, &str)]) -> Result<PathBuf> {
        let mut text = fs::read_to_string(self.saves(workbook, "fods")?)?;
        for (from, to) in edits {
            let places = text.matches(from).count();
            if places != 1 {
                return Err(Error::other(format!("{places} places of {from}")));
            }
            text = text.replace(from, to);
        }
        let edited = Path::new(workbook).with_extension("fods");
        fs::write(self.folder.path().join(&edited), text)?;
        self.saves(&edited.to_string_lossy(), "xlsx")
    }
}
