//! Unpacking a page to exactly the size that its header says, which was checked against the limits before.

use crate::fault::{FaultCode, FileFault};
use crate::parquet::damaged;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use parquet::basic::CompressionCodec;
use ruzstd::decoding::StreamingDecoder;
use std::io::Read;

/// The most memory that unpacking zstd takes beside its result: what its format asks of every reader.
const WINDOW_BYTES_MAX: u64 = 8 << 20;

/// How the pages of a column are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    Snappy,
    Gzip,
    Zstd,
}

impl Packing {
    pub(super) fn of(codec: CompressionCodec) -> Result<Self, FileFault> {
        match codec {
            CompressionCodec::UNCOMPRESSED => Ok(Self::None),
            CompressionCodec::SNAPPY => Ok(Self::Snappy),
            CompressionCodec::GZIP => Ok(Self::Gzip),
            CompressionCodec::ZSTD => Ok(Self::Zstd),
            other => Err(FileFault::new(
                FaultCode::Format,
                format!("The file is compressed with {other:?}."),
                "Parquet files are read where they are compressed with snappy, gzip or zstd, or not at all.",
                "Write it with one of them; snappy is what most programs use.",
            )),
        }
    }

    /// The bytes, which are `size` when unpacked.
    pub(super) fn unpack(self, packed: &Bytes, size: usize) -> Result<Bytes, FileFault> {
        let unpacked = match self {
            Self::None => return Ok(packed.clone()),
            _ if size == 0 => return Ok(Bytes::new()),
            Self::Snappy => snappy(packed, size),
            Self::Gzip => to_the_end(MultiGzDecoder::new(packed.as_ref()), size),
            Self::Zstd => StreamingDecoder::new_with_max_window_size(packed.as_ref(), WINDOW_BYTES_MAX)
                .ok()
                .and_then(|decoder| to_the_end(decoder, size)),
        };
        let whole = unpacked.filter(|bytes| bytes.len() == size);
        whole.map(Bytes::from).ok_or_else(damaged)
    }
}

fn snappy(packed: &[u8], size: usize) -> Option<Vec<u8>> {
    let told = snap::raw::decompress_len(packed).ok()?;
    if told != size {
        return None;
    }
    snap::raw::Decoder::new().decompress_vec(packed).ok()
}

/// All that comes, and not more than one byte too many.
fn to_the_end(from: impl Read, size: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(size as u64 + 1).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
