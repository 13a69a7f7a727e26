//! Leeward, the desktop application: the wiring between the window, the mirror, the engine and the desktop.
//!
//! Nothing is decided here. A command is a thin typed function, what Airflow gets is the engine's matter, and what
//! is shown is the window's.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod app;
mod backups;
mod closing;
mod commands;
mod downloads;
mod events;
mod hidden_start;
mod imports;
mod listener;
mod login;
mod notifications;
mod panics;
mod problems;
mod restart;
mod secrets;
mod tray;
mod window;
mod workspace;
mod workspaces;

use std::process::ExitCode;

fn main() -> ExitCode {
    match app::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            problems::tell(&problem);
            ExitCode::FAILURE
        }
    }
}
