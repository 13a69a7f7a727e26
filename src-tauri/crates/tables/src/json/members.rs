//! The members of a JSON object and the items of a list, one after the other, in the order of the file: nothing is lost
//! that is named twice, and no more than one is in memory.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Gives every item of a list to a function, which may stop the reading.
pub(crate) struct Items<F>(pub(crate) F);

/// Gives every member of an object to a function, which may stop the reading.
pub(crate) struct Members<F>(pub(crate) F);

/// That a function stopped the reading; it knows why itself.
pub(crate) struct Stop;

impl<'de, F: FnMut(&'de RawValue) -> Result<(), Stop>> DeserializeSeed<'de> for Items<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(&'de RawValue) -> Result<(), Stop>> Visitor<'de> for Items<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element()? {
            (self.0)(item).map_err(|Stop| A::Error::custom("stopped"))?;
        }
        Ok(())
    }
}

impl<'de, F: FnMut(String, &'de RawValue) -> Result<(), Stop>> DeserializeSeed<'de> for Members<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de, F: FnMut(String, &'de RawValue) -> Result<(), Stop>> Visitor<'de> for Members<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        while let Some((name, value)) = members.next_entry()? {
            (self.0)(name, value).map_err(|Stop| A::Error::custom("stopped"))?;
        }
        Ok(())
    }
}

/// Reads a whole text with one of the two above.
pub(crate) fn each<'de>(
    text: &'de str,
    seed: impl DeserializeSeed<'de, Value = ()>,
) -> serde_json::Result<()> {
    let mut reader = serde_json::Deserializer::from_str(text);
    seed.deserialize(&mut reader)?;
    reader.end()
}
