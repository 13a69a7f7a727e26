//! The real app on a private desktop, driven as a person would.
//!
//! `LEEWARD_TOUR_SCREENSHOTS` names a folder that gets a picture of each step.

#![allow(clippy::expect_used, reason = "a test fails by panicking, in its helpers too")]

mod accessibility;
mod axe;
mod backups;
mod closing;
mod commands;
mod companion;
mod connected;
mod data_models;
mod desktop_parts;
mod exchange;
mod grid;
mod lent;
mod login;
mod new_variable;
mod restarts;
mod same_field;
mod screen;
mod stage;
mod team;
mod terminal;
mod together;
mod tour;
mod typed;
mod upgraded;
mod violations;
mod window_and_tray;
mod window_kill;
