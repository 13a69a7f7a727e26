"""Rules about several records: values that no two share, and references. What breaks one is refused.

A record that lacks a value for a field of the rule breaks nothing.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from . import tables, tree
from .columns import from_column, to_column
from .decide import Applied, ChangeRefused, Decision
from .model import DataModel, Fields, KeyFault
from .tables import CHANGES, COLLECTIONS


def hold(connection: Connection, model: DataModel, decided: dict[str, Decision]) -> dict[str, Decision]:
    """The decisions, those that would break a rule refused. One that is refused may leave another without room:
    it is gone through until nothing more is.
    """
    decided = dict(decided)
    while True:
        broken = {**_missing(connection, model, decided), **_shared(connection, model, decided)}
        if not broken:
            return decided
        decided.update(broken)


def _written(decided: dict[str, Decision]) -> dict[str, Fields]:
    return {
        key: decision.fields
        for key, decision in decided.items()
        if isinstance(decision, Applied) and decision.fields is not None and not decision.changes_nothing
    }


def _gone(decided: dict[str, Decision]) -> set[str]:
    """The records whose row will say something else than it does now."""
    return {key for key, decision in decided.items() if isinstance(decision, Applied) and not decision.changes_nothing}


def _shared(connection: Connection, model: DataModel, decided: dict[str, Decision]) -> dict[str, Decision]:
    broken: dict[str, Decision] = {}
    for group in model.unique:
        taken: dict[str, str] = {}
        for key, fields in _written(decided).items():
            if not set(group) <= set(fields):
                continue
            values = tree.write([fields[name] for name in group])
            if values in taken or _is_held(connection, model, group, fields, _gone(decided)):
                broken[key] = ChangeRefused(((group[0], f"has a value that another record has: {', '.join(group)}"),))
            else:
                taken[values] = key
    return broken


def _is_held(connection: Connection, model: DataModel, group: tuple[str, ...], fields: Fields, gone: set[str]) -> bool:
    """Whether a record that is not about to change has these values."""
    table = tables.records(model)
    where = [table.c[name] == _column(connection, model, name, fields[name]) for name in group]
    names = model.key or (tables.KEY_COLUMN,)
    for row in connection.execute(sa.select(*(table.c[name] for name in names)).where(*where)):
        key = _key(model, row)
        if key is not None and key not in gone:
            return True
    return False


def _key(model: DataModel, row: Any) -> str | None:
    """The key of a row; None where it is set aside, having none of the model."""
    if model.key is None:
        return str(row[0])
    kinds = [model.field(name) for name in model.key]
    values = {field.name: from_column(field.type, value) for field, value in zip(kinds, row, strict=True) if field}
    try:
        return model.key_of(values)
    except KeyFault:
        return None


def _missing(connection: Connection, model: DataModel, decided: dict[str, Decision]) -> dict[str, Decision]:
    broken: dict[str, Decision] = {}
    for field in model.fields:
        if field.references is None or not _is_kept(connection, field.references):
            continue
        for key, fields in _written(decided).items():
            if field.name not in fields:
                continue
            wanted = field.type.text_of(fields[field.name])
            is_own = field.references == model.collection and wanted in _written(decided)
            if not is_own and not _exists(connection, model, field.references, wanted, decided):
                why = f"refers to a record that {field.references} does not have"
                broken[key] = ChangeRefused(((field.name, why),))
    return broken


def _is_kept(connection: Connection, collection: str) -> bool:
    """Whether this store keeps the collection; of another nothing is known, and nothing is concluded."""
    found = sa.select(COLLECTIONS.c.name).where(COLLECTIONS.c.name == collection)
    return connection.execute(found).first() is not None


def _exists(connection: Connection, model: DataModel, collection: str, key: str, decided: dict[str, Decision]) -> bool:
    if collection == model.collection and key in _gone(decided):
        return False
    newest = (
        sa.select(CHANGES.c.op)
        .where(CHANGES.c.collection == collection, CHANGES.c.key == key)
        .order_by(CHANGES.c.sequence.desc())
        .limit(1)
    )
    return connection.execute(newest).scalar() in ("create", "put")


def _column(connection: Connection, model: DataModel, name: str, value: Any) -> Any:
    field = model.field(name)
    assert field is not None
    return to_column(field.type, value, connection.dialect.name)
