//! What is written reads back the same, for texts of every kind.

use crate::rows;
use leeward_tables::{
    Cell, CsvOptions, Format, Options, ParquetOptions, Table, XlsxOptions, read, write_csv, write_json,
    write_parquet, write_xlsx,
};
use proptest::prelude::*;

/// Texts with all that goes wrong in files: quotes, delimiters, line breaks, zeros at the front, formulas, marks, escapes.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[=+@'\"\t\r\n;,|0-9.eE_x a-c-]{0,8}",
        2 => "\\PC{0,8}",
        1 => "0{1,3}[0-9]{1,19}",
        1 => "(_x00[0-9A-F]{2}_){1,2}|sep=;|\u{FEFF}a|\\{'a|\\[1|=1\\+1|null|true|2026-03-29",
        1 => "[\u{1}-\u{1F}]{1,4}",
    ]
}

/// A table of texts with at least one row; names are not blank and no two are the same, rows are not blank.
fn any_table() -> impl Strategy<Value = Table> {
    let names = prop::collection::hash_set(
        any_text().prop_filter("a name", |name| !name.trim().is_empty()),
        1..5,
    );
    names.prop_flat_map(|names| {
        let names: Vec<String> = names.into_iter().collect();
        let row = prop::collection::vec(any_text(), names.len());
        let row = row.prop_filter("a row", |cells| cells.iter().any(|text| !text.trim().is_empty()));
        prop::collection::vec(row, 1..5).prop_map(move |rows| table_of(&names, &rows))
    })
}

fn table_of(names: &[String], rows: &[Vec<String>]) -> Table {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let rows: Vec<Vec<&str>> = rows
        .iter()
        .map(|row| row.iter().map(String::as_str).collect())
        .collect();
    let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    Table::of_texts(&names, &rows)
}

fn texts(table: &Table) -> (Vec<String>, Vec<Vec<Cell>>) {
    let names = table.columns.iter().map(|column| column.name.clone()).collect();
    (names, table.rows.iter().map(|row| row.cells.clone()).collect())
}

fn back(bytes: &[u8], format: Format) -> Table {
    let table = read(
        bytes,
        &Options {
            format: Some(format),
            ..Options::default()
        },
    )
    .unwrap();
    assert!(table.refused.is_empty(), "{:?}", table.refused);
    table
}

proptest! {
    #[test]
    fn csv(table in any_table(), mark: bool, delimiter in prop::sample::select(&b",;\t|"[..])) {
        let mut written = Vec::new();
        write_csv(&table, &mut written, CsvOptions { mark, delimiter }).unwrap();
        let told = Options {
            format: Some(Format::Csv),
            delimiter: Some(char::from(delimiter)),
            ..Options::default()
        };
        prop_assert_eq!(texts(&read(&*written, &told).unwrap()), texts(&table));
    }

    #[test]
    fn json(table in any_table()) {
        let mut written = Vec::new();
        write_json(&table, &mut written).unwrap();
        prop_assert_eq!(texts(&back(&written, Format::Json)), texts(&table));
    }

    #[test]
    fn parquet(table in any_table()) {
        let mut written = Vec::new();
        write_parquet(&table, &mut written, &ParquetOptions::default()).unwrap();
        prop_assert_eq!(texts(&back(&written, Format::Parquet)), texts(&table));
    }
}

proptest! {
    // A workbook is some thirty parts, whatever is in it.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn xlsx(table in any_table()) {
        let mut written = Vec::new();
        write_xlsx(&table, &mut written, &XlsxOptions::default()).unwrap();
        let (names, mut cells) = texts(&table);
        for cell in cells.iter_mut().flatten().filter(|cell| cell.text() == Some("")) {
            *cell = Cell::Empty;
        }
        prop_assert_eq!(texts(&back(&written, Format::Xlsx)), (names, cells));
    }
}

#[test]
fn an_empty_text_is_told_from_nothing() {
    let mut table = Table::of_texts(&["a", "b", "c"], &[&["x", "", ""]]);
    table.rows[0].cells[2] = Cell::Missing;
    let mut written = Vec::new();
    write_csv(&table, &mut written, CsvOptions::default()).unwrap();
    assert_eq!(String::from_utf8_lossy(&written), "a,b,c\nx,\"\",\n");
    let back = back(&written, Format::Csv);
    assert_eq!(back.rows[0].cells[1..], [Cell::Text(String::new()), Cell::Empty]);
}

#[test]
fn json_keeps_every_kind_of_cell() {
    let spelled =
        r#"[{"a": "x", "n": 1.50, "b": false, "j": {"k": [1E5]}, "z": null}, {"a": "y", "b": true}]"#;
    let table = read(spelled.as_bytes(), &Options::default()).unwrap();
    let mut written = Vec::new();
    write_json(&table, &mut written).unwrap();
    let again = back(&written, Format::Json);
    assert_eq!(texts(&again), texts(&table));
    assert_eq!(
        rows(&again)[1].1,
        ["y", "<missing>", "true", "<missing>", "<missing>"]
    );
}

#[test]
fn a_zero_character_is_not_written_where_it_cannot_be_read() {
    let table = Table::of_texts(&["a"], &[&["x\0y"]]);
    assert!(write_csv(&table, &mut Vec::new(), CsvOptions::default()).is_err());
    let mut written = Vec::new();
    write_json(&table, &mut written).unwrap();
    assert_eq!(texts(&back(&written, Format::Json)), texts(&table));
}
