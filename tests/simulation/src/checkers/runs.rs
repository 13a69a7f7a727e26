//! Judged at each run that starts: exactly-once, order.

use crate::invariant::Invariant;
use crate::tokens::tokens_in;
use crate::truth::{DeskId, OpKind, World};

impl World {
    /// The last run in Airflow was started by a desktop just now.
    pub(crate) fn run_started(&mut self, desk: DeskId) {
        let Some(run) = self.airflow.runs.last() else {
            return;
        };
        let (run_id, tokens) = (run.run_id.clone(), tokens_in(&run.conf.to_string()));
        self.say(format_args!("Airflow: desk {desk} starts run {run_id}"));
        let Some(place) = self
            .queued
            .iter()
            .position(|queued| tokens.contains(&queued.token))
        else {
            let what = format!("desk {desk} started {run_id}, which nobody had asked for");
            return self.violate(Invariant::ExactlyOnce, what);
        };
        self.queued[place].started += 1;
        if self.queued[place].started > 1 {
            let what = format!(
                "{run_id}: what was to run once ran {} times",
                self.queued[place].started
            );
            self.violate(Invariant::ExactlyOnce, what);
        }
        if self.queued[place].after_edits && !self.queued[place].released {
            self.check_order(place);
        }
    }

    fn check_order(&mut self, place: usize) {
        let queued = &self.queued[place];
        let open: Vec<usize> = queued
            .before
            .iter()
            .copied()
            .filter(|op| !self.is_settled(*op))
            .collect();
        if let Some(op) = open.first().map(|op| &self.ops[*op]) {
            let what = format!(
                "{} ran before the work on {} that it waits for had arrived ({:?} {:?})",
                queued.run_id, op.id, op.kind, op.tokens
            );
            self.violate(Invariant::Order, what);
        }
    }

    /// Whether a piece of work has arrived in Airflow, or need not: taken back, lost with its store, or another took
    /// its place.
    fn is_settled(&self, number: usize) -> bool {
        let op = &self.ops[number];
        let is_later = |place: &usize| self.ops[*place].desk == op.desk && self.ops[*place].id == op.id;
        let replaced = (number + 1..self.ops.len())
            .filter(is_later)
            .any(|place| self.is_settled(place));
        if op.lost || replaced {
            return true;
        }
        match op.kind {
            OpKind::Edit | OpKind::Resolve(false) => op.tokens.iter().all(|token| {
                self.stories
                    .get(token)
                    .is_some_and(|story| story.arrived.is_some())
            }),
            OpKind::Delete | OpKind::Resolve(true) => !self.still_has(op),
            OpKind::TakeBack => true,
        }
    }
}
