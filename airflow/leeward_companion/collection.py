"""A collection in the store: its table made, and brought to a newer version of its model."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from . import follows, model_file, reshape, tables
from .canonical import Refused
from .decide import Current
from .log import Author, Records, Written
from .migrate import later_name, migrate
from .model import DataModel, Fields, KeyFault
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
        raise _another_key(new)
    if [step for step in new.steps if step.version <= old.version] != list(old.steps):
        raise StoreTrouble(
            f"Version {new.version} of the model of {new.collection} has other steps in `changes` for versions up to "
            f"{old.version} than it had: older records and edits are read by them. Put them back."
        )
    lacks = follows.missing(old, new)
    if lacks:
        raise StoreTrouble(
            f"Version {new.version} of the model of {new.collection} cannot follow version {old.version}, which is in "
            f"the store. {' '.join(lacks)} Correct the file; nothing was changed."
        )
    if any(reshape.kind(connection, old, name) != reshape.kind(connection, new, name) for name in new.key or ()):
        raise _another_key(new)
    reshape.lock(connection, old)
    records = Records(connection, old)
    current = records.all_current()
    sequencer = Sequencer(connection)
    records.note_outside(current, records.all_held(), sequencer, at)
    sequencer.close()
    names = reshape.reshape(connection, old, new) | _converted(old, new)
    _convert(Records(connection, new), current, (old, new), frozenset(names), at)
    connection.execute(COLLECTIONS.update().where(COLLECTIONS.c.name == new.collection).values(version=new.version))
    _keep_model(connection, new)


def _another_key(new: DataModel) -> StoreTrouble:
    return StoreTrouble(
        f"Version {new.version} of the model of {new.collection} has another key. Every record "
        "would be another one: give it a new collection."
    )


def _converted(old: DataModel, new: DataModel) -> set[str]:
    """The fields that steps convert, by their names in the new model."""
    steps = [step for step in new.steps if step.version > old.version]
    names = {later_name(steps[index + 1 :], step.field) for index, step in enumerate(steps) if step.kind == "convert"}
    return {name for name in names if name is not None and new.field(name) is not None}


def _convert(
    records: Records,
    current: dict[str, Current],
    models: tuple[DataModel, DataModel],
    names: frozenset[str],
    at: datetime.datetime,
) -> None:
    """Write the fields of these names as the new model has them; nothing else of a row is touched."""
    old, new = models
    written: list[Written] = []
    unfit: list[str] = []
    for key, one in current.items():
        if one.fields is None or one.version is None:
            continue
        fields: Fields = migrate(old, new, one.fields)
        try:
            is_same_key = all(fields.get(name) == value for name, value in new.fields_of_key(key).items())
            records.row_of(fields, names)
        except (KeyFault, Refused, ValueError, ArithmeticError):
            is_same_key = False
        if not is_same_key:
            unfit.append(key)
        elif names:
            written.append(Written(key, fields, one.version, MIGRATED, only=names))
    if unfit:
        shown = ", ".join(repr(key) for key in unfit[:5])
        raise StoreTrouble(
            f"{len(unfit)} records of {new.collection} do not fit version {new.version} of its model ({shown}). "
            "Correct them under the present version first; nothing was changed."
        )
    records.write(written, at)
