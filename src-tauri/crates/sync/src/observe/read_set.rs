//! What Airflow holds now under chosen keys, in as few requests as it allows.

use crate::binding::Item;
use crate::context::Context;
use crate::failure::is_one_things;
use leeward_airflow::{AirflowError, ErrorKind};
use std::collections::BTreeMap;

/// From so many on, one request for all is cheaper than one each.
pub(crate) const MANY: usize = 3;

/// What was read by key. Trouble with one key is that key's alone.
pub(crate) type ReadSet = BTreeMap<String, Result<Option<Item>, AirflowError>>;

/// What a key that a listing does not show is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotListed {
    /// Asked for by name: only Airflow's own 404 says that it is absent (H7).
    ConfirmByKey,
    /// Not there. Only for what is about to be created under "fail if it exists", where nothing follows from it.
    Absent,
}

/// Reads the keys now. `near`: see [`leeward_airflow::Airflow::find_variables`].
///
/// # Errors
/// What concerns all of them: Airflow cannot be reached, or the sign-in is over.
pub(crate) async fn look<'k>(
    context: &Context<'_>,
    keys: impl IntoIterator<Item = (&'k str, NotListed)>,
    near: Option<u64>,
) -> Result<ReadSet, AirflowError> {
    let keys: Vec<(&str, NotListed)> = keys.into_iter().collect();
    let (mut read_set, trouble) = listed(context, &keys, near).await?;
    for (key, not_listed) in keys {
        if read_set.contains_key(key) {
            continue;
        }
        let read = match not_listed {
            NotListed::Absent => Ok(None),
            NotListed::ConfirmByKey => context.get(key).await,
        };
        if let Err(error) = &read {
            // Where neither the listing nor the first of them can be read, the trouble is the server's.
            let is_all = trouble.is_some() && read_set.is_empty() && is_one_things(error);
            if is_all || !is_one_keys(error) {
                return Err(trouble.unwrap_or_else(|| error.clone()));
            }
        }
        read_set.insert(key.to_owned(), read);
    }
    Ok(read_set)
}

/// What one look at the listing shows; a server that cannot do that shows nothing. A listing that meets trouble of its
/// own says nothing of the single Variables (H33): it shows nothing either, and the trouble is given.
async fn listed(
    context: &Context<'_>,
    keys: &[(&str, NotListed)],
    near: Option<u64>,
) -> Result<(ReadSet, Option<AirflowError>), AirflowError> {
    if keys.len() < MANY || context.is_unlisted() {
        return Ok((ReadSet::new(), None));
    }
    let names: Vec<&str> = keys.iter().map(|(key, _)| *key).collect();
    let found = match context.source().find(context.airflow, &names, near).await {
        Err(error) if is_one_things(&error) => {
            tracing::info!(what = %error, "read one by one");
            return Ok((ReadSet::new(), Some(error)));
        }
        found => found?,
    };
    let seen = |item: Item| (item.key().to_owned(), Ok(Some(item)));
    Ok((found.into_iter().map(seen).collect(), None))
}

fn is_one_keys(error: &AirflowError) -> bool {
    is_one_things(error) || matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::Unaddressable(_))
}
