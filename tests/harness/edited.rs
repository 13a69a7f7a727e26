//! The records that the suites edit: of more than one collection, and each edit has a text of its own.

use std::fmt;
use std::str::FromStr;

use anyhow::{Error, bail};

/// One in so many of a numbered row of records is a pool.
const VARIABLES_A_POOL: usize = 5;

/// What a record belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Collection {
    /// Whose values are edited.
    Variables,
    /// Whose descriptions are.
    Pools,
}

impl Collection {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Variables, Self::Pools];

    /// As `leewardctl` names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Variables => "variables",
            Self::Pools => "pools",
        }
    }

    /// The field that is edited, as `leewardctl` and Airflow name it.
    pub fn field(self) -> &'static str {
        match self {
            Self::Variables => "value",
            Self::Pools => "description",
        }
    }
}

/// A record that is edited; written `pools/edit_4`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edited {
    /// Its collection.
    pub collection: Collection,
    /// Its key.
    pub key: String,
}

impl Edited {
    /// The variable of that key.
    pub fn variable(key: &str) -> Self {
        let collection = Collection::Variables;
        let key = key.to_owned();
        Self { collection, key }
    }

    /// The pool of that name.
    pub fn pool(name: &str) -> Self {
        let collection = Collection::Pools;
        let key = name.to_owned();
        Self { collection, key }
    }

    /// One of a numbered row: some are pools, most are variables.
    pub fn numbered(name: &str, number: usize) -> Self {
        let key = format!("{name}_{number:03}");
        match number % VARIABLES_A_POOL {
            0 => Self::pool(&key),
            _ => Self::variable(&key),
        }
    }
}

impl fmt::Display for Edited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.collection.name(), self.key)
    }
}

impl FromStr for Edited {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.split_once('/') {
            Some(("variables", key)) => Ok(Self::variable(key)),
            Some(("pools", key)) => Ok(Self::pool(key)),
            _ => bail!("{text} names no record"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_written_and_read_back() {
        for record in [Edited::numbered("edit", 0), Edited::numbered("edit", 1)] {
            assert_eq!(record.to_string().parse::<Edited>().expect("a record"), record);
        }
        assert_eq!(Edited::numbered("edit", 5).to_string(), "pools/edit_005");
        assert!("edit_1".parse::<Edited>().is_err());
    }
}
