"""The database: how it is opened, its locks, and its one sequence.

Locks are taken in one order: a collection's row, then the store's. Whoever holds the store's row alone gives out
sequence numbers, and its transaction holds it to its end: a reader that sees a number sees all below it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import URL

from .tables import COLLECTIONS, OWN, STORE

FORMAT = 1
#: How long a writer waits for another, in seconds.
_WAIT_S = 60
#: PostgreSQL's advisory lock under which tables are made.
_MAKING_TABLES = 0x4C656577


class StoreTrouble(RuntimeError):
    """The store cannot be used as it is; the message says what, why and what next."""


def open_engine(url: URL | str) -> Engine:
    """An engine for SQLite or PostgreSQL; raise StoreTrouble for any other database."""
    url = sa.engine.make_url(url)
    backend = url.get_backend_name()
    if backend == "sqlite":
        engine = sa.create_engine(url, future=True, hide_parameters=True, connect_args={"timeout": _WAIT_S})
        sa.event.listen(engine, "connect", _on_sqlite_connect)
        sa.event.listen(engine, "begin", _on_sqlite_begin)
        return engine
    if backend == "postgresql":
        if "+" not in url.drivername:
            url = url.set(drivername=f"postgresql+{_postgres_driver()}")
        engine = sa.create_engine(url, future=True, hide_parameters=True, pool_pre_ping=True)
        sa.event.listen(engine, "connect", _on_postgres_connect)
        return engine
    raise StoreTrouble(f"{backend} is no database that Leeward keeps collections in. Use SQLite or PostgreSQL.")


def _postgres_driver() -> str:
    """Whichever of the two drivers is there; SQLAlchemy's versions differ in which they take by themselves."""
    return "psycopg2" if find_spec("psycopg2") or not find_spec("psycopg") else "psycopg"


def _on_sqlite_connect(connection: Any, _record: Any) -> None:
    # The driver begins transactions late and by itself; SQLAlchemy's `begin` below does it instead.
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous = FULL")


def _on_sqlite_begin(connection: Connection) -> None:
    # A transaction that first reads and then writes would fail where another wrote in between.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _on_postgres_connect(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
        cursor.execute(f"SET lock_timeout = '{_WAIT_S}s'")
    connection.commit()


def prepare(engine: Engine) -> str:
    """Make the companion's own tables where they are missing; the store's id."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MAKING_TABLES)))
        OWN.create_all(connection)
        row = connection.execute(sa.select(STORE.c.format, STORE.c.store_id)).first()
        if row is None:
            store_id = uuid.uuid4().hex
            first = {"id": 1, "format": FORMAT, "store_id": store_id, "sequence": 0, "pruned_to": 0}
            connection.execute(STORE.insert().values(first))
            return store_id
        if row.format != FORMAT:
            raise StoreTrouble(
                f"The store is of format {row.format}, and this companion writes {FORMAT}. Install the newer companion."
            )
        return str(row.store_id)


def lock_collection(connection: Connection, name: str) -> int | None:
    """Take the lock of a collection until the transaction ends; the version of its model, or None where it is new."""
    row = connection.execute(
        sa.select(COLLECTIONS.c.version).where(COLLECTIONS.c.name == name).with_for_update()
    ).first()
    return None if row is None else int(row.version)


def sequence_of(connection: Connection) -> int:
    """The newest sequence number."""
    return int(connection.execute(sa.select(STORE.c.sequence)).scalar_one())


class Sequencer:
    """Gives out sequence numbers within a transaction; from the first on it holds the store's row."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._last: int | None = None

    def take(self) -> int:
        """The next number."""
        if self._last is None:
            locked = self._connection.execute(sa.select(STORE.c.sequence).with_for_update())
            self._last = int(locked.scalar_one())
        self._last += 1
        return self._last

    def close(self) -> int:
        """Keep what was given out; the newest number of the store."""
        if self._last is None:
            return sequence_of(self._connection)
        self._connection.execute(STORE.update().values(sequence=self._last))
        return self._last


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """One view of all tables for as long as it is open, in which may be written as well."""
    options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with engine.execution_options(**options).begin() as connection:
        yield connection
