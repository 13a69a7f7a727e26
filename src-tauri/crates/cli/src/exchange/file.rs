//! Files of tables, opened.

use crate::args::{FileFormat, ImportArgs};
use crate::file::is_stdin;
use crate::problem::usage;
use leeward_model::Problem;
use leeward_tables::Options;
use leeward_transfer::Opened;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Reads the file, with what the options say of it.
pub(super) fn open(args: &ImportArgs) -> Result<Opened, Problem> {
    let options = options(args);
    let bytes = bytes(&args.file, &options)?;
    leeward_transfer::open(&bytes, &args.collection, options)
}

/// The file's bytes, and one more than it may have: the reader of tables says so.
fn bytes(path: &Path, options: &Options) -> Result<Vec<u8>, Problem> {
    let most = options.limits.file_bytes + 1;
    let mut bytes = Vec::new();
    let read = match is_stdin(path) {
        true => io::stdin().lock().take(most).read_to_end(&mut bytes),
        false => File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)),
    };
    match read {
        Ok(_) => Ok(bytes),
        Err(error) => Err(usage(
            format!("The file cannot be read ({}): {error}.", path.display()),
            "Check that it is there, and that it may be read.",
        )),
    }
}

fn options(args: &ImportArgs) -> Options {
    Options {
        format: args.format.map(FileFormat::format),
        sheet: args.sheet.clone(),
        delimiter: args.delimiter,
        encoding: args.encoding.clone(),
        decimal: args.decimal,
        date_order: args.date_order.map(Into::into),
        ..Options::default()
    }
}
