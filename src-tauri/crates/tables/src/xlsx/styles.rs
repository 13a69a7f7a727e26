//! Whether a cell's number is shown as a date, by its number format (ECMA-376 part 1, 18.8.30 and 18.8.31).

use super::package::{Xml, attribute};
use crate::fault::FileFault;
use quick_xml::events::Event;
use std::collections::HashMap;

/// What a number is shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Shown {
    #[default]
    Number,
    Date,
    Time,
    DateTime,
    /// Hours, minutes or seconds that go on past a day.
    Duration,
}

/// What the styles of cells show, in their order.
pub(crate) fn read(xml: &mut Xml<'_>) -> Result<Vec<Shown>, FileFault> {
    let (mut codes, mut styles, mut in_cells) = (HashMap::new(), Vec::new(), false);
    loop {
        match xml.next()? {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "numFmt" => {
                    let id = attribute(&tag, "numFmtId").and_then(|id| id.parse::<u32>().ok());
                    codes.extend(id.zip(attribute(&tag, "formatCode")));
                }
                "cellXfs" => in_cells = true,
                "xf" if in_cells => {
                    let id = attribute(&tag, "numFmtId")
                        .and_then(|id| id.parse().ok())
                        .unwrap_or(0);
                    styles.push(codes.get(&id).map_or_else(|| built_in(id), |code| shown(code)));
                }
                _ => {}
            },
            Event::End(tag) if tag.local_name().as_ref() == "cellXfs" => in_cells = false,
            Event::Eof => return Ok(styles),
            _ => {}
        }
    }
}

/// The formats that have a number only; those from 27 on are of East Asian editions.
fn built_in(id: u32) -> Shown {
    match id {
        14..=17 | 27..=31 | 36 | 50..=54 | 57 | 58 => Shown::Date,
        18..=21 | 32..=35 | 45 | 47 | 55 | 56 => Shown::Time,
        22 => Shown::DateTime,
        46 => Shown::Duration,
        _ => Shown::Number,
    }
}

/// What a format's first section shows, by the letters that stand for parts of a date.
fn shown(code: &str) -> Shown {
    let (mut days, mut months, mut hours, mut elapsed) = (false, false, false, false);
    let code = code.to_ascii_lowercase().replace("am/pm", "").replace("a/p", "");
    let mut letters = code.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ';' => break,
            '"' => drop(letters.by_ref().find(|end| *end == '"')),
            '\\' | '_' | '*' => drop(letters.next()),
            '[' => {
                let inner: String = letters.by_ref().take_while(|end| *end != ']').collect();
                elapsed |= !inner.is_empty() && inner.chars().all(|unit| matches!(unit, 'h' | 'm' | 's'));
            }
            'y' | 'd' => days = true,
            'm' => months = true,
            'h' | 's' => hours = true,
            _ => {}
        }
    }
    match (days, hours) {
        _ if elapsed => Shown::Duration,
        (true, true) => Shown::DateTime,
        (true, false) => Shown::Date,
        (false, true) => Shown::Time,
        (false, false) if months => Shown::Date,
        (false, false) => Shown::Number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_apart() {
        for (code, expected) in [
            ("General", Shown::Number),
            ("0.00", Shown::Number),
            ("0.00E+00", Shown::Number),
            ("#,##0.00 \"days\"", Shown::Number),
            ("[Red]0.00;[Blue]-0.00", Shown::Number),
            ("@", Shown::Number),
            ("yyyy-mm-dd", Shown::Date),
            ("[$-407]d. mmmm yyyy;@", Shown::Date),
            ("mmm", Shown::Date),
            ("h:mm AM/PM", Shown::Time),
            ("mm:ss.0", Shown::Time),
            ("yyyy-mm-dd h:mm:ss", Shown::DateTime),
            ("[h]:mm:ss", Shown::Duration),
        ] {
            assert_eq!(shown(code), expected, "{code}");
        }
    }
}
