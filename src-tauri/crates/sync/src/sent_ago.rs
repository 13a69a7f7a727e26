//! How long ago something was sent, judged so that what can still arrive is waited for.

use crate::context::Context;
use jiff::{SignedDuration, Timestamp};

/// The server tells its clock in whole seconds (`Date`, RFC 9110).
const RESOLUTION: SignedDuration = SignedDuration::from_secs(1);

/// At least so long ago, by the server's clock and by this computer's: the one that says less. The server's was told by
/// the last answer before the sending, which is long before when the requests in between got none. This computer's may
/// have been moved on since; where it was moved back, only the server's counts.
pub(crate) fn at_least(context: &Context<'_>, sent: Timestamp, told: Option<Timestamp>) -> SignedDuration {
    let here = here(context, sent);
    match there(context, told).map(|there| there - RESOLUTION) {
        Some(there) if here.is_negative() => there,
        Some(there) => here.min(there),
        None => here,
    }
}

/// About so long ago: by the server's clock, which nobody moves back and forth; where it tells none by this computer's.
pub(crate) fn about(context: &Context<'_>, sent: Timestamp, told: Option<Timestamp>) -> SignedDuration {
    there(context, told).unwrap_or_else(|| here(context, sent))
}

fn here(context: &Context<'_>, sent: Timestamp) -> SignedDuration {
    context.runtime.now().duration_since(sent)
}

fn there(context: &Context<'_>, told: Option<Timestamp>) -> Option<SignedDuration> {
    let now = context.airflow.server_clock()?;
    told.map(|then| now.duration_since(then))
}
