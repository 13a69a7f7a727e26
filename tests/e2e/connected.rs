//! A desktop beside a real Airflow with the sample DAGs and Variables; tells its steps and takes pictures of them.

use crate::lent::Lent;
use crate::stage::Stage;
use anyhow::Result;
use harness::airflow_server::{Database, Options};
use harness::webdriver::App;
use std::cell::Cell;
use std::path::{Path, PathBuf};

/// The desktop and the Airflow. Everything ends when this is dropped.
pub(crate) struct Connected {
    pub(crate) stage: Stage,
    pub(crate) airflow: Lent,
    pictures: Option<PathBuf>,
    steps: Cell<u32>,
    taken: Cell<u32>,
}

impl Connected {
    /// Starts both; of Airflow its API server alone, which is there in half the time.
    pub(crate) fn start() -> Result<Self> {
        Ok(Self::with(Stage::usual()?, Lent::api_server()?))
    }

    /// With an Airflow that reads DAGs and runs them; the one that the tests trigger is not paused.
    pub(crate) fn start_with_dags() -> Result<Self> {
        let options = Options {
            database: Database::Postgres,
            ..Options::default()
        };
        let stage = Self::with(Stage::usual()?, Lent::of_its_own(options)?);
        stage.airflow.writer()?.pause("daily_pricing", false)?;
        Ok(stage)
    }

    /// A desktop that has no keychain.
    pub(crate) fn start_without_keychain() -> Result<Self> {
        Ok(Self::with(Stage::without_keychain()?, Lent::api_server()?))
    }

    /// With an Airflow of these DAGs, on such a database.
    pub(crate) fn start_with_dags_of(folder: &Path, database: Database) -> Result<Self> {
        let options = Options {
            dags_folder: folder.to_owned(),
            database,
            ..Options::default()
        };
        Ok(Self::with(Stage::usual()?, Lent::of_its_own(options)?))
    }

    fn with(stage: Stage, airflow: Lent) -> Self {
        let pictures = std::env::var_os("LEEWARD_TOUR_SCREENSHOTS").map(PathBuf::from);
        Self {
            stage,
            airflow,
            pictures,
            steps: Cell::new(0),
            taken: Cell::new(0),
        }
    }

    /// Begins a step, and says so.
    pub(crate) fn step(&self, what: &str) {
        self.steps.set(self.steps.get() + 1);
        say(&format!("step {}: {what}", self.steps.get()));
    }

    /// Saves a picture of the window, where a folder for them was named.
    pub(crate) fn picture(&self, app: &App, name: &str) -> Result<()> {
        let Some(folder) = &self.pictures else {
            return Ok(());
        };
        self.taken.set(self.taken.get() + 1);
        let file = format!("{:02}-{name}.png", self.taken.get());
        app.execute_async(SETTLE, &[])?;
        app.screenshot(&folder.join(&file))?;
        say(&format!("picture {file}"));
        Ok(())
    }
}

/// Lets a change of screen finish its motion and be painted, but does not wait for what turns for ever.
const SETTLE: &str = "
const done = arguments[0];
setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(() => done(true))), 300);";

/// A line for the person who follows the tour in the terminal.
#[expect(clippy::print_stdout, reason = "a person follows the tour in the terminal")]
pub(crate) fn say(what: &str) {
    println!("tour: {what}");
}
