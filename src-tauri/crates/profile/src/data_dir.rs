//! Where an analyst's Leeward keeps its files.

use crate::problem::{file_trouble, problem};
use leeward_model::{Problem, ProblemCode};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The variable that names the folder.
const VARIABLE: &str = "LEEWARD_DATA_DIR";

/// The folder of everything that is kept on this computer, IndexedDB excepted. Only its owner can enter it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// The folder `given`, else the one in `LEEWARD_DATA_DIR`, else `leeward` where the system keeps such data
    /// (`$XDG_DATA_HOME`); made when it is not there. A `~` at its beginning is the home folder, for those whom no shell
    /// told so: a `.env` file, a service, `--data-dir=~/x`.
    ///
    /// # Errors
    /// `BadInput` when no place can be found, `Storage` when the folder cannot be made.
    pub fn resolve(given: Option<&Path>) -> Result<Self, Problem> {
        let folder = given
            .map(Path::to_owned)
            .or_else(|| from_variable(VARIABLE))
            .or_else(usual)
            .ok_or_else(nowhere)?;
        let folder = at_home(folder, env::home_dir)?;
        let folder = std::path::absolute(&folder).map_err(|e| file_trouble("find", &folder, &e))?;
        let this = Self(folder);
        for place in [this.0.clone(), this.0.join("mirrors"), this.0.join("locks")] {
            make_private(&place).map_err(|e| file_trouble("make the folder", &place, &e))?;
        }
        // Whoever logs finds out, and nobody is kept from their work.
        let _ = make_private(&this.log_dir());
        Ok(this)
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The list of environments.
    #[must_use]
    pub fn environments_file(&self) -> PathBuf {
        self.0.join("environments.json")
    }

    /// An environment's mirror.
    #[must_use]
    pub fn mirror_file(&self, environment: &str) -> PathBuf {
        self.0.join("mirrors").join(format!("{environment}.sqlite"))
    }

    /// The file whose lock says who syncs an environment.
    #[must_use]
    pub fn lock_file(&self, environment: &str) -> PathBuf {
        self.0.join("locks").join(format!("{environment}.sync"))
    }

    /// The folder of the log files.
    #[must_use]
    pub fn log_dir(&self) -> PathBuf {
        self.0.join("logs")
    }

    /// The encrypted secrets, where there is no keychain.
    #[must_use]
    pub fn vault_file(&self) -> PathBuf {
        self.0.join("secrets.age")
    }

    /// A lock for changes of one of the files above.
    pub(crate) fn change_lock(&self, of: &str) -> PathBuf {
        self.0.join("locks").join(format!("{of}.change"))
    }
}

fn from_variable(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

#[cfg(not(any(target_os = "macos", windows)))]
fn usual() -> Option<PathBuf> {
    // The XDG base directory specification: a relative path there is to be ignored.
    from_variable("XDG_DATA_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| Some(env::home_dir()?.join(".local/share")))
        .map(|folder| folder.join("leeward"))
}

#[cfg(target_os = "macos")]
fn usual() -> Option<PathBuf> {
    Some(env::home_dir()?.join("Library/Application Support/leeward"))
}

#[cfg(windows)]
fn usual() -> Option<PathBuf> {
    Some(from_variable("APPDATA")?.join("leeward"))
}

/// The path with the home folder in place of `~`. Another user's (`~ann`) is not looked up.
fn at_home(folder: PathBuf, home: impl FnOnce() -> Option<PathBuf>) -> Result<PathBuf, Problem> {
    let mut parts = folder.components();
    let Some(first) = parts.next().map(|first| first.as_os_str().as_encoded_bytes()) else {
        return Ok(folder);
    };
    match first {
        b"~" => home().map(|home| home.join(parts.as_path())).ok_or_else(nowhere),
        [b'~', ..] => Err(problem(
            ProblemCode::BadInput,
            format!("Leeward does not know whose folder {} is.", folder.display()),
            "Nothing was done.",
            "Give the whole path, or ~/… for your own home folder, or ./~… for a folder of that name.",
        )),
        _ => Ok(folder),
    }
}

fn nowhere() -> Problem {
    problem(
        ProblemCode::BadInput,
        "This computer does not say where an application may keep its data.",
        "Nothing was done.",
        format!("Name a folder in {VARIABLE}."),
    )
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_given_folder_is_made_with_its_parts() {
        let outer = tempfile::tempdir().unwrap();
        let dir = DataDir::resolve(Some(&outer.path().join("a/b"))).unwrap();
        assert!(dir.mirror_file("prod").parent().unwrap().is_dir());
        assert!(dir.lock_file("prod").parent().unwrap().is_dir());
        assert!(dir.mirror_file("prod").ends_with("mirrors/prod.sqlite"));
    }

    #[test]
    fn a_tilde_is_the_home_folder() {
        let at =
            |path: &str| at_home(path.into(), || Some("/people/ann".into())).map_err(|problem| problem.code);
        for (path, folder) in [
            ("~", "/people/ann"),
            ("~/", "/people/ann"),
            ("~/x/y", "/people/ann/x/y"),
            ("/a/~/x", "/a/~/x"),
            ("./~/x", "./~/x"),
            ("a~", "a~"),
        ] {
            assert_eq!(at(path), Ok(folder.into()), "{path}");
        }
        assert_eq!(at("~bob/x"), Err(ProblemCode::BadInput));
        assert_eq!(
            at_home("~/x".into(), || None).map_err(|problem| problem.code),
            Err(ProblemCode::BadInput)
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_new_folder_is_the_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let outer = tempfile::tempdir().unwrap();
        let dir = DataDir::resolve(Some(&outer.path().join("x"))).unwrap();
        assert_eq!(
            fs::metadata(dir.path()).unwrap().permissions().mode() & 0o777,
            0o700
        );
    }

    #[test]
    fn a_file_in_the_way_is_told() {
        let outer = tempfile::tempdir().unwrap();
        let file = outer.path().join("file");
        fs::write(&file, "").unwrap();
        assert_eq!(
            DataDir::resolve(Some(&file)).unwrap_err().code,
            ProblemCode::Storage
        );
    }
}
