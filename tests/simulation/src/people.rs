//! What people do: the analysts at their desktops, in the window or with `leewardctl`, and the others who write to the
//! same Airflow.

mod analyst;
mod others;
mod values;

pub use analyst::{CTL, Decision};
pub(crate) use values::{any_id, any_kind, ids, is_secret, secret_inside};
