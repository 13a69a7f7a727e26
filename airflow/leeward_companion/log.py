"""The change log, and records by it: what was last said of each, also where its table was edited by SQL since."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from . import model_file, tables, tree
from .canonical import Refused
from .columns import as_held, from_column, moment_to_column, to_column
from .decide import Current, Past
from .field_types import Exact
from .migrate import later_name, migrate
from .model import DataModel, Fields, KeyFault
from .store import Sequencer
from .tables import CHANGES, MODELS

#: Values in one statement: SQLite takes 999 in its older versions.
_AT_ONCE = 200


@dataclass(frozen=True)
class Author:
    """Who made a change, and who says so: `airflow`, `client` (a claim) or `table` (found there)."""

    name: str
    known_from: str


OUTSIDE = Author("outside", "table")


@dataclass(frozen=True)
class Entry:
    """An entry of the log."""

    collection: str
    key: str
    op: str
    model: int
    fields: Fields | None
    touched: Iterable[str]
    author: Author
    at: datetime.datetime
    client: str | None = None
    batch: str | None = None
    change: str | None = None
    reason: str | None = None


def append(connection: Connection, numbered: list[tuple[int, Entry]]) -> None:
    """Write entries under their sequence numbers."""
    rows = [_row(sequence, entry, connection.dialect.name) for sequence, entry in numbered]
    if rows:
        connection.execute(CHANGES.insert(), rows)


def _row(sequence: int, entry: Entry, dialect: str) -> dict[str, Any]:
    return {
        "sequence": sequence,
        "collection": entry.collection,
        "key": entry.key,
        "op": entry.op,
        "model": entry.model,
        "fields": None if entry.fields is None else tree.write(entry.fields),
        "touched": tree.write(sorted(entry.touched)),
        "author": entry.author.name,
        "author_from": entry.author.known_from,
        "client": entry.client,
        "batch": entry.batch,
        "change": entry.change,
        "reason": entry.reason,
        "at": moment_to_column(entry.at, dialect),
    }


class Models:
    """The versions of a collection's model that the store has met."""

    def __init__(self, connection: Connection, model: DataModel) -> None:
        self._connection = connection
        self._known = {model.version: model}
        self._model = model

    def to_present(self, fields: Fields, version: int) -> Fields:
        """A record of that version, as one of the present one."""
        if version == self._model.version:
            return fields
        return migrate(self._of(version), self._model, fields)

    def names_at_present(self, names: Iterable[str], version: int) -> frozenset[str]:
        """What fields of that version are called by now; those that were dropped since are not among them."""
        steps = [step for step in self._model.steps if step.version > version]
        return frozenset(name for name in (later_name(steps, name) for name in names) if name is not None)

    def _of(self, version: int) -> DataModel:
        if version not in self._known:
            found = self._connection.execute(
                sa.select(MODELS.c.file).where(
                    MODELS.c.collection == self._model.collection, MODELS.c.version == version
                )
            )
            self._known[version] = model_file.read(found.scalar_one())
        return self._known[version]


@dataclass(frozen=True)
class Written:
    """What a row becomes: its fields, or None where it goes; `only` where other columns are left as they are."""

    key: str
    fields: Fields | None
    sequence: int
    author: Author
    is_new: bool = False
    only: frozenset[str] | None = None


class Records:
    """The records of a collection: its table, held against the log."""

    def __init__(self, connection: Connection, model: DataModel) -> None:
        self._connection = connection
        self._model = model
        self._table = tables.records(model)
        self._dialect = connection.dialect.name
        self._models = Models(connection, model)
        #: Rows that are no records, found on the way: what of their key, and why.
        self.set_aside: dict[str, str] = {}
        self._updates: dict[tuple[str, ...], Any] = {}

    def current(self, keys: Iterable[str]) -> dict[str, Current]:
        """The records of these keys by the log. One that was never there is not among them."""
        found: dict[str, Current] = {}
        for some in parts(list(keys)):
            pasts: dict[str, list[Past]] = {}
            where = (CHANGES.c.collection == self._model.collection, CHANGES.c.key.in_(some))
            columns = (CHANGES.c.key, CHANGES.c.sequence, CHANGES.c.op, CHANGES.c.model, CHANGES.c.touched)
            for row in self._connection.execute(sa.select(*columns).where(*where).order_by(CHANGES.c.sequence)):
                touched = self._models.names_at_present(tree.parse(row.touched), row.model)
                past = Past(int(row.sequence), row.op, touched)
                pasts.setdefault(row.key, []).append(past)
            newest = [past[-1].sequence for past in pasts.values()]
            for key, fields in self._fields_at(newest):
                log = tuple(pasts[key])
                found[key] = Current(fields, log[-1].sequence, log)
        return found

    def _fields_at(self, sequences: list[int]) -> Iterator[tuple[str, Fields | None]]:
        columns = (CHANGES.c.key, CHANGES.c.model, CHANGES.c.fields)
        for row in self._connection.execute(sa.select(*columns).where(CHANGES.c.sequence.in_(sequences))):
            fields = None if row.fields is None else self._models.to_present(tree.parse(row.fields), row.model)
            yield row.key, fields

    def held(self, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The rows of these keys, locked until the transaction ends: whoever writes them by SQL waits."""
        found: dict[str, dict[str, Any]] = {}
        for some in parts(list(keys)):
            wanted = [self._key_columns(key) for key in some]
            key = [self._table.c[name] for name in self._key_names()]
            where: Any
            if len(key) == 1:
                where = key[0].in_([values[0] for values in wanted])
            else:
                where = sa.or_(*(sa.and_(*(c == v for c, v in zip(key, values, strict=True))) for values in wanted))
            found.update(self._rows(self._select().where(where).with_for_update()))
        return found

    def all_held(self) -> dict[str, dict[str, Any]]:
        """All rows of the table, by key."""
        return dict(self._rows(self._select()))

    def holding(self, group: tuple[str, ...], wanted: Iterable[Fields]) -> Iterator[tuple[str, Fields]]:
        """The records by the table, as far as these fields go, that may have the values of one of those in them."""
        statement = self._select({*group, *(self._model.key or ())})
        firsts = [fields[group[0]] for fields in wanted if group[0] in fields]
        # SQLite has texts for decimals, and by another spelling finds none; many are looked for in one pass.
        if len(firsts) <= _AT_ONCE and not (self._dialect == "sqlite" and isinstance(self._type_of(group[0]), Exact)):
            column = self._table.c[group[0]]
            statement = statement.where(column.in_([self._column(group[0], value) for value in firsts]))
        for key, held in self._rows(statement):
            names = [name for name in group if held[name] is not None]
            yield key, {name: from_column(self._type_of(name), held[name]) for name in names}

    def _select(self, only: set[str] | None = None) -> Any:
        fields = [field for field in self._model.fields if only is None or field.name in only]
        columns = [as_held(field.type, self._table.c[field.name], self._dialect) for field in fields]
        return sa.select(*columns, *([] if self._model.key else [self._table.c[tables.KEY_COLUMN]]))

    def _rows(self, statement: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        for row in self._connection.execute(statement).mappings():
            held = {str(name): value for name, value in row.items()}
            try:
                key = self._key_of(held)
            except KeyFault as why:
                self.set_aside[tree.write([str(held[name]) for name in self._key_names()])] = str(why)
            else:
                yield key, held

    def all_current(self) -> dict[str, Current]:
        """All records by the log, without their past."""
        newest = (
            sa.select(sa.func.max(CHANGES.c.sequence))
            .where(CHANGES.c.collection == self._model.collection)
            .group_by(CHANGES.c.key)
        )
        columns = (CHANGES.c.key, CHANGES.c.sequence, CHANGES.c.model, CHANGES.c.fields)
        found: dict[str, Current] = {}
        for row in self._connection.execute(sa.select(*columns).where(CHANGES.c.sequence.in_(newest))):
            fields = None if row.fields is None else self._models.to_present(tree.parse(row.fields), row.model)
            found[row.key] = Current(fields, int(row.sequence))
        return found

    def note_outside(
        self,
        current: dict[str, Current],
        held: dict[str, dict[str, Any]],
        sequencer: Sequencer,
        at: datetime.datetime,
    ) -> int:
        """Write down what the table says and the log does not: it was edited by SQL. How many records that were.

        `current` is brought up to date.
        """
        entries: list[tuple[int, Entry]] = []
        for key in sorted({*current, *held}):
            before = current.get(key, Current())
            after = self._as_held(held.get(key), before)
            touched = _differing(before.fields, after)
            if not touched and (before.fields is None) == (after is None):
                continue
            op = "delete" if after is None else "put" if before.fields is not None else "create"
            sequence = sequencer.take()
            entry = Entry(self._model.collection, key, op, self._model.version, after, touched, OUTSIDE, at)
            entries.append((sequence, entry))
            past = Past(sequence, op, frozenset(touched))
            current[key] = Current(after, sequence, (*before.past, past))
        append(self._connection, entries)
        self._stamp_outside(entries, at)
        return len(entries)

    def _stamp_outside(self, entries: list[tuple[int, Entry]], at: datetime.datetime) -> None:
        for sequence, entry in entries:
            if entry.fields is not None:
                self._update(entry.key, self._stamp(sequence, OUTSIDE, at))

    def _as_held(self, held: dict[str, Any] | None, before: Current) -> Fields | None:
        """The record as its row has it; where the row says the same as the log, as the log spells it."""
        if held is None:
            return None
        logged = before.fields or {}
        # What the model does not know has no column.
        fields = {name: value for name, value in logged.items() if self._model.field(name) is None}
        for field in self._model.fields:
            value = held[field.name]
            if value is None:
                continue
            is_logged = field.name in logged and self._says(field.name, value, logged[field.name])
            fields[field.name] = logged[field.name] if is_logged else from_column(field.type, value)
        return fields

    def _says(self, name: str, held: Any, logged: Any) -> bool:
        """Whether a column says what the log says: a moment has one there, and a text for each zone here."""
        kind = self._type_of(name)
        read = from_column(kind, held)
        # What was written by SQL, and is nothing that the type takes, is compared as it is.
        with suppress(Refused, ValueError, ArithmeticError):
            logged = from_column(kind, self._column(name, logged))
        return tree.write(read) == tree.write(logged)

    def write(self, written: list[Written], at: datetime.datetime) -> None:
        """Bring rows to what was decided."""
        new = []
        for one in written:
            if one.fields is None:
                self._connection.execute(self._table.delete().where(self._is(one.key)))
                continue
            values = {**self.row_of(one.fields, one.only), **self._stamp(one.sequence, one.author, at)}
            if one.is_new:
                new.append(values if self._model.key else {**values, tables.KEY_COLUMN: one.key})
                continue
            assert self._update(one.key, values) == 1, "the row was locked, and has gone"
        if new:
            self._connection.execute(self._table.insert(), new)

    def _update(self, key: str, values: dict[str, Any]) -> int:
        """Write columns of a row; how many rows that is. Statements are kept: to make one takes the most time."""
        columns = tuple(values)
        if columns not in self._updates:
            is_it = [self._table.c[name] == sa.bindparam(_key_name(name)) for name in self._key_names()]
            written: dict[str, Any] = {name: sa.bindparam(_new_name(name)) for name in columns}
            self._updates[columns] = self._table.update().where(sa.and_(*is_it)).values(written)
        parameters = dict(zip(map(_key_name, self._key_names()), self._key_columns(key), strict=True))
        parameters.update((_new_name(name), value) for name, value in values.items())
        return int(self._connection.execute(self._updates[columns], parameters).rowcount)

    def row_of(self, fields: Fields, only: frozenset[str] | None = None) -> dict[str, Any]:
        """The columns of a record, or those of `only`; raise Refused where one cannot hold its value."""
        return {
            field.name: self._column(field.name, fields[field.name]) if field.name in fields else None
            for field in self._model.fields
            if only is None or field.name in only
        }

    def _column(self, name: str, value: Any) -> Any:
        field = self._model.field(name)
        assert field is not None
        return to_column(field.type, value, self._dialect)

    def _stamp(self, sequence: int, author: Author, at: datetime.datetime) -> dict[str, Any]:
        moment = moment_to_column(at, self._dialect)
        return {tables.VERSION: sequence, tables.CHANGED_AT: moment, tables.CHANGED_BY: author.name}

    def _is(self, key: str) -> Any:
        names_and_values = zip(self._key_names(), self._key_columns(key), strict=True)
        return sa.and_(*(self._table.c[name] == value for name, value in names_and_values))

    def _key_names(self) -> tuple[str, ...]:
        return self._model.key or (tables.KEY_COLUMN,)

    def _key_columns(self, key: str) -> list[Any]:
        if self._model.key is None:
            return [key]
        fields = self._model.fields_of_key(key)
        return [self._column(name, fields[name]) for name in self._model.key]

    def _key_of(self, held: dict[str, Any]) -> str:
        """The key of a row; raise KeyFault where it is none of the model, or not as the companion writes it there."""
        if self._model.key is None:
            key = str(held[tables.KEY_COLUMN])
            self._model.fields_of_key(key)
            return key
        parts = {name: from_column(self._type_of(name), held[name]) for name in self._model.key}
        key = self._model.key_of(parts)
        if self._dialect == "sqlite" and any(self._column(name, parts[name]) != held[name] for name in parts):
            # The same number or day in another spelling: by its key, the row would not be found.
            raise KeyFault("spelling", f"The key is spelled otherwise than {key}.")
        return key

    def _type_of(self, name: str) -> Any:
        field = self._model.field(name)
        assert field is not None
        return field.type


def _differing(before: Fields | None, after: Fields | None) -> set[str]:
    before, after = before or {}, after or {}
    return {
        name
        for name in {*before, *after}
        if (name in before) != (name in after) or tree.write(before[name]) != tree.write(after[name])
    }


def parts(keys: list[str]) -> Iterator[list[str]]:
    """The keys, as many at a time as one statement takes."""
    for begin in range(0, len(keys), _AT_ONCE):
        yield keys[begin : begin + _AT_ONCE]


def _key_name(column: str) -> str:
    """A parameter's name: those of columns are taken by SQLAlchemy."""
    return f"_lw_of_{column}"


def _new_name(column: str) -> str:
    return f"_lw_to_{column}"
