//! The pages of a column, one after another: found, checked, unpacked.
//!
//! The library's own reader of pages unpacks as much as comes, and takes memory for as many values as a page says that it
//! has. Here a page is unpacked to the size that it says and no further, all pages together to what the limits allow, and a
//! page says no more values than its bytes can hold.

use crate::fault::{FaultCode, FileFault};
use crate::options::Limits;
use crate::parquet::header::{Header, Kind};
use crate::parquet::unpack::Packing;
use crate::parquet::{damaged, levels};
use bytes::Bytes;
use parquet::basic::{Encoding, Type};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result as PageResult};
use parquet::file::metadata::ColumnChunkMetaData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The most bytes of one page when unpacked. Writers make pages of some megabytes.
const PAGE_BYTES_MAX: usize = 256 << 20;

/// How much was unpacked of a file, over all columns, and how much may be.
#[derive(Debug, Clone)]
pub(super) struct Unpacked {
    bytes: Arc<AtomicU64>,
    most: u64,
    /// The most values of a dictionary: each takes memory before it is used.
    values_max: u64,
}

impl Unpacked {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            bytes: Arc::default(),
            most: limits.unpacked_bytes,
            values_max: limits.cells,
        }
    }

    fn add(&self, bytes: usize) -> Result<(), FileFault> {
        let bytes = bytes as u64;
        let all = self
            .bytes
            .fetch_add(bytes, Ordering::Relaxed)
            .saturating_add(bytes);
        if all <= self.most {
            return Ok(());
        }
        let what = format!("The file is larger than {} MB when unpacked.", self.most >> 20);
        Err(FileFault::too_large(what))
    }
}

/// What the values of a column are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Their physical type.
    pub(super) physical: Type,
    /// Bytes of a value of fixed length.
    pub(super) width: usize,
    /// Whether a row may have no value.
    pub(super) is_nullable: bool,
}

/// The pages of one column in one group of rows.
pub(super) struct Pages {
    file: Bytes,
    at: usize,
    end: usize,
    packing: Packing,
    shape: Shape,
    has_dictionary: bool,
    unpacked: Unpacked,
}

impl Pages {
    pub(super) fn open(
        file: Bytes,
        chunk: &ColumnChunkMetaData,
        shape: Shape,
        unpacked: Unpacked,
    ) -> Result<Self, FileFault> {
        let first = match chunk.dictionary_page_offset() {
            // Some writers say 0 for none.
            Some(dictionary) if dictionary > 0 => dictionary.min(chunk.data_page_offset()),
            _ => chunk.data_page_offset(),
        };
        let at = usize::try_from(first).map_err(|_| damaged())?;
        let length = usize::try_from(chunk.compressed_size()).map_err(|_| damaged())?;
        let end = at.checked_add(length).filter(|end| *end <= file.len());
        if chunk.file_path().is_some() {
            return Err(apart());
        }
        Ok(Self {
            end: end.ok_or_else(damaged)?,
            file,
            at,
            packing: Packing::of(chunk.compression_codec())?,
            shape,
            has_dictionary: false,
            unpacked,
        })
    }

    fn page(&mut self) -> Result<Option<Page>, FileFault> {
        while self.at < self.end {
            let header = Header::read(&self.file[self.at..self.end]).ok_or_else(damaged)?;
            let start = self.at + header.length;
            let end = start.checked_add(header.packed).filter(|end| *end <= self.end);
            let end = end.ok_or_else(damaged)?;
            self.at = end;
            if header.unpacked > PAGE_BYTES_MAX {
                let what = format!("A page of the file is larger than {} MB.", PAGE_BYTES_MAX >> 20);
                return Err(FileFault::too_large(what));
            }
            self.unpacked.add(header.unpacked.max(header.packed))?;
            if let Some(page) = self.unpack(&header, &self.file.slice(start..end))? {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    fn unpack(&mut self, header: &Header, packed: &Bytes) -> Result<Option<Page>, FileFault> {
        match header.kind {
            Kind::Index => Ok(None),
            Kind::Dictionary { values, encoding } => {
                let buf = self.packing.unpack(packed, header.unpacked)?;
                self.dictionary(buf, values, encoding).map(Some)
            }
            Kind::Data {
                values,
                encoding,
                level_encoding,
            } => {
                let buf = self.packing.unpack(packed, header.unpacked)?;
                let page = self.data(buf, values, encoding, level_encoding);
                page.map(Some)
            }
            Kind::DataV2 { .. } => self.data_v2(header, packed).map(Some),
        }
    }

    fn dictionary(&mut self, buf: Bytes, values: u32, encoding: i64) -> Result<Page, FileFault> {
        let is_plain = matches!(encoding, 0 | 2);
        if self.has_dictionary || !is_plain {
            return Err(damaged());
        }
        let most = self.unpacked.values_max;
        if u64::from(values) > most {
            let what = format!("A dictionary of the file has more than {most} values.");
            return Err(FileFault::too_large(what));
        }
        self.check_plain(&buf, values)?;
        self.has_dictionary = true;
        Ok(Page::DictionaryPage {
            buf,
            num_values: values,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        })
    }

    fn data(&self, buf: Bytes, rows: u32, encoding: i64, level_encoding: i64) -> Result<Page, FileFault> {
        let (mut values, mut start) = (rows, 0);
        if self.shape.is_nullable {
            // Packed bits without runs are of 2013.
            if level_encoding != RLE {
                return Err(unknown_encoding("BIT_PACKED"));
            }
            let (length, rest) = buf.split_first_chunk::<4>().ok_or_else(damaged)?;
            let length = u32::from_le_bytes(*length) as usize;
            let bits = rest.get(..length).ok_or_else(damaged)?;
            values = levels::present(bits, rows).ok_or_else(damaged)?;
            start = 4 + length;
        }
        let encoding = self.encoding(encoding, &buf[start..], values)?;
        Ok(Page::DataPage {
            buf,
            num_values: rows,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        })
    }

    fn data_v2(&self, header: &Header, packed: &Bytes) -> Result<Page, FileFault> {
        let Kind::DataV2 {
            values: rows,
            nulls,
            rows: told_rows,
            encoding,
            level_bytes,
            repetition_bytes,
            is_packed,
        } = header.kind
        else {
            return Err(damaged());
        };
        let front = level_bytes as usize;
        let size = header.unpacked.checked_sub(front).ok_or_else(damaged)?;
        let is_plain_table = repetition_bytes == 0 && told_rows == rows && front <= packed.len();
        let values = rows.checked_sub(nulls).filter(|_| is_plain_table);
        let values = values.ok_or_else(damaged)?;
        let bits = packed.slice(..front);
        let counted = match self.shape.is_nullable {
            true => levels::present(&bits, rows),
            false => Some(rows),
        };
        if counted != Some(values) {
            return Err(damaged());
        }
        let packing = if is_packed { self.packing } else { Packing::None };
        let content = packing.unpack(&packed.slice(front..), size)?;
        let encoding = self.encoding(encoding, &content, values)?;
        Ok(Page::DataPageV2 {
            buf: Bytes::from([bits, content].concat()),
            num_values: rows,
            encoding,
            num_nulls: nulls,
            num_rows: rows,
            def_levels_byte_len: level_bytes,
            rep_levels_byte_len: 0,
            is_compressed: false,
            statistics: None,
        })
    }

    /// The encoding of a data page, whose bytes hold so many values.
    fn encoding(&self, number: i64, content: &[u8], values: u32) -> Result<Encoding, FileFault> {
        match number {
            0 => self.check_plain(content, values).map(|()| Encoding::PLAIN),
            2 | 8 if !self.has_dictionary => Err(damaged()),
            2 | 8 => Ok(Encoding::RLE_DICTIONARY),
            RLE => Ok(Encoding::RLE),
            5 => Ok(Encoding::DELTA_BINARY_PACKED),
            6 => check_delta_lengths(content, values).map(|()| Encoding::DELTA_LENGTH_BYTE_ARRAY),
            // It says in the middle of its bytes how many values there are, and a value may be as long as all before it.
            7 => Err(unknown_encoding("DELTA_BYTE_ARRAY")),
            9 => Ok(Encoding::BYTE_STREAM_SPLIT),
            _ => Err(unknown_encoding("of its own")),
        }
    }

    /// Whether so many plain values are in these bytes.
    fn check_plain(&self, content: &[u8], values: u32) -> Result<(), FileFault> {
        let values = values as usize;
        let needed = match self.shape.physical {
            Type::BOOLEAN => Some(values.div_ceil(8)),
            Type::BYTE_ARRAY => return check_texts(content, values),
            Type::INT32 | Type::FLOAT => values.checked_mul(4),
            Type::INT64 | Type::DOUBLE => values.checked_mul(8),
            Type::INT96 => values.checked_mul(12),
            Type::FIXED_LEN_BYTE_ARRAY => values.checked_mul(self.shape.width),
        };
        match needed {
            Some(needed) if needed <= content.len() => Ok(()),
            _ => Err(damaged()),
        }
    }
}

/// The number of the encoding by runs.
const RLE: i64 = 3;

/// Each text has its length before it.
fn check_texts(content: &[u8], values: usize) -> Result<(), FileFault> {
    let mut rest = content;
    for _ in 0..values {
        let (length, behind) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
        let length = u32::from_le_bytes(*length) as usize;
        rest = behind.get(length..).ok_or_else(damaged)?;
    }
    Ok(())
}

/// Lengths of texts as differences say first how many they are: size of a block, blocks, number of values.
fn check_delta_lengths(content: &[u8], values: u32) -> Result<(), FileFault> {
    let mut bytes = content.iter();
    let mut number = || {
        let mut number = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = bytes.next()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    };
    let (_block, _parts, count) = (number(), number(), number());
    match count {
        Some(count) if count == u64::from(values) => Ok(()),
        _ => Err(damaged()),
    }
}

fn unknown_encoding(name: &str) -> FileFault {
    FileFault::new(
        FaultCode::Format,
        format!("Values of the file are written in an encoding that is not read here ({name})."),
        "Plain values and dictionaries are read, runs, and differences of numbers.",
        "Write it with the usual encodings, which most programs use by themselves.",
    )
}

fn apart() -> FileFault {
    FileFault::new(
        FaultCode::Format,
        "The columns of the file are in other files.",
        "One file is read at a time.",
        "Write the table into one file.",
    )
}

impl Iterator for Pages {
    type Item = PageResult<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> PageResult<Option<Page>> {
        self.page()
            .map_err(|fault| ParquetError::External(Box::new(fault)))
    }

    /// Nothing is ever skipped: every row is read.
    fn peek_next_page(&mut self) -> PageResult<Option<PageMetadata>> {
        Err(ParquetError::NYI("peeking".to_owned()))
    }

    fn skip_next_page(&mut self) -> PageResult<()> {
        self.page()
            .map(drop)
            .map_err(|fault| ParquetError::External(Box::new(fault)))
    }
}
