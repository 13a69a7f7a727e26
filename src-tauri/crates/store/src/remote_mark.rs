//! What was last observed of a record, in so little room that a hundred thousand of them are held at once.

use crate::StoreError;
use crate::columns::{json, parse};
use leeward_model::{Content, Remote, Seal};

/// Tells one observation from another without holding it. Equal marks are equal observations; the same observation,
/// written by another version of Leeward, may have another mark: then looking at the record itself tells. What is known
/// of the text behind a mask is no part of an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteMark {
    /// Of [`Remote::Unknown`].
    Unknown,
    /// Of [`Remote::Absent`].
    Absent,
    /// Of [`Remote::Present`]: half a BLAKE3 hash of what is there.
    Present([u8; 16]),
}

impl RemoteMark {
    /// The mark of what was observed.
    ///
    /// # Errors
    /// `Corrupt` when it cannot be written as JSON.
    pub fn of(remote: &Remote) -> Result<Self, StoreError> {
        Ok(match remote {
            Remote::Unknown => Self::Unknown,
            Remote::Absent => Self::Absent,
            Remote::Present(fields) => {
                let observed = fields
                    .iter()
                    .map(|(name, content)| (name.clone(), as_observed(content)));
                Self::of_present(&json(&Remote::Present(observed.collect()))?)
            }
        })
    }

    /// The mark of a remote as its column holds it.
    pub(crate) fn of_text(text: &str) -> Result<Self, StoreError> {
        Ok(match text {
            "\"unknown\"" => Self::Unknown,
            "\"absent\"" => Self::Absent,
            present if present.starts_with('{') && !present.contains("\"sealed\"") => {
                Self::of_present(present)
            }
            present if present.starts_with('{') => Self::of(&parse(present, "remote")?)?,
            _ => return Err(StoreError::Corrupt("a remote is not readable".into())),
        })
    }

    fn of_present(text: &str) -> Self {
        let mut half = [0; 16];
        half.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
        Self::Present(half)
    }
}

fn as_observed(content: &Content) -> Content {
    match content {
        Content::Sealed(seal) => Content::Sealed(Seal::new(seal.hash())),
        value @ Content::Value(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_the_same_from_the_column_and_from_the_value() {
        let present = |text: &str| Remote::Present([("value".into(), Content::Value(text.into()))].into());
        let remotes = [Remote::Unknown, Remote::Absent, present("1"), present("2")];
        let marks = remotes.each_ref().map(|remote| RemoteMark::of(remote).unwrap());
        for (at, remote) in remotes.iter().enumerate() {
            assert_eq!(RemoteMark::of_text(&json(remote).unwrap()).unwrap(), marks[at]);
            let equals = marks.iter().filter(|mark| **mark == marks[at]);
            assert_eq!(equals.count(), 1, "{remote:?}");
        }
        assert!(RemoteMark::of_text("nonsense").is_err());
    }

    #[test]
    fn what_is_known_of_the_text_behind_a_mask_is_no_part_of_it() {
        let sealed = |seal: Seal| Remote::Present([("value".into(), Content::Sealed(seal))].into());
        let (read, known) = (sealed(Seal::new("ab")), sealed(Seal::new("ab").of_clear("cd")));
        let mark = RemoteMark::of(&read).unwrap();
        assert_eq!(RemoteMark::of(&known).unwrap(), mark);
        assert_eq!(RemoteMark::of_text(&json(&known).unwrap()).unwrap(), mark);
        assert_ne!(RemoteMark::of(&sealed(Seal::new("cd"))).unwrap(), mark);
    }
}
