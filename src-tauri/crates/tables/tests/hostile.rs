//! Files that are made to take all memory, or to be read wrongly: each is refused with a reason.

use crate::book::{book, book_of};
use crate::{fault_of, file_with};
use leeward_tables::{FaultCode, FileFault, Limits, Merged, Options, read};
use std::io::Read;

fn with(limits: Limits) -> Options {
    Options {
        limits,
        ..Options::default()
    }
}

fn too_large(fault: &FileFault) -> &str {
    assert_eq!(fault.code, FaultCode::TooLarge, "{fault}");
    assert!(!fault.why.is_empty() && !fault.next.is_empty());
    &fault.what
}

#[test]
fn a_file_without_end_is_not_read_to_its_end() {
    let options = with(Limits {
        file_bytes: 1 << 20,
        ..Limits::default()
    });
    let fault = read(std::io::repeat(b'a'), &options).unwrap_err();
    assert_eq!(too_large(&fault), "The file is larger than 1 MB.");
}

#[test]
fn a_million_columns() {
    let line = ",".repeat(1_000_000);
    assert_eq!(
        too_large(&fault_of(line.as_bytes())),
        "Line 1 has more than 16384 columns."
    );
    let members: Vec<String> = (0..20_000).map(|number| format!("\"c{number}\": 1")).collect();
    let one = format!("[{{{}}}]", members.join(","));
    too_large(&fault_of(one.as_bytes()));
    let each: Vec<String> = (0..20_000)
        .map(|number| format!("{{\"c{number}\": 1}}"))
        .collect();
    too_large(&fault_of(format!("[{}]", each.join(",")).as_bytes()));
    too_large(&fault_of(&book(r#"<row><c r="XFE1"><v>1</v></c></row>"#, "")));
}

#[test]
fn rows_that_are_mostly_gaps() {
    // Every row has a column of its own: few cells in the file, a square of them in memory.
    let each: Vec<String> = (0..5_000).map(|number| format!("{{\"c{number}\": 1}}")).collect();
    let fault = fault_of(format!("[{}]", each.join(",")).as_bytes());
    assert!(too_large(&fault).contains("5000 rows of 5000 columns"));
}

#[test]
fn too_many_rows_cells_and_texts() {
    let table = "a,b\n1,2\n3,4\n5,6\n";
    let limited = |limits| read(table.as_bytes(), &with(limits)).unwrap_err();
    too_large(&limited(Limits {
        rows: 3,
        ..Limits::default()
    }));
    too_large(&limited(Limits {
        cells: 7,
        ..Limits::default()
    }));
    too_large(&limited(Limits {
        text_bytes: 7,
        ..Limits::default()
    }));
    let fits = Limits {
        rows: 4,
        cells: 8,
        text_bytes: 8,
        columns: 2,
        cell_bytes: 1,
        file_bytes: 16,
        ..Limits::default()
    };
    assert_eq!(read(table.as_bytes(), &with(fits)).unwrap().rows.len(), 3);
}

#[test]
fn a_cell_that_is_a_book() {
    let cell = format!("a\n\"{}\"\n", "x".repeat(2 << 20));
    let fault = fault_of(cell.as_bytes());
    assert_eq!(fault.row, Some(2));
    too_large(&fault);
    let row = format!("<row><c t=\"str\"><v>{}</v></c></row>", "x".repeat(2 << 20));
    too_large(&fault_of(&book(&row, "")));
}

#[test]
fn a_zip_bomb_is_not_unpacked() {
    // A thousand times smaller in the file.
    let row = format!("<row><c t=\"str\"><v>{}</v></c></row>", " ".repeat(8 << 20));
    let bytes = book(&row, "");
    assert!(bytes.len() < 64 << 10, "{} bytes", bytes.len());
    let options = with(Limits {
        unpacked_bytes: 1 << 20,
        cell_bytes: 64 << 20,
        ..Limits::default()
    });
    let fault = read(&*bytes, &options).unwrap_err();
    assert!(too_large(&fault).contains("unpacked"));
}

#[test]
fn one_tag_or_text_is_not_gathered_without_end() {
    let row = format!("<row><c t=\"str\"><v>{}</v></c></row>", " ".repeat(32 << 20));
    let options = with(Limits {
        cell_bytes: 64 << 20,
        ..Limits::default()
    });
    let fault = read(&*book(&row, ""), &options).unwrap_err();
    assert!(too_large(&fault).contains("unpacked"));
}

#[test]
fn one_long_text_that_is_named_a_million_times() {
    let texts = format!("<sst><si><t>{}</t></si></sst>", "x".repeat(1 << 20));
    let sheet = format!(
        "<worksheet><sheetData>{}</sheetData></worksheet>",
        "<row><c t=\"s\"><v>0</v></c></row>".repeat(1000)
    );
    let parts = [
        ("worksheet", "s.xml", sheet.as_str()),
        ("sharedStrings", "t.xml", texts.as_str()),
    ];
    let bytes = book_of(r#"<sheet name="One" r:id="rId1"/>"#, &parts);
    let options = with(Limits {
        text_bytes: 8 << 20,
        ..Limits::default()
    });
    too_large(&read(&*bytes, &options).unwrap_err());
}

#[test]
fn a_merged_range_over_the_whole_sheet() {
    let mut rows = String::from(r#"<row><c t="str"><v>a</v></c><c t="str"><v>b</v></c></row>"#);
    rows += &r#"<row><c t="str"><v>1</v></c></row>"#.repeat(500);
    let bytes = book(
        &rows,
        &r#"<mergeCells><mergeCell ref="A2:XFD1048576"/></mergeCells>"#.repeat(50),
    );
    let options = Options {
        merged: Merged::Fill,
        ..with(Limits {
            cells: 4000,
            ..Limits::default()
        })
    };
    too_large(&read(&*bytes, &options).unwrap_err());
}

#[test]
fn entities_of_the_file_are_not_expanded() {
    let row = "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><row><c t=\"str\"><v>n&a;&a;</v></c></row>";
    let fault = fault_of(&book(row, ""));
    assert_eq!(
        (fault.code, fault.what.contains("“&a;”")),
        (FaultCode::Syntax, true),
        "{fault}"
    );
}

#[test]
fn broken_quotes() {
    for (text, line) in [
        ("a,b\n1,\"2\n3,4", 2),
        ("a,b\n\"1\"x,2\n", 2),
        ("a,b\n\"1\n2\" ,3\n", 3),
        ("\"", 1),
    ] {
        let fault = fault_of(text.as_bytes());
        assert_eq!(
            (fault.code, fault.row),
            (FaultCode::Syntax, Some(line)),
            "{text:?}"
        );
    }
}

#[test]
fn zero_characters_and_other_bytes() {
    let fault = fault_of(b"a,b\n1,x\0y\n");
    assert_eq!((fault.code, fault.row), (FaultCode::Encoding, Some(2)));
    // Noise of a fixed seed: whatever comes of it, it is an answer.
    let mut seed = 1_u32;
    let mut noise = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    });
    for size in [1, 10, 100, 10_000] {
        for start in [&b""[..], b"PK\x03\x04", b"[", b"{", b"\xFF\xFE", b"a,\""] {
            let bytes: Vec<u8> = start.iter().copied().chain(noise.by_ref().take(size)).collect();
            let _answer = read(&*bytes, &Options::default());
        }
    }
}

#[test]
fn deep_json_ends_in_an_answer() {
    let deep = format!("[{{\"a\": {}{}}}]", "[".repeat(100_000), "]".repeat(100_000));
    let table = read(deep.as_bytes(), &Options::default());
    assert!(table.is_ok_and(|table| table.rows.len() == 1));
    let open = "[".repeat(100_000);
    assert_eq!(fault_of(open.as_bytes()).code, FaultCode::Syntax);
    assert_eq!(
        fault_of(format!("{{\"a\":{open}").as_bytes()).code,
        FaultCode::Syntax
    );
}

#[test]
fn every_cut_of_a_file_ends_in_an_answer() {
    for name in [
        "D08_quotes_and_line_breaks.csv",
        "D14_dates_times.xlsx",
        "V03_airflow3_export.json",
    ] {
        let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
        let whole = std::fs::read(path).unwrap();
        assert!(file_with(name, &Options::default()).is_ok());
        for end in (0..whole.len()).step_by(7) {
            let mut cut = whole.as_slice().take(end as u64);
            let _answer = read(&mut cut, &Options::default());
        }
    }
}
