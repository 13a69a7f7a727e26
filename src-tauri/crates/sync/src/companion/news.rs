//! What a publication brings of one collection: each record as it is now, worked out before anything is written.

use super::body::{self, Damage, Entry};
use super::head::{Head, Piece, Published, Reading};
use crate::context::Context;
use crate::failure::Failure;
use crate::memory::Author;
use leeward_model::Fields;
use leeward_store::RemoteMark;
use std::collections::BTreeMap;

/// Records by key: the version, and the fields; `None`: it is not there.
pub(crate) type Rows = BTreeMap<String, (u64, Option<Fields>)>;

/// What is new.
pub(crate) struct News {
    pub(crate) rows: Rows,
    /// Who was at a record last, where the log tells.
    pub(crate) authors: BTreeMap<String, Option<Author>>,
}

/// Reads what is new. A part of the log that is damaged, gone, or of an older data model is made up for by the snapshot.
pub(crate) async fn read(
    context: &Context<'_>,
    head: &Head,
    published: &Published,
    reading: Reading<'_>,
) -> Result<Result<News, Damage>, Failure> {
    match reading {
        Reading::Nothing => Ok(Ok(News::nothing())),
        Reading::Segments(pieces) => {
            let mut news = News::nothing();
            match news.follow(context, head, published, &pieces).await? {
                Ok(()) => Ok(Ok(news)),
                Err(damage) => {
                    tracing::warn!(
                        collection = context.collection(),
                        damage,
                        "a snapshot is read instead"
                    );
                    whole(context, head, published).await
                }
            }
        }
        Reading::Whole(..) => whole(context, head, published).await,
    }
}

async fn whole(
    context: &Context<'_>,
    head: &Head,
    published: &Published,
) -> Result<Result<News, Damage>, Failure> {
    let Reading::Whole(snapshot, since) = published.whole() else {
        return Ok(Ok(News::nothing()));
    };
    let records = match body::snapshot(context, head, snapshot).await? {
        Ok(records) => records,
        Err(damage) => return Ok(Err(damage)),
    };
    let mut news = News::nothing();
    // What is not in the snapshot is not there.
    let name = context.collection();
    let (known, behind) = context
        .mirror
        .read(|ledger| Ok((ledger.remote_marks(name)?, ledger.rows_behind(name)?)))?;
    let there = known.into_iter().filter(|(_, mark)| *mark != RemoteMark::Absent);
    // Nor is what was told of in an outcome, and was not seen here before it went.
    let keys = there.map(|(key, _)| key).chain(behind);
    news.rows.extend(keys.map(|key| (key, (snapshot.to, None))));
    let records = records.into_iter();
    news.rows
        .extend(records.map(|(key, version, fields)| (key, (version, Some(fields)))));
    Ok(news
        .follow(context, head, published, &since)
        .await?
        .map(|()| news))
}

impl News {
    fn nothing() -> Self {
        Self {
            rows: Rows::new(),
            authors: BTreeMap::new(),
        }
    }

    /// Takes these parts of the log in.
    async fn follow(
        &mut self,
        context: &Context<'_>,
        head: &Head,
        published: &Published,
        pieces: &[&Piece],
    ) -> Result<Result<(), Damage>, Failure> {
        for piece in pieces {
            match body::segment(context, head, piece).await? {
                // A name may have been another field's then.
                Ok(entries) if entries.iter().any(|one| is_of_another(one, published)) => {
                    return Ok(Err("has records of an older data model"));
                }
                Ok(entries) => entries.into_iter().for_each(|entry| self.take(entry)),
                Err(damage) => return Ok(Err(damage)),
            }
        }
        Ok(Ok(()))
    }

    fn take(&mut self, entry: Entry) {
        let author = entry.at.map(|when| Author {
            name: entry.author.clone(),
            when,
            reason: entry.reason.clone(),
        });
        let (key, sequence, fields) = entry.after();
        if self
            .rows
            .get(&key)
            .is_some_and(|(known, there)| there.is_some() && *known >= sequence)
        {
            return;
        }
        self.authors.insert(key.clone(), author);
        self.rows.insert(key, (sequence, fields));
    }
}

/// Whether the record was written by another data model than the publication is of.
fn is_of_another(entry: &Entry, published: &Published) -> bool {
    let is_there = entry.fields.is_some();
    is_there && entry.model.is_some_and(|model| model != published.model)
}
