//! leewardctl.
fn main() {}
