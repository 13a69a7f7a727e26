//! Words of a model file that reading and writing share.

/// The dialect of JSON Schema.
pub(crate) const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// A generated key.
pub(crate) const GENERATED: &str = "ulid";

/// A merge unit of the whole record.
pub(crate) const WHOLE_RECORD: &str = "record";
