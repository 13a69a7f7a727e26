//! The header of a page, in Thrift's compact protocol (parquet-format, `PageHeader`).

/// Structs inside structs, and lists inside lists: more is hostile.
const DEPTH_MAX: u8 = 8;
/// One more than the greatest number of a field that is looked at.
const FIELDS: usize = 9;

/// What a page's header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Bytes of the header itself.
    pub(super) length: usize,
    /// Bytes of the page in the file.
    pub(super) packed: usize,
    /// Bytes of the page when unpacked.
    pub(super) unpacked: usize,
    pub(super) kind: Kind,
}

/// What a page is, with the encodings by their numbers in the format.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Dictionary {
        values: u32,
        encoding: i64,
    },
    Data {
        values: u32,
        encoding: i64,
        level_encoding: i64,
    },
    DataV2 {
        values: u32,
        nulls: u32,
        rows: u32,
        encoding: i64,
        level_bytes: u32,
        repetition_bytes: u32,
        is_packed: bool,
    },
    /// To be passed over.
    Index,
}

impl Header {
    /// Reads the header at the beginning of these bytes; nothing where there is none.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut input = Input { bytes, at: 0 };
        let record = input.record(DEPTH_MAX)?;
        let size = |field: usize| usize::try_from(record.numbers[field]?).ok();
        let kind = match record.numbers[1]? {
            0 => data(record.inner(5)?)?,
            1 => Kind::Index,
            2 => dictionary(record.inner(7)?)?,
            3 => data_v2(record.inner(8)?)?,
            _ => return None,
        };
        Some(Self {
            length: input.at,
            packed: size(3)?,
            unpacked: size(2)?,
            kind,
        })
    }
}

fn data(record: &Record) -> Option<Kind> {
    Some(Kind::Data {
        values: record.count(1)?,
        encoding: record.numbers[2]?,
        level_encoding: record.numbers[3]?,
    })
}

fn dictionary(record: &Record) -> Option<Kind> {
    Some(Kind::Dictionary {
        values: record.count(1)?,
        encoding: record.numbers[2]?,
    })
}

fn data_v2(record: &Record) -> Option<Kind> {
    Some(Kind::DataV2 {
        values: record.count(1)?,
        nulls: record.count(2)?,
        rows: record.count(3)?,
        encoding: record.numbers[4]?,
        level_bytes: record.count(5)?,
        repetition_bytes: record.count(6)?,
        is_packed: record.numbers[7] != Some(0),
    })
}

/// The fields of a struct that are looked at: numbers and flags, and structs inside.
#[derive(Debug, Default)]
struct Record {
    numbers: [Option<i64>; FIELDS],
    inner: Vec<(usize, Record)>,
}

impl Record {
    fn count(&self, field: usize) -> Option<u32> {
        u32::try_from(self.numbers[field]?).ok()
    }

    fn inner(&self, field: usize) -> Option<&Record> {
        let mut inner = self.inner.iter();
        inner
            .find(|(number, _)| *number == field)
            .map(|(_, record)| record)
    }
}

/// Types of the compact protocol.
mod kinds {
    pub(super) const STOP: u8 = 0;
    pub(super) const TRUE: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const BYTE: u8 = 3;
    pub(super) const I16: u8 = 4;
    pub(super) const I32: u8 = 5;
    pub(super) const I64: u8 = 6;
    pub(super) const DOUBLE: u8 = 7;
    pub(super) const BINARY: u8 = 8;
    pub(super) const STRUCT: u8 = 12;
}

struct Input<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Input<'_> {
    fn record(&mut self, depth: u8) -> Option<Record> {
        let depth = depth.checked_sub(1)?;
        let (mut record, mut field) = (Record::default(), 0_i64);
        loop {
            let byte = self.byte()?;
            let (kind, step) = (byte & 0x0F, byte >> 4);
            if kind == kinds::STOP {
                return Some(record);
            }
            field = match step {
                0 => self.number()?,
                step => field.checked_add(step.into())?,
            };
            let place = usize::try_from(field).ok().filter(|place| *place < FIELDS);
            let number = match kind {
                kinds::TRUE => Some(1),
                kinds::FALSE => Some(0),
                kinds::BYTE => Some(self.byte()?.into()),
                kinds::I16 | kinds::I32 | kinds::I64 => Some(self.number()?),
                kinds::DOUBLE => self.skip(8)?,
                kinds::BINARY => {
                    let length = self.varint()?;
                    self.skip(length)?
                }
                kinds::STRUCT => {
                    let inner = self.record(depth)?;
                    record.inner.extend(place.map(|place| (place, inner)));
                    None
                }
                // No page header has a list or a map.
                _ => return None,
            };
            if let Some(place) = place {
                record.numbers[place] = number.or(record.numbers[place]);
            }
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A number whose sign is its last bit.
    fn number(&mut self) -> Option<i64> {
        let number = self.varint()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// Passes over bytes, which are no number.
    fn skip(&mut self, length: u64) -> Option<Option<i64>> {
        let end = self.at.checked_add(usize::try_from(length).ok()?)?;
        self.at = end;
        (end <= self.bytes.len()).then_some(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A dictionary page of 3 values: 20 bytes, packed in 12.
    const DICTIONARY: [u8; 14] = [0x15, 4, 0x15, 40, 0x15, 24, 0x4C, 0x15, 6, 0x15, 0, 0x12, 0, 0];

    #[test]
    fn a_header_is_read_and_measured() {
        let header = Header::read(&DICTIONARY).unwrap();
        let kind = Kind::Dictionary {
            values: 3,
            encoding: 0,
        };
        assert_eq!(
            header,
            Header {
                length: 14,
                packed: 12,
                unpacked: 20,
                kind
            }
        );
    }

    #[test]
    fn no_cut_and_no_changed_byte_is_more_than_refused() {
        for end in 0..DICTIONARY.len() {
            assert_eq!(Header::read(&DICTIONARY[..end]), None);
        }
        for place in 0..DICTIONARY.len() {
            for byte in 0..=u8::MAX {
                let mut bytes = DICTIONARY;
                bytes[place] = byte;
                let _answer = Header::read(&bytes);
            }
        }
        assert_eq!(Header::read(&[0x1C; 100_000]), None, "structs without end");
    }
}
