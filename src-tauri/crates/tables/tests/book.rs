//! Makes workbooks part by part, so that a test says what a file holds, and can hold what no program writes.

use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A workbook with one sheet of these rows of XML, and what stands behind them.
pub(crate) fn book(rows: &str, behind: &str) -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData>{behind}</worksheet>");
    let sheets = r#"<sheet name="One" sheetId="1" r:id="rId1"/>"#;
    book_of(sheets, &[("worksheet", "worksheets/sheet1.xml", &sheet)])
}

/// A workbook with these entries of sheets, and these parts: kind, name and XML.
pub(crate) fn book_of(sheets: &str, parts: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let root = format!(
        r#"<Relationships><Relationship Id="a" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
    );
    let mut put = |name: &str, text: &str| {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    };
    put("_rels/.rels", &root);
    put(
        "xl/workbook.xml",
        &format!(r#"<workbook xmlns:r="{RELATIONS}"><sheets>{sheets}</sheets></workbook>"#),
    );
    let mut related = String::new();
    for (number, (kind, name, text)) in (1..).zip(parts) {
        related += &format!(r#"<Relationship Id="rId{number}" Type="{RELATIONS}/{kind}" Target="{name}"/>"#);
        put(&format!("xl/{name}"), text);
    }
    put(
        "xl/_rels/workbook.xml.rels",
        &format!("<Relationships>{related}</Relationships>"),
    );
    archive.finish().unwrap().into_inner()
}
