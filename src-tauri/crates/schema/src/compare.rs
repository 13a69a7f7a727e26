//! Whether every value of a type is one of another.

use crate::field_type::{FieldType, JsonShape, Range, TextRules};
use crate::notes::Choice;

/// How a field's new type stands to its old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// The same values.
    Same,
    /// The same type with a looser rule.
    Looser,
    /// A choice with more texts.
    MoreChoices,
    /// Another type that takes every old value as it is carried.
    Wider,
    /// Some old value may not be one, or has another form.
    Narrower,
}

/// How `new` stands to `old`.
pub(crate) fn fit(old: &FieldType, new: &FieldType) -> Fit {
    use FieldType::{Choice, Date, DateTime, Decimal, Integer, Json, Text};
    let looser = |fits: bool| match (fits, old == new) {
        (true, true) => Fit::Same,
        (true, false) => Fit::Looser,
        (false, _) => Fit::Narrower,
    };
    let wider = |fits: bool| if fits { Fit::Wider } else { Fit::Narrower };
    match (old, new) {
        (Text(old), Text(new)) => looser(is_looser_text(old, new)),
        (Integer(old), Integer(new)) => looser(is_looser_range(old, new)),
        (
            Decimal { scale, range },
            Decimal {
                scale: new_scale,
                range: new_range,
            },
        ) => looser(scale <= new_scale && is_looser_range(range, new_range)),
        (Choice(old), Choice(new)) => choices(old, new),
        (Json(_), Json(JsonShape::Any)) => looser(true),
        (Integer(old), Decimal { range, .. }) => wider(is_looser_range(old, range)),
        (Integer(_) | Decimal { .. } | Date | DateTime | Choice(_), Text(rules)) => {
            wider(*rules == TextRules::default())
        }
        (old, new) => looser(old == new),
    }
}

fn is_looser_text(old: &TextRules, new: &TextRules) -> bool {
    let pattern = new.pattern.is_none() || new.pattern == old.pattern;
    let least = new.min_length.unwrap_or(0) <= old.min_length.unwrap_or(0);
    let most = new.max_length.unwrap_or(u32::MAX) >= old.max_length.unwrap_or(u32::MAX);
    pattern && least && most
}

fn is_looser_range(old: &Range, new: &Range) -> bool {
    let holds =
        |range: Range, limit: Option<&String>| limit.is_some_and(|limit| range.keep(limit.clone()).is_ok());
    let above = Range {
        maximum: None,
        ..new.clone()
    };
    let below = Range {
        minimum: None,
        ..new.clone()
    };
    let least = new.minimum.is_none() || holds(above, old.minimum.as_ref());
    let most = new.maximum.is_none() || holds(below, old.maximum.as_ref());
    least && most
}

fn choices(old: &[Choice], new: &[Choice]) -> Fit {
    let has = |list: &[Choice], value: &str| list.iter().any(|choice| choice.value == value);
    let keeps_all = old.iter().all(|choice| has(new, &choice.value));
    match (keeps_all, new.len() > old.len()) {
        (false, _) => Fit::Narrower,
        (true, true) => Fit::MoreChoices,
        (true, false) => Fit::Same,
    }
}
