//! DAGs as last read.

use crate::columns::{json, parse};
use crate::{Ledger, StoreError};
use leeward_model::{DagView, MirrorPart};
use rusqlite::OptionalExtension;
use std::collections::BTreeMap;

impl Ledger<'_> {
    /// Replaces the list of DAGs; `true` when it changed. A listing has no params: those read with
    /// [`Ledger::put_dag`] are kept.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn put_dags(&self, dags: &[DagView]) -> Result<bool, StoreError> {
        let mut stored: BTreeMap<String, DagView> = self
            .dags()?
            .into_iter()
            .map(|dag| (dag.dag_id.clone(), dag))
            .collect();
        let mut changed = false;
        for dag in dags {
            changed |= self.put_if_new(stored.remove(&dag.dag_id).as_ref(), dag)?;
        }
        for gone in stored.keys() {
            self.tx
                .prepare_cached("DELETE FROM dags WHERE dag_id = ?1")?
                .execute([gone])?;
            changed = true;
        }
        if changed {
            self.part_changed(MirrorPart::Dags)?;
        }
        Ok(changed)
    }

    /// Adds or replaces one DAG; `true` when it changed.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn put_dag(&self, dag: &DagView) -> Result<bool, StoreError> {
        let changed = self.put_if_new(self.dag(&dag.dag_id)?.as_ref(), dag)?;
        if changed {
            self.part_changed(MirrorPart::Dags)?;
        }
        Ok(changed)
    }

    /// The DAGs, by id.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn dags(&self) -> Result<Vec<DagView>, StoreError> {
        let mut select = self.tx.prepare_cached("SELECT body FROM dags ORDER BY dag_id")?;
        let mut rows = select.query([])?;
        let mut dags = Vec::new();
        while let Some(row) = rows.next()? {
            dags.push(parse(&row.get::<_, String>(0)?, "a DAG")?);
        }
        Ok(dags)
    }

    /// The DAG, if it was ever read.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn dag(&self, dag_id: &str) -> Result<Option<DagView>, StoreError> {
        let mut select = self
            .tx
            .prepare_cached("SELECT body FROM dags WHERE dag_id = ?1")?;
        let body: Option<String> = select.query_row([dag_id], |row| row.get(0)).optional()?;
        body.map(|body| parse(&body, "a DAG")).transpose()
    }

    fn put_if_new(&self, stored: Option<&DagView>, dag: &DagView) -> Result<bool, StoreError> {
        let mut dag = dag.clone();
        if dag.params.is_none() {
            dag.params = stored.and_then(|stored| stored.params.clone());
        }
        if stored == Some(&dag) {
            return Ok(false);
        }
        let sql = "INSERT OR REPLACE INTO dags (dag_id, body) VALUES (?1, ?2)";
        self.tx.prepare_cached(sql)?.execute((&dag.dag_id, json(&dag)?))?;
        Ok(true)
    }
}
