//! What is printed, and the exit code. Only results go to standard output.

pub(crate) mod escape;

use crate::args::Format;
use leeward_model::{Problem, ProblemCode};
use serde::Serialize;
use serde_json::json;
use std::cell::RefCell;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write as _};
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
    /// By Ctrl+C; what a shell gives for a program that it ended.
    Stopped = 130,
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

/// Prints results in the form that was asked for, and remembers whether that worked.
#[derive(Debug)]
pub(crate) struct Output {
    format: Format,
    failure: RefCell<Option<io::Error>>,
}

impl Output {
    pub(crate) fn new(format: Format) -> Self {
        Self {
            format,
            failure: RefCell::default(),
        }
    }

    /// Prints a result: as JSON, or as the text that `text` makes of it.
    pub(crate) fn show<T: Serialize + ?Sized>(&self, result: &T, text: impl FnOnce(&T) -> String) {
        match self.format {
            Format::Json => self.print(&json_text(result)),
            Format::Text => self.print(&escape::text(&text(result))),
        }
    }

    /// Tells a person something that is not the result.
    pub(crate) fn note(&self, message: &str) {
        if self.format == Format::Text {
            complain(&escape::line(message));
        }
    }

    /// Tells what went wrong, and returns the exit code that goes with it.
    pub(crate) fn problem(&self, problem: &Problem) -> Exit {
        if self.format == Format::Json {
            self.print(&json_text(&json!({ "error": problem })));
        }
        complain(&problem_text(problem));
        Exit::of(problem.code)
    }

    /// The exit code of a command that ended with `exit`: a result that could not be written is a failure. A reader
    /// that went away, as `head` does, has all that it wanted.
    pub(crate) fn end(&self, exit: Exit) -> Exit {
        match self.failure.take() {
            None => exit,
            Some(error) if error.kind() == ErrorKind::BrokenPipe => exit,
            Some(error) => {
                complain(&unwritten(&error, exit));
                if exit == Exit::Done { Exit::Failed } else { exit }
            }
        }
    }

    fn print(&self, text: &str) {
        if let Err(error) = print(text) {
            self.failure.borrow_mut().get_or_insert(error);
        }
    }
}

/// What the command did before it printed stays done.
fn unwritten(error: &io::Error, exit: Exit) -> String {
    let kept = if exit == Exit::Done {
        "\nThe command itself was carried out; nothing of it is lost."
    } else {
        ""
    };
    format!("The result could not be written to standard output: {error}.{kept}")
}

fn problem_text(problem: &Problem) -> String {
    let lines = [&problem.what, &problem.meaning, &problem.next];
    let told = lines.into_iter().filter(|line| !line.is_empty());
    told.map(|line| below(line)).collect::<Vec<_>>().join("\n")
}

/// What the command line itself could not be made of. Help and version are results.
pub(crate) fn usage(error: &clap::Error) -> Exit {
    let text = match error.kind() {
        clap::error::ErrorKind::InvalidUtf8 => not_utf8(std::env::args_os()),
        _ => error.render().to_string(),
    };
    let json_is_asked_for = json_was_asked_for(std::env::args_os());
    let output = Output::new(if json_is_asked_for {
        Format::Json
    } else {
        Format::Text
    });
    if !error.use_stderr() {
        output.print(&escape::text(&text));
        return output.end(Exit::Done);
    }
    if json_is_asked_for {
        let next = "`leewardctl --help` lists the commands and options.";
        output.print(&json_text(
            &json!({ "error": crate::problem::usage(text.trim(), next) }),
        ));
    }
    complain(text.trim_end());
    output.end(Exit::Usage)
}

/// Which argument is no text. A value may be a file's bytes: what is not UTF-8 in it is shown as `�`.
fn not_utf8(mut line: impl Iterator<Item = OsString>) -> String {
    let found = line.find(|word| word.to_str().is_none());
    let which = found.map_or_else(
        || "An argument, or LEEWARD_ENV,".into(),
        |word| format!("The argument {}", short(&word.to_string_lossy())),
    );
    format!("{which} is not UTF-8 text.\nNothing was changed.\nGive it in UTF-8.")
}

/// The line could not be parsed, so this looks at it word by word.
fn json_was_asked_for(line: impl Iterator<Item = OsString>) -> bool {
    let words: Vec<String> = line.map(|word| word.to_string_lossy().into_owned()).collect();
    let pair = words
        .windows(2)
        .any(|pair| matches!(pair[0].as_str(), "-o" | "--output") && pair[1] == "json");
    pair || words
        .iter()
        .any(|word| matches!(word.as_str(), "-ojson" | "-o=json" | "--output=json"))
}

fn json_text<T: Serialize + ?Sized>(result: &T) -> String {
    // Every type that is printed serializes; a map with other keys than text is the only way not to.
    let text = serde_json::to_string_pretty(result)
        .unwrap_or_else(|e| json!({ "error": e.to_string() }).to_string());
    escape::json(&text).into_owned()
}

/// Flushed at once: what is still in the buffer when the process ends fails unseen.
fn print(text: &str) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{}", text.trim_end_matches('\n'))?;
    out.flush()
}

fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", escape::text(text));
}

/// Lines up columns: two spaces between them, none at the end of a line. A cell stays on its line.
pub(crate) fn table<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> String {
    let rows: Vec<[String; N]> = rows
        .iter()
        .map(|row| row.each_ref().map(|cell| escape::line(cell).into_owned()))
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([heads[column].len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let heads = heads.map(str::to_uppercase);
    let mut text = String::new();
    for row in std::iter::once(&heads).chain(&rows) {
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
        .map(|(name, value)| format!("{name:<width$}  {}", escape::line(value)));
    lines.collect::<Vec<_>>().join("\n")
}

/// A text's beginning, on one line: white space is a space there.
pub(crate) fn short(text: &str) -> String {
    const LENGTH: usize = 60;
    let is_space = |c| matches!(c, '\n' | '\r' | '\t');
    // Escapes make it longer, never shorter.
    let begin: String = text.chars().take(LENGTH + 1).collect();
    let line = escape::line(&begin.replace(is_space, " ")).into_owned();
    if line.chars().count() <= LENGTH {
        return line;
    }
    let begin: String = line.chars().take(LENGTH - 1).collect();
    format!("{begin}…")
}

/// A text of several lines below its name: none of its lines can be taken for another name.
pub(crate) fn below(text: &str) -> String {
    text.replace('\n', "\n    ")
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
    fn a_cell_shows_what_a_terminal_would_obey() {
        let rows = [["k\n\u{1b}[2J".to_owned(), "v".to_owned()]];
        assert_eq!(table(["k", "v"], &rows), "K             V\nk\\n\\u001b[2J  v\n");
    }

    #[test]
    fn a_long_text_is_cut_and_stays_on_one_line() {
        assert_eq!(short("a\nb\u{1b}"), "a b\\u001b");
        assert_eq!(short(&"\u{1b}".repeat(60)).chars().count(), 60);
        assert_eq!(short(&"é".repeat(100)).chars().count(), 60);
    }

    #[test]
    fn json_is_asked_for_in_every_spelling() {
        let asked = |line: &str| json_was_asked_for(line.split(' ').map(OsString::from));
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
        assert_eq!(Exit::Stopped as u8, 130);
    }
}
