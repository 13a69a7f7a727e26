//! The app's commands, read from `src-tauri/src/commands/*.rs`, and what follows from them: the names that Tauri is told,
//! the handler, the capability that permits them to the window, and the TypeScript by which the window calls them.
//!
//! A function with `#[tauri::command]` is the only declaration of a command. Nothing here runs in the product.

mod capability;
mod command;
mod handler;
mod typescript;

pub use capability::capability;
pub use command::{Argument, Command, Fault, parse, read};
pub use handler::handler;
pub use typescript::wrapper;
