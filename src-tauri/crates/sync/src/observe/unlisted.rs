//! What goes on where the listing cannot be read. On Airflow 3.1 one Variable that cannot be decrypted makes the whole of it
//! answer 500 (H33), and where others write without a pause it never holds still. Nothing is concluded from such a
//! listing: nothing is missing, and nothing is in sync. What is pending goes on by key.

use crate::context::Context;
use crate::event_log::news::News;
use crate::failure::{Failure, is_one_things};
use crate::observe::full_scan::confirm_one;
use crate::observe::hints::{self, Hinted};
use leeward_airflow::{AirflowError, ErrorKind};
use leeward_model::{Problem, Remote};
use leeward_store::{Ledger, RemoteMark, StoreError};

/// So many are asked for to see whether single Variables can be read.
const PROBES: usize = 3;

/// Goes on by key, if single records can be read. What was wrong with the listing is told when the cycle ends. Returns
/// whether what the event log points at was read.
pub(crate) async fn go_on(
    context: &Context<'_>,
    news: Option<&News>,
    error: AirflowError,
) -> Result<bool, Failure> {
    // Whether a brake still holds only a whole listing can tell.
    if context
        .mirror
        .read(|ledger| ledger.has_brake(context.collection()))?
        || !read_unknown(context).await?
    {
        return Err(error.into());
    }
    tracing::info!(what = %error, "goes on by key");
    context.go_on_without_listing(told(&error));
    follow_hints(context, news).await
}

/// Reads what there is work on and of which it is not known what Airflow has. Whether any single record can be read: if
/// none can, the trouble is the server's.
async fn read_unknown(context: &Context<'_>) -> Result<bool, Failure> {
    let (unknown, known) = context
        .mirror
        .read(|ledger| Ok((unknown(context, ledger)?, known(context, ledger)?)))?;
    let mut readable = false;
    for key in unknown {
        let read = confirm_one(context, &key).await;
        readable |= read.is_ok();
        context.tolerate(read)?;
    }
    for key in known {
        if readable {
            break;
        }
        match confirm_one(context, &key).await {
            Err(Failure::Airflow(error)) if is_one_things(&error) => {}
            read => readable = read.map(|()| true)?,
        }
    }
    Ok(readable)
}

fn unknown(context: &Context<'_>, ledger: &Ledger<'_>) -> Result<Vec<String>, StoreError> {
    let active = ledger.active(context.collection())?.into_iter();
    let unknown = active.filter(|record| record.remote == Remote::Unknown);
    Ok(unknown.map(|record| record.key).collect())
}

/// A few that were there: one of them may be the one that cannot be read.
fn known(context: &Context<'_>, ledger: &Ledger<'_>) -> Result<Vec<String>, StoreError> {
    let marks = ledger.remote_marks(context.collection())?.into_iter();
    let present = marks.filter(|(_, mark)| matches!(mark, RemoteMark::Present(_)));
    Ok(present.take(PROBES).map(|(key, _)| key).collect())
}

/// What the event log points at is read by key, as between two full scans. What it does not name, or too much of it,
/// stays news.
async fn follow_hints(context: &Context<'_>, news: Option<&News>) -> Result<bool, Failure> {
    let Some(news) = news.filter(|news| !news.is_vague(context)) else {
        return Ok(false);
    };
    let is_read = matches!(
        hints::observe(context, &hints::keys(context, news)?).await?,
        Hinted::Read
    );
    if is_read {
        hints::look_again(context, news);
    }
    Ok(is_read)
}

/// In words for the analyst: single Variables can be read, which names the likely cause.
fn told(error: &AirflowError) -> Problem {
    let problem = Problem::from(error);
    if *error.kind() == ErrorKind::ScanShifted {
        return Problem {
            meaning: "Your pending changes were sent one by one. Whether others changed or deleted more is not known yet."
                .into(),
            ..problem
        };
    }
    Problem {
        what: format!(
            "{} Single Variables can be read: the likely cause is one among them that Airflow cannot decrypt.",
            problem.what
        ),
        meaning: "Your pending changes are sent one by one. Whether others changed or deleted more is not known until the \
                  list can be read."
            .into(),
        next: "Tell whoever runs this Airflow: a Variable that was encrypted with another Fernet key must be written anew \
               or deleted. Its log names the Variable."
            .into(),
        ..problem
    }
}
