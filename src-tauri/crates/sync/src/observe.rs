//! Looking at what Airflow holds: all of it, or what the event log points at.

pub(crate) mod brakes;
pub(crate) mod full_scan;
pub(crate) mod hints;
pub(crate) mod read_set;
pub(crate) mod scan_due;
pub(crate) mod unlisted;
