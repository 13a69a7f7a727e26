//! Secrets come by standard input: an argument could be read by every process on the computer.

use crate::problem::{internal, usage};
use leeward_model::Problem;
use leeward_profile::SecretText;
use std::io::{self, Read};

/// Everything on standard input, without the line break that ends it.
pub(crate) fn secret() -> Result<SecretText, Problem> {
    let mut text = String::new();
    io::stdin()
        .lock()
        .read_to_string(&mut text)
        .map_err(|e| internal(&e))?;
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
