"""Hostile and malformed batches: refused whole with a reason, or harmless, and nothing half written."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from . import made
from .bench import Bench, batch, change

HOSTILE = [
    "'; DROP TABLE things; --",
    '"; DROP TABLE things; --',
    "%s %(a)s :a ? $1 {a} \\",
    "__proto__",
    "constructor",
    "\u202eevil\ufeff",
    "a\nb\tc\r",
    "🦀" * 50,
    "' OR '1'='1",
]


@pytest.fixture
def bench(engine: Engine) -> Bench:
    fields = {"a": {"type": "string"}, "n": {"type": "integer"}, "j": {}, "d": {"type": "string", "format": "date"}}
    bench = Bench(engine, made.read(made.file(fields)))
    bench.put("safe", a="1")
    return bench


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_texts_are_texts(bench: Bench, text: str) -> None:
    sent = bench.send(batch(change(text, set={"a": text, "j": {text: text}}), client={"id": text[:9], "name": text}))
    assert sent["changes"][0]["outcome"] == "applied", sent
    row = next(row for row in bench.rows() if row["id"] == text)
    assert row["a"] == text
    assert bench.put(text, 2, a="2")["outcome"] == "applied"
    assert bench.delete(text, 3)["outcome"] == "applied"
    assert [row["id"] for row in bench.rows()] == ["safe"]


@pytest.mark.parametrize("name", ["a; DROP TABLE things", 'a" = 1 --', "__proto__", "_lw_version", "A", "", "x" * 300])
def test_a_hostile_name_is_no_field(bench: Bench, name: str) -> None:
    sent = bench.send(batch(change("x", set={name: "1"}), change("y", set={"a": "1"}, unset=[name])))
    assert [one["outcome"] for one in sent["changes"]] == ["refused", "refused"]
    assert sent["changes"][0]["why"][0]["field"] == name
    assert [row["id"] for row in bench.rows()] == ["safe"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n", 2**63),
        ("n", -(2**63) - 1),
        ("n", 10**400),
        ("n", 1e300),
        ("n", "9" * 5000),
        ("n", True),
        ("n", [1]),
        ("n", {}),
        ("a", "a\0b"),
        ("a", None),
        ("d", "2026-02-30"),
        ("d", "0000-01-01"),
        ("d", "infinity"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_value_that_its_column_cannot_hold_is_refused(bench: Bench, field: str, value: Any) -> None:
    before = bench.rows()
    sent = bench.put("x", **{field: value})
    assert (sent["outcome"], sent["why"][0]["field"]) == ("refused", field)
    assert bench.rows() == before


def test_nul_is_kept_where_json_spells_it_and_refused_elsewhere(bench: Bench) -> None:
    assert bench.put("x", j={"a": "a\0b"})["outcome"] == "applied"
    assert next(row for row in bench.rows() if row["id"] == "x")["j"] == '{"a":"a\\u0000b"}'
    assert bench.put("k\0", a="1")["outcome"] == "refused"
    assert bench.send(batch(change("y", reason="a\0b")))["result"] == "refused"
    assert bench.send(batch(change("y"), client={"name": "a\0b"}))["result"] == "refused"


def test_a_record_has_a_longest_length(bench: Bench) -> None:
    text = "é" * 1_000_000
    assert bench.put("x", a=text)["outcome"] == "applied"
    assert next(row for row in bench.rows() if row["id"] == "x")["a"] == text
    before = bench.rows()
    refused = bench.put("x", 2, j="x" * 100_000)
    assert refused["outcome"] == "refused"
    assert "1048576 is the most, since every desktop reads it whole" in refused["why"][0]["why"]
    assert bench.put("y", a=text * 2)["outcome"] == "refused"
    assert bench.rows() == before
    assert bench.put("x", 2, a="short")["outcome"] == "applied"
    assert "is the most" in bench.put("y", a="x" * (16 * 1024 * 1024))["why"]


def test_an_outcome_leaves_records_out_for_which_it_has_no_room(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leeward_companion.ingest.ROWS_LENGTH_MAX", 250)
    for key in "pqr":
        bench.put(key, a=key * 100)
    told = bench.send(batch(*(change(key, set={"a": "2"}) for key in "pqr"), change("gone", 1, set={"a": "1"})))[
        "changes"
    ]
    assert [one["outcome"] for one in told] == ["conflict"] * 4
    assert ["row" in one for one in told] == [True, True, False, True]
    assert ["left_out" in one for one in told] == [False, False, True, False]
    assert (told[2]["version"], told[3]["row"]) == (4, None)
    first = bench.put("s", a="s" * 300)["version"]
    bench.put("s", first, n=1)
    told = bench.send(batch(change("s", first, set={"j": "1"})))["changes"]
    assert (told[0]["outcome"], told[0]["left_out"], "row" in told[0]) == ("applied", True, False)


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


MALFORMED: list[Any] = [
    None,
    [],
    "text",
    {},
    {"leeward": "1"},
    {"leeward": 2},
    {"leeward": True},
    {"changes": {}},
    {"changes": []},
    {"changes": [None]},
    {"changes": [[]]},
    {"batch": ""},
    {"batch": None},
    {"batch": "a b"},
    {"batch": "x" * 65},
    {"batch": "'; DROP TABLE things; --"},
    {"model": "1"},
    {"model": None},
    {"model": -1},
    {"model": 1.5},
    {"model": 10**30},
    {"attempt": "x"},
    {"client": "ann"},
    {"client": {"name": 1}},
    {"client": {"name": "x" * 251}},
    {"client": {"id": "\ud800"}},
    {"client": {"__proto__": "x"}},
    {"more": 1},
    {"__proto__": {}},
]


@pytest.mark.parametrize("wrong", MALFORMED, ids=lambda value: str(value)[:40])
def test_a_malformed_batch_is_refused_whole(bench: Bench, wrong: Any) -> None:
    before = bench.everything()
    conf = {**batch(change("x", set={"a": "1"})), **wrong} if isinstance(wrong, dict) and wrong else wrong
    told = bench.send(conf)
    assert told["result"] == "refused"
    assert told["why"].endswith((".", "-")), told
    assert bench.everything() == before


WRONG_CHANGES: list[Any] = [
    {"op": "upsert"},
    {"op": None},
    {"key": 1},
    {"key": None},
    {"key": "\udc00"},
    {"base": "1"},
    {"base": -1},
    {"base": 1.5},
    {"base": True},
    {"base": 10**19},
    {"set": []},
    {"set": {"a": "\ud800"}},
    {"set": {"j": {"\ud800": 1}}},
    {"set": {"j": float("nan")}},
    {"set": {"j": float("inf")}},
    {"set": {"j": deep(200)}},
    {"unset": "a"},
    {"unset": [1]},
    {"unset": ["a", "a"]},
    {"unset": ["a"], "set": {"a": "1"}},
    {"op": "delete", "set": {"a": "1"}},
    {"id": ""},
    {"id": 1},
    {"reason": 1},
    {"reason": "x" * 10_001},
    {"state": "draft"},
    {"effective_at": "2027-01-01"},
    {"sql": "DROP TABLE things"},
]


@pytest.mark.parametrize("wrong", WRONG_CHANGES, ids=lambda value: str(value)[:40])
def test_a_malformed_change_refuses_the_whole_batch(bench: Bench, wrong: Any) -> None:
    before = bench.everything()
    sent = batch(change("good", set={"a": "1"}), {**change("x", set={"a": "1"}), **wrong})
    told = bench.send(sent)
    assert told["result"] == "refused", told
    assert bench.everything() == before


def test_what_is_repeated_refuses_the_whole_batch(bench: Bench) -> None:
    one = change("x", set={"a": "1"})
    for changes in ([one, {**one, "key": "y"}], [one, {**one, "id": "other"}]):
        assert "repeats" in bench.send(batch(*changes))["why"]
    assert "1 to 10000" in bench.send(batch(*(change(f"k{n}") for n in range(10_001))))["why"]


def test_what_is_sent_is_not_changed(bench: Bench) -> None:
    sent = batch(change("x", set={"j": {"b": [1.5, 2], "a": None}}))
    before = copy.deepcopy(sent)
    bench.send(sent)
    assert sent == before


def test_numbers_in_json_keep_their_digits(bench: Bench) -> None:
    bench.put("x", j=[1.0, 1e21, 9007199254740993, 0.1, -0.0])
    row = next(row for row in bench.rows() if row["id"] == "x")
    assert row["j"] == "[1,1e+21,9007199254740993,0.1,0]"


def test_an_error_of_the_database_does_not_list_the_values(bench: Bench) -> None:
    """It stands in a task's log, which more people read than the table."""
    with bench.engine.connect() as connection, pytest.raises(sa.exc.DBAPIError) as failed:
        connection.execute(sa.text("INSERT INTO things (id, missing) VALUES (:id, :a)"), {"id": "x", "a": "1"})
    assert "[parameters" not in str(failed.value)


def test_a_word_of_sql_becomes_a_column(bench: Bench) -> None:
    fields = {"a": {"type": "string"}, "n": {"type": "integer"}, "j": {}, "d": {"type": "string", "format": "date"}}
    words = {word: {"type": "string"} for word in ("collation", "lateral", "concurrently", "tablesample", "order")}
    bench.model = made.read(made.file({**fields, **words}, version=2))
    assert bench.put("safe", 1, lateral="2")["outcome"] == "applied"
    assert bench.rows()[0]["lateral"] == "2"
