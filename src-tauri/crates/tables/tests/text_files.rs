//! Files of text with a delimiter that people import, and what is right for each.

use crate::{codes, column, fault_of, file, file_with, names, note, rows, text};
use leeward_tables::{
    CsvOptions, DateOrder, Decimal, FaultCode, Finding, Format, Guard, NoteCode, Options, keys_alike,
    plain_date, plain_number, read, repeated_keys, write_csv,
};

#[test]
fn d01_leading_zeros_stay_quoted_or_not() {
    let table = file("D01_leading_zeros.csv");
    assert_eq!(names(&table), ["account", "cost_centre", "zip", "amount"]);
    assert_eq!(
        rows(&table),
        [
            (2, vec!["0010", "00042", "01067", "125.50"]),
            (3, vec!["0100", "007", "00501", "50"])
        ]
    );
    assert_eq!(table.columns[3].decimal, Finding::Sure(Decimal::Point));
}

#[test]
fn d02_a_mark_is_no_part_of_the_name() {
    let table = file("D02_bom_utf8.csv");
    assert_eq!(names(&table), ["sku", "price"]);
    assert_eq!(table.found.encoding, Some("UTF-8"));
    let mut written = Vec::new();
    write_csv(
        &table,
        &mut written,
        CsvOptions {
            mark: true,
            ..CsvOptions::default()
        },
    )
    .unwrap();
    assert!(written.starts_with("\u{FEFF}sku".as_bytes()));
    assert_eq!(rows(&read(&*written, &Options::default()).unwrap()), rows(&table));
}

#[test]
fn d03_semicolons_commas_and_umlauts_are_found_and_told() {
    let table = file("D03_semicolon_decimal_comma_cp1252.csv");
    assert_eq!(names(&table), ["artikel", "preis", "menge", "größe"]);
    assert_eq!(rows(&table)[0], (2, vec!["A-1", "1.234,50", "3", "Übergröße"]));
    assert_eq!(
        (table.found.format, table.found.delimiter),
        (Some(Format::Csv), Some(';'))
    );
    assert_eq!(table.found.encoding, Some("windows-1252"));
    assert_eq!(table.found.decimal, Finding::Sure(Decimal::Comma));
    assert_eq!(
        codes(&table),
        [NoteCode::Guessed],
        "the encoding is a guess, and told as one"
    );
    assert_eq!(
        plain_number("1.234,50", Decimal::Comma).as_deref(),
        Some("1234.50")
    );
}

#[test]
fn d04_the_line_that_names_the_delimiter_is_no_header() {
    let table = file("D04_sep_line.csv");
    assert_eq!(names(&table), ["sku", "price"]);
    assert_eq!(rows(&table), [(3, vec!["A-1", "3.10"])]);
    assert_eq!(table.found.delimiter, Some(';'));
}

#[test]
fn d06_mixed_dates_are_listed_and_none_is_chosen() {
    let table = file("D06_ambiguous_dates.csv");
    assert_eq!(table.columns[0].date_order, Finding::Mixed);
    let note = note(&table, NoteCode::Ambiguous);
    assert_eq!(note.rows, [2, 3, 4, 5]);
    assert_eq!(
        note.sentence,
        "The dates of “day” are written in more than one way: year last with “.” (line 5); year last with “/” \
         (lines 2, 3); year first with “-” (line 4). Say which is right."
    );
    let told = Options {
        date_order: Some(DateOrder::DayMonthYear),
        ..Options::default()
    };
    let table = file_with("D06_ambiguous_dates.csv", &told).unwrap();
    assert_eq!(table.found.date_order, Finding::Told(DateOrder::DayMonthYear));
    let days: Vec<_> = column(&table, "day")
        .iter()
        .map(|day| plain_date(day, DateOrder::DayMonthYear))
        .collect();
    let day = |text: &str| Some(text.to_owned());
    assert_eq!(
        days,
        [day("2026-01-12"), day("2026-12-31"), None, day("2026-02-01")]
    );
}

#[test]
fn d08_quotes_line_breaks_and_blanks_are_kept() {
    let table = file("D08_quotes_and_line_breaks.csv");
    assert_eq!(
        rows(&table),
        [
            (2, vec!["A-1", "first line\nsecond \"quoted\" line"]),
            (4, vec!["A-2", "a, b"]),
            (5, vec!["A-3", "CR\r\nLF"]),
            (7, vec!["A-4", "tab\there"]),
            (8, vec!["A-5", " lead and trail "]),
        ]
    );
}

#[test]
fn d09_formulas_are_guarded_and_come_back_as_they_were() {
    let table = file("D09_formula_like.csv");
    assert_eq!(column(&table, "delta"), ["-0.02", "+5", "-1,234.56", "-5.00"]);
    let mut written = Vec::new();
    write_csv(&table, &mut written, CsvOptions::default()).unwrap();
    let written = String::from_utf8(written).unwrap();
    assert_eq!(
        written,
        "sku,delta,note\nA-1,-0.02,'=1+1\nA-2,+5,'@handle\nA-3,\"-1,234.56\",'-- none\n\
         A-4,-5.00,\"'=HYPERLINK(\"\"http://example.org\"\")\"\n"
    );
    let back = text(&written);
    assert_eq!(rows(&back), rows(&table));
    assert_eq!(note(&back, NoteCode::GuardRemoved).rows, [2, 3, 4, 5]);
    let kept = Options {
        guard: Guard::Keep,
        ..Options::default()
    };
    let kept = read(written.as_bytes(), &kept).unwrap();
    assert_eq!(column(&kept, "note")[0], "'=1+1");
}

#[test]
fn d11_short_long_and_empty_rows() {
    let table = file("D11_ragged_and_empty_rows.csv");
    assert_eq!(
        rows(&table),
        [(2, vec!["A-1", "1", "<missing>"]), (6, vec!["A-3", "", ""])]
    );
    assert_eq!(note(&table, NoteCode::ShortRows).rows, [2]);
    assert_eq!(note(&table, NoteCode::EmptyRows).rows, [4, 5, 7, 8, 9]);
    assert_eq!(table.refused.len(), 1);
    assert_eq!(table.refused[0].row, 3);
    assert!(
        table.refused[0]
            .why
            .starts_with("Line 3 has 4 cells where the header has 3.")
    );
}

#[test]
fn d12_what_excel_calls_unicode_text() {
    let table = file("D12_utf16le_tab.txt");
    assert_eq!(
        (table.found.encoding, table.found.delimiter),
        (Some("UTF-16LE"), Some('\t'))
    );
    assert_eq!(rows(&table), [(2, vec!["A-1", "3,10", "Zürich"])]);
    assert_eq!(table.columns[1].decimal, Finding::Sure(Decimal::Comma));
}

#[test]
fn d17_an_open_quote_is_told_with_its_line() {
    let fault = file_with("D17_open_quote.csv", &Options::default()).unwrap_err();
    assert_eq!((fault.code, fault.row), (FaultCode::Syntax, Some(2)));
    assert_eq!(fault.what, "A quote opens in line 2 and never closes.");
}

#[test]
fn d19_keys_that_look_alike_are_pointed_out() {
    let table = file("D19_keys_with_blanks.csv");
    assert_eq!(column(&table, "sku")[1..3], ["A-1 ", "A-1\u{A0}"]);
    let notes = keys_alike(&table, &[0]);
    let groups: Vec<&[u64]> = notes.iter().map(|note| note.rows.as_slice()).collect();
    assert_eq!(groups, [&[2, 3, 4, 7, 8][..], &[5, 6][..]]);
    assert!(repeated_keys(&table, &[0]).is_empty(), "they are not the same");
}

#[test]
fn d20_a_key_that_stands_twice_is_named_with_its_lines() {
    let table = file("D20_duplicate_keys.csv");
    let notes = repeated_keys(&table, &[0]);
    assert_eq!(notes.len(), 1);
    assert_eq!(
        (notes[0].code, notes[0].rows.as_slice()),
        (NoteCode::Repeated, &[2, 4][..])
    );
    assert!(keys_alike(&table, &[0]).is_empty());
    assert!(
        repeated_keys(&table, &[0, 1]).is_empty(),
        "of both columns together, none does"
    );
}

#[test]
fn texts_that_look_like_something_else_stay() {
    let table = text("a,b,c,d\nMARCH1,1E5,3/4,1234567890123456789\n");
    assert_eq!(
        rows(&table),
        [(2, vec!["MARCH1", "1E5", "3/4", "1234567890123456789"])]
    );
}

#[test]
fn what_is_told_goes_before_what_is_found() {
    let told = Options {
        delimiter: Some('|'),
        encoding: Some("windows-1252".to_owned()),
        decimal: Some(Decimal::Point),
        ..Options::default()
    };
    let table = read(&b"a,b|p\r\n\xE4,1|1,5\r\n"[..], &told).unwrap();
    assert_eq!(rows(&table), [(2, vec!["ä,1", "1,5"])]);
    assert_eq!(
        (table.found.delimiter, table.found.decimal),
        (Some('|'), Finding::Told(Decimal::Point))
    );
}

#[test]
fn numbers_that_can_be_read_in_two_ways_are_told() {
    let table = text("sku;price\nA;1.234\nB;5.678\n");
    assert_eq!(table.columns[1].decimal, Finding::Ambiguous);
    assert_eq!(note(&table, NoteCode::Ambiguous).column.as_deref(), Some("price"));
    assert_eq!(table.found.decimal, Finding::Ambiguous);
}

#[test]
fn utf16_without_a_mark_is_a_guess() {
    let bytes: Vec<u8> = "sku,price\nA-1,3\n"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let table = read(&*bytes, &Options::default()).unwrap();
    assert_eq!(table.found.encoding, Some("UTF-16BE"));
    assert_eq!(codes(&table), [NoteCode::Guessed]);
    assert_eq!(names(&table), ["sku", "price"]);
}

#[test]
fn bytes_of_another_encoding_are_no_text() {
    let told = Options {
        encoding: Some("utf-8".to_owned()),
        ..Options::default()
    };
    let fault = read(&b"a,b\nok,1\n\xFC,2\n"[..], &told).unwrap_err();
    assert_eq!((fault.code, fault.row), (FaultCode::Encoding, Some(3)));
    let told = Options {
        encoding: Some("klingon".to_owned()),
        ..Options::default()
    };
    assert_eq!(read(&b"a\n1\n"[..], &told).unwrap_err().code, FaultCode::Option);
}

#[test]
fn files_of_other_formats_are_named() {
    for bytes in [
        &b"PARE\x15"[..],
        b"\xD0\xCF\x11\xE0\xA1",
        b"%PDF-1.7",
        b"\x1F\x8B\x08",
    ] {
        let fault = fault_of(bytes);
        assert_eq!(fault.code, FaultCode::Format);
        assert!(fault.next.ends_with('.'));
    }
    assert_eq!(fault_of(b"").code, FaultCode::Empty);
    assert_eq!(fault_of(b"\n\n ,\n").code, FaultCode::Empty);
}
