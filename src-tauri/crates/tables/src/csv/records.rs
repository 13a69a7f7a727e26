//! The records of a text with a delimiter (RFC 4180), each with the line where it begins, and what is wrong where one cannot be read.

use std::borrow::Cow;

/// A record: the line where it begins, and its cells. An empty line has none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Record<'t> {
    pub(crate) line: u64,
    pub(crate) cells: Vec<Cow<'t, str>>,
    /// The places of cells that are quotes with nothing between them: empty texts.
    pub(crate) quoted_empty: Vec<usize>,
}

/// A record that cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// A quote opens in this line and never closes.
    Open(u64),
    /// A quote closes in this line, and text follows before the next delimiter.
    TextBehind(u64),
    /// The record that begins in this line has more cells than there may be columns.
    TooWide(u64),
}

/// Reads a text record by record.
#[derive(Debug)]
pub(crate) struct Records<'t> {
    rest: &'t str,
    line: u64,
    delimiter: char,
    most_cells: usize,
}

impl<'t> Records<'t> {
    /// From a text whose first line has this number.
    pub(crate) fn new(text: &'t str, line: u64, delimiter: char, most_cells: usize) -> Self {
        Self {
            rest: text,
            line,
            delimiter,
            most_cells,
        }
    }

    fn record(&mut self) -> Result<Record<'t>, Broken> {
        let (line, mut cells, mut quoted_empty) = (self.line, Vec::new(), Vec::new());
        let record = |cells, quoted_empty| Record {
            line,
            cells,
            quoted_empty,
        };
        if self.take_line_end() {
            return Ok(record(cells, quoted_empty));
        }
        loop {
            let is_quoted = self.rest.starts_with('"');
            let cell = self.cell()?;
            if is_quoted && cell.is_empty() {
                quoted_empty.push(cells.len());
            }
            cells.push(cell);
            if cells.len() > self.most_cells {
                return Err(Broken::TooWide(line));
            }
            let behind = self.rest.strip_prefix(self.delimiter);
            let Some(behind) = behind else { break };
            self.rest = behind;
        }
        self.take_line_end();
        Ok(record(cells, quoted_empty))
    }

    fn cell(&mut self) -> Result<Cow<'t, str>, Broken> {
        if let Some(quoted) = self.rest.strip_prefix('"') {
            self.rest = quoted;
            return self.quoted();
        }
        let ends = |letter: char| letter == self.delimiter || is_line_end(letter);
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        Ok(Cow::Borrowed(self.advance(end)))
    }

    fn quoted(&mut self) -> Result<Cow<'t, str>, Broken> {
        let opened = self.line;
        let mut text = Cow::Borrowed("");
        loop {
            let end = self.rest.find('"').ok_or(Broken::Open(opened))?;
            let part = self.advance(end);
            self.line += line_breaks(part);
            text += part;
            self.advance(1);
            if !self.rest.starts_with('"') {
                break;
            }
            text += self.advance(1);
        }
        let ends = |letter: char| letter == self.delimiter || is_line_end(letter);
        if self.rest.is_empty() || self.rest.starts_with(ends) {
            return Ok(text);
        }
        Err(Broken::TextBehind(self.line))
    }

    fn advance(&mut self, bytes: usize) -> &'t str {
        let (passed, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        passed
    }

    fn take_line_end(&mut self) -> bool {
        let ended = ["\r\n", "\n", "\r"]
            .iter()
            .find_map(|end| self.rest.strip_prefix(end));
        if let Some(rest) = ended {
            self.rest = rest;
            self.line += 1;
        }
        ended.is_some()
    }
}

impl<'t> Iterator for Records<'t> {
    type Item = Result<Record<'t>, Broken>;

    /// The next record; nothing more after one that cannot be read.
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let record = self.record();
        if record.is_err() {
            self.rest = "";
        }
        Some(record)
    }
}

fn is_line_end(letter: char) -> bool {
    matches!(letter, '\r' | '\n')
}

/// How many lines end in a text: `\r\n` once.
fn line_breaks(text: &str) -> u64 {
    let breaks = text.matches(is_line_end).count() - text.matches("\r\n").count();
    breaks as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str) -> Vec<(u64, Vec<String>)> {
        let plain = |record: Record<'_>| {
            let cells = record.cells.into_iter().map(Cow::into_owned);
            (record.line, cells.collect())
        };
        Records::new(text, 1, ',', 9)
            .map(|record| plain(record.unwrap()))
            .collect()
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let found = records("a,b\r\n\r\n\"x\r\ny\",\"\"\"\"\n\rlast,");
        let lines: Vec<u64> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 2, 3, 5, 6]);
        assert_eq!(found[2].1, ["x\r\ny", "\""]);
        assert_eq!(found[4].1, ["last", ""]);
    }

    #[test]
    fn broken_quotes_are_told_with_their_line() {
        let last = |text| Records::new(text, 1, ',', 9).last().unwrap();
        assert_eq!(last("a\n\"b\nc\n"), Err(Broken::Open(2)));
        assert_eq!(last("a\n\"b\nc\"d\n"), Err(Broken::TextBehind(3)));
        assert_eq!(records("a\n5\" pipe")[1].1, ["5\" pipe"]);
    }
}
