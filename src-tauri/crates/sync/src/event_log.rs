//! Airflow's event log: where to look, and which server this is.

pub(crate) mod news;
pub(crate) mod server;
