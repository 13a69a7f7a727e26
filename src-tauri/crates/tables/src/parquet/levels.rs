//! How many values of a page are there: one bit for each row says whether it has one (runs and packed bits, as
//! parquet-format's RLE encoding of a width of one).

/// How many of the first `rows` bits are set; nothing where the bytes do not have so many.
pub(super) fn present(bytes: &[u8], rows: u32) -> Option<u32> {
    let (mut bytes, mut left, mut present) = (bytes, rows, 0);
    while left > 0 {
        let (run, rest) = varint(bytes)?;
        bytes = rest;
        let (is_packed, length) = (run & 1 == 1, run >> 1);
        if is_packed {
            let groups = usize::try_from(length).ok()?;
            // The last run may promise more than there is: what is needed has to be there.
            let needed = (left as usize).div_ceil(8).min(groups);
            let packed = bytes.get(..needed)?;
            present += set(packed, left);
            left = left.saturating_sub(u32::try_from(groups.saturating_mul(8)).unwrap_or(u32::MAX));
            bytes = bytes.get(groups..).unwrap_or_default();
        } else {
            let (value, rest) = bytes.split_first()?;
            bytes = rest;
            let length = left.min(u32::try_from(length).unwrap_or(u32::MAX));
            match value {
                0 => {}
                1 => present += length,
                _ => return None,
            }
            if length == 0 {
                return None;
            }
            left -= length;
        }
        if is_packed && length == 0 {
            return None;
        }
    }
    Some(present)
}

/// How many of the first `most` bits are set, the lowest of each byte first.
fn set(bytes: &[u8], most: u32) -> u32 {
    let of = |(place, byte): (usize, &u8)| {
        let left = (most as usize).saturating_sub(place * 8).min(8);
        let mask = u8::try_from((1_u16 << left) - 1).unwrap_or(u8::MAX);
        (byte & mask).count_ones()
    };
    bytes.iter().enumerate().map(of).sum()
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for (place, byte) in bytes.iter().enumerate().take(5) {
        number |= u64::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((number, &bytes[place + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_packed_bits_are_counted() {
        assert_eq!(present(&[10 << 1, 1], 10), Some(10));
        assert_eq!(present(&[10 << 1, 0], 10), Some(0));
        assert_eq!(present(&[4 << 1, 1, 3, 0b1010_1010], 12), Some(8));
        assert_eq!(
            present(&[3, 0b1111_1111], 5),
            Some(5),
            "the last group is filled up"
        );
        assert_eq!(present(&[], 0), Some(0));
    }

    #[test]
    fn what_is_not_there_is_not_counted() {
        for bytes in [&[][..], &[20], &[0, 1], &[1], &[3], &[20, 2], &[2, 1], &[0x80; 9]] {
            assert_eq!(present(bytes, 10), None, "{bytes:?}");
        }
    }
}
