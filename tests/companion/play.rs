//! Two desktops and a person with SQL on one collection, for as long as is asked, while answers are cut and late, the scheduler
//! is killed, runs are cleared and play again, and publications are deleted. What became of everything is judged by the
//! database and its change log. In the midst of it the database is put back to an earlier state.

#![expect(clippy::print_stdout, reason = "what was counted is what it is for")]

mod desk;
mod judge;

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::companion_dags::PUBLISH;
use harness::dice::Dice;
use serde_json::{Value, json};

use crate::fixture::{Fixture, INGEST, RATES};
use desk::Desk;
use judge::Tally;

/// The variable that says for how many seconds is played.
const SECONDS: &str = "LEEWARD_PLAY_SECONDS";
const SECONDS_USUAL: u64 = 600;
/// The variable that repeats a play, as far as two processes can be repeated.
const SEED: &str = "LEEWARD_PLAY_SEED";
/// Rows that all of them edit.
const KEYS: usize = 4;
/// Turns in which everything settles, at most.
const TURNS_MAX: usize = 60;
const RUN_LIMIT: Duration = Duration::from_secs(180);

#[test]
#[ignore = "takes ten minutes: `cargo xtask play`"]
fn two_desktops_and_sql_under_faults() {
    let seconds = std::env::var(SECONDS).ok().and_then(|text| text.parse().ok());
    let half = Duration::from_secs(seconds.unwrap_or(SECONDS_USUAL) / 2);
    let mut play = Play::start().expect("a real Airflow with the companion, and two desktops");
    let before = play
        .rounds(half)
        .expect("the play before the database is put back");
    play.restore().expect("a database that is put back");
    let after = play.rounds(half).expect("the play afterwards");
    for tally in [&before, &after] {
        println!("{tally}");
    }
    for tally in [before, after] {
        assert!(tally.is_sound(), "{tally:?}");
        assert!(
            tally.conflicts > 0 && tally.faults > 0,
            "they never met: {tally:?}"
        );
    }
}

struct Play {
    fixture: Fixture,
    desks: [Desk; 2],
    dice: Dice,
    /// Numbers for texts that nobody else writes.
    written: u32,
    /// The number in the database from which on the log is judged.
    since: u64,
    /// What was done to Airflow.
    faults: usize,
    /// The database as it was at some moment.
    kept: Option<Vec<u8>>,
}

impl Play {
    fn start() -> Result<Self> {
        let fixture = Fixture::start()?;
        let mut dice = Dice::from_environment(SEED);
        println!("play: seed {} ({SEED} repeats it)", dice.seed());
        let desks = [
            Desk::open(&fixture, "a", &mut dice)?,
            Desk::open(&fixture, "b", &mut dice)?,
        ];
        Ok(Self {
            fixture,
            desks,
            dice,
            written: 100_000,
            since: 0,
            faults: 0,
            kept: None,
        })
    }

    /// Plays for so long, lets everything settle, and judges it.
    fn rounds(&mut self, time: Duration) -> Result<Tally> {
        let began = Instant::now();
        let mut rounds = 0;
        while began.elapsed() < time {
            self.round()?;
            rounds += 1;
            if rounds == 1 {
                self.keep()?;
            }
        }
        self.settle()?;
        println!("play: {rounds} rounds in {} s", began.elapsed().as_secs());
        judge::judge(&self.fixture, &self.desks, self.since, self.faults)
    }

    fn round(&mut self) -> Result<()> {
        for at in 0..self.desks.len() {
            for _ in 0..=self.dice.below(2) {
                let (key, text) = (self.key(), self.text());
                self.desks[at].edit(&key, &text)?;
            }
        }
        if self.dice.one_in(2) {
            self.write_by_sql()?;
        }
        self.strike()?;
        self.sync_together()?;
        self.fixture.server.start_again()?;
        for desk in &mut self.desks {
            desk.decide(&mut self.dice)?;
        }
        Ok(())
    }

    /// Something happens to Airflow, now and then.
    fn strike(&mut self) -> Result<()> {
        match self.dice.below(8) {
            0 => self.fixture.server.kill_scheduler(),
            1 => self.fixture.server.kill_api_server(),
            2 | 3 => return self.clear_a_run(),
            4 => return self.forget_publications(),
            _ => return Ok(()),
        }
        self.faults += 1;
        Ok(())
    }

    /// A run that has ended plays again: its batch was applied long ago.
    fn clear_a_run(&mut self) -> Result<()> {
        let runs = self.fixture.other.runs(INGEST)?;
        let ended: Vec<&Value> = runs
            .iter()
            .filter(|run| run["state"] != "running" && run["state"] != "queued")
            .collect();
        if ended.is_empty() {
            return Ok(());
        }
        let run = &ended[self.dice.below(ended.len())]["dag_run_id"];
        let path = format!(
            "/api/v2/dags/{INGEST}/dagRuns/{}/clear",
            run.as_str().unwrap_or_default()
        );
        let (status, told) = self
            .fixture
            .other
            .call("POST", &path, Some(&json!({"dry_run": false})))?;
        ensure!(status == 200, "clearing {run}: {status} {told}");
        self.faults += 1;
        Ok(())
    }

    /// Everything that was published so far is deleted in Airflow, but for the newest.
    fn forget_publications(&mut self) -> Result<()> {
        for run in self.fixture.other.runs(PUBLISH)?.iter().skip(1) {
            let path = format!(
                "/api/v2/dags/{PUBLISH}/dagRuns/{}",
                run["dag_run_id"].as_str().unwrap_or_default()
            );
            self.fixture.other.call("DELETE", &path, None)?;
        }
        self.faults += 1;
        Ok(())
    }

    fn write_by_sql(&mut self) -> Result<()> {
        let (key, text) = (self.key(), self.text());
        self.fixture
            .execute(&format!("UPDATE rates SET rate = '{text}' WHERE code = '{key}'"))
    }

    fn sync_together(&mut self) -> Result<()> {
        let running = self
            .desks
            .iter()
            .map(Desk::begin_sync)
            .collect::<Result<Vec<_>>>()?;
        for mut sync in running {
            sync.wait()?;
        }
        Ok(())
    }

    /// Until neither desktop has anything left, and both show what is in the database.
    fn settle(&mut self) -> Result<()> {
        for desk in &self.desks {
            desk.disarm();
        }
        for turn in 0..TURNS_MAX {
            self.fixture
                .publish(&format!("settle-{}-{turn}", self.written), &json!({}))?;
            let mut is_settled = true;
            for desk in &mut self.desks {
                let is_done = desk.sync()? == 0;
                is_settled &= desk.decide(&mut self.dice)? == 0 && is_done;
            }
            if is_settled && judge::is_same_everywhere(&self.fixture, &self.desks)? {
                return Ok(());
            }
        }
        let left: Vec<Value> = self.desks.iter().map(Desk::status).collect::<Result<_>>()?;
        anyhow::bail!("not settled after {TURNS_MAX} turns: {left:?}")
    }

    /// Keeps the database as it is, with nothing at work in it.
    fn keep(&mut self) -> Result<()> {
        self.at_rest()?;
        self.kept = Some(fs::read(self.fixture.database())?);
        self.wake()
    }

    /// Puts the database back, as the README of the companion says, and both people say that it is right.
    fn restore(&mut self) -> Result<()> {
        self.at_rest()?;
        fs::write(
            self.fixture.database(),
            self.kept.take().context("a database that was kept")?,
        )?;
        self.since = self.fixture.sequence()?;
        self.fixture.other.pause(PUBLISH, false)?;
        self.fixture
            .publish(&format!("restored-{}", self.written), &json!({"restored": true}))?;
        self.wake()?;
        for desk in &mut self.desks {
            ensure!(
                desk.sync()? == 3,
                "{} did not ask about the other database",
                desk.name
            );
            desk.accept()?;
        }
        self.faults = 0;
        Ok(())
    }

    /// No run of the companion's begins, and none is under way.
    fn at_rest(&self) -> Result<()> {
        for dag in [INGEST, PUBLISH] {
            self.fixture.other.pause(dag, true)?;
        }
        harness::wait::until("the runs to end", RUN_LIMIT, || {
            let under_way = |dag| -> Result<bool> {
                Ok(self
                    .fixture
                    .other
                    .runs(dag)?
                    .iter()
                    .any(|run| run["state"] == "running"))
            };
            Ok((!under_way(INGEST)? && !under_way(PUBLISH)?).then_some(()))
        })
    }

    fn wake(&self) -> Result<()> {
        [INGEST, PUBLISH]
            .into_iter()
            .try_for_each(|dag| self.fixture.other.pause(dag, false))
    }

    fn key(&mut self) -> String {
        format!("K{:02}", self.dice.below(KEYS))
    }

    fn text(&mut self) -> String {
        self.written += 1;
        self.written.to_string()
    }
}

/// What a desktop shows of each row.
fn shown(list: &Value) -> Vec<(String, Option<String>)> {
    let row = |record: &Value| {
        let key = record["key"].as_str()?.to_owned();
        Some((key, record["fields"]["rate"].as_str().map(str::to_owned)))
    };
    list.as_array().into_iter().flatten().filter_map(row).collect()
}

/// The command that lists the rows.
const LIST: [&str; 3] = ["records", "list", RATES];
