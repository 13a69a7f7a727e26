"""An Airflow Connection, as SQLAlchemy's address of a database."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy.engine.url import URL

from .store import StoreTrouble

#: Settings of libpq that a Connection may bring in its `extra`.
_POSTGRES_SETTINGS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "connect_timeout", "options", "service")


def default_url() -> URL:
    """The database where no Connection is named: a SQLite file in Airflow's home."""
    home = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser()
    return URL.create("sqlite", database=str(home / "leeward.db"))


def url_of(connection: Any) -> URL:
    """The address of a Connection, from its parts: `get_uri` of a SQLite one is none that SQLAlchemy takes.

    Raise StoreTrouble where it is to no database that the companion knows. Nothing secret is in the message.
    """
    kind = connection.conn_type
    if kind == "sqlite":
        return URL.create("sqlite", database=_sqlite_file(connection))
    if kind in ("postgres", "postgresql"):
        extra = connection.extra_dejson
        query = {name: str(extra[name]) for name in _POSTGRES_SETTINGS if name in extra}
        return URL.create(
            "postgresql",
            username=connection.login,
            password=connection.password,
            host=connection.host,
            port=connection.port,
            database=connection.schema,
            query=query,
        )
    raise StoreTrouble(
        f"The Connection {connection.conn_id} is of the type {kind}. Use one of the type sqlite or postgres."
    )


def _sqlite_file(connection: Any) -> str:
    file = connection.host or connection.schema or ""
    if not Path(file).is_absolute():
        raise StoreTrouble(
            f"The Connection {connection.conn_id} names no file. "
            "Put the absolute path of the SQLite file into its host."
        )
    return str(file)
