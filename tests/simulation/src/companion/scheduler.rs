//! Airflow's scheduler, workers and operators: runs begin late, fail before or after they took effect, are cleared and run
//! again, are deleted; the DAG that publishes has its schedule, and throws away what is old.

use super::world::World;
use crate::executor::Micros;
use crate::fake_airflow::FakeRun;

const SECOND: Micros = 1_000_000;
const INGEST: &str = "leeward_ingest__";
const PUBLISH: &str = "leeward_publish";

impl World {
    /// One pass, and when the next one is.
    pub fn schedule(&mut self) {
        self.set_clock();
        let now = self.now();
        let wait = match self.weather.calm {
            true => 5,
            false => self.dice.within(1, 12),
        };
        self.scheduler_at = now + wait * SECOND;
        self.airflow.scheduler_is_up = self.weather.dead_until <= now;
        if !self.airflow.scheduler_is_up {
            return;
        }
        let publishes = if self.weather.calm { 30 } else { 7 };
        if self.dice.chance(publishes) {
            let wants_snapshot = self.dice.chance(15);
            self.airflow.start_publishing(wants_snapshot);
        }
        let waiting: Vec<(String, String, &str)> = self
            .airflow
            .runs
            .iter()
            .filter(|run| is_of_companion(run) && matches!(run.state, "queued" | "running"))
            .map(|run| (run.dag_id.clone(), run.run_id.clone(), run.state))
            .collect();
        let mut busy = Vec::new();
        for (dag_id, run_id, state) in waiting {
            // One run of a DAG at a time.
            if busy.contains(&dag_id) || (!self.weather.calm && self.dice.chance(35)) {
                busy.push(dag_id);
                continue;
            }
            busy.push(dag_id.clone());
            if state == "running" && !self.weather.calm && self.dice.chance(9) {
                let has_effect = self.dice.chance(50);
                let name = if has_effect {
                    "fault.failed_after"
                } else {
                    "fault.failed_before"
                };
                self.counters.other(name);
                self.say(format_args!("Airflow: {run_id} fails ({name})"));
                self.airflow.fail_run(&dag_id, &run_id, has_effect);
            } else {
                self.airflow
                    .advance(|run| run.dag_id == dag_id && run.run_id == run_id);
                self.tell_state(&dag_id, &run_id);
            }
            self.judge_log();
        }
    }

    fn tell_state(&mut self, dag_id: &str, run_id: &str) {
        let run = self.airflow.runs.iter();
        let mut run = run.filter(|run| run.dag_id == dag_id && run.run_id == run_id);
        let Some(state) = run.next().map(|run| run.state) else {
            return;
        };
        self.say(format_args!("Airflow: {dag_id} {run_id} is {state}"));
        let told = self
            .airflow
            .companion
            .xcoms
            .get(&[dag_id, run_id, "ingest", "return_value"].map(str::to_owned));
        if let (Some(told), "success") = (told.cloned(), state) {
            self.say(format_args!("the store says: {told}"));
            for verdict in ["applied", "conflict", "refused"] {
                if told.contains(&format!("\"outcome\":\"{verdict}\"")) {
                    self.counters.other(&format!("outcome.{verdict}"));
                }
            }
            if told.contains("\"result\":\"refused\"") {
                self.counters.other("outcome.refused_whole");
            }
            if told.contains("\"left_out\":true") {
                self.counters.other("outcome.left_out");
            }
        }
    }

    /// Somebody clears a run, whatever became of it: the same batch again.
    pub fn clear_a_run(&mut self) {
        let ended: Vec<(String, String)> = self
            .airflow
            .runs
            .iter()
            .filter(|run| is_of_companion(run) && matches!(run.state, "success" | "failed"))
            .map(|run| (run.dag_id.clone(), run.run_id.clone()))
            .collect();
        let from = ended.len().saturating_sub(8);
        let Some((dag_id, run_id)) = self.dice.pick(&ended[from..]).cloned() else {
            return;
        };
        self.counters.other("fault.run_cleared");
        self.say(format_args!("Airflow: {run_id} of {dag_id} is cleared"));
        self.airflow.clear_run(&dag_id, &run_id);
    }

    /// Somebody deletes a run.
    pub fn delete_a_run(&mut self) {
        let runs: Vec<(String, String)> = self
            .airflow
            .runs
            .iter()
            .filter(|run| run.dag_id.starts_with(INGEST))
            .map(|run| (run.dag_id.clone(), run.run_id.clone()))
            .collect();
        let from = runs.len().saturating_sub(4);
        let Some((dag_id, run_id)) = self.dice.pick(&runs[from..]).cloned() else {
            return;
        };
        self.counters.other("fault.run_deleted");
        self.say(format_args!("Airflow: {run_id} is deleted"));
        self.airflow.clear_run(&dag_id, &run_id);
        self.airflow.delete_run("ui", &dag_id, &run_id);
    }

    /// Somebody pauses a DAG of the companion, or lets all go on.
    pub fn pause_a_dag(&mut self) {
        let is_any = self.airflow.dags.iter().any(|dag| dag.is_paused);
        let ours: Vec<usize> = (0..self.airflow.dags.len())
            .filter(|place| self.airflow.dags[*place].dag_id.starts_with("leeward_"))
            .collect();
        if is_any {
            return self.unpause();
        }
        let Some(place) = self.dice.pick(&ours).copied() else {
            return;
        };
        self.airflow.dags[place].is_paused = true;
        let dag_id = self.airflow.dags[place].dag_id.clone();
        self.counters.other("fault.paused");
        self.say(format_args!("Airflow: {dag_id} is paused"));
    }

    /// Every DAG goes on.
    pub fn unpause(&mut self) {
        self.say(format_args!("Airflow: no DAG is paused any more"));
        self.airflow.dags.iter_mut().for_each(|dag| dag.is_paused = false);
    }

    /// What is old of what was published goes, once a snapshot makes up for it; or all of it, as where runs are cleaned up.
    pub fn lose_what_is_published(&mut self) {
        if self.dice.chance(60) {
            self.counters.other("fault.pruned");
            self.say(format_args!(
                "Airflow: what a snapshot makes up for is thrown away"
            ));
            self.airflow.companion.prune();
        } else {
            self.counters.other("fault.publications_lost");
            self.say(format_args!(
                "Airflow: everything that was published is cleaned up"
            ));
            self.airflow.companion.lose_publications();
        }
    }
}

fn is_of_companion(run: &FakeRun) -> bool {
    run.dag_id == PUBLISH || run.dag_id.starts_with(INGEST)
}
