"""What is published, and a reader of it. On SQLite and PostgreSQL."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from leeward_companion.publish import CHUNK_LENGTH, Publication, Published, publish
from leeward_companion.store import Seen

from . import made
from .bench import AT, Bench, batch, change
from .reader import Noticed, Reader

FIELDS = {"a": {"type": "string"}, "n": {"type": "integer"}, "j": {}}
DAY = datetime.timedelta(days=1)


@dataclass
class Newsroom:
    """A store with two collections, and Airflow's part in publishing: the XComs of each run."""

    things: Bench
    others: Bench
    xcoms: dict[str, dict[str, str]] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: count(1))

    def publish(self, run: str = "", at: datetime.datetime = AT, **more: Any) -> Published:
        run = run or f"run-{next(self.numbers)}"
        models = [self.things.model, self.others.model]
        published = publish(self.things.engine, models, Publication(run, at, **more))
        self.xcoms[run] = dict(published.pieces)
        return published

    def fetch(self, run: str, name: str) -> str:
        return self.xcoms[run][name]

    def reader(self, collection: str = "things") -> Reader:
        return Reader(collection, self.fetch)


@pytest.fixture
def room(engine: Engine) -> Newsroom:
    things = Bench(engine, made.read(made.file(FIELDS)))
    return Newsroom(things, Bench(engine, made.read(made.file(FIELDS, collection="others"))))


def held(reader: Reader) -> dict[str, Any]:
    return {key: fields for key, (_, fields) in reader.records.items()}


def test_a_reader_follows_by_segments(room: Newsroom) -> None:
    room.things.put("x", a="1", j={"b": [1.5, None]})
    reader = room.reader()
    reader.bring_up_to_date(room.publish().head)
    assert held(reader) == {"x": {"a": "1", "id": "x", "j": {"b": [1.5, None]}}}
    room.things.put("x", 1, a="2")
    room.things.put("y", n=2**63 - 1)
    reader.bring_up_to_date(room.publish().head)
    assert held(reader)["y"] == {"id": "y", "n": str(2**63 - 1)}
    room.things.delete("x", 2)
    reader.bring_up_to_date(room.publish().head)
    assert list(held(reader)) == ["y"]
    assert reader.has_read == ["snapshot", "segment", "segment"]


def test_a_quiet_time_publishes_nothing(room: Newsroom) -> None:
    room.things.put("x", a="1")
    first = room.publish()
    reader = room.reader()
    reader.bring_up_to_date(first.head)
    before = room.things.everything()
    again = room.publish()
    assert (again.pieces, again.head) == ({}, first.head)
    assert room.things.everything() == before
    room.others.put("o", a="1")
    reader.bring_up_to_date(room.publish().head)
    assert reader.has_read == ["snapshot"], "what another collection did is not read"


def test_a_reader_that_missed_a_while_joins_on(room: Newsroom) -> None:
    reader, late = room.reader(), room.reader()
    room.things.put("x", a="1")
    late.bring_up_to_date(room.publish().head)
    for index in range(5):
        room.things.put(f"k{index}", n=index)
        room.others.put(f"k{index}", n=index)
        head = room.publish().head
    reader.bring_up_to_date(head)
    late.bring_up_to_date(head)
    assert held(late) == held(reader)
    assert late.has_read == ["snapshot"] + ["segment"] * 5


def test_a_run_that_is_cleared_publishes_its_pieces_again(room: Newsroom) -> None:
    room.things.put("x", a="1")
    first = room.publish("scheduled")
    room.things.put("x", 1, a="2")
    room.publish("later")
    room.xcoms["scheduled"] = {}
    again = room.publish("scheduled")
    assert first.pieces.items() <= again.pieces.items()
    reader = room.reader()
    reader.bring_up_to_date(again.head)
    assert held(reader)["x"]["a"] == "2"


def test_a_snapshot_that_is_asked_for_needs_no_earlier_run(room: Newsroom) -> None:
    room.things.put("x", a="1")
    room.publish()
    room.things.put("x", 1, a="2")
    room.publish()
    head = room.publish("asked", wants_snapshot=True).head
    room.xcoms = {"asked": room.xcoms["asked"]}
    reader = room.reader()
    reader.bring_up_to_date(head)
    assert held(reader)["x"]["a"] == "2"
    assert room.publish("asked again", wants_snapshot=True).pieces


def test_edits_by_sql_are_published_as_such(room: Newsroom) -> None:
    room.things.put("x", a="1")
    reader = room.reader()
    reader.bring_up_to_date(room.publish().head)
    room.things.sql("UPDATE things SET a = 'by sql'")
    room.things.sql("INSERT INTO things (id, n) VALUES ('new', 7)")
    published = room.publish()
    reader.bring_up_to_date(published.head)
    assert held(reader) == {"x": {"a": "by sql", "id": "x"}, "new": {"id": "new", "n": "7"}}
    segment = json.loads(next(iter(published.pieces.values())))
    assert [(one["author"], one["author_from"]) for one in segment["changes"]] == [("outside", "table")] * 2
    assert room.publish().pieces == {}, "once"
    assert room.things.put("x", 1, a="2")["outcome"] == "conflict"


def test_damage_a_gap_and_another_store_are_noticed(room: Newsroom) -> None:
    room.things.put("x", a="1")
    reader = room.reader()
    reader.bring_up_to_date(room.publish("one").head)
    room.things.put("x", 1, a="2")
    head = room.publish("two").head
    name, piece = next(iter(room.xcoms["two"].items()))
    room.xcoms["two"][name] = piece.replace('"2"', '"3"')
    with pytest.raises(Noticed, match="damage"):
        reader.bring_up_to_date(head)
    room.xcoms["two"][name] = piece
    said = json.loads(head)
    said["collections"]["things"]["segments"] = []
    with pytest.raises(Noticed, match="not those that are published"):
        reader.bring_up_to_date(json.dumps(said))
    with pytest.raises(Noticed, match="another store"):
        reader.bring_up_to_date(head.replace(said["store_id"], "f" * 32))
    with pytest.raises(Noticed, match="the store went back"):
        reader.bring_up_to_date(json.dumps({**said, "sequence": 0}))


def test_a_long_text_comes_in_pieces(room: Newsroom) -> None:
    text = 'é🦀\\"' * (CHUNK_LENGTH // 2)
    room.things.put("x", a=text)
    published = room.publish()
    assert len(published.pieces) > 4
    assert max(map(len, published.pieces.values())) == CHUNK_LENGTH
    reader = room.reader()
    reader.bring_up_to_date(published.head)
    assert held(reader)["x"]["a"] == text


def test_old_segments_are_let_go_and_a_reader_falls_back(room: Newsroom) -> None:
    reader = room.reader()
    room.things.put("x", n=0)
    reader.bring_up_to_date(room.publish().head)
    for index in range(60):
        room.things.put("x", index + 1, n=index + 1)
        head = room.publish().head
    said = json.loads(head)["collections"]["things"]
    assert len(said["segments"]) < 60
    reader.bring_up_to_date(head)
    assert reader.has_read == ["snapshot", "snapshot", *["segment"] * (len(reader.has_read) - 2)]
    assert held(reader)["x"]["n"] == "60"


def test_the_old_log_is_let_go_and_nothing_is_lost_by_it(room: Newsroom) -> None:
    room.things.put("x", a="1", n=1)
    room.things.put("x", 1, a="2")
    room.things.put("gone", a="1")
    room.things.delete("gone", 3)
    room.publish(at=AT)
    for days in (100, 102):
        room.publish(at=AT + days * DAY)
    kept = room.things.sql("SELECT sequence FROM leeward_changes ORDER BY sequence")
    assert kept == [(2,)], "the newest of each record that is there"
    assert room.things.put("x", 1, n=2)["outcome"] == "conflict", "what was touched since is not known any more"
    assert room.things.put("x", 2, n=2)["outcome"] == "applied"
    assert room.things.put("gone", 3, a="2")["outcome"] == "conflict"


def test_what_was_seen_within_the_time_is_kept_for_the_compare(room: Newsroom) -> None:
    """A version is older than the log is kept, and was the record's for most of that time."""
    room.things.put("x", a="1", n=1)
    room.publish(at=AT)
    room.things.at = AT + 100 * DAY
    room.things.put("x", 1, a="2")
    for days in (101, 103):
        room.publish(at=AT + days * DAY)
    assert room.things.put("x", 1, n=2)["outcome"] == "applied", "what was touched since is known"
    assert room.things.put("x", 1, a="3")["fields"] == ["a"]
    for days in (300, 302):
        room.publish(at=AT + days * DAY)
    assert "that the log does not have" in room.things.put("x", 1, a="4")["why"][0]["why"]
    assert room.things.put("x", 2, n=3)["fields"] == ["n"]
    assert room.things.put("x", 2, a="4")["outcome"] == "applied"


def test_a_snapshot_is_made_anew_each_day_and_for_another_model(room: Newsroom) -> None:
    room.things.put("x", a="1")
    room.publish()
    assert room.publish(at=AT + DAY / 2).pieces == {}
    assert set(room.publish(at=AT + DAY).pieces) == {"snapshot-1-0-things", "snapshot-1-0-others"}
    room.things.model = made.read(made.file({**FIELDS, "more": {}}, version=2))
    assert set(room.publish(at=AT + DAY).pieces) == {"snapshot-1-0-things"}


def test_trouble_of_one_collection_holds_up_no_other(room: Newsroom) -> None:
    room.things.put("x", a="1")
    room.others.put("o", a="1")
    room.things.model = made.read(made.file({"a": {"type": "integer"}}))
    published = room.publish()
    assert list(json.loads(published.head)["collections"]) == ["others"]
    assert "says that it is version 1 still" in published.troubles["things"]


def test_all_collections_are_of_one_moment(room: Newsroom) -> None:
    room.things.send(batch(change("x", set={"a": "1"}), change("y", set={"a": "1"})))
    room.others.put("o", a="1")
    head = json.loads(room.publish().head)
    assert {said["snapshot"]["to"] for said in head["collections"].values()} == {head["sequence"]} == {3}


def test_a_restored_store_is_published_anew(room: Newsroom) -> None:
    room.things.put("x", a="1")
    room.publish("one")
    room.things.put("y", a="2")
    before = json.loads(room.publish("two").head)
    room.things.sql("DELETE FROM leeward_changes WHERE sequence > 1")
    room.things.sql("DELETE FROM things WHERE id = 'y'")
    room.things.sql("UPDATE leeward_store SET sequence = 1")
    seen = Seen(before["store_id"], before["sequence"])
    after = room.publish("three", seen=seen).head
    assert json.loads(after)["store_id"] != before["store_id"]
    reader = room.reader()
    reader.bring_up_to_date(after)
    assert list(held(reader)) == ["x"]
    assert json.loads(room.publish("four", seen=seen).head)["store_id"] == reader.store_id, "once"
    room.things.put("z", a="3")
    reader.bring_up_to_date(room.publish("five").head)
    assert reader.sequence == 3, "the lost number is not given out again"


def test_a_person_says_that_the_store_was_restored(room: Newsroom) -> None:
    room.things.put("x", a="1")
    before = room.publish().head
    after = room.publish("asked", was_restored=True).head
    assert json.loads(after)["store_id"] != json.loads(before)["store_id"]
    room.reader().bring_up_to_date(after)
    assert room.publish("asked", was_restored=True).head == after, "a run that is cleared says it once"


def test_a_row_whose_key_the_model_forbids_is_set_aside_and_said(room: Newsroom) -> None:
    file = made.file({"a": {"type": "string"}, "b": {"type": "string"}}, collection="coded", unique=[["a"]])
    file["properties"]["id"] = {"type": "string", "pattern": "^[A-Z]{3}$"}
    coded = Bench(room.things.engine, made.read(file))
    coded.put("EUR", a="1")
    coded.sql("INSERT INTO coded (id, a) VALUES ('no code', '2'), ('', '3')")
    coded.sql("UPDATE coded SET b = 'by sql' WHERE id = 'EUR'")
    assert coded.put("USD", a="2")["outcome"] == "applied", "what is no record holds no value"
    room.others = coded
    room.things.put("x", a="1")
    published = room.publish()
    assert set(json.loads(published.head)["collections"]) == {"things", "coded"}
    said = published.troubles["coded"]
    assert "2 rows of the table coded have a key that its model does not allow" in said
    assert '["no code"]: id is a field of the key, and must have the form ^[A-Z]{3}$.' in said
    reader = room.reader("coded")
    reader.bring_up_to_date(published.head)
    assert held(reader) == {"EUR": {"a": "1", "b": "by sql", "id": "EUR"}, "USD": {"a": "2", "id": "USD"}}
    coded.model = made.read(
        {**file, "properties": {**file["properties"], "more": {}}, "x-leeward": {**file["x-leeward"], "version": 2}}
    )
    assert coded.put("USD", 2, a="4")["outcome"] == "applied", "a newer model is taken up around them"
    assert sorted(coded.sql("SELECT id FROM coded")) == [("",), ("EUR",), ("USD",), ("no code",)]


def test_what_sql_writes_in_another_spelling_is_read_as_it_is_meant(engine: Engine) -> None:
    fields = {
        "rate": {"type": "string", "format": "decimal", "x-leeward": {"scale": 4}},
        "on": {"type": "boolean"},
        "off": {"type": "boolean"},
        "day": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"},
        "j": {},
    }
    bench = Bench(engine, made.read(made.file(fields)))
    is_sqlite = engine.dialect.name == "sqlite"
    more = {"on": True, "off": False, "day": "2026-11-01", "at": "2026-11-01T09:30:00.5+01:00", "j": {"a": [1, "é"]}}
    bench.put("x", rate="1.5", **more)
    bench.sql("UPDATE things SET rate = '1.500', j = '{\"a\": [1.0, \"\\u00e9\"] }'")
    if is_sqlite:
        bench.sql("UPDATE things SET \"on\" = 'true', \"off\" = 'FALSE'")
    room = Newsroom(bench, Bench(engine, made.read(made.file({}, collection="others"))))
    reader = room.reader()
    reader.bring_up_to_date(room.publish().head)
    assert bench.sql("SELECT author FROM leeward_changes") == [("ann",)], "nothing was changed"
    assert held(reader)["x"] == {"id": "x", "rate": "1.5", **more}


def test_what_no_type_takes_is_read_and_said(engine: Engine) -> None:
    fields = {
        "rate": {"type": "string", "format": "decimal", "x-leeward": {"scale": 4}},
        "day": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"},
        "b": {"type": "string"},
    }
    bench = Bench(engine, made.read(made.file(fields)))
    bench.put("x", b="1")
    bench.sql("INSERT INTO things (id, rate) VALUES ('nan', 'NaN')")
    bench.sql("INSERT INTO things (id, day, at) VALUES ('late', 'infinity', '-infinity')")
    bench.sql("INSERT INTO things (id, day) VALUES ('old', '0044-03-15 BC')")
    room = Newsroom(bench, Bench(engine, made.read(made.file({}, collection="others"))))
    reader = room.reader()
    reader.bring_up_to_date(room.publish().head)
    assert held(reader) == {
        "x": {"id": "x", "b": "1"},
        "nan": {"id": "nan", "rate": "NaN"},
        "late": {"id": "late", "day": "infinity", "at": "-infinity"},
        "old": {"id": "old", "day": "0044-03-15 BC"},
    }
    assert room.publish().pieces == {}, "once"
    version = reader.records["nan"][0]
    refused = bench.put("nan", version, b="2")
    assert refused["why"] == [{"field": "rate", "why": "must be a decimal number such as 12.5"}]
    assert bench.put("nan", version, b="2", rate="2")["outcome"] == "applied"


def test_a_key_in_another_spelling_is_set_aside(engine: Engine) -> None:
    """SQLite would find no row by it; PostgreSQL has one number for both spellings."""
    file = made.file({"b": {"type": "string"}})
    file["properties"]["id"] = {"type": "string", "format": "decimal", "x-leeward": {"scale": 2}}
    bench = Bench(engine, made.read(file))
    bench.put("1.5", b="1")
    bench.sql("INSERT INTO things (id, b) VALUES ('2.50', '2')")
    room = Newsroom(bench, Bench(engine, made.read(made.file({}, collection="others"))))
    published = room.publish()
    reader = room.reader()
    reader.bring_up_to_date(published.head)
    if engine.dialect.name == "sqlite":
        assert list(held(reader)) == ["1.5"]
        assert '["2.50"]: The key is spelled otherwise than 2.5.' in published.troubles["things"]
    else:
        assert (list(held(reader)), published.troubles) == (["1.5", "2.5"], {})
    assert bench.put("1.5", 1, b="3")["outcome"] == "applied"


def test_an_error_of_one_collection_holds_up_no_other(room: Newsroom) -> None:
    room.things.put("x", a="1")
    room.others.put("o", a="1")
    before = room.publish().head
    room.things.sql("ALTER TABLE things RENAME TO gone")
    room.others.put("o", 2, a="2")
    published = room.publish()
    assert list(json.loads(published.head)["collections"]) == ["others"]
    assert list(published.troubles) == ["things"]
    assert "things was not published" in published.troubles["things"]
    assert json.loads(published.head)["troubles"] == published.troubles
    reader = room.reader("others")
    reader.bring_up_to_date(published.head)
    assert held(reader)["o"]["a"] == "2"
    room.things.sql("ALTER TABLE gone RENAME TO things")
    healed = room.publish()
    assert healed.troubles == {}
    assert json.loads(healed.head)["collections"]["things"] == json.loads(before)["collections"]["things"]


def test_damage_within_one_collections_log_holds_up_no_other(room: Newsroom) -> None:
    room.things.put("x", a="1")
    room.others.put("o", a="1")
    room.publish()
    room.things.put("x", 1, a="2")
    room.others.put("o", 2, a="2")
    room.things.sql("UPDATE leeward_changes SET touched = 'no JSON' WHERE sequence = 3")
    published = room.publish()
    assert (list(published.troubles), len(published.pieces)) == (["things"], 1)
    room.things.sql("UPDATE leeward_changes SET touched = '[\"a\"]' WHERE sequence = 3")
    assert room.publish().pieces


def test_an_error_of_the_connection_is_that_of_all(room: Newsroom) -> None:
    """Nothing is told as trouble of a collection then: the task is tried again."""
    room.things.put("x", a="1")

    def cut(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "things" in statement:
            raise sa.exc.OperationalError(statement, {}, OSError("gone"), connection_invalidated=True)

    sa.event.listen(room.things.engine, "before_cursor_execute", cut)
    with pytest.raises(sa.exc.OperationalError):
        room.publish()
    sa.event.remove(room.things.engine, "before_cursor_execute", cut)
    assert room.publish().troubles == {}


def test_a_collection_whose_model_is_gone_is_said(room: Newsroom) -> None:
    room.things.put("x", a="1")
    room.others.put("o", a="1")
    room.publish()
    published = publish(room.things.engine, [room.others.model], Publication("without", AT))
    assert list(json.loads(published.head)["collections"]) == ["others"]
    assert "The store keeps things" in json.loads(published.head)["troubles"]["things"]
    assert room.publish().troubles == {}
    room.things.sql("DELETE FROM leeward_collections WHERE name = 'things'")
    assert publish(room.things.engine, [room.others.model], Publication("gone", AT)).troubles == {}


def test_a_snapshot_has_a_longest_length(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leeward_companion.publish.SNAPSHOT_LENGTH_MAX", 1000)
    room.things.put("x", a="1" * 1000)
    room.others.put("o", a="1")
    published = room.publish()
    assert list(json.loads(published.head)["collections"]) == ["others"]
    assert "1000 is the most, since a desktop reads it at once. Delete" in published.troubles["things"]
    room.things.put("x", 1, a="1")
    assert room.publish().troubles == {}
