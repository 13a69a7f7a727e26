//! How numbers are written: which of comma and point marks the decimals.

use crate::found::{Decimal, Finding};

/// What one text says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// It is no number.
    None,
    /// A number without comma or point.
    Whole,
    /// Only one of the two can be meant.
    Certain(Decimal),
    /// `1.234` is 1234, or 1 and a bit.
    Either,
}

/// What one text says about it.
pub(crate) fn shape(text: &str) -> Shape {
    let Some(number) = Parts::of(text) else {
        return Shape::None;
    };
    let digits = number.digits;
    match (digits.matches('.').count(), digits.matches(',').count()) {
        (0, 0) => Shape::Whole,
        (1, 0) if is_either(&number, '.') => Shape::Either,
        (0, 1) if is_either(&number, ',') => Shape::Either,
        _ => [Decimal::Point, Decimal::Comma]
            .into_iter()
            .find(|decimal| number.plain(*decimal).is_some())
            .map_or(Shape::None, Shape::Certain),
    }
}

/// What the texts of a column say together; nothing where less than half of them are numbers.
pub(crate) fn column<'t>(texts: impl Iterator<Item = &'t str>) -> Finding<Decimal> {
    let (mut numbers, mut others) = (0_u64, 0_u64);
    let (mut point, mut comma, mut either) = (false, false, false);
    for text in texts {
        let found = shape(text);
        let counted = if found == Shape::None {
            &mut others
        } else {
            &mut numbers
        };
        *counted += 1;
        point |= found == Shape::Certain(Decimal::Point);
        comma |= found == Shape::Certain(Decimal::Comma);
        either |= found == Shape::Either;
    }
    match (point, comma, either) {
        _ if numbers < others => Finding::Nothing,
        (true, true, _) => Finding::Mixed,
        (true, false, _) => Finding::Sure(Decimal::Point),
        (false, true, _) => Finding::Sure(Decimal::Comma),
        (false, false, true) => Finding::Ambiguous,
        (false, false, false) => Finding::Nothing,
    }
}

/// The number that a text means, with a point and no grouping: `1.234,50` with a comma for decimals is `1234.50`. Digits
/// are kept as they stand, zeros too. Nothing where the text is no number that is written so.
#[must_use]
pub fn plain_number(text: &str, decimal: Decimal) -> Option<String> {
    Parts::of(text)?.plain(decimal)
}

/// A text that is made of what numbers are made of.
struct Parts<'t> {
    is_negative: bool,
    /// Digits, commas and points, and what some put between thousands.
    digits: &'t str,
    /// With its letter.
    exponent: &'t str,
}

impl<'t> Parts<'t> {
    fn of(text: &'t str) -> Option<Self> {
        let text = text.trim();
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let split = unsigned.find(['e', 'E']).unwrap_or(unsigned.len());
        let (digits, exponent) = unsigned.split_at(split);
        let is_number = digits.ends_with(is_digit)
            && digits
                .chars()
                .all(|letter| is_digit(letter) || matches!(letter, '.' | ',') || is_gap(letter))
            && is_exponent(exponent);
        is_number.then_some(Self {
            is_negative: text.starts_with('-'),
            digits,
            exponent,
        })
    }

    fn plain(&self, decimal: Decimal) -> Option<String> {
        let (mark, grouping) = match decimal {
            Decimal::Point => ('.', ','),
            Decimal::Comma => (',', '.'),
        };
        let (whole, fraction) = match self.digits.split_once(mark) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (self.digits, None),
        };
        if fraction.is_some_and(|digits| digits.is_empty() || !digits.chars().all(is_digit)) {
            return None;
        }
        let whole = ungrouped(whole, grouping)?;
        let sign = if self.is_negative { "-" } else { "" };
        let whole = if whole.is_empty() { "0" } else { &whole };
        let fraction = fraction.map_or_else(String::new, |digits| format!(".{digits}"));
        Some(format!("{sign}{whole}{fraction}{}", self.exponent))
    }
}

/// Whole digits without what stands between thousands, which is one character all along.
fn ungrouped(whole: &str, grouping: char) -> Option<String> {
    let Some(gap) = whole.chars().find(|letter| !is_digit(*letter)) else {
        return Some(whole.to_owned());
    };
    let mut groups = whole.split(gap);
    let first = groups.next().unwrap_or_default();
    let are_thousands = (gap == grouping || is_gap(gap))
        && matches!(first.len(), 1..=3)
        && groups.all(|group| group.len() == 3)
        && whole.chars().all(|letter| is_digit(letter) || letter == gap);
    are_thousands.then(|| whole.chars().filter(|letter| is_digit(*letter)).collect())
}

/// Whether one comma or point may stand before thousands as well as before decimals.
fn is_either(number: &Parts<'_>, mark: char) -> bool {
    let parts = number.digits.split_once(mark);
    number.exponent.is_empty()
        && parts.is_some_and(|(whole, rest)| {
            let is_short = matches!(whole.len(), 1..=3) && whole.chars().all(is_digit);
            is_short && !whole.starts_with('0') && rest.len() == 3 && rest.chars().all(is_digit)
        })
}

fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit()
}

/// What stands between thousands beside comma and point: blanks that do not break, an apostrophe.
fn is_gap(letter: char) -> bool {
    matches!(letter, ' ' | '\u{A0}' | '\u{202F}' | '\'' | '’')
}

fn is_exponent(text: &str) -> bool {
    let Some(digits) = text.strip_prefix(['e', 'E']) else {
        return text.is_empty();
    };
    let digits = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    !digits.is_empty() && digits.chars().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_says() {
        use Decimal::{Comma, Point};
        for (text, expected) in [
            ("12", Shape::Whole),
            ("1E5", Shape::Whole),
            ("1.5", Shape::Certain(Point)),
            ("0,99", Shape::Certain(Comma)),
            ("0.123", Shape::Certain(Point)),
            ("1.234", Shape::Either),
            ("1.234,50", Shape::Certain(Comma)),
            ("-1,234.56", Shape::Certain(Point)),
            ("1.234.567", Shape::Certain(Comma)),
            ("1 234,5", Shape::Certain(Comma)),
            ("01.02.2026", Shape::None),
            ("3/4", Shape::None),
            ("MARCH1", Shape::None),
            ("", Shape::None),
        ] {
            assert_eq!(shape(text), expected, "{text}");
        }
    }

    #[test]
    fn a_column_decides_together() {
        let of = |texts: &[&str]| column(texts.iter().copied());
        assert_eq!(of(&["1.234", "5.678"]), Finding::Ambiguous);
        assert_eq!(of(&["1.234", "5,5"]), Finding::Sure(Decimal::Comma));
        assert_eq!(of(&["1.5", "5,5"]), Finding::Mixed);
        assert_eq!(of(&["10", "20"]), Finding::Nothing);
        assert_eq!(of(&["a, b", "c", "1,5"]), Finding::Nothing);
    }

    #[test]
    fn a_number_is_read_one_way_only() {
        let comma = |text| plain_number(text, Decimal::Comma);
        assert_eq!(comma("1.234,50").as_deref(), Some("1234.50"));
        assert_eq!(comma("-0,5").as_deref(), Some("-0.5"));
        assert_eq!(comma("1.5"), None);
        assert_eq!(
            comma("12345678901234567890").as_deref(),
            Some("12345678901234567890")
        );
        assert_eq!(
            plain_number("1,234.56", Decimal::Point).as_deref(),
            Some("1234.56")
        );
        assert_eq!(plain_number("1,23.4", Decimal::Point), None);
        assert_eq!(plain_number("007", Decimal::Point).as_deref(), Some("007"));
    }
}
