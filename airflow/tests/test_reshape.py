"""A newer model is taken up by the table as it stands. On SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from leeward_companion.store import StoreTrouble, open_engine

from . import made
from .bench import Bench
from .conftest import new_database

FIELDS = {"a": {"type": "string"}, "b": {"type": "string"}, "n": {"type": "integer"}}
CONVERTED = {"a": {"type": "integer"}, "b": {"type": "string"}, "n": {"type": "integer"}}
CONVERT = [{"version": 2, "convert": "a"}]


@pytest.fixture
def bench(engine: Engine) -> Bench:
    return Bench(engine, made.read(made.file(FIELDS)))


def with_model(bench: Bench, fields: Any, steps: Any = (), version: int = 2) -> Bench:
    return Bench(bench.engine, made.read(made.file(fields, version=version, changes=steps)))


@pytest.mark.parametrize(
    ("fields", "steps"),
    [
        ({**FIELDS, "more": {"type": "string"}}, []),
        (CONVERTED, CONVERT),
        ({"c": FIELDS["a"], "b": FIELDS["b"]}, [{"version": 2, "rename": "a", "to": "c"}, {"version": 2, "drop": "n"}]),
    ],
    ids=["added", "converted", "renamed and dropped"],
)
def test_an_edit_by_sql_beside_it_is_not_lost(cluster: str, fields: Any, steps: Any) -> None:
    """It comes after the table was read and before it is changed: it waits, or is seen."""
    address = new_database(cluster)
    engine, other = open_engine(address), open_engine(address)
    bench = Bench(engine, made.read(made.file(FIELDS)))
    bench.put("x", a="1", b="1", n=1)

    def edit() -> None:
        with other.begin() as connection:
            connection.exec_driver_sql("UPDATE things SET b = 'by sql' WHERE id = 'x'")

    writer = threading.Thread(target=edit)

    def meanwhile(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(("ALTER", "DROP", "\nDROP")) and writer.ident is None:
            writer.start()
            while writer.is_alive() and not bench_of_other.sql(
                "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'things'::regclass"
            ):
                pass

    bench_of_other = Bench(other, bench.model)
    sa.event.listen(engine, "before_cursor_execute", meanwhile)
    later = with_model(bench, fields, steps)
    assert later.put("y", b="1")["outcome"] == "applied"
    writer.join()
    assert bench_of_other.sql("SELECT b FROM things WHERE id = 'x'") == [("by sql",)]
    assert later.put("x", 1, b="mine")["outcome"] == "conflict"
    engine.dispose()
    other.dispose()


def test_what_was_made_on_the_table_lives_on(bench: Bench) -> None:
    bench.put("x", a="1", b="1", n=1)
    is_postgres = bench.engine.dialect.name == "postgresql"
    bench.sql("CREATE INDEX of_b ON things (b)")
    bench.sql("CREATE VIEW seen AS SELECT id, b FROM things")
    if is_postgres:
        bench.sql("GRANT SELECT ON things TO pg_monitor")
    steps = [{"version": 2, "rename": "b", "to": "c"}, {"version": 2, "convert": "a"}, {"version": 2, "drop": "n"}]
    fields = {"a": {"type": "integer"}, "c": {"type": "string"}, "more": {"type": "string"}}
    later = with_model(bench, fields, steps)
    assert later.put("x", 1, more="2")["outcome"] == "applied"
    assert [(row["a"], row["c"], row["more"]) for row in later.rows()] == [(1, "1", "2")]
    assert later.sql("SELECT * FROM seen") == [("x", "1")]
    inspector = sa.inspect(bench.engine)
    assert [index["column_names"] for index in inspector.get_indexes("things")] == [["c"]]
    if is_postgres:
        assert bench.sql("SELECT has_table_privilege('pg_monitor', 'things', 'SELECT')") == [(True,)]


def test_a_view_that_holds_a_column_is_said_and_nothing_is_changed(bench: Bench) -> None:
    bench.put("x", a="1", b="1")
    bench.sql("CREATE VIEW seen AS SELECT id, a FROM things")
    before = bench.everything()
    for fields, steps in ((CONVERTED, CONVERT), ({"b": FIELDS["b"], "n": FIELDS["n"]}, [{"version": 2, "drop": "a"}])):
        with pytest.raises(StoreTrouble, match=r"cannot be brought to version 2 of its model: .*Drop what holds"):
            with_model(bench, fields, steps).put("x", 1, b="2")
        assert bench.everything() == before
    assert bench.sql("SELECT * FROM seen") == [("x", "1")]


def test_fields_change_names_with_each_other(bench: Bench) -> None:
    bench.put("x", a="was a", b="was b")
    steps = [{"version": 2, "rename": "a", "to": "c"}, {"version": 2, "rename": "b", "to": "a"}]
    steps.append({"version": 2, "rename": "c", "to": "b"})
    later = with_model(bench, FIELDS, steps)
    assert later.put("x", 1, n=1)["outcome"] == "applied"
    assert [(row["a"], row["b"]) for row in later.rows()] == [("was b", "was a")]
    assert later.sql("SELECT author FROM leeward_changes WHERE author = 'outside'") == []


def test_only_what_changes_is_written(bench: Bench) -> None:
    bench.put("x", a="1", b="1")
    stamp = bench.rows()[0]["_lw_changed_by"]
    later = with_model(bench, {**FIELDS, "more": {"type": "string"}})
    later.put("y")
    assert later.rows()[0]["_lw_changed_by"] == stamp
    again = with_model(bench, {**CONVERTED, "more": {"type": "string"}}, [{"version": 3, "convert": "a"}], version=3)
    again.put("y2")
    assert next((row["a"], row["_lw_changed_by"]) for row in again.rows()) == (1, "data model")


KEYS: list[Any] = [
    ({"type": "integer"}, [{"version": 2, "convert": "id"}], "has another key"),
    ({"enum": ["007", "x"]}, [{"version": 2, "convert": "id", "map": {"seven": "007"}}], r"do not fit .*'seven'"),
    ({"type": "string", "pattern": "^[0-9]+$"}, [{"version": 2, "convert": "id"}], r"do not fit .*'seven'"),
]


@pytest.mark.parametrize(("kind", "steps", "why"), KEYS, ids=["type", "map", "rule"])
def test_a_key_is_not_converted(bench: Bench, kind: Any, steps: Any, why: str) -> None:
    bench.put("007", a="1")
    bench.put("seven", a="2")
    before = bench.everything()
    file = made.file(FIELDS, version=2, changes=steps)
    file["properties"]["id"] = kind
    with pytest.raises(StoreTrouble, match=why):
        Bench(bench.engine, made.read(file)).put("007", 1, a="3")
    assert bench.everything() == before
    assert bench.put("007", 1, a="3")["outcome"] == "applied"


@pytest.mark.parametrize(
    ("fields", "steps", "why"),
    [
        ({"renamed": {"type": "string"}}, [], "a is gone"),
        ({}, [], "a is gone"),
        ({"a": {"type": "string", "maxLength": 1}}, [], "a has a rule that values may break"),
    ],
    ids=["renamed", "left out", "narrower"],
)
def test_a_version_that_loses_values_unsaid_is_refused(bench: Bench, fields: Any, steps: Any, why: str) -> None:
    bench.put("1", a="kept")
    before = bench.everything()
    file = made.file(fields, version=2, changes=steps)
    with pytest.raises(StoreTrouble, match=why):
        Bench(bench.engine, made.read(file)).put("1", 1)
    assert bench.everything() == before
    bench.put("1", 1, a="still")
