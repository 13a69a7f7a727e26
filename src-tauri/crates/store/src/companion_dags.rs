//! The companion's DAGs, as its Python names them (`airflow/leeward_companion/dags.py`).

/// What the ids of the DAGs that apply batches begin with; the collection's name follows.
pub(crate) const INGEST: &str = "leeward_ingest__";
/// The DAG that publishes.
pub const PUBLISH: &str = "leeward_publish";
/// The param that carries the data model.
pub(crate) const MODEL_PARAM: &str = "leeward_model";
/// By this tag they are known.
pub(crate) const TAG: &str = "leeward";

/// The DAG that applies batches to the collection.
#[must_use]
pub fn ingest_dag(collection: &str) -> String {
    format!("{INGEST}{collection}")
}
