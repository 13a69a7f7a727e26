"""A lock that somebody holds too long decides nothing: the task fails, and the same batch is applied later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from leeward_companion.ingest import Run, ingest
from leeward_companion.publish import Publication, publish
from leeward_companion.store import open_engine

from . import made
from .bench import AT, Bench, batch, change


@pytest.fixture
def hurried(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine that waits for a second at most."""
    monkeypatch.setattr("leeward_companion.store._WAIT_S", 1)
    engine = open_engine(url)
    yield engine
    engine.dispose()


@contextmanager
def held(engine: Engine, statement: str) -> Iterator[None]:
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(statement)
        yield


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE things SET b = 'by sql'",
        "UPDATE leeward_store SET format = format",
        "UPDATE leeward_collections SET version = 1",
    ],
    ids=["the row", "the store", "the collection"],
)
def test_a_batch_that_waited_in_vain_is_applied_later(engine: Engine, hurried: Engine, statement: str) -> None:
    bench = Bench(engine, made.read(made.file({"a": {"type": "string"}, "b": {"type": "string"}})))
    bench.put("x", a="1")
    before = bench.everything()
    conf = batch(change("x", 1, set={"a": "2"}), store_id=bench.store_id())
    with held(engine, statement), pytest.raises(sa.exc.OperationalError):
        ingest(hurried, bench.model, conf, Run("ann", AT))
    assert bench.everything()["leeward_batches"] == before["leeward_batches"], "nothing is told of it"
    told = json.loads(ingest(hurried, bench.model, conf, Run("ann", AT)))
    assert told["changes"][0]["outcome"] == "applied"
    assert bench.rows()[0]["a"] == "2"


def test_a_newer_model_that_waited_in_vain_is_taken_up_later(engine: Engine, hurried: Engine) -> None:
    bench = Bench(engine, made.read(made.file({"a": {"type": "string"}})))
    bench.put("x", a="1")
    later = made.read(made.file({"a": {"type": "string"}, "more": {}}, version=2))
    before = bench.everything()
    with held(engine, "UPDATE things SET a = a"):
        if engine.dialect.name == "sqlite":
            with pytest.raises(sa.exc.OperationalError):
                publish(hurried, [later], Publication("one", AT))
        else:
            assert (
                "the next publication brings it" in publish(hurried, [later], Publication("one", AT)).troubles["things"]
            )
    assert bench.everything() == before
    assert publish(hurried, [later], Publication("two", AT)).troubles == {}
