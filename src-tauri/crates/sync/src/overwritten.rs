//! Writes of others within ours, noticed by the event log: it holds more rows for a record than we sent.
//!
//! Airflow has no compare-and-set, so between the look before a write and the write itself another one may come and be
//! overwritten. That cannot be prevented over the API; here it is noticed, told, and the value that we had read is kept.

use crate::binding::Subjects;
use crate::context::Context;
use crate::event_log::news::{self, News, author};
use crate::event_log::server;
use crate::failure::Failure;
use crate::listener::Notice;
use crate::memory::{Author, Sent};
use crate::observe::hints;
use crate::record::advance::shown;
use jiff::SignedDuration;
use leeward_airflow::EventRow;
use leeward_model::Source;
use leeward_store::{Ledger, NewHistory, StoreError};
use std::collections::BTreeMap;
use std::time::Duration;

/// Times of rows are those at which requests came in; handling them may take a while.
const MARGIN: SignedDuration = SignedDuration::from_secs(2);

/// After writing: are all new rows our own?
pub(crate) async fn look(context: &Context<'_>) -> Result<(), Failure> {
    let sent = context.memory().sent_count();
    if sent == 0 || !context.memory().log_is_readable {
        return Ok(());
    }
    let Some(news) = news::read_after_writing(context, sent).await? else {
        return Ok(());
    };
    let news = judge(context, news)?;
    for collection in context.collections() {
        look_soon(&collection, &news);
        hints::look_again(&collection, &news);
    }
    news.keep(context)
}

/// What others did meanwhile is read in the next cycle, which is not far: these looks are due at once.
fn look_soon(context: &Context<'_>, news: &News) {
    let now = context.runtime.elapsed();
    let mut memory = context.memory();
    let collection = memory.of(context.collection());
    if news.is_vague(context) {
        collection.scans_due.push(now);
        return;
    }
    for (key, author) in news.keys(context) {
        collection.look_again(&key, Some(&author), &[now]);
    }
}

/// Takes the rows of our own writes out of the news, and tells where another writer's came between.
pub(crate) fn judge(context: &Context<'_>, mut news: News) -> Result<News, Failure> {
    let mut left = left_by_another_process(context)?;
    for collection in context.collections() {
        let left = left.remove(collection.collection()).unwrap_or_default();
        judge_collection(&collection, &mut news, &left)?;
    }
    Ok(news)
}

/// Writes by their key.
type SentByKey = BTreeMap<String, Vec<Sent>>;

/// `left`: what another process sent and did not live to judge.
fn judge_collection(context: &Context<'_>, news: &mut News, left: &SentByKey) -> Result<(), Failure> {
    let sent = std::mem::take(&mut context.memory().of(context.collection()).sent);
    let rows = rows_by_key(context, news);
    let mut found = Vec::new();
    for (key, sent) in &sent {
        let rows = rows.get(key).map_or(&[][..], Vec::as_slice);
        if rows.len() <= sent.len() {
            news.own.insert((context.collection().to_owned(), key.clone()));
        } else if let Some(rival) = rival(context, rows, sent) {
            found.push((key, rival, sent));
        }
    }
    let mark = server::known_mark(context)?.map(|mark| mark.id);
    for (key, sent) in left {
        let is_new = |row: &&EventRow| mark.is_none_or(|mark| row.id > mark);
        let rows: Vec<EventRow> = rows
            .get(key)
            .into_iter()
            .flatten()
            .filter(is_new)
            .cloned()
            .collect();
        // Whether all of these were sent is not known: that no row is another's is not concluded from their number.
        if rows.len() > sent.len()
            && let Some(rival) = rival(context, &rows, sent)
        {
            found.push((key, rival, sent));
        }
    }
    if !sent.is_empty() || !left.is_empty() {
        context.mirror.write(|ledger| {
            for (key, rival, sent) in &found {
                keep_what_was_read(context, ledger, key, rival, sent)?;
            }
            ledger.note_judged()
        })?;
    }
    found.iter().for_each(|(key, rival, _)| tell(context, key, rival));
    Ok(())
}

/// What a process sent and did not live to judge, once in this one's life: the writes of which the outcome was known,
/// and those in flight. How long each took is not known any more: no longer than the longest there ever was.
fn left_by_another_process(context: &Context<'_>) -> Result<BTreeMap<String, SentByKey>, Failure> {
    if std::mem::replace(&mut context.memory().has_taken_over_sent, true) {
        return Ok(BTreeMap::new());
    }
    let (finished, in_flight, window) = context.mirror.read(|ledger| {
        let longest = ledger.write_window()?.unwrap_or_default().longest_ms;
        Ok((ledger.sent_unjudged()?, ledger.intents()?, longest))
    })?;
    let window = Duration::from_millis(window);
    let finished = finished
        .into_iter()
        .map(|sent| (sent.collection, sent.key, sent.before));
    let in_flight = in_flight
        .into_iter()
        .map(|intent| (intent.collection, intent.key, intent.before));
    let mut left: BTreeMap<String, SentByKey> = BTreeMap::new();
    for (collection, key, before) in finished.chain(in_flight) {
        let sent = left.entry(collection).or_default();
        sent.entry(key).or_default().push(Sent { window, before });
    }
    Ok(left)
}

fn rows_by_key(context: &Context<'_>, news: &News) -> BTreeMap<String, Vec<EventRow>> {
    let mut rows: BTreeMap<String, Vec<EventRow>> = BTreeMap::new();
    for event in &news.fresh {
        if let Subjects::Keys(keys) = context.source().subjects(&event.about) {
            for key in keys {
                rows.entry(key.to_owned()).or_default().push(event.row.clone());
            }
        }
    }
    rows
}

/// Whose row stands so close to ours that one write may have replaced the other unseen.
fn rival(context: &Context<'_>, rows: &[EventRow], sent: &[Sent]) -> Option<Author> {
    let longest = sent.iter().map(|sent| sent.window).max().unwrap_or_default();
    let together = SignedDuration::try_from(longest).unwrap_or_default() + MARGIN;
    let close = rows.windows(sent.len() + 1).find(|rows| match rows {
        [first, .., last] => last.when.duration_since(first.when) <= together,
        _ => false,
    })?;
    let me = context.airflow.user_name();
    let other = close.iter().find(|row| me.is_some() && row.owner != me);
    other.or(close.first()).map(author)
}

/// The value that we had read, in the record's history, with the reason.
fn keep_what_was_read(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    key: &str,
    rival: &Author,
    sent: &[Sent],
) -> Result<(), StoreError> {
    let who = rival.name.as_deref().unwrap_or("Somebody");
    let reason = format!(
        "May have been overwritten: {who} wrote this record in the same moment as Leeward. This is what Leeward had \
         read just before."
    );
    let fields = sent.last().and_then(|sent| shown(&sent.before));
    ledger.append_history(&NewHistory {
        collection: context.collection(),
        key,
        at: rival.when,
        source: Source::Airflow,
        author: None,
        reason: Some(&reason),
        fields: fields.as_ref(),
        run: None,
    })
}

fn tell(context: &Context<'_>, key: &str, rival: &Author) {
    context.tally.overwritten.add(1);
    context.tally.notice(Notice::MayBeOverwritten {
        collection: context.collection().into(),
        key: key.into(),
        by: rival.name.clone(),
    });
}
