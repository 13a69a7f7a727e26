//! Workbooks that people import, and what is right for each.

use crate::book::{book, book_of};
use crate::{codes, fault_of, file, file_with, names, note, rows};
use leeward_tables::{
    Cell, CellType, FaultCode, Format, Merged, NoteCode, Options, Table, XlsxOptions, read, write_xlsx,
};

fn read_book(rows: &str) -> Table {
    read(&*book(rows, ""), &Options::default()).unwrap()
}

#[test]
fn d13_merged_cells_are_named_and_refused() {
    let table = file("D13_merged_cells.xlsx");
    assert_eq!(names(&table), ["region", "sku", "price"]);
    assert_eq!(
        rows(&table),
        [(2, vec!["EU", "A-1", "1.1"]), (4, vec!["US", "A-3", "2"])]
    );
    assert!(
        note(&table, NoteCode::Merged)
            .sentence
            .starts_with("Cells are merged: C1:D1, A2:A3.")
    );
    assert_eq!(table.refused.len(), 1);
    assert_eq!(
        (table.refused[0].row, table.refused[0].column.as_deref()),
        (3, Some("region"))
    );
    assert!(table.refused[0].why.contains("A2:A3"));
}

#[test]
fn d13_merged_cells_are_filled_on_request() {
    let told = Options {
        merged: Merged::Fill,
        ..Options::default()
    };
    let table = file_with("D13_merged_cells.xlsx", &told).unwrap();
    assert_eq!(rows(&table)[1], (3, vec!["EU", "A-2", "1.2"]));
    assert!(table.refused.is_empty());
    assert_eq!(codes(&table), [NoteCode::Merged]);
}

#[test]
fn d14_days_moments_and_times() {
    let table = file("D14_dates_times.xlsx");
    assert_eq!(table.found.format, Some(Format::Xlsx));
    let cell = |row: usize, column: usize| table.rows[row].cells[column].clone();
    assert_eq!(cell(0, 0), Cell::Date("2026-03-29".to_owned()));
    assert_eq!(cell(0, 1), Cell::DateTime("2026-03-29T02:30:00".to_owned()));
    assert_eq!(cell(0, 2), Cell::Time("14:00:00".to_owned()));
    assert_eq!(cell(0, 3), Cell::Text("29.03.2026".to_owned()));
    assert_eq!(cell(1, 0), Cell::Date("1900-02-28".to_owned()));
    assert_eq!(cell(1, 3), Cell::Text("2026-03-29".to_owned()));
}

#[test]
fn d14b_days_are_counted_from_1904_where_the_book_says_so() {
    let table = file("D14b_dates_1904.xlsx");
    assert_eq!(rows(&table), [(2, vec!["2026-01-31", "1.5"])]);
}

#[test]
fn d16_nothing_moves_into_an_empty_cell() {
    let table = file("D16_empty_cells.xlsx");
    assert_eq!(names(&table), ["sku", "price", "note", "vat"]);
    assert_eq!(
        rows(&table),
        [
            (3, vec!["A-1", "", "", "7"]),
            (4, vec!["A-2", "2", "", ""]),
            (5, vec!["", "", "only a note", ""])
        ]
    );
}

#[test]
fn numbers_lose_no_digit() {
    let table = read_book(
        r#"<row r="1"><c r="A1" t="str"><v>n</v></c></row>
           <row r="2"><c r="A2"><v>1234567890123456789</v></c></row>
           <row r="3"><c r="A3"><v>3.1000000000000001</v></c></row>
           <row r="4"><c r="A4"><v>0.1234567890123456789</v></c></row>
           <row r="5"><c r="A5" t="inlineStr"><is><t>007</t></is><v>007</v></c></row>"#,
    );
    let found: Vec<&str> = rows(&table).iter().map(|(_, cells)| cells[0]).collect();
    assert_eq!(
        found,
        ["1234567890123456789", "3.1", "0.1234567890123456789", "007"]
    );
}

#[test]
fn formulas_errors_and_booleans_are_told() {
    let table = read_book(
        r#"<row><c t="str"><v>a</v></c><c t="str"><v>b</v></c></row>
           <row><c><f>1+1</f><v>2</v></c><c t="b"><v>1</v></c></row>
           <row><c t="str"><f>"x"&amp;"y"</f><v>x&lt;y</v></c><c t="e"><v>#DIV/0!</v></c></row>
           <row><c><f>A2</f></c><c t="d"><v>2026-03-29</v></c></row>"#,
    );
    let cells: Vec<Vec<Cell>> = table.rows.iter().map(|row| row.cells.clone()).collect();
    assert_eq!(cells[0], [Cell::Number("2".to_owned()), Cell::Boolean(true)]);
    assert_eq!(
        cells[1],
        [Cell::Text("x<y".to_owned()), Cell::Error("#DIV/0!".to_owned())]
    );
    assert_eq!(cells[2][1], Cell::Date("2026-03-29".to_owned()));
    assert_eq!(note(&table, NoteCode::Formulas).rows, [2, 3, 4]);
    assert_eq!(
        note(&table, NoteCode::Errors).rows,
        [3, 4],
        "a formula without a result has no value"
    );
}

#[test]
fn shared_texts_are_read_without_their_pronunciation() {
    let texts = r#"<sst><si><t>name</t></si><si><r><t xml:space="preserve">a </t></r><r><t>b_x000D_c</t></r>
        <rPh><t>aside</t></rPh></si></sst>"#;
    let sheet = r#"<worksheet><sheetData><row><c t="s"><v>0</v></c></row><row><c t="s"><v>1</v></c></row></sheetData></worksheet>"#;
    let entry = r#"<sheet name="One" r:id="rId1"/>"#;
    let parts = [
        ("worksheet", "worksheets/sheet1.xml", sheet),
        ("sharedStrings", "sharedStrings.xml", texts),
    ];
    let table = read(&*book_of(entry, &parts), &Options::default()).unwrap();
    assert_eq!(rows(&table), [(2, vec!["a b\rc"])]);
}

#[test]
fn sheets_go_by_their_names() {
    let sheet = |text: &str| {
        format!("<worksheet><sheetData><row><c t=\"str\"><v>{text}</v></c></row></sheetData></worksheet>")
    };
    let (base, prices, more) = (sheet("base"), sheet("price"), sheet("more"));
    let entries = r#"<sheet name="base" state="veryHidden" r:id="rId1"/><sheet name="Prices &amp; more" r:id="rId2"/>
        <sheet name="Notes" r:id="rId3"/>"#;
    let parts = [
        ("worksheet", "worksheets/a.xml", base.as_str()),
        ("worksheet", "worksheets/b.xml", prices.as_str()),
        ("worksheet", "/xl/worksheets/c.xml", more.as_str()),
    ];
    let bytes = book_of(entries, &parts);
    let table = read(&*bytes, &Options::default()).unwrap();
    assert_eq!(
        (names(&table), table.found.sheet.as_deref()),
        (vec!["price"], Some("Prices & more"))
    );
    assert_eq!(table.found.sheets, ["Prices & more", "Notes"]);
    assert_eq!(codes(&table), [NoteCode::OtherSheets]);
    let named = |name: &str| {
        read(
            &*bytes,
            &Options {
                sheet: Some(name.to_owned()),
                ..Options::default()
            },
        )
    };
    assert_eq!(names(&named("base").unwrap()), ["base"]);
    let fault = named("Nothing").unwrap_err();
    assert_eq!(
        (fault.code, fault.next.as_str()),
        (FaultCode::Sheet, "Name one of these: Prices & more, Notes.")
    );
}

#[test]
fn a_day_that_is_none_is_kept_as_a_number_and_told() {
    let styles = r#"<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#;
    let sheet = r#"<worksheet><sheetData><row><c t="str"><v>day</v></c></row><row><c s="1"><v>60</v></c></row>
        <row><c s="1"><v>61</v></c></row></sheetData></worksheet>"#;
    let parts = [("worksheet", "s.xml", sheet), ("styles", "styles.xml", styles)];
    let table = read(
        &*book_of(r#"<sheet name="One" r:id="rId1"/>"#, &parts),
        &Options::default(),
    )
    .unwrap();
    assert_eq!(rows(&table), [(2, vec!["60"]), (3, vec!["1900-03-01"])]);
    assert_eq!(note(&table, NoteCode::NoDate).rows, [2]);
}

#[test]
fn told_types_are_written_where_they_hold_exactly() {
    let data: &[&[&str]] = &[
        &["00501", "1.5", "true", "2026-03-29"],
        &["1e5", "12345678901234567", "yes", "29.03.2026"],
    ];
    let table = Table::of_texts(&["zip", "rate", "flag", "day"], data);
    let types = vec![
        CellType::Text,
        CellType::Number,
        CellType::Boolean,
        CellType::Date,
    ];
    let mut written = Vec::new();
    write_xlsx(
        &table,
        &mut written,
        &XlsxOptions {
            types,
            ..XlsxOptions::default()
        },
    )
    .unwrap();
    let back = read(&*written, &Options::default()).unwrap();
    assert_eq!(back.found.sheet.as_deref(), Some("Records"));
    let text = |text: &str| Cell::Text(text.to_owned());
    let first = [
        text("00501"),
        Cell::Number("1.5".to_owned()),
        Cell::Boolean(true),
        Cell::Date("2026-03-29".to_owned()),
    ];
    assert_eq!(back.rows[0].cells, first);
    assert_eq!(
        back.rows[1].cells,
        [
            text("1e5"),
            text("12345678901234567"),
            text("yes"),
            text("29.03.2026")
        ]
    );
}

#[test]
fn a_text_that_no_cell_holds_is_refused() {
    let long = "x".repeat(32_768);
    let table = Table::of_texts(&["a"], &[&["short"], &[&long]]);
    let fault = write_xlsx(&table, &mut Vec::new(), &XlsxOptions::default()).unwrap_err();
    assert_eq!((fault.code, fault.row), (FaultCode::Unwritable, Some(3)));
}

#[test]
fn the_same_table_gives_the_same_file() {
    let table = Table::of_texts(&["a"], &[&["1"]]);
    let written = || {
        let mut bytes = Vec::new();
        write_xlsx(&table, &mut bytes, &XlsxOptions::default()).unwrap();
        bytes
    };
    assert_eq!(written(), written());
}

#[test]
fn damaged_workbooks_are_told() {
    let whole = book(r#"<row><c t="str"><v>a</v></c></row>"#, "");
    assert_eq!(fault_of(&whole[..whole.len() / 2]).code, FaultCode::Syntax);
    assert_eq!(fault_of(&book("<row><c", "")).code, FaultCode::Syntax);
    assert_eq!(
        fault_of(&book(r#"<row><c t="s"><v>7</v></c></row>"#, "")).code,
        FaultCode::Syntax
    );
    assert_eq!(
        fault_of(&book(r#"<row r="2"/><row r="2"/>"#, "")).code,
        FaultCode::Syntax
    );
    let told = Options {
        format: Some(Format::Xlsx),
        ..Options::default()
    };
    assert_eq!(read(&b"a,b\n"[..], &told).unwrap_err().code, FaultCode::Format);
    let told = Options {
        format: Some(Format::Csv),
        ..Options::default()
    };
    assert_eq!(read(&*whole, &told).unwrap_err().code, FaultCode::Format);
}
