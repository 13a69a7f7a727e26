//! The files that people import, each with the right behaviour.

use crate::{
    counts, date, decimal, file, file_with, fresh, integer, keyed, known, model, planned, text, to, whys,
    written,
};
use leeward_exchange::{Layout, Present};
use leeward_tables::{CsvOptions, DateOrder, Decimal, Merged, NoteCode, Options, write_csv};
use serde_json::json;

#[test]
fn d01_leading_zeros_stay_in_texts_and_are_refused_in_numbers() {
    let of = |account: serde_json::Value| {
        let fields = json!({"account": account, "cost_centre": text(), "zip": text(), "amount": decimal()});
        Layout::typed(&model(&fields, &json!(["cost_centre"]), &["cost_centre"]))
    };
    let plan = fresh(&of(text()), &file("D01_leading_zeros.csv"));
    assert_eq!(
        written(&plan),
        [
            json!({"account": "0010", "cost_centre": "00042", "zip": "01067", "amount": "125.5"}),
            json!({"account": "0100", "cost_centre": "007", "zip": "00501", "amount": "50"}),
        ]
    );
    let plan = fresh(&of(integer()), &file("D01_leading_zeros.csv"));
    assert_eq!(
        whys(&plan),
        [
            (
                2,
                "account",
                "The account must be a whole number without leading zeros."
            ),
            (
                3,
                "account",
                "The account must be a whole number without leading zeros."
            ),
        ]
    );
    assert_eq!(plan.refused[0].value.as_deref(), Some("0010"));
}

#[test]
fn d02_a_byte_order_mark_is_no_part_of_a_name() {
    let plan = fresh(&keyed("sku", "price", decimal()), &file("D02_bom_utf8.csv"));
    assert_eq!(
        written(&plan),
        [
            json!({"sku": "A-1", "price": "3.1"}),
            json!({"sku": "A-2", "price": "4"})
        ]
    );
}

#[test]
fn d03_semicolon_decimal_comma_and_windows_1252_are_found_and_told() {
    let fields = json!({"artikel": text(), "preis": decimal(), "menge": integer()});
    let plan = fresh(
        &Layout::typed(&model(&fields, &json!(["artikel"]), &["artikel"])),
        &file("D03_semicolon_decimal_comma_cp1252.csv"),
    );
    let found = &plan.found;
    assert_eq!(
        (found.encoding, found.delimiter.as_deref(), found.decimal),
        (Some("windows-1252"), Some(";"), Some(","))
    );
    assert_eq!(
        written(&plan),
        [
            json!({"artikel": "A-1", "preis": "1234.5", "menge": "3"}),
            json!({"artikel": "A-2", "preis": "0.99", "menge": "-1"}),
        ]
    );
    let [(2, "größe", why)] = whys(&plan)[..] else {
        panic!("{:?}", plan.refused)
    };
    assert!(why.contains("artikel, menge, preis"), "what it could be: {why}");
}

#[test]
fn d04_a_line_that_names_the_delimiter_is_no_header() {
    let plan = fresh(&keyed("sku", "price", decimal()), &file("D04_sep_line.csv"));
    assert_eq!(written(&plan), [json!({"sku": "A-1", "price": "3.1"})]);
    assert_eq!(plan.planned[0].row, 3);
}

#[test]
fn d06_the_order_of_dates_is_asked_for_and_is_one_for_the_column() {
    let fields = json!({"day": date(), "rate": decimal()});
    let layout = Layout::typed(&model(&fields, &json!(["rate"]), &["rate"]));
    let plan = fresh(&layout, &file("D06_ambiguous_dates.csv"));
    assert_eq!(counts(&plan), [0; 4], "nothing was guessed");
    assert_eq!(
        plan.refused.iter().map(|one| one.row).collect::<Vec<_>>(),
        [2, 3, 4, 5]
    );
    assert_eq!(plan.found.date_order, None);
    let told = Options {
        date_order: Some(DateOrder::DayMonthYear),
        ..Options::default()
    };
    let plan = fresh(&layout, &file_with("D06_ambiguous_dates.csv", &told).unwrap());
    let days: Vec<_> = plan.planned.iter().map(|one| to(one)["day"].clone()).collect();
    assert_eq!(days, ["2026-01-12", "2026-12-31", "2026-02-01"]);
    assert_eq!(
        whys(&plan),
        [(
            4,
            "day",
            "The day is no date written day first, such as 31/12/2026."
        )]
    );
    assert_eq!(plan.found.date_order, Some("dmy"));
}

#[test]
fn d08_quotes_line_breaks_and_blanks_are_kept() {
    let plan = fresh(
        &keyed("sku", "note", text()),
        &file("D08_quotes_and_line_breaks.csv"),
    );
    let notes: Vec<_> = plan.planned.iter().map(|one| to(one)["note"].clone()).collect();
    assert_eq!(
        notes,
        [
            "first line\nsecond \"quoted\" line",
            "a, b",
            "CR\r\nLF",
            "tab\there",
            " lead and trail "
        ]
    );
}

#[test]
fn d09_what_looks_like_a_formula_comes_back_unchanged() {
    let fields = json!({"sku": text(), "delta": decimal(), "note": text()});
    let layout = Layout::typed(&model(&fields, &json!(["sku"]), &["sku"]));
    let plan = fresh(&layout, &file("D09_formula_like.csv"));
    let deltas: Vec<_> = plan.planned.iter().map(|one| to(one)["delta"].clone()).collect();
    assert_eq!(deltas, ["-0.02", "5", "-1234.56", "-5"]);
    let present: Present = plan
        .planned
        .iter()
        .map(|one| (one.key.clone().unwrap(), known(&to(one))))
        .collect();
    let mut csv = Vec::new();
    let exported = leeward_exchange::export(&layout, &present);
    write_csv(&exported.table, &mut csv, CsvOptions::default()).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    assert!(
        csv.contains("A-1,-0.02,'=1+1\n"),
        "numbers untouched, texts guarded: {csv}"
    );
    assert_eq!(
        counts(&planned(&layout, &crate::table(&csv), &present)),
        [0, 0, 0, 4]
    );
}

#[test]
fn d11_what_is_missing_is_not_given_and_empty_rows_delete_nothing() {
    let fields = json!({"sku": text(), "price": integer(), "note": text()});
    let layout = Layout::typed(&model(&fields, &json!(["sku"]), &["sku"]));
    let present = Present::from([(
        "A-1".to_owned(),
        known(&json!({"sku": "A-1", "price": "1", "note": "stays"})),
    )]);
    let plan = planned(&layout, &file("D11_ragged_and_empty_rows.csv"), &present);
    assert_eq!(counts(&plan), [1, 0, 0, 1], "A-1 has its note still, A-3 is new");
    assert_eq!(
        whys(&plan).iter().map(|(row, _, _)| *row).collect::<Vec<_>>(),
        [3]
    );
    assert!(
        plan.refused[0].why.contains("Line 3 has 4 cells"),
        "{:?}",
        plan.refused
    );
}

#[test]
fn d12_utf_16_with_tabs() {
    let table = file("D12_utf16le_tab.txt");
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let layout = keyed(names[0], names[1], text());
    let plan = fresh(&layout, &table);
    assert_eq!(plan.found.encoding, Some("UTF-16LE"));
    assert_eq!(plan.found.delimiter.as_deref(), Some("\t"));
    assert_eq!(plan.count(leeward_exchange::PlannedKind::Added), table.rows.len());
}

#[test]
fn d13_rows_that_lack_a_value_by_a_merged_cell_are_refused() {
    let fields = json!({"sku": text(), "region": text(), "price": decimal()});
    let layout = Layout::typed(&model(&fields, &json!(["sku"]), &["sku"]));
    let plan = fresh(&layout, &file("D13_merged_cells.xlsx"));
    assert_eq!(counts(&plan), [2, 0, 0, 0]);
    assert_eq!((plan.refused[0].row, plan.refused.len()), (3, 1));
    let filled = Options {
        merged: Merged::Fill,
        ..Options::default()
    };
    let plan = fresh(&layout, &file_with("D13_merged_cells.xlsx", &filled).unwrap());
    assert_eq!(
        to(&plan.planned[1]),
        json!({"sku": "A-2", "region": "EU", "price": "1.2"})
    );
    assert!(plan.refused.is_empty());
}

#[test]
fn d14_days_are_days() {
    for name in ["D14_dates_times.xlsx", "D14b_dates_1904.xlsx"] {
        let table = file(name);
        let of = |wanted: &str| table.columns.iter().any(|column| column.name == wanted);
        let key = table.columns[0].name.clone();
        assert!(of("day"), "{:?}", table.columns);
        let plan = fresh(&keyed(&key, "day", date()), &table);
        let first = &to(&plan.planned[0])["day"];
        assert_eq!(first.as_str().unwrap().len(), 10, "{first}");
        if name.contains("1904") {
            assert_eq!(first, "2026-01-31");
        }
    }
}

#[test]
fn d16_a_row_without_a_key_is_refused_with_its_number() {
    let table = file("D16_empty_cells.xlsx");
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let plan = fresh(&keyed(names[0], "vat", integer()), &table);
    let keyless: Vec<u64> = plan
        .refused
        .iter()
        .filter(|one| one.why.contains("by which its record"))
        .map(|one| one.row)
        .collect();
    assert_eq!(keyless, [5]);
    assert!(
        written(&plan).contains(&json!({names[0]: "A-1", "vat": "7"})),
        "{:?}",
        written(&plan)
    );
}

#[test]
fn d17_an_open_quote_takes_nothing() {
    let fault = file_with("D17_open_quote.csv", &Options::default()).unwrap_err();
    assert_eq!(fault.row, Some(2));
}

#[test]
fn d19_keys_that_look_alike_are_pointed_out_and_stay_apart() {
    let layout = keyed("sku", "price", integer());
    let plan = fresh(&layout, &file("D19_keys_with_blanks.csv"));
    assert_eq!(counts(&plan), [7, 0, 0, 0]);
    let alike = plan.notes.iter().filter(|note| note.code == NoteCode::LookAlike);
    assert_eq!(alike.count(), 2);
    let present = Present::from([("A-1".to_owned(), known(&json!({"sku": "A-1", "price": "1"})))]);
    let plan = planned(&layout, &crate::table("sku,price\na-1,2\n"), &present);
    assert_eq!(counts(&plan), [1, 0, 0, 0], "none overwrites another");
    let note = plan
        .notes
        .iter()
        .find(|note| note.code == NoteCode::LookAlike)
        .unwrap();
    assert!(
        note.sentence.contains("“a-1” in row 2 looks like “A-1”"),
        "{}",
        note.sentence
    );
}

#[test]
fn d20_a_key_that_stands_twice_is_refused_in_both_rows() {
    let plan = fresh(&keyed("sku", "price", integer()), &file("D20_duplicate_keys.csv"));
    assert_eq!(
        whys(&plan),
        [
            (2, "", "This key stands in rows 2 and 4: choose one of them."),
            (4, "", "This key stands in rows 2 and 4: choose one of them."),
        ]
    );
    assert_eq!(counts(&plan), [1, 0, 0, 0]);
}

#[test]
fn an_ambiguous_number_is_refused_until_its_mark_is_told() {
    let layout = keyed("sku", "price", decimal());
    let spelled = "sku;price\nA-1;1.234\n";
    let plan = fresh(&layout, &crate::table(spelled));
    assert_eq!(
        whys(&plan),
        [(
            2,
            "price",
            "The price can be read as 1.234 or as 1234: say which of comma and point marks decimals."
        )]
    );
    for (decimal, value) in [(Decimal::Point, "1.234"), (Decimal::Comma, "1234")] {
        let told = Options {
            decimal: Some(decimal),
            ..Options::default()
        };
        let plan = fresh(&layout, &crate::table_with(spelled.as_bytes(), &told));
        assert_eq!(written(&plan), [json!({"sku": "A-1", "price": value})]);
    }
    let plan = fresh(&layout, &crate::table("sku,price\nA-1,1.234\n"));
    assert_eq!(written(&plan), [json!({"sku": "A-1", "price": "1.234"})]);
    assert!(
        plan.notes.iter().any(|note| note.code == NoteCode::Guessed),
        "and it is said"
    );
}
