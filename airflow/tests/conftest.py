"""Databases for the tests: every test of the store runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from leeward_companion.store import open_engine

from . import postgres

_DATABASES = count(1)


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    with postgres.cluster() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/leeward.db"
    return new_database(request.getfixturevalue("cluster"))


def new_database(address: str) -> str:
    """The address of an empty schema: a database of its own is 7 MB, and takes a while to make."""
    name = f"t{next(_DATABASES)}"
    admin = sa.create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    admin.dispose()
    return f"{address}/postgres?options=-csearch_path%3D{name}"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()
