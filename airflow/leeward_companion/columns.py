"""Values in the columns that pipelines read: each type as the database's own, exactly.

SQLite has no exact decimals and no moments, so both are texts there: decimals in canonical form, moments in UTC.
"""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from . import tree
from .canonical import Refused
from .field_types import Boolean, Date, DateTime, Exact, FieldType, Integer, Json

UTC = datetime.timezone.utc
#: So that texts of moments sort as the moments do.
_SQLITE_MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"
#: As PostgreSQL writes one in the zone and style that the companion asks for.
_POSTGRES_MOMENT = re.compile(r"\A(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)\+00\Z")


def column_type(kind: FieldType) -> Any:
    """SQLAlchemy's type of a field's column."""
    if isinstance(kind, Integer):
        return sa.BigInteger()
    if isinstance(kind, Exact):
        return sa.Numeric().with_variant(sa.Text(), "sqlite")
    if isinstance(kind, Boolean):
        return sa.Boolean()
    if isinstance(kind, Date):
        # What somebody wrote there by SQL must be readable, whatever it is.
        return sa.Date().with_variant(sa.Text(), "sqlite")
    if isinstance(kind, DateTime):
        return moment_type()
    return sa.Text()


def moment_type() -> Any:
    """SQLAlchemy's type of a moment's column."""
    return sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def to_column(kind: FieldType, value: Any, dialect: str) -> Any:
    """A canonical value as its column holds it; raise Refused where it cannot."""
    if isinstance(kind, Json):
        return tree.write(value)
    if isinstance(kind, Boolean):
        return bool(value)
    if isinstance(kind, Integer):
        return int(value)
    if isinstance(kind, Exact):
        return value if dialect == "sqlite" else Decimal(value)
    if isinstance(kind, Date):
        return value if dialect == "sqlite" else datetime.date.fromisoformat(value)
    if isinstance(kind, DateTime):
        return moment_to_column(_moment(value), dialect)
    return value


def as_held(kind: FieldType, column: Any, dialect: str) -> Any:
    """The column as it is read: by the driver's types, some of what SQL can write there is an error or something else.

    PostgreSQL has days and numbers that Python does not have (`infinity`, `NaN`, years before 1), and SQLite holds a
    value of any type in any column.
    """
    if dialect == "sqlite":
        return sa.type_coerce(column, sa.types.NullType()).label(column.name)
    if isinstance(kind, (Exact, Date, DateTime)):
        return sa.cast(column, sa.Text).label(column.name)
    return column


def from_column(kind: FieldType, held: Any) -> Any:
    """What a column holds, in canonical form where the type takes it: somebody may have written it by SQL."""
    if isinstance(kind, Boolean) and held in (0, 1):
        return bool(held)
    if isinstance(held, datetime.datetime):
        held = held.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").rjust(26, "0") + "Z"
    elif isinstance(kind, DateTime) and isinstance(held, str):
        held = _POSTGRES_MOMENT.sub(r"\1T\2Z", held)
    elif isinstance(held, Decimal):
        held = format(held, "f")
    elif isinstance(held, (datetime.date, int)) and not isinstance(held, bool):
        held = str(held)
    try:
        return kind.take_text(held) if isinstance(held, str) else kind.take(tree.from_python(held))
    except (Refused, tree.NotJson):
        return held if isinstance(held, (str, bool)) else str(held)


def moment_to_column(moment: datetime.datetime, dialect: str) -> Any:
    """A moment with its zone as its column holds it."""
    moment = moment.astimezone(UTC)
    return moment.strftime(_SQLITE_MOMENT).rjust(27, "0") if dialect == "sqlite" else moment


def _moment(text: str) -> datetime.datetime:
    try:
        # Python before 3.11 does not know Z, nor a fraction of other than 3 or 6 digits.
        head, _, zone = text.partition("Z") if text.endswith("Z") else (text[:-6], "", text[-6:])
        whole, _, fraction = head.partition(".")
        read = datetime.datetime.fromisoformat(f"{whole}.{fraction:0<6}{zone or '+00:00'}")
        return read.astimezone(UTC)
    except OverflowError:
        raise Refused("must be a moment from year 1 to 9999 in UTC, too") from None
