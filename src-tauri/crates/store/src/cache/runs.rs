//! DAG runs as last read.

use crate::columns::{json, parse, signed};
use crate::{Ledger, StoreError};
use leeward_model::{MirrorPart, RunView};
use rusqlite::OptionalExtension;

/// Runs of others that are kept, newest first; the analyst's own are all kept.
const KEPT_RUNS: u64 = 500;

const MINE: &str = "EXISTS (SELECT 1 FROM actions a WHERE a.dag_run_id = runs.run_id)";

impl Ledger<'_> {
    /// Adds or replaces runs, and forgets the oldest of others; `true` when something changed.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn put_runs(&self, runs: &[RunView]) -> Result<bool, StoreError> {
        let mut changed = false;
        for run in runs {
            changed |= self.put_run(run)?;
        }
        if changed {
            self.forget_old_runs()?;
            self.part_changed(MirrorPart::Runs)?;
        }
        Ok(changed)
    }

    /// The runs, newest first; `mine` says which were queued from this computer.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn runs(&self, limit: u32) -> Result<Vec<RunView>, StoreError> {
        let sql = format!("SELECT body, {MINE} FROM runs ORDER BY at DESC, dag_id, run_id DESC LIMIT ?1");
        let mut select = self.tx.prepare_cached(&sql)?;
        let mut rows = select.query([signed(limit.into())])?;
        let mut runs = Vec::new();
        while let Some(row) = rows.next()? {
            let mut run: RunView = parse(&row.get::<_, String>(0)?, "a run")?;
            run.mine = row.get(1)?;
            runs.push(run);
        }
        Ok(runs)
    }

    fn put_run(&self, run: &RunView) -> Result<bool, StoreError> {
        let body = json(&RunView {
            mine: false,
            ..run.clone()
        })?;
        let mut select = self
            .tx
            .prepare_cached("SELECT body FROM runs WHERE dag_id = ?1 AND run_id = ?2")?;
        let stored: Option<String> = select
            .query_row((&run.dag_id, &run.run_id), |row| row.get(0))
            .optional()?;
        if stored.as_ref() == Some(&body) {
            return Ok(false);
        }
        let sql = "INSERT OR REPLACE INTO runs (dag_id, run_id, at, body) VALUES (?1, ?2, ?3, ?4)";
        self.tx
            .prepare_cached(sql)?
            .execute((&run.dag_id, &run.run_id, sort_time(run), body))?;
        Ok(true)
    }

    fn forget_old_runs(&self) -> Result<(), StoreError> {
        let sql = format!(
            "DELETE FROM runs WHERE (dag_id, run_id) IN \
             (SELECT dag_id, run_id FROM runs WHERE NOT {MINE} ORDER BY at DESC, dag_id, run_id DESC LIMIT -1 OFFSET ?1)"
        );
        self.tx.prepare_cached(&sql)?.execute([signed(KEPT_RUNS)])?;
        Ok(())
    }
}

/// Text that sorts as the run's time does: whole seconds, so that fractions of different length cannot mislead.
fn sort_time(run: &RunView) -> String {
    let at = run
        .queued_at
        .or(run.start_date)
        .or(run.end_date)
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{:020}", at.as_microsecond())
}
