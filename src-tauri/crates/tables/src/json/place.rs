//! Where a JSON text is broken, and whether it is Python's spelling rather than JSON.

use crate::fault::{FaultCode, FileFault};

/// What Python writes where JSON has something else.
const PYTHON: &[&str] = &["'", "True", "False", "None"];

/// The fault of a text that is no JSON.
pub(crate) fn broken(text: &str, error: &serde_json::Error) -> FileFault {
    let (line, column) = (error.line(), error.column());
    let place = format!("line {line}, column {column}");
    let fault = if is_python(text, line, column) {
        let what = format!("The file is written as Python prints a value, not as JSON ({place}).");
        let why = "Python's quotes and its True, False and None mean nothing in JSON; guessing could change values.";
        FileFault::new(
            FaultCode::Syntax,
            what,
            why,
            "Write the file with json.dump, and import it again.",
        )
    } else {
        let what = format!("The file is no JSON from {place} on.");
        let why = "What comes before may be cut off as well, so nothing was taken.";
        FileFault::new(
            FaultCode::Syntax,
            what,
            why,
            "Mend that place, or export the file again.",
        )
    };
    fault.at(line as u64)
}

fn is_python(text: &str, line: usize, column: usize) -> bool {
    let line = text
        .lines()
        .nth(line.saturating_sub(1))
        .unwrap_or_default()
        .as_bytes();
    // The column is counted in bytes, and is that of the last byte that was read.
    let from = line.get(column.saturating_sub(1)..).unwrap_or_default();
    PYTHON.iter().any(|word| from.starts_with(word.as_bytes()))
}
