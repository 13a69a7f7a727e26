"""Rules about several records: values that no two share, and references. What breaks one is refused.

A record that lacks a value for a field of the rule breaks nothing.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from . import tree
from .decide import Applied, ChangeRefused, Decision
from .log import Records, parts
from .model import DataModel, Fields
from .tables import CHANGES, COLLECTIONS

#: Keys that will be refused, and why.
_Broken = dict[str, Decision]


def hold(connection: Connection, model: DataModel, decided: dict[str, Decision]) -> dict[str, Decision]:
    """The decisions, those that would break a rule refused. One that is refused may leave another without room, or
    without the record that it refers to: each is looked at again for each that it depended on, and no more often.
    """
    decided = dict(decided)
    written = {
        key: decision.fields
        for key, decision in decided.items()
        if isinstance(decision, Applied) and decision.fields is not None and not decision.changes_nothing
    }
    moving = {key for key, one in decided.items() if isinstance(one, Applied) and not one.changes_nothing}
    rules: list[_Shared | _References] = [_References(connection, model, written, moving)]
    rules += [_Shared(connection, model, group, written, moving) for group in model.unique]
    waiting = {key: why for rule in rules for key, why in rule.broken().items()}
    while waiting:
        key, why = waiting.popitem()
        if isinstance(decided[key], ChangeRefused):
            continue
        decided[key] = why
        for rule in rules:
            waiting.update(rule.broken_without(key))
    return decided


class _Shared:
    """Fields whose values no two records share: who has which by the table, and who wants which."""

    def __init__(
        self,
        connection: Connection,
        model: DataModel,
        group: tuple[str, ...],
        written: dict[str, Fields],
        moving: set[str],
    ) -> None:
        self._group = group
        #: By the values: those that want them, in the order of the batch.
        self._wanted: dict[str, list[str]] = defaultdict(list)
        for key, fields in written.items():
            values = _values(fields, group)
            if values is not None:
                self._wanted[values].append(key)
        #: By the values: those that have them, and stay as they are.
        self._kept: dict[str, set[str]] = defaultdict(set)
        #: The values of those that will have others, or go.
        self._left: dict[str, str] = {}
        for key, fields in Records(connection, model).holding(group, written.values()) if self._wanted else ():
            values = _values(fields, group)
            if values is None or values not in self._wanted:
                continue
            if key in moving:
                self._left[key] = values
            else:
                self._kept[values].add(key)

    def broken(self) -> _Broken:
        """Those that want what another has, or wanted first."""
        found: _Broken = {}
        for values, keys in self._wanted.items():
            for key in keys if self._kept[values] else keys[1:]:
                found[key] = self._why()
        return found

    def broken_without(self, refused: str) -> _Broken:
        """Those that have no room where this one stays as it is."""
        values = self._left.pop(refused, None)
        return {key: self._why() for key in self._wanted.get(values or "", []) if key != refused}

    def _why(self) -> Decision:
        what = f"has a value that another record has: {', '.join(self._group)}"
        return ChangeRefused(((self._group[0], what),))


def _values(fields: Fields, group: tuple[str, ...]) -> str | None:
    return tree.write([fields[name] for name in group]) if set(group) <= set(fields) else None


class _References:
    """Fields that hold keys of records, here or of another collection of this store."""

    def __init__(self, connection: Connection, model: DataModel, written: dict[str, Fields], moving: set[str]) -> None:
        self._broken: _Broken = {}
        #: By the key of a record that this batch makes: those that refer to it, and by which field.
        self._relying: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._collection = model.collection
        for field in model.fields:
            if field.references is None or not _is_kept(connection, field.references):
                continue
            wanted = {key: field.type.text_of(one[field.name]) for key, one in written.items() if field.name in one}
            is_own = field.references == model.collection
            there = _there(connection, field.references, set(wanted.values()))
            for key, other in wanted.items():
                if is_own and other in written:
                    if other not in there:
                        self._relying[other].append((key, field.name))
                elif other not in there or (is_own and other in moving):
                    self._broken[key] = self._why(field.name, field.references)

    def broken(self) -> _Broken:
        """Those that refer to what is not there."""
        return self._broken

    def broken_without(self, refused: str) -> _Broken:
        """Those that refer to this one, which is not made after all."""
        return {key: self._why(name, self._collection) for key, name in self._relying.get(refused, [])}

    def _why(self, name: str, collection: str) -> Decision:
        return ChangeRefused(((name, f"refers to a record that {collection} does not have"),))


def _is_kept(connection: Connection, collection: str) -> bool:
    """Whether this store keeps the collection; of another nothing is known, and nothing is concluded."""
    found = sa.select(COLLECTIONS.c.name).where(COLLECTIONS.c.name == collection)
    return connection.execute(found).first() is not None


def _there(connection: Connection, collection: str, keys: set[str]) -> set[str]:
    """Those of the keys whose record is there, by the log."""
    found: dict[str, str] = {}
    for some in parts(sorted(keys)):
        where = (CHANGES.c.collection == collection, CHANGES.c.key.in_(some))
        columns: Any = sa.select(CHANGES.c.key, CHANGES.c.op)
        for row in connection.execute(columns.where(*where).order_by(CHANGES.c.sequence)):
            found[row.key] = row.op
    return {key for key, op in found.items() if op != "delete"}
