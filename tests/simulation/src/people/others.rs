//! Others who write: the UI (an event row, then the write), tasks (no event row), the CLI; people who delete runs and
//! DAGs.

use super::values;
use crate::collections::{Id, Kind, Texts, row, rows};
use crate::fake_airflow::DEFAULT_POOL;
use crate::faults::Fault;
use crate::history::History;
use crate::truth::{DeskId, Story, World};
use crate::window::store::CLIENT;

impl World {
    /// Somebody edits, creates or deletes a record: which.
    pub(crate) fn somebody_writes(&mut self) -> Id {
        let id = values::any_id(&mut self.dice);
        let old = row(&self.airflow, &id);
        let row = match &old {
            Some(_) if !id.is_default_pool() && self.dice.chance(22) => None,
            old => Some(self.their_row(&id, old.as_ref())),
        };
        match self.dice.below(3) {
            0 => {
                let delay_ms = self.dice.within(0, 4_000);
                self.announce(&id, row, delay_ms);
            }
            1 => {
                self.strike(Fault::TaskWrite);
                self.other_writes("a task", &id, row.as_ref());
            }
            _ => {
                self.note_command(id.kind);
                self.other_writes("the CLI", &id, row.as_ref());
            }
        }
        id
    }

    /// Airflow's own command line leaves a row that does not name what it is about.
    fn note_command(&mut self, kind: Kind) {
        self.set_clock();
        let event = match kind {
            Kind::Pools => "cli_pool_set",
            Kind::Variables | Kind::Rates => "cli_variables_set",
        };
        self.airflow.log_about(event, "root", &serde_json::Value::Null);
    }

    /// What somebody makes of a record.
    pub(crate) fn their_row(&mut self, id: &Id, old: Option<&Texts>) -> Texts {
        let token = self.new_token(Story::default());
        let mut row = old.cloned().unwrap_or_else(|| first_texts(id.kind));
        let fields = id.kind.fields();
        let place = match id.kind {
            _ if old.is_none() => 0,
            Kind::Variables => usize::from(!self.dice.chance(80)),
            Kind::Pools | Kind::Rates => self.dice.index(fields.len()),
        };
        let field = fields[place];
        if id.kind == Kind::Variables && field == "description" {
            row[place] = Some(format!("about {token}"));
        } else {
            row[place] = values::typed_as_text(&mut self.dice, id, field, row[place].as_deref(), token);
        }
        row
    }

    /// Somebody deletes all that is in a collection: so much that a desktop stops until its analyst has looked.
    pub(crate) fn all_is_deleted(&mut self, kind: Kind) {
        self.note_command(kind);
        let there = rows(&self.airflow);
        let all = there.keys().filter(|id| id.kind == kind && !id.is_default_pool());
        all.for_each(|id| self.other_writes("the CLI", id, None));
        self.strike(Fault::Vanished);
    }

    /// Somebody opens a connection whose password stands in a value, too.
    pub(crate) fn a_secret_is_met(&mut self) {
        let inside: Vec<(Id, String)> = values::ids()
            .filter_map(|id| Some((id.clone(), values::secret_inside(&id)?)))
            .collect();
        if let Some((id, secret)) = self.dice.pick(&inside).cloned() {
            self.airflow.open_connection(&id.key, &secret);
            self.say(format_args!("Airflow: the secret in {id} is met"));
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
        for id in values::ids() {
            let likely = if id.kind == Kind::Variables { 55 } else { 85 };
            if !id.is_default_pool() && self.dice.chance(likely) {
                let row = self.their_row(&id, None);
                self.other_writes("before", &id, Some(&row));
            }
        }
        let default = Kind::Pools.id(DEFAULT_POOL);
        let there = row(&self.airflow, &default);
        self.note_change(&default, None, there.as_ref());
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
        let id = self.world.lock().somebody_writes();
        self.sync_now(desk);
        let moment = self.world.lock().dice.within(1, 120) * 1_000;
        self.run_for(moment);
        self.edit_one(desk, CLIENT, &id);
    }

    pub(crate) fn a_dag_is_deleted(&mut self) {
        self.world.lock().delete_a_dag();
    }

    pub(crate) fn a_run_is_cleaned_up(&mut self) {
        self.world.lock().clean_up_a_run();
    }
}

/// A new record, but for its first field.
fn first_texts(kind: Kind) -> Texts {
    let mut texts = Texts::default();
    match kind {
        Kind::Variables => {}
        Kind::Pools => texts[2] = Some("false".into()),
        Kind::Rates => (texts[2], texts[3]) = (Some("false".into()), Some("{}".into())),
    }
    texts
}
