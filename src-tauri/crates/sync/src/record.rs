//! What happens to one record in the mirror when something of it is seen, decided or sent. Nothing here asks Airflow.

pub(crate) mod advance;
pub(crate) mod carry_out;
pub(crate) mod confirm;
pub(crate) mod in_flight;
pub(crate) mod late_writes;
pub(crate) mod masks;
pub(crate) mod park;
pub(crate) mod review;
