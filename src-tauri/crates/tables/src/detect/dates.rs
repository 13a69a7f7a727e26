//! How dates are written: in which order day, month and year stand.

use crate::found::{DateOrder, Finding};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// How a text writes a date: with which mark between, and whether the year comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Form {
    pub(crate) year_first: bool,
    pub(crate) mark: char,
}

/// What the texts of a column say together.
#[derive(Debug, Default)]
pub(crate) struct FoundDates {
    pub(crate) finding: Finding<DateOrder>,
    /// The rows of each form, where there is more than one.
    pub(crate) forms: BTreeMap<Form, Vec<u64>>,
}

/// What the texts of a column, each with its row, say together; nothing where less than half of them are dates.
pub(crate) fn column<'t>(texts: impl Iterator<Item = (u64, &'t str)>) -> FoundDates {
    let (mut dates, mut others) = (0_u64, 0_u64);
    let mut forms: BTreeMap<Form, Vec<u64>> = BTreeMap::new();
    let (mut day_first, mut month_first) = (false, false);
    for (row, text) in texts {
        let Some(parts) = Parts::of(text) else {
            others += 1;
            continue;
        };
        dates += 1;
        forms.entry(parts.form).or_default().push(row);
        day_first |= !parts.form.year_first && parts.first > 12;
        month_first |= !parts.form.year_first && parts.second > 12;
    }
    if dates < others || dates == 0 {
        return FoundDates::default();
    }
    let year_first = forms.keys().all(|form| form.year_first);
    let finding = match (forms.len() > 1, day_first, month_first) {
        (true, _, _) | (_, true, true) => Finding::Mixed,
        _ if year_first => Finding::Sure(DateOrder::YearMonthDay),
        (_, true, false) => Finding::Sure(DateOrder::DayMonthYear),
        (_, false, true) => Finding::Sure(DateOrder::MonthDayYear),
        (_, false, false) => Finding::Ambiguous,
    };
    FoundDates { finding, forms }
}

/// The day that a text means in this order, as `2026-03-29`. Nothing where it is no day, is written in another order, or
/// its year has two digits.
#[must_use]
pub fn plain_date(text: &str, order: DateOrder) -> Option<String> {
    let parts = Parts::of(text.trim()).filter(|parts| parts.is_whole)?;
    let (year, month, day) = match order {
        DateOrder::YearMonthDay if parts.form.year_first => (parts.first, parts.second, parts.third),
        DateOrder::DayMonthYear if !parts.form.year_first => (parts.third, parts.second, parts.first),
        DateOrder::MonthDayYear if !parts.form.year_first => (parts.third, parts.first, parts.second),
        _ => return None,
    };
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    let date = Date::new(i16::try_from(year).ok()?, month, day).ok()?;
    (year > 99).then(|| date.to_string())
}

struct Parts {
    form: Form,
    first: u16,
    second: u16,
    third: u16,
    /// Nothing stands behind the date.
    is_whole: bool,
}

impl Parts {
    /// A date at the beginning of a text, perhaps with a time behind it.
    fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        let end = text.find([' ', 'T']).unwrap_or(text.len());
        let (date, behind) = text.split_at(end);
        let mark = date.chars().find(|letter| matches!(letter, '/' | '.' | '-'))?;
        let parts: Vec<&str> = date.split(mark).collect();
        let [first, second, third] = parts.as_slice() else {
            return None;
        };
        let year_first = first.len() == 4;
        let lengths = [first.len(), second.len(), third.len()];
        let is_date = matches!(lengths, [4, 1..=2, 1..=2] | [1..=2, 1..=2, 2 | 4])
            && date
                .chars()
                .all(|letter| letter.is_ascii_digit() || letter == mark);
        let number = |text: &&str| text.parse::<u16>().ok();
        let (first, second, third) = (number(first)?, number(second)?, number(third)?);
        let can_be = if year_first {
            second <= 12
        } else {
            first.min(second) <= 12 && first.max(second) <= 31
        };
        let form = Form { year_first, mark };
        (is_date && can_be).then_some(Self {
            form,
            first,
            second,
            third,
            is_whole: behind.is_empty(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Finding<DateOrder> {
        column((1..).zip(texts.iter().copied())).finding
    }

    #[test]
    fn a_column_decides_together() {
        assert_eq!(
            of(&["12/01/2026", "31/12/2026"]),
            Finding::Sure(DateOrder::DayMonthYear)
        );
        assert_eq!(
            of(&["12/01/2026", "12/31/2026"]),
            Finding::Sure(DateOrder::MonthDayYear)
        );
        assert_eq!(of(&["12/01/2026", "01/02/2026"]), Finding::Ambiguous);
        assert_eq!(of(&["31/12/2026", "12/31/2026"]), Finding::Mixed);
        assert_eq!(of(&["31/12/2026", "01.02.2026"]), Finding::Mixed);
        assert_eq!(of(&["2026-03-04"]), Finding::Sure(DateOrder::YearMonthDay));
        assert_eq!(of(&["3/4", "1.2.3", "2026", "10-20"]), Finding::Nothing);
    }

    #[test]
    fn a_day_is_read_one_way_only() {
        let day = |text| plain_date(text, DateOrder::DayMonthYear);
        assert_eq!(day("12/01/2026").as_deref(), Some("2026-01-12"));
        assert_eq!(day("31.04.2026"), None);
        assert_eq!(day("2026-01-12"), None);
        assert_eq!(day("12/01/26"), None);
        assert_eq!(
            plain_date("12/01/2026", DateOrder::MonthDayYear).as_deref(),
            Some("2026-12-01")
        );
        assert_eq!(
            plain_date("2026-12-01", DateOrder::YearMonthDay).as_deref(),
            Some("2026-12-01")
        );
    }
}
