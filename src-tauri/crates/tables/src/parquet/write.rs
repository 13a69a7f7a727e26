//! Writing a table as a Parquet file: every column may lack values, and is packed with snappy.

use crate::fault::{FaultCode, FileFault};
use crate::parquet::cells::{days, units};
use crate::table::{Cell, Row, Table};
use parquet::basic::{Compression, LogicalType, Repetition, Type};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int32Type,
    Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types;
use std::io::Write;
use std::sync::Arc;

/// Rows of a group: what a reader takes into its memory at a time.
const GROUP_ROWS: usize = 100_000;
/// Digits of a decimal: the most that sixteen bytes hold, and that every reader knows.
const DIGITS: i32 = 38;
const DECIMAL_BYTES: i32 = 16;

/// What the values of a column are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ParquetType {
    /// A text.
    #[default]
    Text,
    /// JSON, as text.
    Json,
    /// A whole number of 64 bits.
    Integer,
    /// An exact number of 38 digits, so many of them behind the point.
    Decimal(u8),
    /// A yes or no.
    Boolean,
    /// A day.
    Date,
}

/// How a Parquet file is written.
#[derive(Debug, Clone, Default)]
pub struct ParquetOptions {
    /// The types of the columns; a column without one is text.
    pub types: Vec<ParquetType>,
}

/// Writes a table. Missing cells, empty ones and `null` have no value.
pub(crate) fn write(
    table: &Table,
    to: &mut (impl Write + Send),
    options: &ParquetOptions,
) -> Result<(), FileFault> {
    let kind = |place: usize| options.types.get(place).copied().unwrap_or_default();
    let fields = table.columns.iter().enumerate();
    let fields = fields.map(|(place, column)| field(&column.name, kind(place)));
    let fields: Vec<_> = fields.collect::<Result<_, _>>().map_err(|error| fault(&error))?;
    let schema = types::Type::group_type_builder("schema")
        .with_fields(fields)
        .build();
    let schema = schema.map_err(|error| fault(&error))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(concat!("leeward version ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let writer = SerializedFileWriter::new(to, Arc::new(schema), Arc::new(properties));
    let mut writer = writer.map_err(|error| fault(&error))?;
    for (rows, number) in table.rows.chunks(GROUP_ROWS).zip(0..) {
        let mut group = writer.next_row_group().map_err(|error| fault(&error))?;
        let mut place = 0;
        while let Some(mut column) = group.next_column().map_err(|error| fault(&error))? {
            let cells = Cells {
                rows,
                place,
                first: number * GROUP_ROWS as u64 + 1,
            };
            put(&mut column, &cells, kind(place))?;
            column.close().map_err(|error| fault(&error))?;
            place += 1;
        }
        group.close().map_err(|error| fault(&error))?;
    }
    writer.close().map(drop).map_err(|error| fault(&error))
}

fn field(name: &str, kind: ParquetType) -> Result<Arc<types::Type>, ParquetError> {
    let (physical, logical) = match kind {
        ParquetType::Text => (Type::BYTE_ARRAY, Some(LogicalType::String)),
        ParquetType::Json => (Type::BYTE_ARRAY, Some(LogicalType::Json)),
        ParquetType::Integer => (Type::INT64, None),
        ParquetType::Decimal(places) => (
            Type::FIXED_LEN_BYTE_ARRAY,
            Some(LogicalType::decimal(places.into(), DIGITS)),
        ),
        ParquetType::Boolean => (Type::BOOLEAN, None),
        ParquetType::Date => (Type::INT32, Some(LogicalType::Date)),
    };
    let mut field = types::Type::primitive_type_builder(name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical);
    if let ParquetType::Decimal(places) = kind {
        field = field
            .with_length(DECIMAL_BYTES)
            .with_precision(DIGITS)
            .with_scale(places.into());
    }
    field.build().map(Arc::new)
}

/// One column of some rows.
struct Cells<'t> {
    rows: &'t [Row],
    place: usize,
    /// The number of the first row in the file, from 1.
    first: u64,
}

fn put(to: &mut SerializedColumnWriter<'_>, cells: &Cells<'_>, kind: ParquetType) -> Result<(), FileFault> {
    match kind {
        ParquetType::Text | ParquetType::Json => {
            let of = |text: &str| Some(ByteArray::from(text));
            put_as::<ByteArrayType>(to, cells, &of)
        }
        ParquetType::Integer => put_as::<Int64Type>(to, cells, &|text| text.parse().ok()),
        ParquetType::Decimal(places) => put_as::<FixedLenByteArrayType>(to, cells, &|text| {
            let bytes = units(text, places)?.to_be_bytes().to_vec();
            Some(FixedLenByteArray::from(bytes))
        }),
        ParquetType::Boolean => put_as::<BoolType>(to, cells, &|text| text.parse().ok()),
        ParquetType::Date => put_as::<Int32Type>(to, cells, &days),
    }
}

fn put_as<T: DataType>(
    to: &mut SerializedColumnWriter<'_>,
    cells: &Cells<'_>,
    value: &dyn Fn(&str) -> Option<T::T>,
) -> Result<(), FileFault> {
    let (mut levels, mut values) = (Vec::with_capacity(cells.rows.len()), Vec::new());
    for (row, number) in cells.rows.iter().zip(cells.first..) {
        let text = match row.cells.get(cells.place) {
            Some(Cell::Empty) | None => None,
            Some(cell) => cell.text(),
        };
        levels.push(i16::from(text.is_some()));
        if let Some(text) = text {
            values.push(value(text).ok_or_else(|| not_of_type(number))?);
        }
    }
    let written = to.typed::<T>().write_batch(&values, Some(&levels), None);
    written.map(drop).map_err(|error| fault(&error))
}

fn not_of_type(row: u64) -> FileFault {
    FileFault::new(
        FaultCode::Unwritable,
        format!("A value in row {row} is not of the type of its column."),
        "A column of a Parquet file holds values of one type.",
        "Export as CSV or JSON.",
    )
    .at(row)
}

fn fault(error: &ParquetError) -> FileFault {
    FileFault::new(
        FaultCode::Unwritable,
        format!("The Parquet file could not be written: {error}."),
        "Its format has rules of its own.",
        "Export as CSV or JSON.",
    )
}
