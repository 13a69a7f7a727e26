//! One figure of the table.

use std::fmt;

use serde_json::{Value, json};

use crate::machine;
use crate::pairs::{PAIRS, Pairs, Spread};

/// When a figure is good enough.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    /// The value itself, at least.
    AtLeast(f64),
    /// The value itself, at most.
    AtMost(f64),
    /// Value over reference, at least.
    RatioAtLeast(f64),
    /// Value over reference, at most.
    RatioAtMost(f64),
    /// None was set: it is there to be watched.
    None,
}

/// A figure beside its reference.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) value: Spread,
    pub(crate) unit: &'static str,
    pub(crate) reference: &'static str,
    pub(crate) reference_value: Spread,
    pub(crate) ratio: Spread,
    pub(crate) goal: Goal,
    /// How it was measured, where that is not plain.
    pub(crate) note: String,
    load: String,
}

impl Row {
    /// A row of pairs.
    pub(crate) fn new(
        name: &'static str,
        unit: &'static str,
        reference: &'static str,
        pairs: &Pairs,
        goal: Goal,
    ) -> Self {
        Self {
            name,
            value: pairs.ours(),
            unit,
            reference,
            reference_value: pairs.reference(),
            ratio: pairs.ratio(),
            goal,
            note: String::new(),
            load: machine::load(),
        }
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Whether the goal is met; `None` when there is none.
    pub(crate) fn is_met(&self) -> Option<bool> {
        match self.goal {
            Goal::AtLeast(goal) => Some(self.value.median >= goal),
            Goal::AtMost(goal) => Some(self.value.median <= goal),
            Goal::RatioAtLeast(goal) => Some(self.ratio.median >= goal),
            Goal::RatioAtMost(goal) => Some(self.ratio.median <= goal),
            Goal::None => None,
        }
    }

    pub(crate) fn goal(&self) -> String {
        match self.goal {
            Goal::AtLeast(goal) => format!("≥ {} {}", figure(goal), self.unit),
            Goal::AtMost(goal) => format!("≤ {} {}", figure(goal), self.unit),
            Goal::RatioAtLeast(goal) => format!("≥ {} × the reference", figure(goal)),
            Goal::RatioAtMost(goal) => format!("≤ {} × the reference", figure(goal)),
            Goal::None => "–".to_owned(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        // Nothing over nothing is no ratio, and JSON has no word for it.
        let number = |value: f64| {
            if value.is_finite() {
                json!(value)
            } else {
                Value::Null
            }
        };
        let range = |spread: Spread| json!([number(spread.low), number(spread.high)]);
        json!({
            "name": self.name, "value": number(self.value.median), "unit": self.unit,
            "reference": self.reference, "reference_value": number(self.reference_value.median),
            "ratio": number(self.ratio.median), "goal": self.goal(), "met": self.is_met(),
            "value_range": range(self.value), "reference_range": range(self.reference_value),
            "ratio_range": range(self.ratio), "pairs": PAIRS, "load": self.load, "note": self.note,
        })
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let met = match self.is_met() {
            Some(true) => "met",
            Some(false) => "NOT MET",
            None => "no goal",
        };
        write!(
            f,
            "{}: {} {}; {}: {}; ratio {}; goal {} ({met})",
            self.name,
            shown(self.value),
            self.unit,
            self.reference,
            shown(self.reference_value),
            shown(self.ratio),
            self.goal(),
        )?;
        if self.note.is_empty() {
            Ok(())
        } else {
            write!(f, "\n    {}", self.note)
        }
    }
}

/// The median, with the lowest and the highest where they differ.
pub(crate) fn shown(spread: Spread) -> String {
    let (median, low, high) = (figure(spread.median), figure(spread.low), figure(spread.high));
    if low == high {
        median
    } else {
        format!("{median} ({low}–{high})")
    }
}

/// Three significant digits, and thousands apart.
fn figure(value: f64) -> String {
    match value.abs() {
        _ if !value.is_finite() => "–".to_owned(),
        size if size >= 100.0 => thousands(&format!("{value:.0}")),
        size if size >= 10.0 => trimmed(&format!("{value:.1}")),
        size if size >= 1.0 => trimmed(&format!("{value:.2}")),
        _ => trimmed(&format!("{value:.3}")),
    }
}

fn trimmed(text: &str) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn thousands(digits: &str) -> String {
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}
