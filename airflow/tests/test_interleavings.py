"""Two writers in every order of their steps: no update is lost, and nobody replaces what they have not seen."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from leeward_companion.store import open_engine

from . import made
from .bench import Bench, batch, change
from .conftest import new_database

FIELDS = {"a": {"type": "string"}, "b": {"type": "string"}, "n": {"type": "integer"}}
STEPS = ("read", "send", "send")
ORDERS = sorted(set(itertools.permutations("AAABBB")))
OPS: dict[str, dict[str, Any]] = {
    "a": {"op": "put", "set": {"a": "mine"}},
    "b": {"op": "put", "set": {"b": "mine"}},
    "both": {"op": "put", "set": {"a": "mine", "b": "mine"}},
    "out": {"op": "put", "unset": ["a"]},
    "delete": {"op": "delete"},
}


@pytest.fixture
def bench(engine: Engine) -> Bench:
    return Bench(engine, made.read(made.file(FIELDS)))


@pytest.fixture(scope="module")
def one_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('one')}/leeward.db")
    # Thousands of small transactions, and nobody pulls the plug.
    sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    yield Bench(engine, made.read(made.file(FIELDS)))
    engine.dispose()


@dataclass
class Writer:
    """Reads the record, sends its change on what it read, and once more: a run that was cleared."""

    name: str
    key: str
    op: dict[str, Any]
    base: int | None = None
    #: The store's sequence when it read.
    saw: int = 0
    conf: Any = None
    outcomes: list[Any] = field(default_factory=list)

    def read(self, bench: Bench) -> None:
        row = row_of(bench, self.key)
        self.base = row["_lw_version"] if row else None
        self.saw = bench.sql("SELECT sequence FROM leeward_store")[0][0]

    def send(self, bench: Bench) -> None:
        self.conf = self.conf or batch(change(self.key, self.base, **self.op))
        self.outcomes.append(bench.send(self.conf)["changes"][0])

    def touches(self) -> set[str]:
        return set(FIELDS) if self.op["op"] == "delete" else {*self.op.get("set", {}), *self.op.get("unset", [])}


def row_of(bench: Bench, key: str) -> dict[str, Any] | None:
    found = bench.sql(f"SELECT a, b, n, _lw_version FROM things WHERE id = '{key}'")
    return dict(zip(("a", "b", "n", "_lw_version"), found[0], strict=True)) if found else None


def named(op: dict[str, Any], name: str) -> dict[str, Any]:
    return {**op, "set": dict.fromkeys(op["set"], f"of {name}")} if "set" in op else op


def play(bench: Bench, key: str, order: tuple[str, ...], ops: tuple[str, str], is_there: bool) -> None:
    bench.put(key if is_there else f"beside {key}", a="0", b="0", n=0)
    writers = {name: Writer(name, key, named(OPS[op], name)) for name, op in zip("AB", ops, strict=True)}
    steps = {name: iter(STEPS) for name in "AB"}
    applied: list[Writer] = []
    for name in order:
        writer, step = writers[name], next(steps[name])
        getattr(writer, step)(bench)
        if step == "send" and len(writer.outcomes) == 1 and writer.outcomes[0]["outcome"] == "applied":
            check_seen(writer, applied)
            applied.append(writer)
    for writer in writers.values():
        assert writer.outcomes[0] == writer.outcomes[1], "a run that is cleared says the same"
    check_end(bench, key, applied, is_there)


def check_seen(writer: Writer, before: list[Writer]) -> None:
    """Whatever was applied before, and this writer touches too, it had seen; or it says the same."""
    for other in before:
        if writer.touches() & other.touches() and writer.op != other.op:
            assert writer.saw >= (other.outcomes[0]["version"] or 0), f"{writer.name} replaced what it had not seen"


def check_end(bench: Bench, key: str, applied: list[Writer], is_there: bool) -> None:
    """The record is what the applied changes make of it, one after the other: none is missing."""
    expected: dict[str, Any] | None = {"a": "0", "b": "0", "n": 0} if is_there else None
    for writer in applied:
        if writer.op["op"] == "delete":
            expected = None
            continue
        merged = {**(expected or {}), **writer.op.get("set", {})}
        expected = {name: value for name, value in merged.items() if name not in writer.op.get("unset", [])}
    row = row_of(bench, key)
    assert (None if row is None else {name: row[name] for name in FIELDS if row[name] is not None}) == expected


@pytest.mark.parametrize("is_there", [True, False], ids=["there", "not there"])
@pytest.mark.parametrize("ops", list(itertools.combinations_with_replacement(OPS, 2)), ids="-".join)
def test_no_update_is_lost_in_any_order(one_bench: Bench, ops: tuple[str, str], is_there: bool) -> None:
    for order in ORDERS:
        play(one_bench, f"{'-'.join(ops)} {is_there} {''.join(order)}", order, ops, is_there)


def at_once(*works: Callable[[], None]) -> None:
    """Run the works in threads, and raise what one of them raised."""
    failures: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_writers_at_once_lose_nothing(bench: Bench) -> None:
    """Three threads count one number up by compare-and-set, each until its eight steps are applied."""
    bench.put("x", n=0)

    def count_up(name: str) -> None:
        for index in range(8):
            while not count_once(bench, f"{name} {index}"):
                pass

    at_once(*(lambda name=name: count_up(name) for name in "ABC"))
    assert (row_of(bench, "x") or {})["n"] == 24
    assert numbers(bench) == list(range(1, 26)), "every number once, and none left out"


def count_once(bench: Bench, name: str) -> bool:
    """Whoever counts signs with their name: two that count to the same number do not say the same."""
    row = row_of(bench, "x") or {}
    return bool(bench.put("x", row["_lw_version"], n=row["n"] + 1, a=name)["outcome"] == "applied")


def test_collections_at_once_share_one_sequence(engine: Engine) -> None:
    benches = [Bench(engine, made.read(made.file(FIELDS, collection=f"c{index}"))) for index in range(3)]

    def fill(bench: Bench) -> None:
        for index in range(8):
            bench.put(f"k{index}", n=index)

    at_once(*(lambda bench=bench: fill(bench) for bench in benches))
    assert numbers(benches[0]) == list(range(1, 25))


def numbers(bench: Bench) -> list[int]:
    return [row[0] for row in bench.sql("SELECT sequence FROM leeward_changes ORDER BY sequence")]


def test_the_same_batch_twice_at_once_says_the_same(cluster: str) -> None:
    """The second waits for the first, which is held just before its end, and finds what it said."""
    engine = open_engine(new_database(cluster))
    bench = Bench(engine, made.read(made.file(FIELDS)))
    bench.put("before", a="1")
    conf = batch(change("x", set={"a": "1"}))
    told: list[Any] = []
    holds = threading.Lock()

    def wait_for_another(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "INSERT INTO leeward_batches" in statement and holds.acquire(blocking=False):
            second.start()
            while not bench.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
                assert second.is_alive() or told, "the second neither waits nor has an answer"

    first = threading.Thread(target=lambda: told.append(bench.send(conf)))
    second = threading.Thread(target=lambda: told.append(bench.send(conf)))
    sa.event.listen(engine, "before_cursor_execute", wait_for_another)
    first.start()
    first.join()
    second.join()
    engine.dispose()
    assert len(told) == 2
    assert told[0] == told[1]
    assert told[0]["changes"][0]["outcome"] == "applied"
