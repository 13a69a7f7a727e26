//! Airflow's event log, as a hint where to look and who was there (H9), and as the mark by which the server is known.

use crate::binding::Subjects;
use crate::context::Context;
use crate::event_log::server;
use crate::failure::{Failure, is_one_things};
use crate::memory::Author;
use jiff::{SignedDuration, Timestamp};
use leeward_airflow::{EventLook, EventRow, RecordEvent, RecordEvents};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Rows are asked for from so long before the newest that is known: one that was committed later than its time says.
const OVERLAP: Duration = Duration::from_secs(60);
/// Pages with news that are read in one look; beyond, everything is read.
const PAGES_MAX: u64 = 5;
/// Pages that are read in one look, those included that show nothing new.
const PAGES_AT_ALL: u64 = 50;
/// Rows in a page.
const PAGE: u64 = 100;
/// A row of this kind names thousands of keys: it is not read in every cycle.
const BULK: &str = "bulk_variables";

/// What the log has to say in this cycle.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// Rows that were not seen before, oldest first.
    pub(crate) fresh: Vec<RecordEvent>,
    /// The newest row, to be the next mark.
    pub(crate) newest: Option<EventRow>,
    /// More rows than are worth reading, or rows of which no beginning is known: anything may have changed.
    pub(crate) too_many: bool,
    /// Keys whose new rows are all of our own writing, each with its collection.
    pub(crate) own: BTreeSet<(String, String)>,
    /// Every row in the answer.
    seen: Vec<i64>,
}

/// What a look at the log came to.
pub(crate) enum Look {
    /// It can be read.
    News(News),
    /// It cannot: nothing is known of what changed.
    Unreadable,
    /// It is another server's; the collection is stopped.
    AnotherServer,
}

/// Reads the rows about Variables and pools since the last that is known. Nothing is taken down yet: see [`News::keep`].
pub(crate) async fn read(context: &Context<'_>) -> Result<Look, Failure> {
    let mark = server::known_mark(context)?;
    let look = match look(context, mark.as_ref(), PAGES_MAX).await {
        // A log that only answers with trouble must not keep the records from being synchronised.
        Err(Failure::Airflow(error)) if is_one_things(&error) => {
            tracing::info!(what = %error, "event log not read");
            Look::Unreadable
        }
        other => other?,
    };
    context.memory().log_is_readable = matches!(look, Look::News(_));
    Ok(look)
}

/// Reads again after this process wrote: its own rows are among the new ones.
pub(crate) async fn read_after_writing(
    context: &Context<'_>,
    rows_expected: usize,
) -> Result<Option<News>, Failure> {
    let mark = server::known_mark(context)?;
    let pages = PAGES_MAX + u64::try_from(rows_expected).unwrap_or(0).div_ceil(PAGE);
    match look(context, mark.as_ref(), pages).await {
        Ok(Look::News(news)) => Ok(Some(news)),
        Ok(Look::Unreadable | Look::AnotherServer) => Ok(None),
        // What was written is judged by the next cycle.
        Err(Failure::Airflow(error)) if is_one_things(&error) => Ok(None),
        Err(failure) => Err(failure),
    }
}

async fn look(context: &Context<'_>, mark: Option<&EventRow>, pages_max: u64) -> Result<Look, Failure> {
    let from = mark.map(|mark| begin(context, mark));
    let Some((rows, ended)) = rows(context, from.as_ref().map(|from| from.after), pages_max).await? else {
        return Ok(Look::Unreadable);
    };
    if let (Some(mark), Some(true)) = (mark, from.as_ref().map(|from| from.shows_mark))
        && !server::is_same(context, mark, &rows).await?
    {
        return Ok(Look::AnotherServer);
    }
    let newest = if ended {
        rows.last().map(|event| event.row.clone())
    } else {
        newest(context).await?
    };
    let known = &context.memory().rows_seen;
    let news = News {
        newest: newest.filter(|newest| mark.is_none_or(|mark| newest.id > mark.id)),
        too_many: !ended || (mark.is_none() && !rows.is_empty()),
        seen: rows.iter().map(|event| event.row.id).collect(),
        own: BTreeSet::new(),
        fresh: rows
            .into_iter()
            .filter(|event| !known.contains(&event.row.id))
            .collect(),
    };
    Ok(Look::News(news))
}

/// Where to read from.
struct Begin {
    after: Timestamp,
    /// Whether the mark is in the answer, if it is a row about Variables or pools.
    shows_mark: bool,
}

fn begin(context: &Context<'_>, mark: &EventRow) -> Begin {
    let memory = context.memory();
    let waited = context.runtime.elapsed().saturating_sub(memory.mark_since);
    // The overlap of a long row is read as long as a row may come in beside it, and not for ever.
    let passed = mark.event == BULK && memory.rows_seen.contains(&mark.id) && waited > OVERLAP;
    let overlap = SignedDuration::try_from(OVERLAP).unwrap_or_default();
    Begin {
        after: if passed {
            mark.when
        } else {
            mark.when.checked_sub(overlap).unwrap_or(mark.when)
        },
        shows_mark: !passed,
    }
}

/// The rows, and whether these are all. `None` when the log may not be read.
async fn rows(
    context: &Context<'_>,
    after: Option<Timestamp>,
    pages_max: u64,
) -> Result<Option<(Vec<RecordEvent>, bool)>, Failure> {
    let (mut rows, mut pages, mut with_news) = (Vec::new(), 0, 0);
    while with_news < pages_max && pages < pages_max.max(PAGES_AT_ALL) {
        let offset = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let RecordEvents::Rows(page) = context.airflow.record_events(after, offset).await? else {
            return Ok(None);
        };
        let ended = page.items.is_empty();
        let is_news = {
            let known = &context.memory().rows_seen;
            page.items.iter().any(|event| !known.contains(&event.row.id))
        };
        pages += 1;
        with_news += u64::from(is_news);
        rows.extend(page.items);
        if ended || after.is_none() || rows.len() as u64 >= page.total {
            return Ok(Some((rows, true)));
        }
    }
    Ok(Some((rows, false)))
}

async fn newest(context: &Context<'_>) -> Result<Option<EventRow>, Failure> {
    match context.airflow.record_events(None, 0).await? {
        RecordEvents::Rows(page) => Ok(page.items.into_iter().next().map(|event| event.row)),
        RecordEvents::Unreadable => Ok(None),
    }
}

impl News {
    /// Whether something was written in the collection that the rows do not name.
    pub(crate) fn is_vague(&self, context: &Context<'_>) -> bool {
        let is_unnamed = |event: &RecordEvent| context.source().subjects(&event.about) == Subjects::Unnamed;
        self.too_many || self.fresh.iter().any(is_unnamed)
    }

    /// The collection's keys in the new rows, each with who was at it last.
    pub(crate) fn keys(&self, context: &Context<'_>) -> BTreeMap<String, Author> {
        let is_own = |key: &str| {
            let id = (context.collection().to_owned(), key.to_owned());
            self.own.contains(&id)
        };
        let mut keys = BTreeMap::new();
        for event in &self.fresh {
            if let Subjects::Keys(named) = context.source().subjects(&event.about) {
                let others = named.into_iter().filter(|key| !is_own(key));
                keys.extend(others.map(|key| (key.to_owned(), author(&event.row))));
            }
        }
        keys
    }

    /// What the rows led to has been read: they are not news any more.
    pub(crate) fn keep(&self, context: &Context<'_>) -> Result<(), Failure> {
        if let Some(newest) = &self.newest {
            server::put_mark(context, newest)?;
        }
        let now = context.runtime.elapsed();
        let mut memory = context.memory();
        if self.newest.is_some() {
            memory.mark_since = now;
        }
        // A strict look after a long row shows nothing; that row stays known.
        if !self.seen.is_empty() {
            memory.rows_seen = self.seen.iter().copied().collect();
        }
        Ok(())
    }
}

pub(crate) fn author(row: &EventRow) -> Author {
    Author {
        name: row.owner.clone().filter(|owner| !owner.is_empty()),
        when: row.when,
        reason: None,
    }
}

/// The newest row of any kind, where there is none about Variables or pools.
pub(crate) async fn any_row(context: &Context<'_>) -> Result<Option<EventRow>, Failure> {
    match context.airflow.event_log_tail().await? {
        EventLook::Row(row) => Ok(Some(row)),
        EventLook::Absent | EventLook::Unreadable => Ok(None),
    }
}
