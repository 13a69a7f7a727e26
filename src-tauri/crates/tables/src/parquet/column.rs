//! The columns of a file: what their values mean, and reading them.

use crate::fault::{FaultCode, FileFault};
use crate::parquet::cells::{self, Clock, Unit};
use crate::parquet::pages::{Pages, Shape};
use crate::parquet::{damaged, fault};
use crate::table::Cell;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{
    BoolType, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, FloatType, Int32Type, Int64Type,
    Int96Type,
};
use parquet::schema::types::{ColumnDescPtr, SchemaDescriptor};

/// Values that are decoded at a time.
const BATCH: usize = 1024;
/// The most decimal places of a number: more is hostile.
const SCALE_MAX: i32 = 76;
/// The most bytes of a value of fixed length: more is hostile.
const WIDTH_MAX: usize = 1 << 20;

/// A column.
#[derive(Debug)]
pub(super) struct Column {
    descriptor: ColumnDescPtr,
    meaning: Meaning,
}

/// What the values of a column mean, beside their physical type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// What the physical type says; bytes that are UTF-8 are a text.
    Plain,
    Unsigned,
    /// With so many decimal places.
    Decimal(usize),
    Date,
    Time(Unit),
    Moment(Clock),
    Json,
    Uuid,
    /// Bytes that are no text.
    Bytes,
}

/// All columns.
///
/// # Errors
/// Where one is no column of a table: it holds lists or has columns of its own.
pub(super) fn all(schema: &SchemaDescriptor) -> Result<Vec<Column>, FileFault> {
    let root = schema.root_schema().get_fields();
    if let Some(nested) = root.iter().find(|field| field.is_group()) {
        return Err(not_flat(nested.name()));
    }
    schema.columns().iter().map(Column::of).collect()
}

impl Column {
    fn of(descriptor: &ColumnDescPtr) -> Result<Self, FileFault> {
        if descriptor.max_rep_level() > 0 || descriptor.max_def_level() > 1 {
            return Err(not_flat(descriptor.name()));
        }
        let column = Self {
            meaning: meaning(descriptor)?,
            descriptor: descriptor.clone(),
        };
        let is_fixed = column.physical() == Type::FIXED_LEN_BYTE_ARRAY;
        if is_fixed && !(1..=WIDTH_MAX).contains(&column.width()) {
            return Err(damaged());
        }
        Ok(column)
    }

    pub(super) fn name(&self) -> String {
        self.descriptor.name().to_owned()
    }

    /// What its values are made of.
    pub(super) fn shape(&self) -> Shape {
        Shape {
            physical: self.physical(),
            width: self.width(),
            is_nullable: self.is_nullable(),
        }
    }

    fn physical(&self) -> Type {
        self.descriptor.physical_type()
    }

    fn width(&self) -> usize {
        usize::try_from(self.descriptor.type_length()).unwrap_or_default()
    }

    fn is_nullable(&self) -> bool {
        self.descriptor.max_def_level() > 0
    }

    pub(super) fn is_float(&self) -> bool {
        matches!(self.physical(), Type::FLOAT | Type::DOUBLE)
    }

    /// Hands over the cells of so many rows, in their order.
    pub(super) fn each(
        &self,
        pages: Pages,
        rows: usize,
        put: &mut dyn FnMut(Cell) -> Result<(), FileFault>,
    ) -> Result<(), FileFault> {
        let meaning = self.meaning;
        match self.physical() {
            Type::BOOLEAN => self.decode::<BoolType>(pages, rows, put, &|value| Cell::Boolean(*value)),
            Type::INT32 => self.decode::<Int32Type>(pages, rows, put, &|value| of_i32(meaning, *value)),
            Type::INT64 => self.decode::<Int64Type>(pages, rows, put, &|value| of_i64(meaning, *value)),
            Type::INT96 => {
                self.decode::<Int96Type>(pages, rows, put, &|value| cells::moment_of_96(value.data()))
            }
            Type::FLOAT => {
                self.decode::<FloatType>(pages, rows, put, &|value| cells::float(value.is_finite(), value))
            }
            Type::DOUBLE => {
                self.decode::<DoubleType>(pages, rows, put, &|value| cells::float(value.is_finite(), value))
            }
            Type::BYTE_ARRAY => {
                self.decode::<ByteArrayType>(pages, rows, put, &|value| of_bytes(meaning, value.data()))
            }
            Type::FIXED_LEN_BYTE_ARRAY => self
                .decode::<FixedLenByteArrayType>(pages, rows, put, &|value| of_bytes(meaning, value.data())),
        }
    }

    fn decode<T: DataType>(
        &self,
        pages: Pages,
        rows: usize,
        put: &mut dyn FnMut(Cell) -> Result<(), FileFault>,
        cell: &dyn Fn(&T::T) -> Cell,
    ) -> Result<(), FileFault> {
        let mut reader = ColumnReaderImpl::<T>::new(self.descriptor.clone(), Box::new(pages));
        let (mut levels, mut values, mut left) = (Vec::new(), Vec::new(), rows);
        while left > 0 {
            levels.clear();
            values.clear();
            let levels_wanted = self.is_nullable().then_some(&mut levels);
            let read = reader.read_records(left.min(BATCH), levels_wanted, None, &mut values);
            let (records, _, _) = read.map_err(|error| fault(&error))?;
            if records == 0 || records > left {
                return Err(damaged());
            }
            left -= records;
            let mut values = values.iter();
            if !self.is_nullable() {
                values.try_for_each(|value| put(cell(value)))?;
                continue;
            }
            for level in &levels {
                match level {
                    0 => put(Cell::Null)?,
                    _ => put(cell(values.next().ok_or_else(damaged)?))?,
                }
            }
        }
        Ok(())
    }
}

fn meaning(descriptor: &ColumnDescPtr) -> Result<Meaning, FileFault> {
    let physical = descriptor.physical_type();
    if let Some(logical) = descriptor.logical_type_ref() {
        return logical_meaning(logical, physical);
    }
    let moment = |unit| Meaning::Moment(Clock { unit, is_utc: true });
    Ok(match descriptor.converted_type() {
        ConvertedType::DECIMAL => decimal(descriptor.type_scale())?,
        ConvertedType::DATE => Meaning::Date,
        ConvertedType::TIME_MILLIS => Meaning::Time(Unit::Milli),
        ConvertedType::TIME_MICROS => Meaning::Time(Unit::Micro),
        ConvertedType::TIMESTAMP_MILLIS => moment(Unit::Milli),
        ConvertedType::TIMESTAMP_MICROS => moment(Unit::Micro),
        ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64 => {
            Meaning::Unsigned
        }
        ConvertedType::JSON => Meaning::Json,
        ConvertedType::BSON | ConvertedType::INTERVAL => Meaning::Bytes,
        _ => Meaning::Plain,
    })
}

fn logical_meaning(logical: &LogicalType, physical: Type) -> Result<Meaning, FileFault> {
    Ok(match logical {
        LogicalType::Decimal(kind) => decimal(kind.scale)?,
        LogicalType::Integer(kind) if !kind.is_signed => Meaning::Unsigned,
        LogicalType::Date => Meaning::Date,
        LogicalType::Time(kind) => Meaning::Time(unit(kind.unit)),
        LogicalType::Timestamp(kind) => Meaning::Moment(Clock {
            unit: unit(kind.unit),
            is_utc: kind.is_adjusted_to_u_t_c,
        }),
        LogicalType::Json => Meaning::Json,
        LogicalType::Uuid => Meaning::Uuid,
        LogicalType::String | LogicalType::Enum | LogicalType::Integer(_) | LogicalType::Unknown => {
            Meaning::Plain
        }
        // Later types are bytes of their own, or what they are made of.
        _ if matches!(physical, Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY) => Meaning::Bytes,
        _ => Meaning::Plain,
    })
}

fn decimal(scale: i32) -> Result<Meaning, FileFault> {
    match usize::try_from(scale) {
        Ok(places) if scale <= SCALE_MAX => Ok(Meaning::Decimal(places)),
        _ => Err(damaged()),
    }
}

fn unit(unit: TimeUnit) -> Unit {
    match unit {
        TimeUnit::MILLIS => Unit::Milli,
        TimeUnit::MICROS => Unit::Micro,
        TimeUnit::NANOS => Unit::Nano,
    }
}

fn of_i32(meaning: Meaning, value: i32) -> Cell {
    match meaning {
        Meaning::Date => cells::day(value),
        Meaning::Unsigned => Cell::Number(value.cast_unsigned().to_string()),
        meaning => of_i64(meaning, value.into()),
    }
}

fn of_i64(meaning: Meaning, value: i64) -> Cell {
    match meaning {
        Meaning::Decimal(places) => cells::decimal(value.into(), places),
        Meaning::Unsigned => Cell::Number(value.cast_unsigned().to_string()),
        Meaning::Time(unit) => cells::time(unit, value),
        Meaning::Moment(clock) => cells::moment(clock, value),
        _ => Cell::Number(value.to_string()),
    }
}

fn of_bytes(meaning: Meaning, bytes: &[u8]) -> Cell {
    match meaning {
        Meaning::Decimal(places) => cells::decimal_of_bytes(bytes, places),
        Meaning::Uuid => cells::uuid(bytes),
        Meaning::Bytes => cells::no_text(),
        Meaning::Json => cells::text(bytes, Cell::Json),
        _ => cells::text(bytes, Cell::Text),
    }
}

fn not_flat(name: &str) -> FileFault {
    FileFault::new(
        FaultCode::Format,
        format!("The column “{name}” holds lists, maps or columns of its own."),
        "A cell of a table holds one value.",
        "Write it as JSON text, or leave it out.",
    )
}
