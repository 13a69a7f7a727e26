//! `leewardctl`: the whole job from a terminal, on the same mirror and engine as the window, and a client of its own.
//!
//! A command does its work, then prints: JSON or text on standard output, messages on standard error. What it has
//! exited 0 for is committed. `docs/CLI.md` describes the interface.

mod actions;
mod activity;
mod args;
mod backup;
mod brake;
mod collection;
mod conflicts;
mod context;
mod dagrun;
mod env;
mod exchange;
mod file;
mod history;
mod manual;
mod merge;
mod output;
mod problem;
mod progress;
mod records;
mod secrets;
mod status;
mod stdin;
mod sync;
mod violations;

use args::{Args, Command};
use clap::Parser;
use context::Context;
use leeward_model::Problem;
use output::{Exit, Output};
use std::process::ExitCode;

/// Runs the command that this process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return output::usage(&error).into(),
    };
    let output = Output::new(args.output);
    let exit = run(args, &output).unwrap_or_else(|problem| output.problem(&problem));
    output.end(exit).into()
}

fn run(args: Args, output: &Output) -> Result<Exit, Problem> {
    // Nothing is opened or made for what needs no data folder.
    match &args.command {
        Command::Merge(files) => return merge::run(output, files),
        Command::Completions { shell } => return manual::completions(output, *shell),
        Command::ManPages { folder } => return manual::pages(output, folder),
        _ => {}
    }
    let context = Context::open(args.data_dir.as_deref(), args.env)?;
    // A log that cannot be written (another user's folder, a full disk) must not keep anybody from their work.
    let _log = leeward_profile::log::init(&context.data_dir, "leewardctl");
    carry_out(args.command, &context, output).map_err(|problem| context.located(problem))
}

fn carry_out(command: Command, context: &Context, output: &Output) -> Result<Exit, Problem> {
    match command {
        Command::Env(command) => asynchronous()?.block_on(env::run(context, output, command)),
        Command::Sync { send } => asynchronous()?.block_on(sync::run(context, output, send)),
        Command::Status => status::run(context, output),
        Command::Collection(command) => collection::run(context, output, command),
        Command::Records(command) => records::run(context, output, command),
        Command::Conflicts(command) => conflicts::run(context, output, command),
        Command::Violations(command) => violations::run(context, output, command),
        Command::Brake(command) => brake::run(context, output, command),
        Command::Dagrun(command) => dagrun::run(context, output, command),
        Command::Actions(command) => actions::run(context, output, command),
        Command::Merge(files) => merge::run(output, &files),
        Command::Completions { shell } => manual::completions(output, shell),
        Command::ManPages { folder } => manual::pages(output, &folder),
        Command::Import(args) => exchange::import(context, output, &args),
        Command::Export(args) => exchange::export(context, output, &args),
        Command::Backup { file } => backup::write(context, output, &file),
        Command::Restore { file } => backup::restore(context, output, &file),
        Command::Activity { limit } => activity::run(context, output, limit),
        Command::History {
            command: Some(command),
            ..
        } => history::change(context, output, command),
        Command::History {
            record: Some(record),
            limit,
            ..
        } => history::run(context, output, &record, limit),
        Command::History { .. } => Err(history::nothing_named()),
    }
}

fn asynchronous() -> Result<tokio::runtime::Runtime, Problem> {
    tokio::runtime::Runtime::new().map_err(|error| problem::internal(&error))
}
