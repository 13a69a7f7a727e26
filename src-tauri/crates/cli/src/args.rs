//! What can be typed. The texts here are the help.

mod exchange;

use clap::{ArgGroup, Parser, Subcommand, ValueEnum, value_parser};
use clap_complete::Shell;
use std::path::PathBuf;

pub(crate) use exchange::{ExportArgs, FileFormat, ImportArgs};

/// Edit Airflow's variables, online or offline.
#[derive(Debug, Parser)]
#[command(name = "leewardctl", version, after_help = EXIT_CODES)]
pub(crate) struct Args {
    /// Print text for people, or JSON for programs
    #[arg(short, long, global = true, value_enum, default_value_t = Format::Text)]
    pub(crate) output: Format,
    /// The environment; need not be named when there is only one
    #[arg(
        long,
        global = true,
        env = "LEEWARD_ENV",
        value_name = "NAME",
        hide_env_values = true
    )]
    pub(crate) env: Option<String>,
    /// Where Leeward keeps its files
    #[arg(
        long,
        global = true,
        env = "LEEWARD_DATA_DIR",
        value_name = "FOLDER",
        hide_env_values = true
    )]
    pub(crate) data_dir: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 failed, or no such record; 2 usage; 3 something waits for a person: a conflict, a violation, a refusal, a run that is held, a doubt, a brake or a review; 4 sign-in needed; \
5 Airflow out of reach; 130 stopped by Ctrl+C.
Secrets come by standard input. Where there is no keychain, LEEWARD_PASSPHRASE unlocks an encrypted file.";

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned text.
    Text,
    /// One JSON document.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Environments: the Airflows to work with
    #[command(subcommand)]
    Env(EnvCommand),
    /// Synchronise with Airflow now
    Sync {
        /// Send what is pending now, where changes are reviewed first
        #[arg(long)]
        send: bool,
    },
    /// Say where things stand
    Status,
    /// Collections with a data model of their own
    #[command(subcommand)]
    Collection(CollectionCommand),
    /// Records: look at them, change them
    #[command(subcommand)]
    Records(RecordsCommand),
    /// Conflicts: look at them, resolve them
    #[command(subcommand)]
    Conflicts(ConflictsCommand),
    /// Rules of data models that records break together
    #[command(subcommand)]
    Violations(ViolationsCommand),
    /// Collections that are stopped because too much seems to have vanished
    #[command(subcommand)]
    Brake(BrakeCommand),
    /// DAG runs
    #[command(subcommand)]
    Dagrun(DagrunCommand),
    /// Queued actions
    #[command(subcommand)]
    Actions(ActionsCommand),
    /// What the cycles did, newest first
    Activity {
        /// How many at most
        #[arg(long, default_value_t = 50, value_name = "N", value_parser = value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// All values that a record had, newest first; or put one back
    #[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    History {
        #[command(subcommand)]
        command: Option<HistoryCommand>,
        #[command(flatten)]
        record: Option<RecordName>,
        /// How many at most
        #[arg(long, default_value_t = 100, value_name = "N", value_parser = value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Merge three versions of a record; needs no environment
    Merge(MergeArgs),
    /// Take records from a file: all of it or nothing
    Import(ImportArgs),
    /// Write a collection's records to a file
    Export(ExportArgs),
    /// Write everything that Leeward keeps here to a file, secrets excepted
    Backup {
        /// A file that is not there yet
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Bring back what a backup has; replaces nothing
    Restore {
        /// A file that `backup` wrote
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Print a script by which a shell completes commands and options
    Completions {
        /// The shell that it is for
        #[arg(value_enum, value_name = "SHELL")]
        shell: Shell,
    },
    /// Write the man pages, one for each command
    ManPages {
        /// Where to; made if it is not there
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
}

/// Files with a JSON object each, or `null` for a record that is absent; one of them may be `-`.
#[derive(Debug, clap::Args)]
pub(crate) struct MergeArgs {
    /// The record that both sides started from; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) base: PathBuf,
    /// The record as edited here
    #[arg(long, value_name = "FILE")]
    pub(crate) local: PathBuf,
    /// The record as it is there now
    #[arg(long, value_name = "FILE")]
    pub(crate) remote: PathBuf,
    /// The data model: how fields merge, and which values they may have
    #[arg(long, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HistoryCommand {
    /// Make a record again what it was, by a new edit
    PutBack {
        #[command(flatten)]
        record: RecordName,
        /// Which value: its id, such as h12, or its place in the history, where 1 is the newest
        #[arg(long, value_name = "N|ID")]
        at: String,
        /// Only this field
        #[arg(long, value_name = "NAME")]
        field: Option<String>,
        /// Why, for the history
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Undo the last change made here, sent or not, by a new edit
    Undo {
        #[command(flatten)]
        record: RecordName,
        /// Why, for the history
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

/// A record by its collection and key.
#[derive(Debug, clap::Args)]
pub(crate) struct RecordName {
    /// The collection, such as `variables`
    pub(crate) collection: String,
    /// The record's key
    #[arg(allow_hyphen_values = true)]
    pub(crate) key: String,
}

/// How to sign in. The secret itself comes by standard input.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("secret").required(true))]
pub(crate) struct Credentials {
    /// The user's name
    #[arg(long, value_name = "USER", requires = "password_stdin")]
    pub(crate) username: Option<String>,
    /// Read the password from standard input
    #[arg(long, group = "secret", requires = "username")]
    pub(crate) password_stdin: bool,
    /// Read a bearer token from standard input, in place of user and password
    #[arg(long, group = "secret", conflicts_with = "username")]
    pub(crate) token_stdin: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum EnvCommand {
    /// Connect to an Airflow; it is looked at and signed in to before anything is saved
    Add {
        /// A name of your choice: letters, digits, dots, underscores, hyphens
        name: String,
        /// Airflow's address
        #[arg(long)]
        url: String,
        #[command(flatten)]
        sign_in: Credentials,
        /// The colour by which the window shows it, as #rrggbb
        #[arg(long, value_name = "COLOUR")]
        colour: Option<String>,
        /// Mark it as production: changes are reviewed before they are sent
        #[arg(long)]
        production: bool,
    },
    /// Mark an environment as production, or say whether changes in it are reviewed before they are sent
    #[command(group = ArgGroup::new("mark").required(true).multiple(true))]
    Set {
        /// The environment's name
        name: String,
        /// Whether it is production
        #[arg(long, group = "mark", value_name = "true|false")]
        production: Option<bool>,
        /// Whether changes wait for `sync --send`; unset, they do in production
        #[arg(long, group = "mark", value_name = "true|false")]
        review: Option<bool>,
    },
    /// List the environments
    List,
    /// Ask what answers at an environment's address, or at any URL
    Probe {
        /// An environment's name, or a URL; the environment of --env when missing
        target: Option<String>,
    },
    /// Sign in anew, with another password or token
    SignIn {
        /// The environment's name
        name: String,
        #[command(flatten)]
        sign_in: Credentials,
    },
    /// Forget an environment, its mirror and its secret; Airflow is not touched
    Remove {
        /// The environment's name
        name: String,
        /// Remove it even though changes in it have not reached Airflow
        #[arg(long)]
        discard_work: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum CollectionCommand {
    /// List the collections that have a data model of their own
    List,
    /// Show a collection with its data model
    Show {
        /// The collection's name
        name: String,
    },
    /// Make a collection of a data model; the next sync shares it
    Create {
        /// The collection's name, as the data model has it
        name: String,
        /// The data model: a JSON Schema; `-` is standard input
        #[arg(long, value_name = "FILE")]
        model: PathBuf,
        /// Where its records are in Airflow
        #[arg(long, value_enum)]
        binding: BindingName,
        /// What the keys of its Variables begin with; the name and a dot when missing
        #[arg(long, value_name = "P")]
        prefix: Option<String>,
    },
    /// Give a collection the next version of its data model
    Change {
        /// The collection's name
        name: String,
        /// The next version; `-` is standard input
        #[arg(long, value_name = "FILE")]
        model: PathBuf,
        /// Only say what it would do to the records that there are
        #[arg(long)]
        dry_run: bool,
    },
    /// Delete a collection's data model; its records stay in Airflow, as Variables
    Remove {
        /// The collection's name
        name: String,
    },
}

/// Where the records of a collection can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BindingName {
    /// Each record is an Airflow Variable.
    Variables,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RecordsCommand {
    /// List a collection's records
    List {
        /// The collection, such as `variables`
        collection: String,
    },
    /// Show a record
    Get {
        #[command(flatten)]
        record: RecordName,
    },
    /// Change a record, or create it
    #[command(group = ArgGroup::new("what").required(true).multiple(true).args(GIVEN))]
    Set {
        #[command(flatten)]
        record: RecordName,
        #[command(flatten)]
        given: Given,
        /// Why, for the history
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Let a value that is a JSON object or array become a text that is not JSON
        #[arg(long)]
        force_text: bool,
    },
    /// Put another secret in the place of one that Airflow does not show
    ReplaceSecret {
        #[command(flatten)]
        record: RecordName,
        /// Read the secret from standard input
        #[arg(long, required = true)]
        value_stdin: bool,
        /// Why, for the history
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Delete a record
    Delete {
        #[command(flatten)]
        record: RecordName,
        /// Why, for the history
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Take back everything about a record that has not reached Airflow
    TakeBack {
        #[command(flatten)]
        record: RecordName,
    },
}

/// The options of [`Given`].
const GIVEN: [&str; 4] = ["fields", "field_files", "value", "value_file"];

/// The fields of a record: one by one, or as an object.
#[derive(Debug, clap::Args)]
pub(crate) struct Given {
    /// A field's new text; may be repeated
    #[arg(long = "field", value_name = "NAME=VALUE", value_parser = field, allow_hyphen_values = true)]
    pub(crate) fields: Vec<(String, String)>,
    /// A field's new text from a file; `-` is standard input; may be repeated
    #[arg(long = "field-file", value_name = "NAME=PATH", value_parser = field_file, allow_hyphen_values = true)]
    pub(crate) field_files: Vec<(String, PathBuf)>,
    /// The record as an object of fields, such as {"value":"1","description":null}
    #[arg(long, value_name = "JSON", conflicts_with_all = ["fields", "field_files", "value_file"])]
    pub(crate) value: Option<String>,
    /// That object from a file; `-` is standard input
    #[arg(long, value_name = "PATH", conflicts_with_all = ["fields", "field_files"])]
    pub(crate) value_file: Option<PathBuf>,
}

fn field(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), value.into())),
        _ => Err("give a field as NAME=VALUE".into()),
    }
}

fn field_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => Ok((name.into(), path.into())),
        _ => Err("give a field's file as NAME=PATH, or NAME=- for standard input".into()),
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConflictsCommand {
    /// List the records in conflict
    List,
    /// Show a conflict: before, Airflow's value, mine
    Show {
        #[command(flatten)]
        record: RecordName,
    },
    /// Resolve a conflict
    #[command(group = ArgGroup::new("result").required(true).multiple(true).args(GIVEN).arg("take"))]
    Resolve {
        #[command(flatten)]
        record: RecordName,
        /// Take one side, whole
        #[arg(long, value_enum, conflicts_with_all = GIVEN)]
        take: Option<Side>,
        #[command(flatten)]
        given: Given,
        /// Why, for the history
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Let a value that is a JSON object or array become a text that is not JSON
        #[arg(long)]
        force_text: bool,
    },
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum ViolationsCommand {
    /// List what is broken, and by which records
    List,
}

/// A side of a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Side {
    /// The analyst's.
    Mine,
    /// Airflow's, or that of the other edit on this computer.
    Airflow,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BrakeCommand {
    /// Show what is stopped, and why
    Show {
        /// Only this collection
        collection: Option<String>,
    },
    /// Say that what was seen is right: the collection goes on
    Accept {
        /// The collection
        collection: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum DagrunCommand {
    /// Queue a DAG run; the next sync triggers it, exactly once
    Trigger {
        /// The DAG's id
        dag: String,
        /// The run's conf: a JSON object
        #[arg(long, value_name = "JSON")]
        conf: Option<String>,
        /// That object from a file; `-` is standard input
        #[arg(long, value_name = "PATH", conflicts_with = "conf")]
        conf_file: Option<PathBuf>,
        /// Trigger it only when every change made before it is verified in Airflow
        #[arg(long)]
        after_edits: bool,
        /// A note for the run
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        /// Why, for yourself
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// List the runs seen at the last sync, newest first
    List {
        /// Only of this DAG
        #[arg(long, value_name = "DAG")]
        dag: Option<String>,
        /// How many at most
        #[arg(long, default_value_t = 100, value_name = "N", value_parser = value_parser!(u32).range(1..))]
        limit: u32,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ActionsCommand {
    /// List the actions, oldest first
    List,
    /// Take back an action that was not sent yet
    Cancel {
        /// The action's id
        id: String,
    },
    /// Send an action at the next sync, without waiting for edits
    Release {
        /// The action's id
        id: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_holds_together() {
        Args::command().debug_assert();
    }

    #[test]
    fn global_options_stand_before_or_after_the_command() {
        for line in [
            "leewardctl -o json --env prod --data-dir x status",
            "leewardctl status -o json --env prod --data-dir x",
            "leewardctl records -o json list variables --env prod --data-dir x",
        ] {
            let args = Args::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(args.output, Format::Json, "{line}");
            assert_eq!(args.env.as_deref(), Some("prod"), "{line}");
            assert_eq!(args.data_dir, Some("x".into()), "{line}");
        }
    }

    #[test]
    fn a_secret_is_never_an_argument() {
        let refused = [
            "leewardctl env add p --url http://a --username u --password x",
            "leewardctl env add p --url http://a --username u",
            "leewardctl env add p --url http://a --token x",
            "leewardctl env add p --url http://a --username u --token-stdin",
            "leewardctl env add p --url http://a --password-stdin",
        ];
        for line in refused {
            assert!(Args::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
        Args::try_parse_from("leewardctl env add p --url http://a --token-stdin".split(' ')).unwrap();
    }

    #[test]
    fn a_value_may_begin_with_a_hyphen_and_hold_equals_signs() {
        let line = "leewardctl records set variables k --field value=-a=b --field description=";
        let Command::Records(RecordsCommand::Set { given, .. }) =
            Args::try_parse_from(line.split(' ')).unwrap().command
        else {
            panic!("another command")
        };
        assert_eq!(
            given.fields,
            [
                ("value".into(), "-a=b".into()),
                ("description".into(), String::new())
            ]
        );
    }

    #[test]
    fn the_history_is_shown_or_a_part_of_it_is_put_back() {
        let parse = |line: &str| Args::try_parse_from(line.split(' ')).map(|args| args.command);
        let shown = parse("leewardctl history variables put-back --limit 3").unwrap();
        assert!(
            matches!(shown, Command::History { command: None, record: Some(r), limit: 3 } if r.key == "put-back")
        );
        let back = parse("leewardctl history put-back variables k --at h12 --field value").unwrap();
        assert!(matches!(
            back,
            Command::History {
                command: Some(HistoryCommand::PutBack { .. }),
                ..
            }
        ));
        assert!(
            parse("leewardctl history put-back variables k").is_err(),
            "which value?"
        );
        assert!(parse("leewardctl history").is_err());
    }

    #[test]
    fn a_change_says_what() {
        assert!(Args::try_parse_from("leewardctl records set variables k".split(' ')).is_err());
        assert!(Args::try_parse_from("leewardctl conflicts resolve variables k".split(' ')).is_err());
        for line in [
            "leewardctl conflicts resolve variables k --take both",
            "leewardctl conflicts resolve variables k --take mine --field value=1",
            "leewardctl records set variables k --field value=1 --value {}",
            "leewardctl records set variables k --field-file description=x --value-file y",
            "leewardctl records set variables k --field-file value=",
        ] {
            assert!(Args::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
        for line in [
            "leewardctl conflicts resolve variables k --value-file -",
            "leewardctl records set variables k --field-file value=- --field description=-1",
        ] {
            assert!(Args::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
    }
}
