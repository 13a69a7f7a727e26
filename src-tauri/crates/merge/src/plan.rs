//! What a reconcile comes to, as data.

use leeward_model::{BaseField, Conflict, OverlayField, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Move a field's base to what Airflow has: only Airflow changed it.
    Take {
        /// The field.
        field: String,
        /// Its new base.
        base: BaseField,
    },
    /// Both sides agree: move the base and drop the field from the overlay.
    Settle {
        /// The field.
        field: String,
        /// Its new base.
        base: BaseField,
    },
    /// The field is gone from the record in Airflow, and nothing of it is pending: remove its base and its edit.
    Drop {
        /// The field.
        field: String,
    },
    /// Both sides' changes are merged: move the base to what Airflow has and put the merge in the overlay.
    Rebase {
        /// The field.
        field: String,
        /// Its new base: Airflow's value, whose changes the merge contains.
        base: BaseField,
        /// The edit on top of it.
        overlay: OverlayField,
    },
    /// The record is gone on both sides, or gone in Airflow with nothing pending here.
    Forget,
    /// Drop the overlay: the pending work is already true in Airflow, or was for nothing.
    DropOverlay,
    /// Create the record in Airflow.
    Create {
        /// The whole record.
        fields: BTreeMap<String, Value>,
    },
    /// Write the dirty fields.
    Update {
        /// Only what is dirty.
        fields: BTreeMap<String, Value>,
        /// The fields that the record is to have no more; only where the data model lets them be missing.
        removed: BTreeSet<String>,
    },
    /// Delete the record in Airflow.
    Delete,
    /// Ask a person; replaces the stored conflict.
    Conflict(Box<Conflict>),
    /// The stored conflict has resolved itself.
    ClearConflict,
}

/// What a reconcile comes to: steps on the mirror first, then at most one write to Airflow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The steps, in the order in which they are carried out.
    pub ops: Vec<Op>,
}

impl Plan {
    /// Nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// The write to Airflow, if the plan has one.
    #[must_use]
    pub fn write(&self) -> Option<&Op> {
        self.ops.iter().find(|op| op.is_write())
    }
}

impl Op {
    /// Whether the step writes to Airflow.
    #[must_use]
    pub fn is_write(&self) -> bool {
        matches!(self, Self::Create { .. } | Self::Update { .. } | Self::Delete)
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Take { field, .. } => write!(f, "take Airflow's {field}"),
            Self::Settle { field, .. } => write!(f, "{field} is the same on both sides"),
            Self::Drop { field } => write!(f, "Airflow's record has no {field}"),
            Self::Rebase { field, .. } => write!(f, "merge {field}"),
            Self::Forget => f.write_str("forget the record"),
            Self::DropOverlay => f.write_str("nothing is pending any more"),
            Self::Create { .. } => f.write_str("create the record"),
            Self::Update { fields, removed } => update(f, fields, removed),
            Self::Delete => f.write_str("delete the record"),
            Self::Conflict(conflict) => write!(f, "conflict in {} field(s)", conflict.fields.len()),
            Self::ClearConflict => f.write_str("the conflict is gone"),
        }
    }
}

fn update(
    f: &mut fmt::Formatter<'_>,
    fields: &BTreeMap<String, Value>,
    removed: &BTreeSet<String>,
) -> fmt::Result {
    let parts = [
        ("write ", names(fields.keys())),
        ("remove ", names(removed.iter())),
    ];
    let said: Vec<String> = parts
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(verb, names)| format!("{verb}{names}"))
        .collect();
    f.write_str(&said.join(" and "))
}

fn names<'n>(names: impl Iterator<Item = &'n String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing to do");
        }
        for (index, op) in self.ops.iter().enumerate() {
            write!(f, "{}{op}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}
