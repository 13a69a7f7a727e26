//! Others who write: the UI (an event row, then the write), tasks (no event row), the CLI; people who delete runs and
//! DAGs.

use super::values;
use crate::fake_airflow::Row;
use crate::faults::Fault;
use crate::history::History;
use crate::truth::{DeskId, Story, World};
use crate::window::store::CLIENT;

impl World {
    /// Somebody edits, creates or deletes a record: which.
    pub(crate) fn somebody_writes(&mut self) -> String {
        let key = values::any_key(&mut self.dice);
        let old = self.airflow.variables.get(&key).cloned();
        let row = match &old {
            Some(_) if self.dice.chance(22) => None,
            old => Some(self.their_row(&key, old.as_ref())),
        };
        match self.dice.below(3) {
            0 => {
                let delay_ms = self.dice.within(0, 4_000);
                self.announce(&key, row, delay_ms);
            }
            1 => {
                self.strike(Fault::TaskWrite);
                self.other_writes("a task", &key, row);
            }
            _ => {
                self.set_clock();
                self.airflow
                    .log_about("cli_variables_set", "root", &serde_json::Value::Null);
                self.other_writes("the CLI", &key, row);
            }
        }
        key
    }

    fn their_row(&mut self, key: &str, old: Option<&Row>) -> Row {
        let token = self.new_token(Story::default());
        let value_too = old.is_none() || self.dice.chance(80);
        let mut row = old.cloned().unwrap_or(Row {
            raw: String::new(),
            description: None,
        });
        if value_too {
            row.raw = values::typed(&mut self.dice, key, old.map(|old| old.raw.as_str()), token);
        } else {
            row.description = Some(format!("about {token}"));
        }
        row
    }

    /// Somebody opens a connection whose password stands in a value, too.
    pub(crate) fn a_secret_is_met(&mut self) {
        let inside: Vec<(String, String)> = values::keys()
            .filter_map(|key| Some((key.clone(), values::secret_inside(&key)?)))
            .collect();
        if let Some((key, secret)) = self.dice.pick(&inside).cloned() {
            self.airflow.open_connection(&key, &secret);
            self.say(format_args!("Airflow: the secret in {key} is met"));
            self.strike(Fault::SecretMet);
        }
    }

    /// Another process answers, which has met other secrets.
    pub(crate) fn another_process_answers(&mut self) {
        let process = self.dice.index(2);
        self.airflow.answer_by(process);
        self.say(format_args!("Airflow: process {process} answers"));
        self.strike(Fault::AnotherProcess);
    }

    /// What Airflow has when the history begins.
    pub(crate) fn found_there(&mut self) {
        for key in values::keys() {
            if self.dice.chance(55) {
                let row = self.their_row(&key, None);
                self.other_writes("before", &key, Some(row));
            }
        }
    }

    /// A DAG is deleted.
    fn delete_a_dag(&mut self) {
        if self.airflow.dags.len() > 1 {
            let place = self.dice.index(self.airflow.dags.len());
            let dag = self.airflow.dags.remove(place);
            self.airflow.runs.retain(|run| run.dag_id != dag.dag_id);
            self.say(format_args!("Airflow: the DAG {} is deleted", dag.dag_id));
            self.strike(Fault::DagDeleted);
        }
    }

    /// A run that has ended is deleted. Not where the event log tells nobody: there a run that is gone within a day of a
    /// lost answer cannot be told from one that never was.
    fn clean_up_a_run(&mut self) {
        if self.weather.log_forbidden {
            return;
        }
        self.set_clock();
        // Nor where a repetition of its sending is still on its way: that would start it anew, and no sender can help it.
        let under_way = |run_id: &str| {
            let late = self
                .late
                .iter()
                .map(|late| String::from_utf8_lossy(late.request.body()));
            late.into_iter().any(|body| body.contains(run_id))
        };
        let ended = self
            .airflow
            .runs
            .iter()
            .position(|run| run.state == "success" && !under_way(&run.run_id));
        if let Some(place) = ended {
            let run = self.airflow.runs[place].clone();
            self.airflow.delete_run("bob", &run.dag_id, &run.run_id);
            self.say(format_args!("Airflow: the run {} is cleaned up", run.run_id));
            self.strike(Fault::RunCleaned);
        }
    }
}

impl History {
    pub(crate) fn somebody_writes(&mut self) {
        self.world.lock().somebody_writes();
    }

    /// The analyst edits what they are shown, just when a sync brings what somebody else made of it.
    pub(crate) fn edit_during_a_sync(&mut self, desk: DeskId) {
        let key = self.world.lock().somebody_writes();
        self.sync_now(desk);
        let moment = self.world.lock().dice.within(1, 120) * 1_000;
        self.run_for(moment);
        self.edit_key(desk, CLIENT, &key);
    }

    pub(crate) fn a_dag_is_deleted(&mut self) {
        self.world.lock().delete_a_dag();
    }

    pub(crate) fn a_run_is_cleaned_up(&mut self) {
        self.world.lock().clean_up_a_run();
    }
}
