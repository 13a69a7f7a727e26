//! Parquet files of other programs, and hostile ones. `fixtures/P*` were written by pyarrow, Polars, DuckDB and fastparquet.

use crate::{codes, fault_of, file, file_with, names, note, rows};
use leeward_tables::{
    Cell, Column, FaultCode, Format, Found, Limits, NoteCode, Options, ParquetOptions, ParquetType, Row,
    Table, read, write_parquet,
};

const COLUMNS: [&str; 20] = [
    "sku", "kind", "i8", "i32", "i64", "u32", "u64", "f32", "f64", "d9", "d38", "d76", "on", "day", "ms",
    "us", "ns", "time", "bin", "nothing",
];
const FIRST: [&str; 20] = [
    "A-1",
    "x",
    "-128",
    "-2147483648",
    "9007199254740993",
    "4294967295",
    "18446744073709551615",
    "0.1",
    "0.1",
    "-1.50",
    "99999999999999999999.999999999999999999",
    "1.5",
    "true",
    "2026-03-29",
    "2026-03-29T14:00:00.25Z",
    "2026-03-29T14:00:00.000001",
    "1970-01-01T00:00:00.000000001Z",
    "14:30:00",
    "bytes that are no text",
    "<null>",
];
const SECOND: [&str; 20] = [
    "A-2",
    "x",
    "127",
    "2147483647",
    "-9223372036854775808",
    "0",
    "0",
    "10000000000",
    "NaN",
    "0.01",
    "-0.000000000000000001",
    "-2.0",
    "false",
    "0001-01-01",
    "1969-12-31T23:59:59Z",
    "2026-03-29T00:00:00",
    "1970-01-01T00:00:00Z",
    "00:00:00.000001",
    "plain",
    "<null>",
];

/// The same table, packed and paged in several ways. Its last row has one value.
#[test]
fn p01_to_p03_every_type_in_every_packing() {
    for name in [
        "P01_arrow_snappy.parquet",
        "P02_arrow_zstd_v2_pages.parquet",
        "P03_arrow_gzip_plain.parquet",
    ] {
        let table = file(name);
        assert_eq!(names(&table), COLUMNS, "{name}");
        let found = rows(&table);
        assert_eq!(found[0], (1, FIRST.to_vec()), "{name}");
        assert_eq!(found[1], (2, SECOND.to_vec()), "{name}");
        assert_eq!(
            found[2],
            (3, [&["<null>"; 1][..], &["y"], &["<null>"; 18]].concat())
        );
        assert_eq!(table.found.format, Some(Format::Parquet));
        let cells = &table.rows[0].cells;
        assert!(
            matches!(cells[18], Cell::Error(_)),
            "bytes are told apart from texts"
        );
        assert!(
            matches!(table.rows[1].cells[8], Cell::Error(_)),
            "NaN is no number"
        );
        assert!(
            matches!(
                (&cells[9], &cells[13], &cells[14]),
                (Cell::Number(_), Cell::Date(_), Cell::DateTime(_))
            ),
            "{cells:?}"
        );
        assert_eq!(codes(&table), [NoteCode::Guessed; 2]);
        assert!(
            note(&table, NoteCode::Guessed)
                .sentence
                .starts_with("“f32” holds binary")
        );
    }
}

#[test]
fn p04_numbers_and_texts_as_differences() {
    let table = file("P04_arrow_delta.parquet");
    assert_eq!(rows(&table)[0].1, ["A-1", "9007199254740993", "0.1"]);
    assert_eq!(rows(&table)[1].1, ["A-2", "-9223372036854775808", "NaN"]);
}

#[test]
fn p05_moments_of_old_programs_have_no_zone() {
    let table = file("P05_int96.parquet");
    assert_eq!(
        rows(&table)[0].1,
        ["2026-03-29T14:00:00.25", "2026-03-29T14:00:00.000001"]
    );
}

#[test]
fn p09_to_p11_other_writers() {
    assert_eq!(
        rows(&file("P09_polars.parquet"))[0].1,
        ["A-1", "3.10", "2026-03-29", "2026-03-29T14:00:00", "1"]
    );
    let duckdb = file("P10_duckdb.parquet");
    assert_eq!(
        rows(&duckdb)[0].1[..6],
        [
            "A-1",
            "3.10",
            "2026-03-29",
            "2026-03-29T12:00:00Z",
            "9a3f3a3c-8a43-4a6b-9d9c-0f1a2b3c4d5e",
            "true"
        ]
    );
    assert_eq!(duckdb.rows.len(), 1, "the row of nulls is empty");
    let table = file("P11_fastparquet.parquet");
    assert_eq!(rows(&table)[1].1, ["A-2", "2", "2026-03-30T00:00:00", "y"]);
}

#[test]
fn what_is_not_read_is_said() {
    for (name, said) in [
        ("P06_nested.parquet", "The column “tags” holds lists"),
        ("P07_brotli.parquet", "The file is compressed with BROTLI"),
        ("P08_delta_byte_array.parquet", "(DELTA_BYTE_ARRAY)"),
    ] {
        let fault = file_with(name, &Options::default()).unwrap_err();
        assert_eq!(fault.code, FaultCode::Format, "{name}");
        assert!(fault.what.contains(said), "{name}: {fault}");
    }
    let told = |format| Options {
        format: Some(format),
        ..Options::default()
    };
    let fault = file_with("P01_arrow_snappy.parquet", &told(Format::Csv)).unwrap_err();
    assert_eq!(fault.what, "The file is a Parquet file.");
    let fault = file_with("D02_bom_utf8.csv", &told(Format::Parquet)).unwrap_err();
    assert_eq!(fault.what, "The file is no Parquet file.");
    assert_eq!(fault_of(b"PAR1").code, FaultCode::Syntax);
    assert_eq!(fault_of(b"PARE....").code, FaultCode::Format);
}

/// One column of texts.
fn texts(texts: impl Iterator<Item = String>) -> Vec<u8> {
    let rows = texts.zip(1..).map(|(text, number)| Row {
        number,
        cells: vec![Cell::Text(text)],
    });
    let table = Table {
        columns: vec![Column::new("a", 1)],
        rows: rows.collect(),
        refused: Vec::new(),
        found: Found::default(),
        notes: Vec::new(),
    };
    let mut written = Vec::new();
    write_parquet(&table, &mut written, &ParquetOptions::default()).unwrap();
    written
}

fn with(limits: Limits) -> Options {
    Options {
        limits,
        ..Options::default()
    }
}

#[test]
fn one_text_that_a_dictionary_names_a_million_times_is_counted_each_time() {
    let bytes = texts((0..1000).map(|_| "x".repeat(100_000)));
    assert!(bytes.len() < 64 << 10, "{} bytes", bytes.len());
    let options = with(Limits {
        text_bytes: 8 << 20,
        ..Limits::default()
    });
    let fault = read(&*bytes, &options).unwrap_err();
    assert_eq!(fault.code, FaultCode::TooLarge, "{fault}");
    assert_eq!(fault.row, Some(84), "{fault}");
}

#[test]
fn rows_cells_and_unpacked_bytes_have_limits() {
    let bytes = texts((0..5000).map(|number| format!("{number:0>400}")));
    for limits in [
        Limits {
            rows: 100,
            ..Limits::default()
        },
        Limits {
            cells: 100,
            ..Limits::default()
        },
        Limits {
            unpacked_bytes: 1 << 20,
            ..Limits::default()
        },
        Limits {
            cell_bytes: 399,
            ..Limits::default()
        },
    ] {
        let fault = read(&*bytes, &with(limits)).unwrap_err();
        assert_eq!(fault.code, FaultCode::TooLarge, "{fault}");
    }
    assert_eq!(read(&*bytes, &Options::default()).unwrap().rows.len(), 5000);
}

#[test]
fn every_cut_and_every_changed_byte_ends_in_an_answer() {
    for (name, step) in [("P01_arrow_snappy.parquet", 7), ("P10_duckdb.parquet", 1)] {
        let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
        let whole = std::fs::read(path).unwrap();
        for end in (0..whole.len()).step_by(61) {
            assert!(
                read(&whole[..end], &Options::default()).is_err(),
                "{name} at {end}"
            );
        }
        let limits = Limits {
            cells: 100_000,
            text_bytes: 1 << 20,
            ..Limits::default()
        };
        for place in (0..whole.len()).step_by(step) {
            let mut bytes = whole.clone();
            bytes[place] ^= 1 << (place / step % 8);
            let _answer = read(&*bytes, &with(limits.clone()));
        }
    }
}

#[test]
fn a_value_that_is_not_of_its_type_is_not_written() {
    let table = Table::of_texts(&["n"], &[&["1"], &["1.5"]]);
    for kind in [
        ParquetType::Integer,
        ParquetType::Decimal(0),
        ParquetType::Boolean,
        ParquetType::Date,
    ] {
        let options = ParquetOptions { types: vec![kind] };
        let fault = write_parquet(&table, &mut Vec::new(), &options).unwrap_err();
        assert_eq!(fault.code, FaultCode::Unwritable, "{kind:?}");
    }
}
