//! The only door between the window and the rest: thin, typed, one file a group. Errors are `Problem`s.
//!
//! A function that is marked as a `tauri::command` is all that declares one. build.rs handles it; `cargo xtask bindings` writes
//! how the window calls it (`ui/src/lib/platform/commands.ts`), and permits it to the window (`capabilities/main.json`).

pub(crate) mod backups;
pub(crate) mod brakes;
pub(crate) mod collections;
pub(crate) mod dags;
pub(crate) mod environments;
pub(crate) mod exchange;
pub(crate) mod history;
pub(crate) mod login;
pub(crate) mod mirror;
pub(crate) mod sync;
pub(crate) mod vault;
pub(crate) mod violations;
pub(crate) mod window;

use crate::workspaces::Workspaces;
use leeward_model::Problem;
use std::sync::Arc;
use tauri::State;

/// The open environments, as commands get them.
pub(crate) type Open<'a> = State<'a, Arc<Workspaces>>;

/// What every command returns.
pub(crate) type Answer<T> = Result<T, Problem>;
