"""Which driver PostgreSQL is reached by."""

from __future__ import annotations

from typing import Any

import pytest

from leeward_companion.store import StoreTrouble, open_engine

URL = "postgresql://leeward@127.0.0.1/postgres"


def test_psycopg_2_is_taken_where_it_is() -> None:
    assert open_engine(URL).dialect.driver == "psycopg2"


def test_airflow_2_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its SQLAlchemy does not know psycopg 3, and would say that it cannot load a plugin."""

    def without(name: str) -> Any:
        return None if name == "psycopg2" else object()

    monkeypatch.setattr("leeward_companion.store.find_spec", without)
    monkeypatch.setattr("sqlalchemy.__version__", "1.4.54")
    with pytest.raises(StoreTrouble, match=r"There is no psycopg2.*Install psycopg2-binary"):
        open_engine(URL)
