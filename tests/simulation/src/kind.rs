//! The kinds of histories. They share desktops, disks and Airflow, and no seed: one means another history in each.

use crate::counters::Counters;
use crate::history::{Options, Outcome};
use crate::invariant::Invariant;
use clap::ValueEnum;

/// What is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Kind {
    /// Variables, pools and plain typed records, with every fault.
    #[default]
    Records,
    /// Data models that change, rules that are broken, and imports.
    Models,
    /// Collections that the companion keeps: batches, outcomes, publications.
    Companion,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Records, Self::Models, Self::Companion];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Models => "models",
            Self::Companion => "companion",
        }
    }

    /// The kind in which the invariant's bugs are looked for.
    #[must_use]
    pub fn of(invariant: Invariant) -> Self {
        match invariant {
            Invariant::NoHalfImport | Invariant::ModelNeverLoses | Invariant::ViolationNeverSent => {
                Self::Models
            }
            Invariant::BatchOnce
            | Invariant::VersionKnown
            | Invariant::OutcomeTrue
            | Invariant::StoreShown => Self::Companion,
            _ => Self::Records,
        }
    }

    /// Plays the history of a seed.
    #[must_use]
    pub fn play(self, seed: u64, options: Options) -> Outcome {
        match self {
            Self::Records => crate::history::play(seed, options),
            Self::Models => crate::models::play(seed, options),
            Self::Companion => crate::companion::play(seed, options),
        }
    }

    /// From so many histories on, everything must have happened.
    #[must_use]
    pub fn everything(self) -> u64 {
        match self {
            Self::Records | Self::Models => 1000,
            Self::Companion => 100,
        }
    }

    /// Counters that know what must happen.
    #[must_use]
    pub fn counters(self) -> Counters {
        match self {
            Self::Records => Counters::zero(),
            Self::Models => Counters::of(crate::models::MUST_HAPPEN),
            Self::Companion => Counters::of(crate::companion::MUST_HAPPEN),
        }
    }
}
