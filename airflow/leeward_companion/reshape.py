"""A collection's table brought to a newer model where it stands, so that grants, indexes and views on it live on."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .columns import column_type
from .migrate import later_name
from .model import DataModel
from .store import StoreTrouble

#: PostgreSQL's codes for: other things depend on it; and: a column that a view uses cannot change its type.
_IS_HELD = ("2BP01", "0A000")
#: How SQLite begins to say that it finds a column in a view, a trigger or an index.
_IS_HELD_IN_SQLITE = ("error in ", "cannot drop column")


def lock(connection: Connection, model: DataModel) -> None:
    """Hold the table until the transaction ends: what SQL writes before is seen, and what it writes after waits.

    SQLite's transactions hold the whole file from their beginning.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"LOCK TABLE {_quoted(connection, model.collection)} IN ACCESS EXCLUSIVE MODE")


def reshape(connection: Connection, old: DataModel, new: DataModel) -> set[str]:
    """Rename, drop, add and retype columns; the fields whose column is empty now, and was not before.

    Raise StoreTrouble where something that somebody made holds a column.
    """
    try:
        return _reshape(connection, old, new)
    except sa.exc.DBAPIError as error:
        said = str(error.orig).partition("\n")[0]
        # The two drivers of PostgreSQL call it differently.
        code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
        if code not in _IS_HELD and not said.startswith(_IS_HELD_IN_SQLITE):
            raise
        raise StoreTrouble(
            f"The table {new.collection} cannot be brought to version {new.version} of its model: {said}. "
            "Drop what holds the column (a view, a trigger, an index), and make it again afterwards. "
            "Nothing was changed."
        ) from None


def _reshape(connection: Connection, old: DataModel, new: DataModel) -> set[str]:
    steps = [step for step in new.steps if step.version > old.version]
    moves = {field.name: later_name(steps, field.name) for field in old.fields}
    kept = {name: later for name, later in moves.items() if later is not None and new.field(later) is not None}
    for name in moves:
        if name not in kept:
            _alter(connection, new, f"DROP COLUMN {_quoted(connection, name)}")
    _rename(connection, new, {name: later for name, later in kept.items() if name != later})
    emptied = set()
    for name, later in kept.items():
        if kind(connection, old, name) != kind(connection, new, later):
            _retype(connection, new, later)
            emptied.add(later)
    for field in new.fields:
        if field.name not in kept.values():
            _add(connection, new, field.name)
    return emptied


def _rename(connection: Connection, model: DataModel, names: dict[str, str]) -> None:
    """By a name that no field has, since two fields may have changed names with each other."""
    between = {name: f"_lw_moved_{index}" for index, name in enumerate(names)}
    for ways in (between, {between[name]: later for name, later in names.items()}):
        for name, later in ways.items():
            what = f"RENAME COLUMN {_quoted(connection, name)} TO {_quoted(connection, later)}"
            _alter(connection, model, what)


def _retype(connection: Connection, model: DataModel, name: str) -> None:
    column = _quoted(connection, name)
    if connection.dialect.name == "postgresql":
        _alter(connection, model, f"ALTER COLUMN {column} TYPE {kind(connection, model, name)} USING NULL")
        return
    _alter(connection, model, f"DROP COLUMN {column}")
    _add(connection, model, name)


def _add(connection: Connection, model: DataModel, name: str) -> None:
    _alter(connection, model, f"ADD COLUMN {_quoted(connection, name)} {kind(connection, model, name)}")


def _alter(connection: Connection, model: DataModel, what: str) -> None:
    # Names are those of models, so of small letters, digits and _; types are those of `columns`.
    connection.exec_driver_sql(f"ALTER TABLE {_quoted(connection, model.collection)} {what}")


def kind(connection: Connection, model: DataModel, name: str) -> str:
    """The type of a field's column, as SQL has it."""
    field: Any = model.field(name)
    return str(column_type(field.type).compile(dialect=connection.dialect))


def _quoted(connection: Connection, name: str) -> str:
    """Always in quotes, as when the table is made: the words that SQLAlchemy knows to be reserved are not all."""
    return connection.dialect.identifier_preparer.quote_identifier(name)
