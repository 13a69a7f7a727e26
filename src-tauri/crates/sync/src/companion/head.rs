//! What the newest publication says of the store and its collections.

use leeward_model::Value;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The only format that is read.
const FORMAT: u32 = 1;

/// The XCom `head`.
#[derive(Debug, Deserialize)]
pub(crate) struct Head {
    leeward: u32,
    pub(crate) store_id: String,
    /// The store's newest number; all below it is published.
    pub(crate) sequence: u64,
    #[serde(default)]
    pub(crate) collections: BTreeMap<String, Published>,
    /// What is wrong with a collection, in plain words.
    #[serde(default)]
    pub(crate) troubles: BTreeMap<String, String>,
}

/// What is published of a collection.
#[derive(Debug, Deserialize)]
pub(crate) struct Published {
    /// The version of its data model.
    pub(crate) model: u32,
    /// Of which records there are in which version.
    pub(crate) digest: String,
    pub(crate) snapshot: Piece,
    /// Parts of the log, oldest first.
    pub(crate) segments: Vec<Piece>,
}

/// A snapshot or a part of the log, and where its text is.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Piece {
    /// It has all after this number, ...
    pub(crate) from: u64,
    /// ... up to this one.
    pub(crate) to: u64,
    /// Of the text, in hexadecimal digits.
    pub(crate) sha256: String,
    /// The run whose XComs hold it.
    pub(crate) run: String,
    /// The names of those, in order.
    pub(crate) pieces: Vec<String>,
}

/// Reads a head; `Err` says why it cannot be used, as the end of a sentence.
pub(crate) fn read(text: &str) -> Result<Head, &'static str> {
    let head: Head = match serde_json::from_str(text) {
        Ok(head) => head,
        Err(_) => return Err(unreadable(text)),
    };
    match head.leeward {
        FORMAT => Ok(head),
        _ => Err("is of a newer companion than this Leeward knows: update Leeward"),
    }
}

fn unreadable(text: &str) -> &'static str {
    let format = serde_json::from_str::<Value>(text).ok();
    match format.and_then(|head| head.get("leeward")?.as_u64()) {
        Some(format) if format != u64::from(FORMAT) => {
            "is of a newer companion than this Leeward knows: update Leeward"
        }
        _ => "cannot be read",
    }
}

/// What is to be read of a collection.
#[derive(Debug)]
pub(crate) enum Reading<'h> {
    /// All of it is known.
    Nothing,
    /// Only what came since.
    Segments(Vec<&'h Piece>),
    /// A snapshot, and what came since that.
    Whole(&'h Piece, Vec<&'h Piece>),
}

impl Published {
    /// What is to be read by who knows all up to `known`; nothing was read yet where it is `None`.
    pub(crate) fn since(&self, known: Option<u64>) -> Reading<'_> {
        let after = |number: u64| self.segments.iter().filter(move |one| one.to > number);
        let Some(known) = known else {
            return self.whole();
        };
        let news: Vec<&Piece> = after(known).collect();
        match news.first() {
            None if self.snapshot.to > known => self.whole(),
            None => Reading::Nothing,
            Some(first) if first.from > known || !is_chain(&news) => self.whole(),
            Some(_) => Reading::Segments(news),
        }
    }

    pub(crate) fn whole(&self) -> Reading<'_> {
        let since = self.segments.iter().filter(|one| one.to > self.snapshot.to);
        Reading::Whole(&self.snapshot, since.collect())
    }
}

/// Whether each begins where the one before ends, or before that.
fn is_chain(pieces: &[&Piece]) -> bool {
    pieces.windows(2).all(|two| two[1].from <= two[0].to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(from: u64, to: u64) -> Piece {
        Piece {
            from,
            to,
            sha256: String::new(),
            run: "run".into(),
            pieces: Vec::new(),
        }
    }

    fn published(snapshot: u64, segments: &[(u64, u64)]) -> Published {
        Published {
            model: 1,
            digest: String::new(),
            snapshot: piece(0, snapshot),
            segments: segments.iter().map(|(from, to)| piece(*from, *to)).collect(),
        }
    }

    fn read(published: &Published, known: Option<u64>) -> String {
        let ends = |pieces: Vec<&Piece>| pieces.iter().map(|one| one.to).collect::<Vec<_>>();
        match published.since(known) {
            Reading::Nothing => "nothing".into(),
            Reading::Segments(pieces) => format!("segments {:?}", ends(pieces)),
            Reading::Whole(snapshot, pieces) => format!("snapshot {} {:?}", snapshot.to, ends(pieces)),
        }
    }

    #[test]
    fn only_what_came_since_is_read() {
        let published = published(10, &[(5, 10), (10, 12), (12, 20)]);
        assert_eq!(read(&published, Some(20)), "nothing");
        assert_eq!(read(&published, Some(25)), "nothing");
        assert_eq!(read(&published, Some(12)), "segments [20]");
        assert_eq!(read(&published, Some(7)), "segments [10, 12, 20]");
    }

    #[test]
    fn a_gap_is_filled_by_the_snapshot() {
        assert_eq!(read(&published(10, &[(10, 12)]), None), "snapshot 10 [12]");
        assert_eq!(
            read(&published(10, &[(5, 10), (10, 12)]), Some(4)),
            "snapshot 10 [10, 12]".replace("10, ", "")
        );
        assert_eq!(
            read(&published(15, &[(10, 12), (13, 15)]), Some(11)),
            "snapshot 15 []"
        );
        assert_eq!(read(&published(15, &[]), Some(11)), "snapshot 15 []");
    }

    #[test]
    fn a_newer_format_is_told_from_damage() {
        let newer = super::read(r#"{"leeward": 2, "other": true}"#).unwrap_err();
        assert!(newer.contains("newer companion"), "{newer}");
        assert_eq!(super::read("{").unwrap_err(), "cannot be read");
        assert!(super::read(r#"{"leeward": 1, "store_id": "s", "sequence": 3}"#).is_ok());
    }
}
