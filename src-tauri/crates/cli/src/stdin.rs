//! Secrets come by standard input: an argument could be read by every process on the computer.

use crate::problem::{internal, usage};
use leeward_model::Problem;
use leeward_profile::SecretText;
use std::io::{self, ErrorKind, Read};

/// Everything on standard input, without the line breaks that end it.
pub(crate) fn secret() -> Result<SecretText, Problem> {
    let mut text = String::new();
    if let Err(error) = io::stdin().lock().read_to_string(&mut text) {
        return Err(match error.kind() {
            ErrorKind::InvalidData => usage(
                "The secret on standard input is not UTF-8 text.",
                "Give it in UTF-8.",
            ),
            _ => internal(&error),
        });
    }
    let length = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(length);
    if text.is_empty() {
        return Err(usage(
            "Standard input holds no secret.",
            "Pipe it in, as in `printf %s \"$PASSWORD\" | leewardctl … --password-stdin`.",
        ));
    }
    Ok(SecretText::new(text))
}
