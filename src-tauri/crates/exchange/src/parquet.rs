//! The types of a collection's columns in a Parquet file.

use crate::column::Kind;
use crate::layout::Layout;
use leeward_model::JsonType;
use leeward_schema::FieldType;
use leeward_tables::{ParquetOptions, ParquetType};

impl Layout {
    /// How its Parquet file is written.
    #[must_use]
    pub fn parquet(&self) -> ParquetOptions {
        let own = self.key_column().map(|_| ParquetType::Text);
        let columns = self.columns.iter().map(|column| of(&column.kind));
        ParquetOptions {
            types: own.into_iter().chain(columns).collect(),
        }
    }
}

fn of(kind: &Kind) -> ParquetType {
    match kind {
        Kind::Rules(field) if field.types == [JsonType::Integer] => ParquetType::Integer,
        Kind::Rules(field) if field.types == [JsonType::Boolean] => ParquetType::Boolean,
        Kind::Rules(field) if field.types.is_empty() => ParquetType::Json,
        Kind::Typed(FieldType::Integer(_)) => ParquetType::Integer,
        Kind::Typed(FieldType::Decimal { scale, .. }) => ParquetType::Decimal(*scale),
        Kind::Typed(FieldType::Boolean) => ParquetType::Boolean,
        Kind::Typed(FieldType::Date) => ParquetType::Date,
        Kind::Typed(FieldType::Json(_)) => ParquetType::Json,
        // A timestamp of Parquet has no zone of its own: as text, `+02:00` stays.
        Kind::Typed(FieldType::Text(_) | FieldType::DateTime | FieldType::Choice(_))
        | Kind::Text
        | Kind::JsonText
        | Kind::Rules(_) => ParquetType::Text,
    }
}
