//! `leewardctl` as a black box at a terminal: odd input, odd output, odd disks. No Airflow is needed.
// Clippy's own exemption for tests does not reach the helpers beside them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod data_folder;
mod deleted;
mod disk;
mod exchange;
mod input;
mod manual;
mod output;
mod typed_files;
mod unknown;
mod violations;
