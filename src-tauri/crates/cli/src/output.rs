//! What is printed, and the exit code. Only results go to standard output.

use crate::args::Format;
use leeward_model::{Problem, ProblemCode};
use serde::Serialize;
use serde_json::json;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// How the program ends; part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    Unsettled = 3,
    SignInNeeded = 4,
    OutOfReach = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    fn of(code: ProblemCode) -> Self {
        match code {
            ProblemCode::BadInput => Self::Usage,
            ProblemCode::SignInNeeded => Self::SignInNeeded,
            ProblemCode::Unreachable => Self::OutOfReach,
            _ => Self::Failed,
        }
    }
}

/// Prints results in the form that was asked for.
#[derive(Debug)]
pub(crate) struct Output {
    format: Format,
}

impl Output {
    pub(crate) fn new(format: Format) -> Self {
        Self { format }
    }

    /// Prints a result: as JSON, or as the text that `text` makes of it.
    pub(crate) fn show<T: Serialize + ?Sized>(&self, result: &T, text: impl FnOnce(&T) -> String) {
        match self.format {
            Format::Json => print_json(result),
            Format::Text => print(&text(result)),
        }
    }

    /// Tells a person something that is not the result.
    pub(crate) fn note(&self, message: &str) {
        if self.format == Format::Text {
            complain(message);
        }
    }

    /// Tells what went wrong, and returns the exit code that goes with it.
    pub(crate) fn problem(&self, problem: &Problem) -> Exit {
        if self.format == Format::Json {
            print_json(&json!({ "error": problem }));
        }
        complain(&problem_text(problem));
        Exit::of(problem.code)
    }
}

fn problem_text(problem: &Problem) -> String {
    let lines = [&problem.what, &problem.meaning, &problem.next];
    let told = lines.into_iter().filter(|line| !line.is_empty());
    told.cloned().collect::<Vec<_>>().join("\n")
}

/// What the command line itself could not be made of. Help and version are results.
pub(crate) fn usage(error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        print(&error.render().to_string());
        return Exit::Done;
    }
    if json_was_asked_for(std::env::args()) {
        let what = error.render().to_string();
        let next = "`leewardctl --help` lists the commands and options.";
        print_json(&json!({ "error": crate::problem::usage(what.trim(), next) }));
    }
    complain(error.render().to_string().trim_end());
    Exit::Usage
}

/// The line could not be parsed, so this looks at it word by word.
fn json_was_asked_for(line: impl Iterator<Item = String>) -> bool {
    let words: Vec<String> = line.collect();
    let pair = words
        .windows(2)
        .any(|pair| matches!(pair[0].as_str(), "-o" | "--output") && pair[1] == "json");
    pair || words
        .iter()
        .any(|word| matches!(word.as_str(), "-ojson" | "-o=json" | "--output=json"))
}

fn print_json<T: Serialize + ?Sized>(result: &T) {
    // Every type that is printed serializes; a map with other keys than text is the only way not to.
    let text = serde_json::to_string_pretty(result)
        .unwrap_or_else(|e| json!({ "error": e.to_string() }).to_string());
    print(&text);
}

/// A reader that went away is no error of ours.
fn print(text: &str) {
    if !text.is_empty() {
        let _ = writeln!(io::stdout().lock(), "{}", text.trim_end_matches('\n'));
    }
}

fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Lines up columns: two spaces between them, none at the end of a line.
pub(crate) fn table<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([heads[column].len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let heads = heads.map(str::to_uppercase);
    let mut text = String::new();
    for row in std::iter::once(&heads).chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:<width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Names and what they are, one a line.
pub(crate) fn pairs(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let lines = pairs
        .iter()
        .map(|(name, value)| format!("{name:<width$}  {value}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// A text's beginning, on one line.
pub(crate) fn short(text: &str) -> String {
    const LENGTH: usize = 60;
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if line.chars().count() <= LENGTH {
        return line;
    }
    let begin: String = line.chars().take(LENGTH - 1).collect();
    format!("{begin}…")
}

/// A JSON value for people: texts as they are, nothing for null.
pub(crate) fn plain(value: Option<&serde_json::Value>) -> String {
    match value {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// The word that the interface has for a state or kind.
pub(crate) fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).map_or_else(|_| String::new(), |value| plain(Some(&value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [
            ["ä".to_owned(), "1".to_owned()],
            ["long key".to_owned(), String::new()],
        ];
        assert_eq!(
            table(["key", "value"], &rows),
            "KEY       VALUE\nä         1\nlong key\n"
        );
    }

    #[test]
    fn a_long_text_is_cut_and_stays_on_one_line() {
        assert_eq!(short("a\nb"), "a b");
        assert_eq!(short(&"é".repeat(100)).chars().count(), 60);
    }

    #[test]
    fn json_is_asked_for_in_every_spelling() {
        let asked = |line: &str| json_was_asked_for(line.split(' ').map(str::to_owned));
        assert!(asked("x -o json") && asked("x --output=json") && asked("x -ojson"));
        assert!(!asked("x -o text json"));
    }

    #[test]
    fn exit_codes_are_those_of_the_interface() {
        let code = |code| Exit::of(code) as u8;
        assert_eq!(code(ProblemCode::BadInput), 2);
        assert_eq!(code(ProblemCode::SignInNeeded), 4);
        assert_eq!(code(ProblemCode::Unreachable), 5);
        assert_eq!(code(ProblemCode::NotAirflow), 1);
        assert_eq!(code(ProblemCode::NotFound), 1);
        assert_eq!(Exit::Unsettled as u8, 3);
    }
}
