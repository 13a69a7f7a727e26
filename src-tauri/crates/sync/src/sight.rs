//! What Airflow holds now under chosen keys, in as few requests as it allows.

use crate::cycle::{Cycle, is_one_things};
use leeward_airflow::{AirflowError, ErrorKind, Variable};
use std::collections::BTreeMap;

/// From so many on, one request for all is cheaper than one each.
pub(crate) const MANY: usize = 3;

/// What was read by key. Trouble with one key is that key's alone.
pub(crate) type Sight = BTreeMap<String, Result<Option<Variable>, AirflowError>>;

/// What a key that a listing does not show is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unlisted {
    /// Asked for by name: only Airflow's own 404 says that it is absent (H7).
    Ask,
    /// Not there. Only for what is about to be created under "fail if it exists", where nothing follows from it.
    Absent,
}

/// Reads the keys now. `near`: see [`leeward_airflow::Airflow::find_variables`].
///
/// # Errors
/// What concerns all of them: Airflow cannot be reached, or the sign-in is over.
pub(crate) async fn look<'k>(
    cycle: &Cycle<'_>,
    keys: impl IntoIterator<Item = (&'k str, Unlisted)>,
    near: Option<u64>,
) -> Result<Sight, AirflowError> {
    let keys: Vec<(&str, Unlisted)> = keys.into_iter().collect();
    let (mut sight, trouble) = listed(cycle, &keys, near).await?;
    for (key, unlisted) in keys {
        if sight.contains_key(key) {
            continue;
        }
        let read = match unlisted {
            Unlisted::Absent => Ok(None),
            Unlisted::Ask => cycle.engine.airflow.get_variable(key).await,
        };
        if let Err(error) = &read {
            // Where neither the listing nor the first of them can be read, the trouble is the server's.
            let is_all = trouble.is_some() && sight.is_empty() && is_one_things(error);
            if is_all || !is_one_keys(error) {
                return Err(trouble.unwrap_or_else(|| error.clone()));
            }
        }
        sight.insert(key.to_owned(), read);
    }
    Ok(sight)
}

/// What one look at the listing shows; a server that cannot do that shows nothing. A listing that meets trouble of its
/// own says nothing of the single Variables (H33): it shows nothing either, and the trouble is given.
async fn listed(
    cycle: &Cycle<'_>,
    keys: &[(&str, Unlisted)],
    near: Option<u64>,
) -> Result<(Sight, Option<AirflowError>), AirflowError> {
    if keys.len() < MANY || cycle.is_unlisted() {
        return Ok((Sight::new(), None));
    }
    let names: Vec<&str> = keys.iter().map(|(key, _)| *key).collect();
    let found = match cycle.engine.airflow.find_variables(&names, near).await {
        Err(error) if is_one_things(&error) => {
            tracing::info!(what = %error, "read one by one");
            return Ok((Sight::new(), Some(error)));
        }
        found => found?,
    };
    let seen = |variable: Variable| (variable.key.clone(), Ok(Some(variable)));
    Ok((found.into_iter().map(seen).collect(), None))
}

fn is_one_keys(error: &AirflowError) -> bool {
    is_one_things(error) || matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::Unaddressable(_))
}
