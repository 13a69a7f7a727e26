//! What happened, as lines and as one hash: the same seed gives the same hash.

use crate::executor::Micros;
use std::fmt::{self, Write};

/// The trace of a history.
#[derive(Debug, Default)]
pub struct Trace {
    hash: Hash,
    /// The lines, where they are wanted.
    pub lines: Vec<String>,
    /// Whether they are.
    pub recording: bool,
}

/// FNV-1a, 64 bits.
#[derive(Debug)]
struct Hash(u64);

impl Default for Hash {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Write for Hash {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Ok(())
    }
}

impl Trace {
    /// Takes down one line.
    pub fn say(&mut self, at: Micros, what: fmt::Arguments<'_>) {
        // Writing into a hash or a string cannot fail.
        let _ = write!(self.hash, "{at} {what}");
        if self.recording {
            self.lines.push(format!("{:>12.3} s  {what}", at as f64 / 1e6));
        }
    }

    /// The hash so far.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.hash.0
    }
}
