"""The database: how it is opened, its locks, and its one sequence.

Locks are taken in one order: a collection's row, then the store's, then the table of segments. Whoever holds the
store's row alone gives out sequence numbers, and its transaction holds it to its end: a reader that sees a number sees
all below it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import URL

from .tables import COLLECTIONS, ORIGIN, OWN, SEGMENTS, STORE

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
    if find_spec("psycopg2"):
        return "psycopg2"
    if sa.__version__.startswith("1."):
        raise StoreTrouble(
            f"There is no psycopg2, and SQLAlchemy {sa.__version__} (that of Airflow 2) knows no other driver of the "
            "companion's for PostgreSQL: psycopg 3 does not do there. Install psycopg2-binary."
        )
    return "psycopg"


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
        cursor.execute("SET DATESTYLE = 'ISO, YMD'")
        cursor.execute(f"SET lock_timeout = '{_WAIT_S}s'")
    connection.commit()


@dataclass(frozen=True)
class Seen:
    """What was told of a store before: its id, and the newest sequence number that it had then."""

    store_id: str
    sequence: int


def prepare(engine: Engine, seen: Seen | None = None) -> None:
    """Make the companion's own tables where they are missing, and give the store a new id where it was restored.

    A store was restored that has not reached what was `seen` of it, or that was read into new tables from a dump.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MAKING_TABLES)))
        OWN.create_all(connection)
        row = connection.execute(sa.select(STORE)).first()
        if row is None:
            first = {"id": 1, "format": FORMAT, "store_id": _new_id(), "sequence": 0, "pruned_to": 0}
            connection.execute(STORE.insert().values(first))
        elif row.format != FORMAT:
            raise StoreTrouble(
                f"The store is of format {row.format}, and this companion writes {FORMAT}. Install the newer companion."
            )
        is_elsewhere = _is_elsewhere(connection)
    if is_elsewhere or (seen is not None and row is not None and _is_behind(row, seen)):
        renew(engine, seen)


def _is_behind(row: Any, seen: Seen) -> bool:
    return bool(row.store_id == seen.store_id and row.sequence < seen.sequence)


def _is_elsewhere(connection: Connection) -> bool:
    """Whether the tables are others than those in which the store began, as a dump that is read back makes them.

    PostgreSQL numbers its tables, and gives no number twice. SQLite's file does not show from where it was copied.
    """
    if connection.dialect.name != "postgresql":
        return False
    here = int(connection.execute(sa.text("SELECT CAST(CAST('leeward_store' AS regclass) AS oid)")).scalar_one())
    told = connection.execute(sa.select(ORIGIN.c.table)).scalar()
    if told is None:
        connection.execute(ORIGIN.insert().values(id=1, table=here))
    return told is not None and told != here


def renew(engine: Engine, seen: Seen | None = None, *, is_asked: bool = False) -> None:
    """Give the store a new id: what was said of it before is of another state than it has, and may be of none.

    Its numbers go on after all that was `seen`. What it published named the old id, and is published anew.
    """
    with engine.begin() as connection:
        # Whoever writes under the old id has ended then, and whoever waits reads the new one.
        connection.execute(sa.select(COLLECTIONS.c.name).order_by(COLLECTIONS.c.name).with_for_update()).all()
        row = connection.execute(sa.select(STORE).with_for_update()).one()
        is_elsewhere = _is_elsewhere(connection)
        is_behind = seen is not None and _is_behind(row, seen)
        if not (is_asked or is_elsewhere or is_behind):
            return  # Another run was here before.
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE leeward_segments IN EXCLUSIVE MODE")
        sequence = seen.sequence if seen is not None and is_behind else row.sequence
        connection.execute(STORE.update().values(store_id=_new_id(), sequence=sequence))
        connection.execute(SEGMENTS.delete())
        if is_elsewhere:
            connection.execute(ORIGIN.delete())
            _is_elsewhere(connection)


def _new_id() -> str:
    return uuid.uuid4().hex


def lock_collection(connection: Connection, name: str) -> int | None:
    """Take the lock of a collection until the transaction ends; the version of its model, or None where it is new."""
    row = connection.execute(
        sa.select(COLLECTIONS.c.version).where(COLLECTIONS.c.name == name).with_for_update()
    ).first()
    return None if row is None else int(row.version)


def store_id_of(connection: Connection) -> str:
    """The id of the store: it stays as it is while the transaction holds the lock of a collection."""
    return str(connection.execute(sa.select(STORE.c.store_id)).scalar_one())


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
    """One view of all tables for as long as it is open, in which segments may be written as well."""
    is_postgres = engine.dialect.name == "postgresql"
    options = {"isolation_level": "REPEATABLE READ"} if is_postgres else {}
    with engine.execution_options(**options).begin() as connection:
        if is_postgres:
            # Before anything is read: the view begins after the lock is there, and the store keeps its id meanwhile.
            connection.exec_driver_sql("LOCK TABLE leeward_segments IN ROW EXCLUSIVE MODE")
        yield connection
