//! The engine on a real mirror (a SQLite file) and the in-memory Airflow, step by step: what may and may not be
//! overwritten, what survives a lost answer or a crash, when a run goes out.

mod actions;
mod brakes;
mod conflicts;
mod desk;
mod doubts;
mod plain;
mod secrets;
