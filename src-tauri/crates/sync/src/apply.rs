//! Sending what is pending: alone or in pages, each write guarded by a read before it and proven by one after it.

mod divide;
pub(crate) mod failing;
pub(crate) mod intent;
mod page;
mod pages;
pub(crate) mod single;
