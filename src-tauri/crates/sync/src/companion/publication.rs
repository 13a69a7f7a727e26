//! The way from the companion: its newest publication is asked for, and what is new of each collection is taken over.

use super::body::{TASK, hex};
use super::head::{self, Head, Published};
use super::news::{self, News};
use crate::binding::{Companion, Item, Row};
use crate::context::Context;
use crate::failure::Failure;
use crate::observe::brakes::brakes;
use crate::observe::full_scan;
use crate::record::advance::was_there;
use crate::record::confirm::take_remote;
use crate::runs::dag_view;
use crate::runtime::new_ulid;
use jiff::Timestamp;
use leeward_airflow::{DagRun, ErrorKind};
use leeward_model::{BrakeView, Fields, Remote, Scan};
use leeward_store::{Ledger, PUBLISH, Publication, StoreError, ingest_dag};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const HEAD: &str = "head";
/// Records a transaction, as in a full observation.
const BATCH: usize = 500;
/// A new snapshot is asked for no oftener than this.
const ASK_AGAIN: Duration = Duration::from_secs(600);

/// Brings the collections up to date with the newest publication. One request where there is no newer one than was read.
pub(crate) async fn observe(context: &Context<'_>) -> Result<(), Failure> {
    let companion: Vec<_> = context.companion().collect();
    let Some((first, _)) = companion.first() else {
        return Ok(());
    };
    let (began, now) = (context.runtime.elapsed(), context.runtime.now());
    let Some(newest) = first.keep_apart(newest(context).await)? else {
        return Ok(());
    };
    let head = match newest {
        Newest::AsBefore => None,
        Newest::Head(head) => Some(head),
        Newest::Trouble(why) => {
            // Whatever is read next tells that it is over, also where that is known.
            context.memory().publication = None;
            for (collection, _) in &companion {
                put_trouble(collection, Some(&why))?;
            }
            return Ok(());
        }
    };
    let mut is_taken = true;
    for (collection, binding) in &companion {
        context.look_for_stop()?;
        let taken = match &head {
            Some((_, head)) => collection.keep_apart(bring_up_to_date(collection, binding, head).await)?,
            None => Some(true),
        };
        if taken == Some(true) {
            full_scan::note(collection, began, now)?;
        }
        is_taken &= taken == Some(true);
    }
    if let Some((run, _)) = head.filter(|_| is_taken) {
        context.memory().publication = Some(run);
    }
    Ok(())
}

/// A publication: the run, and when it ended, since one that was cleared runs again under its id.
type Run = (String, Option<Timestamp>);

enum Newest {
    /// The one that was read before.
    AsBefore,
    Head((Run, Head)),
    /// None can be read, and why: a sentence and what to do.
    Trouble(String),
}

async fn newest(context: &Context<'_>) -> Result<Newest, Failure> {
    let run = match context
        .unless_stopped(context.airflow.last_success(PUBLISH))
        .await?
    {
        Ok(Some(run)) => run,
        Ok(None) => {
            return Ok(Newest::Trouble(format!(
                "{PUBLISH} has not ended well yet in Airflow. {LOOK}"
            )));
        }
        Err(error) if *error.kind() == ErrorKind::NotFound => {
            return Ok(Newest::Trouble(format!("Airflow has no DAG {PUBLISH}. {ASK}")));
        }
        Err(error) if *error.kind() == ErrorKind::Forbidden => {
            return Ok(Newest::Trouble(format!(
                "This account may not read the runs of {PUBLISH}. {ASK}"
            )));
        }
        Err(error) => return Err(error.into()),
    };
    let id = (run.run_id.clone(), run.end_date);
    let is_known = context.memory().publication.as_ref() == Some(&id);
    if is_known && !context.is_asked_for() && are_all_read(context)? {
        return Ok(Newest::AsBefore);
    }
    read_head(context, run, id).await
}

/// Whether something was read of each collection: one may have come, or have to be read anew, since.
fn are_all_read(context: &Context<'_>) -> Result<bool, StoreError> {
    context.mirror.read(|ledger| {
        for (collection, _) in context.companion() {
            let name = collection.collection();
            if ledger.publication(name)?.store_id.is_none() || ledger.demanded_full_scan(name)?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    })
}

const LOOK: &str = "Look at that DAG in Airflow: whether it is paused, and what its last run says.";
const ASK: &str = "Ask whoever runs Airflow.";

async fn read_head(context: &Context<'_>, run: DagRun, id: Run) -> Result<Newest, Failure> {
    let read = context.airflow.xcom_object(PUBLISH, &run.run_id, TASK, &[HEAD]);
    let text = match context.unless_stopped(read).await? {
        Ok(text) => text,
        Err(error) if *error.kind() == ErrorKind::Forbidden => {
            return Ok(Newest::Trouble(format!(
                "This account may not read the XComs of {PUBLISH}. {ASK}"
            )));
        }
        Err(error) => return Err(error.into()),
    };
    let Some(text) = text else {
        ask_for_snapshot(context).await?;
        return Ok(Newest::Trouble(format!(
            "What the run {} of {PUBLISH} published is not in Airflow any more. Leeward asks for it anew.",
            run.run_id
        )));
    };
    Ok(match head::read(&text) {
        Ok(head) => Newest::Head((id, head)),
        Err(why) => Newest::Trouble(format!(
            "What the run {} of {PUBLISH} published {why}. {ASK}",
            run.run_id
        )),
    })
}

/// Whether all that is published of the collection is known now.
async fn bring_up_to_date(context: &Context<'_>, binding: &Companion, head: &Head) -> Result<bool, Failure> {
    let name = context.collection();
    let Some(published) = head.collections.get(name) else {
        let why = head.troubles.get(name).cloned();
        let why = why.unwrap_or_else(|| format!("{PUBLISH} has not published {name} yet. {LOOK}"));
        put_trouble(context, Some(&why))?;
        return Ok(false);
    };
    if published.model > binding.version() {
        return read_model(context).await.map(|()| false);
    }
    if published.model < binding.version() {
        // The next one is of the newer model: a name may have been another field's in this.
        return Ok(false);
    }
    let known = context.mirror.read(|ledger| ledger.publication(name))?;
    let is_other = is_other_store(&known, head);
    // A rebuild brought records of which nothing was observed here: what is published says which of them are there.
    let demand = context.mirror.read(|ledger| ledger.demanded_full_scan(name))?;
    if demand.is_some() {
        context
            .mirror
            .write(|ledger| ledger.forget_unobserved_versions(name))?;
    }
    let since = known
        .store_id
        .as_ref()
        .filter(|_| !is_other && demand.is_none())
        .map(|_| known.sequence);
    context
        .tally
        .scan(if since.is_some() { Scan::Hinted } else { Scan::Full });
    let news = news::read(context, head, published, published.since(since)).await?;
    let news = match news {
        Ok(news) => news,
        Err(damage) => {
            ask_for_snapshot(context).await?;
            let why = format!("The snapshot of {name} in Airflow {damage}. Leeward asks for a new one.");
            put_trouble(context, Some(&why))?;
            return Ok(false);
        }
    };
    if is_stopped(context, head, &known, &news, is_other)? {
        return Ok(false);
    }
    take_over(context, head, news, is_other)?;
    if let Some(demand) = demand {
        context
            .mirror
            .write(|ledger| ledger.complete_full_scan(name, demand))?;
    }
    let is_same = is_as_published(context, head, published)?;
    let why = match is_same {
        true => head.troubles.get(name).cloned(),
        false => Some(format!(
            "What {PUBLISH} has published of {name} does not add up. {ASK}"
        )),
    };
    // Where all of it was read already, reading it again shows nothing else.
    if !is_same && since.is_some() && known.trouble != why {
        read_anew(context)?;
        return Ok(false);
    }
    put_trouble(context, why.as_deref())?;
    Ok(true)
}

/// Another store's numbers say nothing of this one's; nor do those of one that went back.
fn is_other_store(known: &Publication, head: &Head) -> bool {
    known
        .store_id
        .as_ref()
        .is_some_and(|id| *id != head.store_id || head.sequence < known.sequence)
}

/// A newer version of the data model than is worked by here: it is asked for, and followed after the cycle.
async fn read_model(context: &Context<'_>) -> Result<(), Failure> {
    let dag_id = ingest_dag(context.collection());
    let dag = context.airflow.get_dag(&dag_id);
    if let Some(dag) = context.unless_stopped(dag).await?? {
        let view = dag_view(dag);
        context.mirror.write(|ledger| ledger.put_dag(&view))?;
    }
    Ok(())
}

/// Whether a person must look first: another store answers, or much is gone.
fn is_stopped(
    context: &Context<'_>,
    head: &Head,
    known: &Publication,
    news: &News,
    is_other: bool,
) -> Result<bool, Failure> {
    let name = context.collection();
    let gone = context
        .mirror
        .read(|ledger| vanished(ledger, name, news, is_other))?;
    let (there, accepted, is_accepted) = context.mirror.read(|ledger| {
        let count = ledger.record_counts(name)?.records as usize;
        Ok((count, ledger.accepted(name)?, ledger.is_accepted(name)?))
    })?;
    let surprising: BTreeSet<String> = gone.difference(&accepted).cloned().collect();
    let left = there
        .saturating_sub(surprising.len())
        .max(usize::from(surprising.is_empty()));
    let is_asked = is_accepted && known.asked_about.as_deref() == Some(head.store_id.as_str());
    let why = if is_other && there > 0 && !is_asked {
        format!(
            "The database of {name} is another one than it was, or was put back to an earlier state: {} of {there} records \
             here are not in it. Leeward has stopped, in case this is the wrong database.",
            gone.len()
        )
    } else if brakes(there, surprising.len(), left) {
        format!(
            "{} of {there} {name} are gone from the database. Leeward has stopped, in case this is the wrong server or an \
             accident.",
            surprising.len()
        )
    } else {
        return Ok(false);
    };
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let brake = BrakeView {
        collection: name.into(),
        reason: why,
        vanished: count(gone.len()),
        known: count(there),
        since: context.runtime.now(),
    };
    context.mirror.write(|ledger| {
        let asked_about = is_other.then(|| head.store_id.clone());
        if asked_about != known.asked_about {
            // What was accepted is not this.
            ledger.clear_brake(name)?;
        }
        ledger.put_publication(
            name,
            &Publication {
                asked_about,
                ..known.clone()
            },
        )?;
        ledger.set_brake(&brake, &gone)
    })?;
    Ok(true)
}

/// The records that were there, and are not there any more.
fn vanished(
    ledger: &Ledger<'_>,
    name: &str,
    news: &News,
    is_other: bool,
) -> Result<BTreeSet<String>, StoreError> {
    let mut gone = BTreeSet::new();
    for (key, (version, fields)) in &news.rows {
        if fields.is_some() || (!is_other && is_known(ledger, name, key, *version)?) {
            continue;
        }
        if ledger.record(name, key)?.is_some_and(|record| was_there(&record)) {
            gone.insert(key.clone());
        }
    }
    Ok(gone)
}

/// Whether this version of the record, or a later one, is known here: an outcome was told before it was published.
fn is_known(ledger: &Ledger<'_>, name: &str, key: &str, version: u64) -> Result<bool, StoreError> {
    Ok(ledger
        .row_version(name, key)?
        .is_some_and(|known| known.version >= version))
}

fn take_over(context: &Context<'_>, head: &Head, news: News, is_other: bool) -> Result<(), Failure> {
    let name = context.collection();
    context.know_authors(&news.authors);
    if is_other {
        // Versions are numbers of one store.
        context.mirror.write(|ledger| ledger.forget_publication(name))?;
    }
    context.tally.observed.add(news.rows.len());
    context.has_listed(news.rows.len());
    let rows: Vec<(String, (u64, Option<Fields>))> = news.rows.into_iter().collect();
    for batch in rows.chunks(BATCH) {
        context.look_for_stop()?;
        context.mirror.write(|ledger| {
            batch.iter().try_for_each(|(key, (version, fields))| {
                take_row(context, ledger, key, *version, fields.as_ref())
            })
        })?;
    }
    context.mirror.write(|ledger| {
        let trouble = ledger.publication(name)?.trouble;
        let now = Publication {
            store_id: Some(head.store_id.clone()),
            sequence: head.sequence,
            asked_about: None,
            trouble,
        };
        ledger.put_publication(name, &now)?;
        ledger.clear_brake(name)
    })?;
    Ok(full_scan::note_whole(context, true)?)
}

/// Takes over a version of a record, unless that or a later one is known. `fields` as JSON has them; `None`: not there.
pub(crate) fn take_row(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    key: &str,
    version: u64,
    fields: Option<&Fields>,
) -> Result<(), StoreError> {
    let name = context.collection();
    if is_known(ledger, name, key, version)? {
        return Ok(());
    }
    take_remote(context, ledger, key, &remote(context, ledger, key, fields)?)?;
    ledger.put_row_version(name, key, version)
}

/// What was told of a record.
pub(crate) fn remote(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    key: &str,
    fields: Option<&Fields>,
) -> Result<Remote, StoreError> {
    let row = fields.map(|fields| {
        Item::Row(Row {
            key: key.into(),
            fields: fields.clone(),
        })
    });
    context.decode(ledger, row.as_ref())
}

/// Whether what is known is what is published.
fn is_as_published(context: &Context<'_>, head: &Head, published: &Published) -> Result<bool, StoreError> {
    let name = context.collection();
    let (versions, marks, behind) = context.mirror.read(|ledger| {
        let behind = ledger.rows_behind(name)?;
        Ok((ledger.row_versions(name)?, ledger.remote_marks(name)?, behind))
    })?;
    if !behind.is_empty() || versions.values().any(|version| *version > head.sequence) {
        // Outcomes of one's own that are not published yet.
        return Ok(true);
    }
    let is_there = |key: &String| matches!(marks.get(key), Some(leeward_store::RemoteMark::Present(_)));
    let there: BTreeMap<_, _> = versions.into_iter().filter(|(key, _)| is_there(key)).collect();
    Ok(digest(&there) == published.digest)
}

/// Should what is known ever differ from what is published, the next look takes a snapshot.
fn read_anew(context: &Context<'_>) -> Result<(), StoreError> {
    let name = context.collection();
    tracing::warn!(
        collection = name,
        "another state than is published; all of it is read anew"
    );
    context.mirror.write(|ledger| {
        let trouble = ledger.publication(name)?.trouble;
        ledger.forget_publication(name)?;
        ledger.put_publication(
            name,
            &Publication {
                trouble,
                ..Publication::default()
            },
        )
    })
}

/// As the companion makes it: a line `"key":version` for each record, by key.
fn digest(versions: &BTreeMap<String, u64>) -> String {
    let mut hash = Sha256::new();
    for (key, version) in versions {
        hash.update(format!("{}:{version}\n", json!(key)));
    }
    hex(&hash.finalize())
}

/// What is wrong is said on the collection; `None`: nothing is.
fn put_trouble(context: &Context<'_>, why: Option<&str>) -> Result<(), StoreError> {
    let name = context.collection();
    let known = context.mirror.read(|ledger| ledger.publication(name))?;
    if known.trouble.as_deref() == why {
        return Ok(());
    }
    context.tally.noted.add(1);
    let now = Publication {
        trouble: why.map(str::to_owned),
        ..known
    };
    context.mirror.write(|ledger| ledger.put_publication(name, &now))
}

/// What was published is gone or damaged: the companion is asked to publish a snapshot.
async fn ask_for_snapshot(context: &Context<'_>) -> Result<(), Failure> {
    let now = context.runtime.elapsed();
    let asked = context.memory().snapshot_asked;
    if asked.is_some_and(|at| now.saturating_sub(at) < ASK_AGAIN) {
        return Ok(());
    }
    context.memory().snapshot_asked = Some(now);
    let run_id = format!("leeward__snapshot__{}", new_ulid(context.runtime));
    let conf = json!({"snapshot": true});
    match context
        .airflow
        .trigger_dag_run(PUBLISH, &run_id, &conf, None)
        .await
    {
        Ok(_) => Ok(()),
        // Another may ask; the scheduled snapshot comes at the latest a day later.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::Forbidden | ErrorKind::NotFound | ErrorKind::Rejected { .. }
            ) =>
        {
            tracing::warn!(what = %error, "no snapshot was asked for");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
