"""A collection in the store: its table made, and brought to a newer version of its model."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from . import model_file, tables
from .canonical import Refused
from .columns import column_type
from .decide import Current
from .log import Author, Records, Written
from .migrate import migrate
from .model import DataModel, Fields
from .store import Sequencer, StoreTrouble, lock_collection
from .tables import COLLECTIONS, MODELS

MIGRATED = Author("data model", "table")


def open_collection(connection: Connection, model: DataModel, at: datetime.datetime) -> None:
    """Take the collection's lock; make its table, or bring it to this version of the model.

    Raise StoreTrouble where the store has a newer version, another model of this version, or a table that is not ours.
    """
    stored = lock_collection(connection, model.collection)
    if stored is None:
        raise StoreTrouble(f"The collection {model.collection} is not in the store; it is made before it is opened.")
    if stored > model.version:
        raise StoreTrouble(
            f"The store has version {stored} of the model of {model.collection}, and this file is version "
            f"{model.version}. Put the newer file back: records are not brought to an older model."
        )
    known = _stored_model(connection, model.collection, stored)
    if stored == model.version:
        if known != model_file.write(model):
            raise StoreTrouble(
                f"The model of {model.collection} was changed, and says that it is version {stored} still. "
                "Give it the next version."
            )
        return
    _bring_to(connection, model_file.read(known), model, at)


def make_collection(engine: Engine, model: DataModel) -> None:
    """Register the collection with its table, where the store does not have it yet."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(model.collection))))
        found = sa.select(COLLECTIONS.c.version).where(COLLECTIONS.c.name == model.collection)
        if connection.execute(found).first() is not None:
            return
        if sa.inspect(connection).has_table(model.collection):
            raise StoreTrouble(
                f"The database has a table {model.collection} that Leeward did not make. "
                "Rename the collection, or use a database or schema of its own."
            )
        tables.records(model).create(connection)
        connection.execute(COLLECTIONS.insert().values(name=model.collection, version=model.version))
        _keep_model(connection, model)


def _stored_model(connection: Connection, collection: str, version: int) -> str:
    found = sa.select(MODELS.c.file).where(MODELS.c.collection == collection, MODELS.c.version == version)
    return str(connection.execute(found).scalar_one())


def _keep_model(connection: Connection, model: DataModel) -> None:
    values = {"collection": model.collection, "version": model.version, "file": model_file.write(model)}
    connection.execute(MODELS.insert().values(values))


def _bring_to(connection: Connection, old: DataModel, new: DataModel, at: datetime.datetime) -> None:
    """Bring the table to the next model, or raise StoreTrouble with nothing done: the transaction ends."""
    if old.key != new.key:
        raise StoreTrouble(
            f"Version {new.version} of the model of {new.collection} has another key. Every record "
            "would be another one: give it a new collection."
        )
    if [step for step in new.steps if step.version <= old.version] != list(old.steps):
        raise StoreTrouble(
            f"Version {new.version} of the model of {new.collection} has other steps in `changes` for versions up to "
            f"{old.version} than it had: older records and edits are read by them. Put them back."
        )
    records = Records(connection, old)
    current = records.all_current()
    sequencer = Sequencer(connection)
    records.note_outside(current, records.all_held(), sequencer, at)
    sequencer.close()
    added = _added_columns(old, new)
    present = Records(connection, new)
    if added is not None:
        for name in added:
            _add_column(connection, new, name)
    else:
        tables.records(old).drop(connection)
        tables.records(new).create(connection)
    _fill(present, current, old, new, is_new=added is None, at=at)
    connection.execute(COLLECTIONS.update().where(COLLECTIONS.c.name == new.collection).values(version=new.version))
    _keep_model(connection, new)


def _added_columns(old: DataModel, new: DataModel) -> list[str] | None:
    """The columns that are new where nothing else changes; None where the table must be made anew."""
    if any(step.version > old.version for step in new.steps):
        return None
    for field in old.fields:
        after = new.field(field.name)
        if after is None or type(after.type) is not type(field.type):
            return None
    return [field.name for field in new.fields if old.field(field.name) is None]


def _add_column(connection: Connection, model: DataModel, name: str) -> None:
    field = model.field(name)
    assert field is not None
    # Always in quotes, as when the table is made: the words that SQLAlchemy knows to be reserved are not all.
    quote = connection.dialect.identifier_preparer.quote_identifier
    kind = column_type(field.type).compile(dialect=connection.dialect)
    # The name is one of the model's, so of small letters, digits and _.
    connection.exec_driver_sql(f"ALTER TABLE {quote(model.collection)} ADD COLUMN {quote(name)} {kind}")


def _fill(
    records: Records,
    current: dict[str, Current],
    old: DataModel,
    new: DataModel,
    *,
    is_new: bool,
    at: datetime.datetime,
) -> None:
    written: list[Written] = []
    unfit: list[str] = []
    for key, one in current.items():
        if one.fields is None or one.version is None:
            continue
        fields: Fields = migrate(old, new, one.fields)
        try:
            records.row_of(fields)
        except (Refused, ValueError, ArithmeticError):
            unfit.append(key)
            continue
        written.append(Written(key, fields, one.version, MIGRATED, is_new=is_new))
    if unfit:
        shown = ", ".join(repr(key) for key in unfit[:5])
        raise StoreTrouble(
            f"{len(unfit)} records of {new.collection} do not fit version {new.version} of its model ({shown}). "
            "Correct them under the present version first; nothing was changed."
        )
    records.write(written, at)
