//! Alternating pairs: ours and the reference in turn, so that a busy minute of the machine meets both.

use anyhow::Result;

/// Pairs that are measured of everything.
pub(crate) const PAIRS: usize = 5;

/// Which of the two is to be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Ours,
    Reference,
}

/// Median and the lowest and highest of several measurements.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// Pairs of measurements.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pairs {
    ours: Vec<f64>,
    reference: Vec<f64>,
}

impl Pairs {
    /// Pairs that were measured already, in their order.
    pub(crate) fn of(ours: Vec<f64>, reference: Vec<f64>) -> Self {
        Self { ours, reference }
    }

    /// Measures [`PAIRS`] pairs, every other one in the other order.
    pub(crate) fn measure(mut side: impl FnMut(Side, usize) -> Result<f64>) -> Result<Self> {
        let mut pairs = Self::default();
        for number in 0..PAIRS {
            let mut order = [Side::Ours, Side::Reference];
            order.rotate_left(number % 2);
            for which in order {
                let value = side(which, number)?;
                eprintln!("  pair {} of {PAIRS}, {which:?}: {value:.3}", number + 1);
                match which {
                    Side::Ours => pairs.ours.push(value),
                    Side::Reference => pairs.reference.push(value),
                }
            }
        }
        Ok(pairs)
    }

    /// Ours and the reference, pair by pair.
    pub(crate) fn each(&self) -> impl Iterator<Item = (f64, f64)> {
        self.ours.iter().copied().zip(self.reference.iter().copied())
    }

    pub(crate) fn ours(&self) -> Spread {
        spread(&self.ours)
    }

    pub(crate) fn reference(&self) -> Spread {
        spread(&self.reference)
    }

    /// Ours over the reference, pair by pair.
    pub(crate) fn ratio(&self) -> Spread {
        let ratios: Vec<f64> = self.each().map(|(a, b)| a / b).collect();
        spread(&ratios)
    }
}

/// Values of both sides, in the order of the pairs.
#[derive(Default)]
pub(crate) struct Both([Vec<f64>; 2]);

impl Both {
    pub(crate) fn push(&mut self, side: Side, value: f64) {
        eprintln!("    {side:?}: {value:.3}");
        self.0[side as usize].push(value);
    }

    pub(crate) fn pairs(self) -> Pairs {
        let [ours, reference] = self.0;
        Pairs::of(ours, reference)
    }
}

/// Median and extremes of at least one value.
pub(crate) fn spread(values: &[f64]) -> Spread {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (sorted[0], sorted[sorted.len() - 1]);
    let middle = sorted.len() / 2;
    let median = if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    };
    Spread { median, low, high }
}
