//! Headers that are not as they should be: told, and every column gets a name of its own.

use crate::{codes, names, note, rows, text};
use leeward_tables::NoteCode;

#[test]
fn two_columns_of_one_name_are_told_apart() {
    let table = text("sku,price,price,price (2),price\nA,1,2,3,4\n");
    assert_eq!(
        names(&table),
        ["sku", "price", "price (3)", "price (2)", "price (4)"]
    );
    assert_eq!(codes(&table), [NoteCode::DuplicateHeader; 2]);
    assert_eq!(
        note(&table, NoteCode::DuplicateHeader).sentence,
        "Two columns are called “price”; the one at place 3 is called “price (3)” here."
    );
}

#[test]
fn a_column_without_a_name_gets_one_if_it_holds_something() {
    let table = text("sku,,,\nA,1,,\nB,2,,\n");
    assert_eq!(names(&table), ["sku", "column 2"]);
    assert_eq!(
        note(&table, NoteCode::EmptyHeader).column.as_deref(),
        Some("column 2")
    );
    assert_eq!(rows(&table)[1], (3, vec!["B", "2"]));
    assert_eq!(table.columns[1].number, 2);
}

#[test]
fn a_name_keeps_its_blanks_and_they_are_told() {
    let table = text("sku, price \nA,1\n");
    assert_eq!(names(&table), ["sku", " price "]);
    assert_eq!(codes(&table), [NoteCode::BlanksInHeader]);
}

#[test]
fn a_file_of_one_column_says_so() {
    let table = text("name\nAnn\nBob\n");
    assert_eq!((names(&table), table.found.delimiter), (vec!["name"], None));
    assert_eq!(codes(&table), [NoteCode::Guessed]);
}

#[test]
fn a_header_alone_is_a_table_without_rows() {
    let table = text("sku,price\n");
    assert_eq!((names(&table), table.rows.len()), (vec!["sku", "price"], 0));
}
