//! What screens only read, as last seen in Airflow: DAGs and their runs.

mod dags;
mod runs;
