"""Batches: compare-and-set, outcomes, and the tables that pipelines read. On SQLite and PostgreSQL."""

from __future__ import annotations

import copy
import datetime
import json
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from leeward_companion.store import Seen, StoreTrouble, open_engine

from . import made
from .bench import AT, Bench, batch, change
from .conftest import new_database

MODEL = made.file({"a": {"type": "string"}, "b": {"type": "string"}, "n": {"type": "integer"}})


@pytest.fixture
def bench(engine: Engine) -> Bench:
    return Bench(engine, made.read(MODEL))


def test_a_record_is_created_changed_and_deleted(bench: Bench) -> None:
    created = bench.put("x", a="1")
    assert (created["outcome"], created["version"]) == ("applied", 1)
    changed = bench.put("x", 1, b="2")
    assert (changed["outcome"], changed["version"]) == ("applied", 2)
    row = bench.rows()[0]
    assert (row["id"], row["a"], row["b"], row["n"], row["_lw_version"]) == ("x", "1", "2", None, 2)
    assert row["_lw_changed_by"] == "ann"
    assert bench.delete("x", 2)["version"] == 3
    assert bench.rows() == []


def test_every_type_is_the_databases_own(engine: Engine) -> None:
    bench = Bench(engine, made.example())
    fields = {
        "rate": "1.085",
        "lots": 9223372036854775807,
        "seen_at": "2026-11-01T09:30:00.5+01:00",
        "limits": {"b": [1e2, 1.5], "a": None},
    }
    sent = bench.put('["EUR","2026-11-01"]', **fields)
    assert sent["outcome"] == "applied", sent
    row = bench.rows()[0]
    moment = datetime.datetime(2026, 11, 1, 8, 30, 0, 500000, tzinfo=datetime.timezone.utc)
    is_sqlite = engine.dialect.name == "sqlite"
    assert row["valid_from"] == ("2026-11-01" if is_sqlite else datetime.date(2026, 11, 1))
    assert row["rate"] == ("1.085" if is_sqlite else Decimal("1.085"))
    assert row["seen_at"] == ("2026-11-01T08:30:00.500000Z" if is_sqlite else moment)
    assert (row["lots"], row["source"], row["approved"]) == (2**63 - 1, "ECB", False)
    assert row["limits"] == '{"a":null,"b":[100,1.5]}'
    again = bench.put('["EUR","2026-11-01"]', None, seen_at="2026-11-01T08:30:00Z")
    assert again["row"]["seen_at"] == "2026-11-01T09:30:00.5+01:00", "the log keeps the zone"


@pytest.mark.parametrize(("seen_at", "is_kept"), [("0001-01-01T00:00:00Z", True), ("0001-01-01T00:00:00+01:00", False)])
def test_a_moment_at_the_edge_of_time(engine: Engine, seen_at: str, is_kept: bool) -> None:
    bench = Bench(engine, made.read(made.file({"t": {"type": "string", "format": "date-time"}})))
    sent = bench.put("x", t=seen_at)
    assert (sent["outcome"] == "applied") == is_kept
    assert is_kept or "year 1 to 9999" in sent["why"][0]["why"]
    if is_kept:
        assert bench.put("x", 1, t=seen_at)["version"] == 1, "a second look finds no change by SQL"


def test_generated_keys_have_a_column(engine: Engine) -> None:
    file = copy.deepcopy(MODEL)
    file["x-leeward"]["key"] = "ulid"
    bench = Bench(engine, made.read(file))
    key = "01JDX3K5WQ8Z9R7N2M4V6T8Y0B"
    assert bench.put(key, id="any", a="1")["outcome"] == "applied"
    assert bench.rows()[0]["_lw_key"] == key
    assert bench.put("no-ulid", id="any")["outcome"] == "refused"


def test_another_field_is_no_conflict_and_the_same_field_is(bench: Bench) -> None:
    bench.put("x", a="1", b="1")
    assert bench.put("x", 1, a="ann")["outcome"] == "applied"
    assert bench.put("x", 1, b="bob")["outcome"] == "applied"
    clash = bench.put("x", 1, a="bob")
    assert (clash["outcome"], clash["fields"], clash["version"]) == ("conflict", ["a"], 3)
    assert clash["row"] == {"id": "x", "a": "ann", "b": "bob"}
    assert bench.put("x", 1, a="ann")["outcome"] == "applied", "both say the same"
    assert bench.rows()[0]["_lw_version"] == 3, "and nothing was written for it"


def test_an_outcome_has_the_row_where_it_is_more_than_was_said(engine: Engine) -> None:
    fields = {"a": {"type": "string"}, "b": {"type": "string"}, "d": {"type": "string", "default": "usual"}}
    bench = Bench(engine, made.read(made.file(fields)))
    assert bench.put("x", a="1")["row"] == {"id": "x", "a": "1", "d": "usual"}, "a default"
    assert "row" not in bench.put("y", a="1", d="other"), "the key says its own field"
    assert "row" not in bench.put("x", 1, a="2")
    told = bench.put("x", 1, b="1")
    assert (told["outcome"], told["row"]) == ("applied", {"id": "x", "a": "2", "b": "1", "d": "usual"}), (
        "another's change"
    )
    assert bench.put("x", 1, a="2")["row"]["b"] == "1", "also where nothing is written"
    assert "row" not in bench.put("x", told["version"], a="2")
    assert "row" not in bench.delete("x", told["version"])


def test_fields_of_a_merge_unit_change_together(engine: Engine) -> None:
    file = made.file({"a": {"type": "string"}, "b": {"type": "string"}, "n": {"type": "integer"}}, merge=[["a", "b"]])
    bench = Bench(engine, made.read(file))
    bench.put("x", a="1", b="1")
    bench.put("x", 1, a="2")
    assert bench.put("x", 1, b="2")["fields"] == ["b"]
    assert bench.put("x", 1, n=1)["outcome"] == "applied"


def test_a_record_as_one_unit(engine: Engine) -> None:
    bench = Bench(engine, made.read(made.file({"a": {"type": "string"}, "b": {"type": "string"}}, merge="record")))
    bench.put("x", a="1", b="1")
    bench.put("x", 1, a="2")
    assert bench.put("x", 1, b="2")["outcome"] == "conflict"


def test_a_base_that_is_no_version_of_the_record_is_a_conflict(bench: Bench) -> None:
    """As after a restore: what the numbers named is gone, and some were given out again, to others."""
    bench.put("x", a="1", b="1")
    bench.put("y", a="1")
    bench.put("x", 1, a="2")
    for base in (2, 0, 4, 4711):
        clash = bench.put("x", base, b="2")
        assert (clash["outcome"], clash["fields"], clash["version"]) == ("conflict", ["b"], 3), base
        assert "that the log does not have" in clash["why"][0]["why"]
        gone = bench.delete("x", base)
        assert (gone["outcome"], gone["row"]["a"]) == ("conflict", "2"), base
    assert bench.put("x", 4711, a="2")["outcome"] == "applied", "it says so already"
    assert bench.put("new", 4711, a="2")["outcome"] == "conflict"
    assert "why" not in bench.put("x", 1, a="3")
    assert bench.put("x", 1, b="2")["outcome"] == "applied"


def test_a_batch_of_another_store_is_refused_whole(bench: Bench) -> None:
    bench.put("x", a="1")
    before = bench.everything()
    told = bench.send(batch(change("x", 1, set={"a": "2"}), change("y", set={"a": "1"}), store_id="f" * 32))
    assert (told["result"], told["store_id"]) == ("refused", bench.store_id())
    assert "was made on another store" in told["why"]
    assert bench.everything() == {**before, "leeward_batches": bench.everything()["leeward_batches"]}
    silent = bench.send(batch(change("x", 1, set={"a": "2"}), store_id=None))
    assert silent["why"] == "The batch has changes with a base, and store_id does not say of which store."
    assert bench.send(batch(change("y", set={"a": "1"}), store_id=None))["result"] == "done", "it names no version"


def go_back_to(bench: Bench, sequence: int) -> None:
    """Restore the database to what it was at that number, as far as its rows were all changed since."""
    bench.sql(f"DELETE FROM leeward_changes WHERE sequence > {sequence}")
    bench.sql(f"DELETE FROM things WHERE _lw_version > {sequence}")
    bench.sql(f"UPDATE leeward_store SET sequence = {sequence}")


def test_a_restored_store_gets_another_id_and_no_number_twice(bench: Bench) -> None:
    bench.put("x", a="1")
    client = bench.store_id()
    bench.put("y", a="seen by a client")
    bench.put("y", 2, a="2")
    bench.seen = Seen(str(client), 3)
    bench.put("x", None, a="1")
    assert bench.store_id() == client, "it has all that was seen"
    go_back_to(bench, 1)
    assert bench.put("y", a="on the lost state")["result"] == "refused", "it is noticed before anything is decided"
    assert bench.put("y", a="again")["version"] == 4
    assert bench.store_id() != client
    late = bench.send(batch(change("y", 2, set={"a": "3"}), store_id=client))
    assert late["result"] == "refused"
    assert bench.put("y", 2, a="3")["outcome"] == "conflict"
    new = bench.store_id()
    bench.put("y", 4, a="4")
    assert bench.store_id() == new, "once"


def test_tables_that_a_dump_was_read_into_are_another_store(cluster: str) -> None:
    engine = open_engine(new_database(cluster))
    bench = Bench(engine, made.read(MODEL))
    bench.put("x", a="1")
    before = bench.store_id()
    bench.put("x", 1, a="2")
    assert bench.store_id() == before
    bench.sql("ALTER TABLE leeward_store RENAME TO dumped")
    bench.sql("CREATE TABLE leeward_store AS SELECT * FROM dumped")
    bench.put("y", a="1")
    after = bench.store_id()
    assert after != before
    bench.put("y", 3, a="2")
    assert bench.store_id() == after
    engine.dispose()


def test_delete_against_edit_is_a_conflict_both_ways(bench: Bench) -> None:
    bench.put("x", a="1")
    bench.put("x", 1, a="2")
    refused = bench.delete("x", 1)
    assert (refused["outcome"], refused["row"]["a"]) == ("conflict", "2")
    assert bench.delete("x", 2)["outcome"] == "applied"
    gone = bench.put("x", 2, a="3")
    assert (gone["outcome"], gone["row"], gone["version"]) == ("conflict", None, 3)
    assert bench.delete("x", 2)["outcome"] == "applied", "both deleted it"


def test_what_was_made_anew_is_another_record(bench: Bench) -> None:
    bench.put("x", a="1", b="1")
    bench.delete("x", 1)
    assert bench.put("x", None, a="2")["version"] == 3
    assert bench.put("x", 1, b="2")["outcome"] == "conflict"
    assert bench.delete("x", 1)["outcome"] == "conflict"


def test_create_against_create_is_a_conflict_unless_equal(bench: Bench) -> None:
    bench.put("x", a="1")
    assert bench.put("x", None, a="2")["outcome"] == "conflict"
    assert bench.put("x", None, a="1")["outcome"] == "applied"


def test_a_field_can_be_taken_out(bench: Bench) -> None:
    bench.put("x", a="1", b="1")
    sent = bench.send(batch(change("x", 1, unset=["a"]), change("y", None, set={"a": "1"}, unset=["b"])))
    assert [one["outcome"] for one in sent["changes"]] == ["applied", "applied"]
    assert [(row["a"], row["b"]) for row in bench.rows()] == [(None, "1"), ("1", None)]
    refused = bench.send(batch(change("x", 3, unset=["id"])))["changes"][0]
    assert refused["why"] == [{"field": "id", "why": "is required"}]


def test_defaults_fill_new_records_alone(engine: Engine) -> None:
    bench = Bench(engine, made.read(made.file({"a": {"type": "boolean", "default": True}})))
    bench.put("x")
    assert bench.rows()[0]["a"] is True
    bench.send(batch(change("x", 1, unset=["a"])))
    assert bench.rows()[0]["a"] is None


def test_a_default_that_a_new_record_is_to_lack_is_left_out(engine: Engine) -> None:
    bench = Bench(engine, made.read(made.file({"a": {"type": "boolean", "default": True}, "b": {"type": "string"}})))
    assert bench.send(batch(change("x", set={"b": "1"}, unset=["a"])))["changes"][0]["outcome"] == "applied"
    assert (bench.rows()[0]["a"], bench.rows()[0]["b"]) == (None, "1")


def test_a_required_field_of_a_later_version_is_filled_with_the_next_change(bench: Bench) -> None:
    bench.put("x", a="1")
    file = made.file({**MODEL["properties"], "kind": {"type": "string", "default": "old"}}, version=2)
    file["required"].append("kind")
    later = Bench(bench.engine, made.read(file))
    assert later.put("x", 1, b="2")["outcome"] == "applied"
    assert later.rows()[0]["kind"] == "old"
    assert bench.sql("SELECT touched FROM leeward_changes WHERE sequence = 2") == [('["b","kind"]',)]
    assert later.put("x", 1, kind="mine")["outcome"] == "conflict"
    refused = later.send(batch(change("x", 2, unset=["kind"]), model=2))["changes"][0]
    assert refused["why"] == [{"field": "kind", "why": "is required"}]


def test_changes_are_refused_one_by_one_with_reasons(bench: Bench) -> None:
    sent = bench.send(
        batch(
            change("x", set={"a": "1"}),
            change("y", set={"n": "1.5", "nothing": 1}),
            change("z", set={"id": "other"}),
            change("", set={"a": "1"}),
        )
    )
    assert [one["outcome"] for one in sent["changes"]] == ["applied", *["refused"] * 3]
    why = [[(one["field"], one["why"]) for one in change["why"]] for change in sent["changes"][1:]]
    assert why[0] == [("n", "must be a whole number"), ("nothing", "is no field of version 1 of the data model")]
    assert why[1] == [("id", "is a field of the key, and says something else than it")]
    assert "has no key of this collection" in why[2][0][1]
    assert [row["id"] for row in bench.rows()] == ["x"]


def test_a_batch_again_changes_nothing_and_says_the_same(bench: Bench) -> None:
    bench.put("x", a="1")
    sent = batch(change("x", 1, set={"a": "2"}), change("x2", None, set={"n": "bad"}), change("x3", 1, set={"a": "1"}))
    first = bench.send(sent)
    assert [one["outcome"] for one in first["changes"]] == ["applied", "refused", "conflict"]
    bench.put("x", 2, a="3")
    before = bench.everything()
    assert bench.send(sent) == first
    bench.user, bench.at = "another run", AT + datetime.timedelta(days=1)
    assert bench.send({**sent, "attempt": 2}) == first
    assert bench.everything() == before


def test_the_id_of_a_batch_is_taken_once(bench: Bench, engine: Engine) -> None:
    sent = batch(change("x", set={"a": "1"}))
    bench.send(sent)
    before = bench.everything()
    other = {**sent, "changes": [change("y", set={"a": "1"})]}
    assert "that of another one" in bench.send(other)["why"]
    elsewhere = Bench(engine, made.read(made.file({"a": {"type": "string"}}, collection="others")))
    assert elsewhere.send(sent)["result"] == "refused"
    assert bench.everything()["leeward_changes"] == before["leeward_changes"]
    assert elsewhere.rows() == []


def test_another_version_of_the_model_is_refused_whole(bench: Bench) -> None:
    bench.put("before")
    sent = batch(change("x", set={"a": "1"}), model=2)
    first = bench.send(sent)
    assert first["result"] == "refused"
    assert first["why"] == "The batch was made with version 2 of the data model; here it is version 1."
    assert [row["id"] for row in bench.rows()] == ["before"]
    bench.model = made.read({**MODEL, "x-leeward": {**MODEL["x-leeward"], "version": 2}})
    assert bench.send(sent) == first, "a run that is cleared later says the same"


def test_the_author_is_airflows_or_a_claim(bench: Bench) -> None:
    bench.put("x", a="1")
    bench.user = None
    bench.put("x", 1, a="2")
    found = bench.sql("SELECT author, author_from FROM leeward_changes ORDER BY sequence")
    assert found == [("ann", "airflow"), ("ann@laptop", "client")]


def test_an_edit_by_sql_is_seen_before_it_is_replaced(bench: Bench) -> None:
    bench.put("x", a="1", b="1")
    bench.sql("UPDATE things SET a = 'by sql' WHERE id = 'x'")
    assert bench.put("x", 1, b="2")["outcome"] == "applied"
    clash = bench.put("x", 1, a="2")
    assert (clash["outcome"], clash["row"]["a"]) == ("conflict", "by sql")
    bench.sql("DELETE FROM things")
    assert bench.put("x", 3, b="3")["row"] is None
    bench.sql("INSERT INTO things (id, a) VALUES ('x', 'again')")
    assert bench.put("x", None, a="3")["row"] == {"id": "x", "a": "again"}
    found = bench.sql("SELECT op, author FROM leeward_changes ORDER BY sequence")
    assert found[1:] == [("put", "outside"), ("put", "ann"), ("delete", "outside"), ("create", "outside")]


def test_no_two_records_share_what_is_unique(engine: Engine) -> None:
    bench = Bench(engine, made.read(made.file({"a": {"type": "string"}, "b": {"type": "string"}}, unique=[["a"]])))
    bench.put("x", a="1")
    clash = bench.put("y", a="1")
    assert clash["why"] == [{"field": "a", "why": "has a value that another record has: a"}]
    assert bench.put("y", b="1")["outcome"] == "applied", "a missing value is shared with nobody"
    swap = bench.send(batch(change("x", 1, unset=["a"]), change("y", 2, set={"a": "1"})))
    assert [one["outcome"] for one in swap["changes"]] == ["applied", "applied"]
    twice = bench.send(batch(change("p", set={"a": "2"}), change("q", set={"a": "2"})))
    assert [one["outcome"] for one in twice["changes"]] == ["applied", "refused"]


@pytest.mark.parametrize("refused", [False, True])
def test_many_that_share_are_told_in_one_pass(engine: Engine, refused: bool) -> None:
    """Each takes the value of the next: one that is refused leaves no room to all before it."""
    count = 500
    bench = Bench(engine, made.read(made.file({"a": {"type": "string"}, "n": {"type": "integer"}}, unique=[["a"]])))
    keys = [f"k{index:04}" for index in range(count)]
    bench.send(batch(*(change(key, set={"a": key}) for key in keys), change("taken", set={"a": "taken"})))
    statements: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    last = "taken" if refused else "free"
    changes = [
        change(key, n + 1, set={"a": after}) for n, (key, after) in enumerate(zip(keys, [*keys[1:], last], strict=True))
    ]
    told = bench.send(batch(*changes))
    assert {one["outcome"] for one in told["changes"]} == {"refused" if refused else "applied"}
    reads = [one for one in statements if one.startswith("SELECT") and 'FROM "things"' in one and "WHERE" not in one]
    assert len(reads) == 1
    assert len([one for one in statements if one.startswith("SELECT")]) < 60


def test_a_refusal_leaves_no_room_to_others(engine: Engine) -> None:
    """The swap needs the first to give up its value; when that is refused, so is the other."""
    file = made.file({"a": {"type": "string"}, "b": {"type": "string"}}, unique=[["a"], ["b"]])
    bench = Bench(engine, made.read(file))
    bench.send(batch(change("x", set={"a": "1"}), change("y", set={"a": "2"}), change("z", set={"b": "taken"})))
    sent = bench.send(batch(change("x", 1, set={"a": "3", "b": "taken"}), change("y", 2, set={"a": "1"})))
    assert [one["outcome"] for one in sent["changes"]] == ["refused", "refused"]


def test_a_reference_needs_its_record(engine: Engine) -> None:
    file = made.file({"c": {"type": "string"}}, references={"c": "currencies"})
    bench = Bench(engine, made.read(file))
    assert bench.put("free", c="EUR")["outcome"] == "applied", "of a collection elsewhere nothing is known"
    others = Bench(engine, made.read(made.file({}, collection="currencies")))
    others.put("EUR")
    assert bench.put("x", c="EUR")["outcome"] == "applied"
    told = bench.put("y", c="USD")
    assert told["why"] == [{"field": "c", "why": "refers to a record that currencies does not have"}]
    others.delete("EUR", 2)
    assert bench.put("z", c="EUR")["outcome"] == "refused"


def test_references_within_a_batch(engine: Engine) -> None:
    """To a record that the batch makes, that it does not make after all, and that it deletes."""
    file = made.file({"up": {"type": "string"}, "n": {"type": "integer"}}, references={"up": "things"}, unique=[["n"]])
    bench = Bench(engine, made.read(file))
    made_here = bench.send(batch(change("a", set={"up": "b"}), change("b", set={"up": "b", "n": 1})))
    assert [one["outcome"] for one in made_here["changes"]] == ["applied", "applied"]
    chain = [change("c", set={"up": "d"}), change("d", set={"up": "e"}), change("e", set={"n": 1})]
    told = bench.send(batch(*chain, change("f", set={"up": "b"})))
    assert [one["outcome"] for one in told["changes"]] == ["refused", "refused", "refused", "applied"]
    gone = bench.send(batch(change("b", 2, op="delete"), change("g", set={"up": "b"})))
    assert [one["outcome"] for one in gone["changes"]] == ["applied", "refused"]


def test_a_model_grows_by_a_field(bench: Bench) -> None:
    bench.put("x", a="1")
    bench.model = made.read(made.file({**MODEL["properties"], "more": {"type": "integer"}}, version=2))
    assert bench.put("x", 1, more=7)["outcome"] == "applied"
    assert (bench.rows()[0]["more"], bench.rows()[0]["a"]) == (7, "1")


def test_a_model_changes_by_steps(bench: Bench) -> None:
    bench.put("x", a="12", b="keep")
    bench.put("y", b="only")
    steps = [{"version": 2, "rename": "a", "to": "c"}, {"version": 2, "convert": "c"}, {"version": 2, "drop": "n"}]
    fields = {"c": {"type": "integer"}, "b": {"type": "string"}}
    bench.model = made.read(made.file(fields, version=2, changes=steps))
    assert bench.put("x", 1, c=13)["outcome"] == "applied"
    assert [(row["id"], row["c"], row["b"]) for row in bench.rows()] == [("x", 13, "keep"), ("y", None, "only")]
    assert bench.sql("SELECT author FROM leeward_changes WHERE author = 'outside'") == []


def test_a_model_that_records_do_not_fit_changes_nothing(bench: Bench) -> None:
    bench.put("x", a="twelve")
    before = bench.everything()
    fields = {**MODEL["properties"], "a": {"type": "integer"}}
    later = Bench(bench.engine, made.read(made.file(fields, version=2, changes=[{"version": 2, "convert": "a"}])))
    with pytest.raises(StoreTrouble, match=r"1 records of things do not fit version 2 of its model \('x'\)"):
        later.put("x", 1, b="2")
    assert bench.everything() == before


def test_models_that_lie_are_refused(bench: Bench) -> None:
    bench.put("x", a="1")
    before = bench.everything()
    silent = Bench(bench.engine, made.read(made.file({"a": {"type": "integer"}})))
    with pytest.raises(StoreTrouble, match=r"says that it is version 1 still"):
        silent.put("x", 1, a=2)
    key = {**MODEL, "required": ["id", "a"], "x-leeward": {**MODEL["x-leeward"], "version": 2, "key": ["a"]}}
    with pytest.raises(StoreTrouble, match=r"has another key"):
        Bench(bench.engine, made.read(key)).put("1", None)
    assert bench.everything() == before
    newer = Bench(bench.engine, made.read({**MODEL, "x-leeward": {**MODEL["x-leeward"], "version": 2}}))
    newer.put("x", 1, a="2")
    with pytest.raises(StoreTrouble, match=r"has version 2 of the model of things, and this file is version 1"):
        bench.put("x", 2, a="3")


def test_a_table_that_is_not_ours_is_left_alone(bench: Bench) -> None:
    bench.sql("CREATE TABLE things (id TEXT, precious TEXT)")
    bench.sql("INSERT INTO things VALUES ('x', 'data')")
    with pytest.raises(StoreTrouble, match=r"has a table things that Leeward did not make"):
        bench.put("x", a="1")
    assert bench.sql("SELECT * FROM things") == [("x", "data")]


@pytest.mark.parametrize("name", ["order", "select", "user", "table"])
def test_words_of_sql_are_names_like_others(engine: Engine, name: str) -> None:
    bench = Bench(engine, made.read(made.file({"from": {"type": "string"}, name: {"type": "string"}}, collection=name)))
    bench.put("x", **{"from": "1", name: "2"})
    assert bench.put("x", 1, **{name: "3"})["outcome"] == "applied"
    assert bench.delete("x", 2)["outcome"] == "applied"


def test_a_failure_in_the_middle_leaves_nothing(bench: Bench) -> None:
    """The last statement of a batch fails: neither rows nor log nor outcomes are there."""
    bench.put("x", a="1")
    before = bench.everything()
    sent = batch(change("x", 1, set={"a": "2"}), change("y", set={"a": "1"}))

    def fail(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "INSERT INTO leeward_batches" in statement:
            raise RuntimeError("the power went")

    sa.event.listen(bench.engine, "before_cursor_execute", fail)
    with pytest.raises(RuntimeError, match="the power went"):
        bench.send(sent)
    sa.event.remove(bench.engine, "before_cursor_execute", fail)
    assert bench.everything() == before
    assert [one["outcome"] for one in bench.send(sent)["changes"]] == ["applied", "applied"]


def test_many_changes_at_once(bench: Bench) -> None:
    keys = [f"k{index}" for index in range(1000)]
    bench.send(batch(*(change(key, set={"a": "1"}) for key in keys)))
    versions = {row["id"]: row["_lw_version"] for row in bench.rows()}
    assert sorted(versions.values()) == list(range(1, 1001))
    sent = bench.send(batch(*(change(key, versions[key], set={"a": "2"}) for key in keys)))
    assert {one["outcome"] for one in sent["changes"]} == {"applied"}
    assert json.dumps(sent).count("applied") == 1000


def renamed(bench: Bench, **more: Any) -> Bench:
    """The bench with version 2 of the model, where `a` is called `c`."""
    steps = [{"version": 2, "rename": "a", "to": "c"}, {"version": 2, "drop": "n"}]
    fields = {"c": {"type": "string"}, "b": {"type": "string"}}
    return Bench(bench.engine, made.read(made.file(fields, version=2, changes=steps, **more)))


def test_an_edit_of_a_field_that_was_renamed_since_is_seen(bench: Bench) -> None:
    bench.put("x", a="1", b="1")
    bench.put("x", 1, a="bob's")
    later = renamed(bench)
    clash = later.put("x", 1, c="ann's")
    assert (clash["outcome"], clash["fields"], clash["row"]["c"]) == ("conflict", ["c"], "bob's")
    assert later.put("x", 1, b="ann's")["outcome"] == "applied", "another field is no conflict"
    assert later.rows()[0]["c"] == "bob's"


def test_an_edit_of_a_field_whose_name_another_has_by_now_is_no_conflict(bench: Bench) -> None:
    bench.put("x", a="1", b="1")
    bench.put("x", 1, b="bob's")
    steps = [{"version": 2, "drop": "b"}, {"version": 2, "rename": "a", "to": "b"}]
    fields = {"b": {"type": "string"}, "n": {"type": "integer"}}
    later = Bench(bench.engine, made.read(made.file(fields, version=2, changes=steps)))
    assert later.put("x", 1, b="ann's")["outcome"] == "applied"
    assert later.rows()[0]["b"] == "ann's"


def test_as_one_unit_an_edit_of_a_dropped_field_is_seen(bench: Bench) -> None:
    bench.put("x", a="1", n=1)
    bench.put("x", 1, n=2)
    assert renamed(bench, merge="record").put("x", 1, c="2")["outcome"] == "conflict"


def test_steps_that_were_taken_are_kept(bench: Bench) -> None:
    bench.put("x", a="1")
    renamed(bench).put("x", 1, c="2")
    fields = {"c": {"type": "string"}, "b": {"type": "string"}}
    forgetful = Bench(bench.engine, made.read(made.file(fields, version=3)))
    with pytest.raises(StoreTrouble, match=r"has other steps in `changes` for versions up to 2"):
        forgetful.put("x", 2, c="3")
