//! The window's half, as `ui/src/lib/db` does it: an overlay and a log in one transaction, and the link with the mirror.

pub mod link;
pub mod store;
pub mod view;

pub use link::{Commands, link};
pub use store::{Draft, WindowStore};
