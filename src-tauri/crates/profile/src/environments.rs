//! The environments that the analyst configured, in one file outside the mirrors. No secret is in it.

mod file;

use crate::problem::problem;
use crate::{DataDir, SyncLock};
use leeward_model::{EnvironmentView, Problem, ProblemCode, SignInKind};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;
use ulid::Ulid;

/// The longest name of an environment, in characters.
const NAME_LENGTH_MAX: usize = 64;

/// Seconds between automatic cycles, unless the analyst says otherwise.
const INTERVAL_S: u32 = 60;

/// Seconds during which a write without an answer may still take effect: a gateway's time-out.
const SETTLE_S: u32 = 120;

/// Seconds that a request may take, its answer included.
const REQUEST_TIMEOUT_S: u32 = 60;
const HISTORY_DAYS: u32 = 730;
const HISTORY_VALUES: u32 = 1000;

/// The colours that environments get in turn.
const COLOURS: &[&str] = &["#2f6f8f", "#7a5c99", "#3f7d58", "#a8662c", "#9c4357", "#5a6b7b"];

/// An Airflow that the analyst connects to. Its secret is in the vault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Its identity: another one when it is removed and added again under its name. Its mirror and the window's store
    /// bear it.
    #[serde(default = "Ulid::nil")]
    pub id: Ulid,
    /// It was added before environments had identities: the window's store under its name alone is its own.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_from_before: bool,
    /// Unique; 1 to 64 of `A-Z a-z 0-9 . _ -`.
    pub name: String,
    /// The Airflow's address.
    pub url: String,
    /// The user's name for a password sign-in; `None` when the secret is a token.
    pub username: Option<String>,
    /// The colour along the top edge, as `#rrggbb`.
    pub colour: String,
    /// Seconds between automatic cycles; at least 1.
    #[serde(default = "interval_s")]
    pub interval_s: u32,
    /// Seconds during which a write without an answer may still take effect.
    #[serde(default = "settle_s")]
    pub settle_s: u32,
    /// Seconds that a request may take, its answer included; at least 1. After that its outcome is unknown.
    #[serde(default = "request_timeout_s")]
    pub request_timeout_s: u32,
    /// Days for which a record's earlier values are kept; `null` for ever. The newest one is always kept.
    #[serde(default = "history_days")]
    pub history_days: Option<u32>,
    /// Values kept of one record at most; at least 1.
    #[serde(default = "history_values")]
    pub history_values: u32,
    /// What is changed there is at once real.
    #[serde(default, skip_serializing_if = "is_false")]
    pub production: bool,
    /// Whether changes wait until the analyst has looked at them and says "send"; unset, they do where it is production.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<bool>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

fn interval_s() -> u32 {
    INTERVAL_S
}

fn settle_s() -> u32 {
    SETTLE_S
}

fn request_timeout_s() -> u32 {
    REQUEST_TIMEOUT_S
}

#[expect(clippy::unnecessary_wraps, reason = "serde wants the field's own type")]
fn history_days() -> Option<u32> {
    Some(HISTORY_DAYS)
}

fn history_values() -> u32 {
    HISTORY_VALUES
}

/// The colour of the next environment when `count` are there.
#[must_use]
pub fn default_colour(count: usize) -> &'static str {
    COLOURS[count % COLOURS.len()]
}

impl Environment {
    /// An environment with an identity of its own, and the usual interval and settle time.
    #[must_use]
    pub fn new(name: &str, url: &str, username: Option<&str>, colour: &str) -> Self {
        Self {
            id: Ulid::new(),
            is_from_before: false,
            name: name.into(),
            url: url.into(),
            username: username.map(Into::into),
            colour: colour.into(),
            interval_s: INTERVAL_S,
            settle_s: SETTLE_S,
            request_timeout_s: REQUEST_TIMEOUT_S,
            history_days: history_days(),
            history_values: HISTORY_VALUES,
            production: false,
            review: None,
        }
    }

    fn has_identity(&self) -> bool {
        !self.id.is_nil()
    }

    /// Whether changes wait until the analyst says "send".
    #[must_use]
    pub fn reviews(&self) -> bool {
        self.review.unwrap_or(self.production)
    }

    /// How long a request may take, its answer included.
    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_timeout_s.into())
    }

    /// The environment as screens and `leewardctl` show it.
    #[must_use]
    pub fn view(&self) -> EnvironmentView {
        EnvironmentView {
            id: self.id,
            is_from_before: self.is_from_before,
            name: self.name.clone(),
            url: self.url.clone(),
            sign_in: match self.username {
                Some(_) => SignInKind::Password,
                None => SignInKind::Token,
            },
            username: self.username.clone(),
            colour: self.colour.clone(),
            interval_s: self.interval_s,
            production: self.production,
            review: self.reviews(),
        }
    }

    fn check(&self) -> Result<(), Problem> {
        if !name_is_usable(&self.name) {
            return Err(refused(format!(
                "An environment's name is 1 to {NAME_LENGTH_MAX} letters, digits, dots, underscores or hyphens."
            )));
        }
        if !colour_is_usable(&self.colour) {
            return Err(refused("A colour is written as #rrggbb.".into()));
        }
        if self.interval_s == 0 {
            return Err(refused("The interval is at least one second.".into()));
        }
        if self.request_timeout_s == 0 {
            return Err(refused("A request may take at least one second.".into()));
        }
        if self.history_values == 0 {
            return Err(refused("At least one value of a record is kept.".into()));
        }
        Ok(())
    }
}

fn name_is_usable(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=NAME_LENGTH_MAX).contains(&name.len()) && name.chars().all(allowed)
}

fn colour_is_usable(colour: &str) -> bool {
    colour
        .strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.chars().all(|c| c.is_ascii_hexdigit()))
}

fn refused(what: String) -> Problem {
    problem(
        ProblemCode::BadInput,
        what,
        "Nothing was changed.",
        "Correct it and try again.",
    )
}

/// The list of environments, as it was when loaded or last changed. Every change reads the file again under a lock,
/// so that the app and `leewardctl` never undo each other's.
#[derive(Debug, Clone)]
pub struct Environments {
    data_dir: DataDir,
    list: Vec<Environment>,
}

impl Environments {
    /// Reads the list; empty when there is none yet.
    ///
    /// # Errors
    /// `Storage` when the file is there and cannot be read or understood.
    pub fn load(data_dir: &DataDir) -> Result<Self, Problem> {
        Ok(Self {
            list: file::read(data_dir)?,
            data_dir: data_dir.clone(),
        })
    }

    /// All of them, in the order in which they were added.
    #[must_use]
    pub fn list(&self) -> &[Environment] {
        &self.list
    }

    /// The environment of that name.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get(&self, name: &str) -> Result<&Environment, Problem> {
        let found = self.list.iter().find(|environment| environment.name == name);
        found.ok_or_else(|| unknown(name))
    }

    /// Whether an environment could be added, before anything is asked of its Airflow.
    ///
    /// # Errors
    /// `BadInput` for a name that is taken or a value that cannot be used.
    pub fn check_new(&self, environment: &Environment) -> Result<(), Problem> {
        environment.check()?;
        is_free(&self.list, &environment.name)
    }

    /// Adds an environment. A mirror that an earlier one of that name left behind is moved away first, since its work is
    /// not for this one; returns where it is now.
    ///
    /// # Errors
    /// `BadInput` for a name that is taken or a value that cannot be used; `Storage`.
    pub fn add(&mut self, environment: Environment) -> Result<Option<PathBuf>, Problem> {
        environment.check()?;
        let data_dir = self.data_dir.clone();
        self.change(|list| {
            is_free(list, &environment.name)?;
            let left_behind = file::set_mirror_aside(&data_dir, &environment.name)?;
            list.push(environment);
            Ok(left_behind)
        })
    }

    /// Whether these environments of a backup could be brought back, before any of them is.
    ///
    /// # Errors
    /// `BadInput` for a name that is taken or comes twice, or a value that cannot be used.
    pub fn check_all_new(&self, all: &[Environment]) -> Result<(), Problem> {
        let mut list = self.list.clone();
        for environment in all {
            environment.check()?;
            is_free(&list, &environment.name)?;
            list.push(environment.clone());
        }
        Ok(())
    }

    /// Brings back environments with their identities, and with the mirrors at those paths, which are moved to their places.
    ///
    /// # Errors
    /// Those of [`Environments::check_all_new`]: none of them is brought back then; `Storage`.
    pub fn bring_back(&mut self, all: &[(Environment, Option<PathBuf>)]) -> Result<(), Problem> {
        let data_dir = self.data_dir.clone();
        self.change(|list| {
            let known = Self {
                data_dir: data_dir.clone(),
                list: list.clone(),
            };
            let environments: Vec<Environment> = all.iter().map(|(one, _)| one.clone()).collect();
            known.check_all_new(&environments)?;
            for (environment, mirror) in all {
                file::set_mirror_aside(&data_dir, &environment.name)?;
                if let Some(mirror) = mirror {
                    file::put_mirror(&data_dir, &environment.name, mirror)?;
                }
            }
            list.extend(environments);
            Ok(())
        })
    }

    /// Changes an environment and returns it as it is then. Its name and identity stay.
    ///
    /// # Errors
    /// `NotFound`, `BadInput` for a value that cannot be used, `Storage`.
    pub fn update(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut Environment),
    ) -> Result<Environment, Problem> {
        self.change(|list| {
            let environment = list
                .iter_mut()
                .find(|e| e.name == name)
                .ok_or_else(|| unknown(name))?;
            let id = environment.id;
            change(environment);
            (environment.name, environment.id) = (name.into(), id);
            environment.check()?;
            Ok(environment.clone())
        })
    }

    /// Removes an environment and its mirror with all that is in it. The secret is the caller's to remove.
    ///
    /// # Errors
    /// `NotFound`; `Busy` while it is being synchronised; `Storage`.
    pub fn remove(&mut self, name: &str) -> Result<(), Problem> {
        self.get(name)?;
        let Some(_lock) = SyncLock::try_acquire(&self.data_dir, name)? else {
            return Err(Problem {
                retry: true,
                ..problem(
                    ProblemCode::Busy,
                    format!("{name} is being synchronised at the moment."),
                    "It was not removed.",
                    "Try again when that has ended.",
                )
            });
        };
        self.change(|list| {
            list.retain(|environment| environment.name != name);
            Ok(())
        })?;
        file::remove_mirror(&self.data_dir, name)
    }

    fn change<T>(
        &mut self,
        change: impl FnOnce(&mut Vec<Environment>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let (list, result) = file::change(&self.data_dir, change)?;
        self.list = list;
        Ok(result)
    }
}

fn is_free(list: &[Environment], name: &str) -> Result<(), Problem> {
    if list.iter().any(|other| other.name == name) {
        return Err(refused(format!("There is an environment named {name} already.")));
    }
    Ok(())
}

fn unknown(name: &str) -> Problem {
    problem(
        ProblemCode::NotFound,
        format!("There is no environment named {name}."),
        "Nothing was done.",
        "Choose one that is configured, or add it.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn place() -> (tempfile::TempDir, DataDir) {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::resolve(Some(folder.path())).unwrap();
        (folder, dir)
    }

    fn environment(name: &str) -> Environment {
        Environment::new(name, "http://127.0.0.1:8080", Some("ann"), default_colour(0))
    }

    #[test]
    fn what_is_added_is_there_for_the_next_process() {
        let (_folder, dir) = place();
        let added = environment("prod");
        Environments::load(&dir).unwrap().add(added.clone()).unwrap();
        let again = Environments::load(&dir).unwrap();
        assert_eq!(again.list(), [added]);
        assert_eq!(again.get("nope").unwrap_err().code, ProblemCode::NotFound);
    }

    #[test]
    fn two_processes_do_not_undo_each_other() {
        let (_folder, dir) = place();
        let mut one = Environments::load(&dir).unwrap();
        let mut other = Environments::load(&dir).unwrap();
        one.add(environment("a")).unwrap();
        other.add(environment("b")).unwrap();
        assert_eq!(other.list().len(), 2);
        assert_eq!(one.add(environment("b")).unwrap_err().code, ProblemCode::BadInput);
    }

    #[test]
    fn names_are_usable_as_file_names() {
        for name in ["", "a/b", "a b", "ä", &"x".repeat(65)] {
            assert_eq!(
                environment(name).check().unwrap_err().code,
                ProblemCode::BadInput,
                "{name:?}"
            );
        }
        for name in ["p", "Prod-1.eu_west", &"x".repeat(64)] {
            environment(name).check().unwrap();
        }
    }

    #[test]
    fn an_update_is_checked_and_keeps_the_name() {
        let (_folder, dir) = place();
        let mut all = Environments::load(&dir).unwrap();
        all.add(environment("prod")).unwrap();
        let changed = all.update("prod", |e| {
            e.settle_s = 1;
            e.name = "other".into();
        });
        assert_eq!(changed.unwrap().settle_s, 1);
        assert!(all.update("prod", |e| e.colour = "red".into()).is_err());
        assert!(all.update("prod", |e| e.request_timeout_s = 0).is_err());
        assert!(all.update("prod", |e| e.history_values = 0).is_err());
        let kept = Environments::load(&dir).unwrap();
        assert_eq!(kept.get("prod").unwrap().colour, default_colour(0));
    }

    #[test]
    fn history_is_kept_for_two_years_unless_the_file_says_otherwise() {
        let mut written = serde_json::to_value(environment("prod")).unwrap();
        written["history_days"] = serde_json::Value::Null;
        let for_ever: Environment = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(for_ever.history_days, None);
        written.as_object_mut().unwrap().remove("history_days");
        let usual: Environment = serde_json::from_value(written).unwrap();
        assert_eq!((usual.history_days, usual.history_values), (Some(730), 1000));
    }

    #[test]
    fn removing_takes_the_mirror_too_but_not_during_a_sync() {
        let (_folder, dir) = place();
        let mut all = Environments::load(&dir).unwrap();
        all.add(environment("prod")).unwrap();
        fs::write(dir.mirror_file("prod"), "x").unwrap();
        let lock = SyncLock::try_acquire(&dir, "prod").unwrap();
        assert_eq!(all.remove("prod").unwrap_err().code, ProblemCode::Busy);
        assert!(dir.mirror_file("prod").exists());
        drop(lock);
        all.remove("prod").unwrap();
        assert!(!dir.mirror_file("prod").exists());
        assert!(Environments::load(&dir).unwrap().list().is_empty());
    }

    /// A file as it was written before environments had identities.
    fn file_from_before(dir: &DataDir) {
        let mut file = serde_json::json!({ "environments": [environment("prod"), environment("test")] });
        for one in file["environments"].as_array_mut().unwrap() {
            one.as_object_mut().unwrap().remove("id");
        }
        fs::write(dir.environments_file(), file.to_string()).unwrap();
    }

    fn identities(dir: &DataDir) -> Vec<(Ulid, bool)> {
        let all = Environments::load(dir).unwrap();
        all.list()
            .iter()
            .map(|one| (one.id, one.is_from_before))
            .collect()
    }

    #[test]
    fn environments_from_before_get_identities_for_good() {
        let (_folder, dir) = place();
        file_from_before(&dir);
        let first = identities(&dir);
        assert!(first.iter().all(|(id, from_before)| !id.is_nil() && *from_before));
        assert_ne!(first[0].0, first[1].0);
        assert_eq!(identities(&dir), first);
    }

    #[test]
    fn whoever_reads_a_file_from_before_at_once_finds_the_same_identities() {
        let (_folder, dir) = place();
        file_from_before(&dir);
        let found: Vec<_> = std::thread::scope(|scope| {
            let readers: Vec<_> = (0..8).map(|_| scope.spawn(|| identities(&dir))).collect();
            readers.into_iter().map(|reader| reader.join().unwrap()).collect()
        });
        assert!(found.iter().all(|one| *one == found[0]));
        assert_eq!(identities(&dir), found[0]);
    }

    #[test]
    fn an_environment_that_is_added_again_is_another_one() {
        let (_folder, dir) = place();
        let mut all = Environments::load(&dir).unwrap();
        all.add(environment("prod")).unwrap();
        let before = identities(&dir);
        all.update("prod", |one| one.id = Ulid::new()).unwrap();
        assert_eq!(identities(&dir), before, "an update leaves it");
        all.remove("prod").unwrap();
        all.add(environment("prod")).unwrap();
        assert_ne!(identities(&dir), before);
    }

    #[test]
    fn a_mirror_that_was_left_behind_is_kept_beside_and_not_taken_over() {
        let (_folder, dir) = place();
        let mut all = Environments::load(&dir).unwrap();
        let mirror = dir.mirror_file("prod");
        let wal = mirror.with_extension("sqlite-wal");
        for round in ["one", "two"] {
            fs::write(&mirror, round).unwrap();
            fs::write(&wal, round).unwrap();
            let aside = all.add(environment("prod")).unwrap().unwrap();
            assert_eq!(fs::read_to_string(&aside).unwrap(), round);
            assert!(!mirror.exists() && !wal.exists());
            all.remove("prod").unwrap();
        }
        assert_eq!(all.add(environment("prod")).unwrap(), None);
    }

    #[test]
    fn production_is_reviewed_unless_that_is_set_otherwise() {
        let mut one = environment("prod");
        assert!(!one.reviews());
        one.production = true;
        assert!(one.reviews() && one.view().review);
        one.review = Some(false);
        assert!(!one.reviews());
    }

    #[test]
    fn a_damaged_file_is_told_and_left_alone() {
        let (_folder, dir) = place();
        fs::write(dir.environments_file(), "{").unwrap();
        assert_eq!(Environments::load(&dir).unwrap_err().code, ProblemCode::Storage);
        assert_eq!(fs::read_to_string(dir.environments_file()).unwrap(), "{");
    }
}
