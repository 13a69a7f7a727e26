//! Which delimiter a text has: told by its first line, or found by which one makes rows as wide as the header.

use super::records::Records;

/// What is tried, the usual first.
const CANDIDATES: &[char] = &[',', ';', '\t', '|'];
/// How much of a text is looked at.
const SAMPLE_BYTES: usize = 64 << 10;
const SAMPLE_RECORDS: usize = 100;

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Detected {
    /// The delimiter; nothing where no candidate makes more than one column.
    pub(crate) delimiter: Option<char>,
    /// Another one would do as well.
    pub(crate) rival: Option<char>,
}

/// The delimiter that a line `sep=;` at the beginning tells, and the text behind that line.
pub(crate) fn told(text: &str) -> Option<(char, &str)> {
    let (name, rest) = text.split_at_checked(4)?;
    let mut letters = rest.chars();
    let delimiter = letters.next().filter(|_| name.eq_ignore_ascii_case("sep="))?;
    let rest = letters.as_str();
    if delimiter == '"' || rest.is_empty() {
        return None;
    }
    let ends = ["\r\n", "\n", "\r"];
    ends.iter()
        .find_map(|end| rest.strip_prefix(end))
        .map(|rest| (delimiter, rest))
}

/// Tries every candidate on the beginning of a text.
pub(crate) fn detect(text: &str) -> Detected {
    let mut end = text.len().min(SAMPLE_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let sample = &text[..end];
    let mut fits: Vec<(Fit, char)> = CANDIDATES
        .iter()
        .filter_map(|candidate| Some((fit(sample, *candidate)?, *candidate)))
        .collect();
    // The sort is stable: of equals the usual one comes first.
    fits.sort_by(|(one, _), (other, _)| other.cmp(one));
    let rival = fits
        .get(1)
        .filter(|(fit, _)| fits.first().is_some_and(|(best, _)| best == fit));
    Detected {
        delimiter: fits.first().map(|(_, delimiter)| *delimiter),
        rival: rival.map(|(_, delimiter)| *delimiter),
    }
}

/// How well a delimiter fits: rows in a thousand that are as wide as the header, then that width.
type Fit = (usize, usize);

fn fit(sample: &str, delimiter: char) -> Option<Fit> {
    let records = Records::new(sample, 1, delimiter, SAMPLE_BYTES).take(SAMPLE_RECORDS);
    let widths: Vec<usize> = records
        .map_while(Result::ok)
        .map(|record| record.cells.len())
        .filter(|width| *width > 0)
        .collect();
    let width = *widths.first()?;
    let as_wide = widths.iter().filter(|other| **other == width).count();
    (width > 1).then_some((as_wide * 1000 / widths.len(), width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_even_one_wins() {
        let detect = |text| detect(text).delimiter;
        assert_eq!(detect("a;b\n1,5;2\n2,5;3\n"), Some(';'));
        assert_eq!(detect("a\tb,c\n1\t2\n3\t4\n"), Some('\t'));
        assert_eq!(detect("a|b|c\n1|2|3\n"), Some('|'));
        assert_eq!(detect("note\nhello, world\n"), None);
    }

    #[test]
    fn a_rival_is_told() {
        let found = super::detect("a,b;c\n1,2;3\n");
        assert_eq!(
            found,
            Detected {
                delimiter: Some(','),
                rival: Some(';')
            }
        );
    }

    #[test]
    fn a_line_tells() {
        assert_eq!(told("sep=;\r\na;b"), Some((';', "a;b")));
        assert_eq!(told("SEP=\t\na"), Some(('\t', "a")));
        assert_eq!(told("sep=;x\n"), None);
        assert_eq!(told("séparé"), None);
    }
}
