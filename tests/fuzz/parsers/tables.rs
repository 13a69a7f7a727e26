//! Files of tables that programs write in binary: their sizes and offsets are the file's own word.

use leeward_tables::{Format, Limits, Options, read};

use super::{Feed, Parser, message};
use crate::hostile::Input;

/// Every type, snappy and dictionaries; zstd and pages of the second version; differences; another writer.
const PARQUET: &[&[u8]] = &[
    include_bytes!("../../../src-tauri/crates/tables/tests/fixtures/P01_arrow_snappy.parquet"),
    include_bytes!("../../../src-tauri/crates/tables/tests/fixtures/P02_arrow_zstd_v2_pages.parquet"),
    include_bytes!("../../../src-tauri/crates/tables/tests/fixtures/P03_arrow_gzip_plain.parquet"),
    include_bytes!("../../../src-tauri/crates/tables/tests/fixtures/P04_arrow_delta.parquet"),
    include_bytes!("../../../src-tauri/crates/tables/tests/fixtures/P10_duckdb.parquet"),
];

pub(super) fn parsers() -> Vec<Parser> {
    vec![Parser {
        name: "parquet",
        seeds: PARQUET.iter().map(|bytes| message(*bytes)).collect(),
        open: Box::new(|| Box::new(is_read) as Feed),
    }]
}

/// With limits that fit beside everything else in the memory of this process.
fn is_read(input: &Input) -> bool {
    let options = Options {
        format: Some(Format::Parquet),
        limits: Limits {
            unpacked_bytes: 32 << 20,
            text_bytes: 16 << 20,
            cells: 200_000,
            ..Limits::default()
        },
        ..Options::default()
    };
    read(&*input.body, &options).is_ok()
}
