"""What desktops read: segments of the change log, and snapshots, all of one view of the store.

A segment of a collection covers its changes after `from` up to `to`. The next one begins where it ends, so a reader
sees a gap; each has its hash, so a reader sees damage; all name the store, so a reader sees another one.
"""

from __future__ import annotations

import datetime
import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from . import tree
from .collection import make_collection, open_collection
from .columns import UTC, moment_to_column
from .decide import Current
from .log import Records
from .model import DataModel
from .store import Seen, Sequencer, StoreTrouble, prepare, renew, sequence_of, snapshot, store_id_of
from .tables import CHANGES, COLLECTIONS, SEGMENTS, STORE
from .tree import Number

#: The longest piece of a text in one XCom, in characters.
CHUNK_LENGTH = 256 * 1024
#: The longest snapshot, in characters: it is made and read in one piece of memory.
SNAPSHOT_LENGTH_MAX = 256 * 1024 * 1024
#: After so many segments, or where they are together longer than the snapshot before them, there is a new one.
_SEGMENTS_MAX = 24
_SNAPSHOT_AGE_MAX = datetime.timedelta(days=1)
_SNAPSHOTS_KEPT = 2

_LOG = logging.getLogger(__name__)

#: A text names no more rows than these.
_SHOWN_MAX = 5

SNAPSHOT, SEGMENT = "snapshot", "segment"


@dataclass(frozen=True)
class Publication:
    """How a run publishes: its id, the time, whether a snapshot is asked for, how long the log is kept.

    `seen` is what an earlier run told of the store; `was_restored` is what a person says.
    """

    run: str
    at: datetime.datetime
    wants_snapshot: bool = False
    keeps_log: datetime.timedelta = datetime.timedelta(days=90)
    seen: Seen | None = None
    was_restored: bool = False


@dataclass
class Published:
    """What a run says: the head, the pieces of what it published by name, and troubles by collection, all as text."""

    head: str
    pieces: dict[str, str] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)


def publish(engine: Engine, models: list[DataModel], publication: Publication) -> Published:
    """Publish all collections; one that is in trouble is left as it was, said, and holds up no other.

    Raise the database's error where it is not one collection's: nothing was published then.
    """
    prepare(engine, publication.seen)
    if publication.was_restored and not _has_published(engine, publication.run):
        renew(engine, is_asked=True)
    sound: list[DataModel] = []
    published = Published("", troubles=_without_model(engine, models))
    for model in models:
        with _kept_apart(model, published.troubles):
            said = _take_stock(engine, model, publication.at)
            sound.append(model)
            published.troubles.update({model.collection: said} if said else {})
    with snapshot(engine) as connection:
        store_id, sequence = store_id_of(connection), sequence_of(connection)
        collections = {}
        for model in sound:
            publisher = _Publisher(connection, model, publication, store_id, sequence)
            with _kept_apart(model, published.troubles), connection.begin_nested():
                collections[model.collection] = publisher.publish()
        head = {"leeward": Number("1"), "store_id": store_id, "sequence": _number(sequence)}
        published.head = tree.write({**head, "collections": collections, "troubles": published.troubles})
        published.pieces = _pieces_of_run(connection, publication.run)
    _prune(engine, publication)
    return published


@contextmanager
def _kept_apart(model: DataModel, troubles: dict[str, str]) -> Iterator[None]:
    """An error of one collection becomes its trouble; one of the connection to the database is that of all."""
    try:
        yield
    except StoreTrouble as trouble:
        troubles[model.collection] = str(trouble)
    except Exception as error:
        if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
            raise
        # What the database says may hold values: it is for those who may read the log.
        _LOG.exception("%s was not published.", model.collection)
        kind = type(getattr(error, "orig", None) or error).__name__
        troubles[model.collection] = (
            f"{model.collection} was not published ({kind}); the log of the task says what was wrong. "
            "Where that is a lock that somebody held, the next publication brings it."
        )


def _without_model(engine: Engine, models: list[DataModel]) -> dict[str, str]:
    """What is to be said of collections that the store keeps, and that no model came for."""
    with engine.begin() as connection:
        kept = connection.execute(sa.select(COLLECTIONS.c.name).order_by(COLLECTIONS.c.name)).scalars().all()
    missing = {*kept} - {model.collection for model in models}
    return {
        name: f"The store keeps {name}, and there is no file of its model that can be used: it is not published. "
        "Put the file back, or take the collection's row out of leeward_collections where it is to be no more."
        for name in sorted(missing)
    }


def _has_published(engine: Engine, run: str) -> bool:
    """Whether this is a run that was cleared: what it was told once holds once."""
    with engine.begin() as connection:
        return connection.execute(sa.select(SEGMENTS.c.run).where(SEGMENTS.c.run == run)).first() is not None


def _take_stock(engine: Engine, model: DataModel, at: datetime.datetime) -> str:
    """Bring the collection to its model, and write down what somebody changed by SQL; what is to be said of it."""
    make_collection(engine, model)
    with engine.begin() as connection:
        open_collection(connection, model, at)
        records, sequencer = Records(connection, model), Sequencer(connection)
        records.note_outside(records.all_current(), records.all_held(), sequencer, at)
        sequencer.close()
        return _said_of(model, records.set_aside)


def _said_of(model: DataModel, set_aside: dict[str, str]) -> str:
    if not set_aside:
        return ""
    shown = "; ".join(f"{key}: {why}" for key, why in sorted(set_aside.items())[:_SHOWN_MAX])
    return (
        f"{len(set_aside)} rows of the table {model.collection} have a key that its model does not allow, and are set "
        f"aside: nobody sees them but who reads the table ({shown}). Correct their keys by SQL, or delete them."
    )


@dataclass
class _Publisher:
    """One collection in one view of the store."""

    connection: Connection
    model: DataModel
    publication: Publication
    store_id: str
    sequence: int

    def publish(self) -> dict[str, Any]:
        """Publish what is new; what the head says of the collection."""
        current = Records(self.connection, self.model).all_current()
        chain = self._chain()
        covered = max((int(one["to_sequence"]) for one in chain), default=0)
        if chain:
            self._publish_segment(covered)
        if self._needs_snapshot(self._chain()):
            self._publish_snapshot(current)
        kept = self._chain()
        newest = [one for one in kept if one["kind"] == SNAPSHOT][-1]
        return {
            "model": _number(self.model.version),
            "rows": _number(sum(1 for one in current.values() if one.fields is not None)),
            "digest": digest({key: one.version or 0 for key, one in current.items() if one.fields is not None}),
            "snapshot": _described(newest),
            "segments": [_described(one) for one in kept if one["kind"] == SEGMENT],
        }

    def _chain(self) -> list[dict[str, Any]]:
        """What is published of the collection, without the bodies, oldest first."""
        columns: list[Any] = [column for column in SEGMENTS.c if column.name != "body"]
        columns.append(sa.func.length(SEGMENTS.c.body).label("length"))
        where = SEGMENTS.c.collection == self.model.collection
        found = self.connection.execute(sa.select(*columns).where(where).order_by(SEGMENTS.c.to_sequence))
        return [dict(row) for row in found.mappings()]

    def _needs_snapshot(self, chain: list[dict[str, Any]]) -> bool:
        snapshots = [one for one in chain if one["kind"] == SNAPSHOT]
        if not snapshots or self.publication.wants_snapshot:
            return True
        newest = snapshots[-1]
        since = [one for one in chain if one["kind"] == SEGMENT and one["from_sequence"] >= newest["to_sequence"]]
        is_old = _moment(newest["at"]) <= self.publication.at - _SNAPSHOT_AGE_MAX
        is_other = int(newest["model"]) != self.model.version
        is_long = sum(one["length"] for one in since) > max(newest["length"], CHUNK_LENGTH)
        return is_old or is_other or is_long or len(since) > _SEGMENTS_MAX

    def _publish_segment(self, covered: int) -> None:
        where = (
            CHANGES.c.collection == self.model.collection,
            CHANGES.c.sequence > covered,
            CHANGES.c.sequence <= self.sequence,
        )
        found = self.connection.execute(sa.select(CHANGES).where(*where).order_by(CHANGES.c.sequence))
        changes = [_change(dict(row)) for row in found.mappings()]
        if changes:
            self._keep(SEGMENT, covered, {"changes": changes}, len(changes))

    def _publish_snapshot(self, current: dict[str, Current]) -> None:
        records = [
            [key, _number(one.version or 0), one.fields]
            for key, one in sorted(current.items())
            if one.fields is not None
        ]
        same = (
            SEGMENTS.c.collection == self.model.collection,
            SEGMENTS.c.kind == SNAPSHOT,
            SEGMENTS.c.to_sequence == self.sequence,
        )
        self.connection.execute(SEGMENTS.delete().where(*same))
        self._keep(SNAPSHOT, 0, {"records": records}, len(records))

    def _keep(self, kind: str, begin: int, content: dict[str, Any], rows: int) -> None:
        said = {
            "leeward": Number("1"),
            "kind": kind,
            "store_id": self.store_id,
            "collection": self.model.collection,
            "model": _number(self.model.version),
            "from": _number(begin),
            "to": _number(self.sequence),
        }
        body = tree.write({**said, **content})
        if len(body) > SNAPSHOT_LENGTH_MAX:
            raise StoreTrouble(
                f"{self.model.collection} was not published: its {kind} has {len(body)} characters, and "
                f"{SNAPSHOT_LENGTH_MAX} is the most, since a desktop reads it at once. Delete records that "
                "nobody needs, or divide the collection."
            )
        values = {
            "collection": self.model.collection,
            "kind": kind,
            "to_sequence": self.sequence,
            "from_sequence": begin,
            "model": self.model.version,
            "rows": rows,
            "sha256": hashlib.sha256(body.encode()).hexdigest(),
            "run": self.publication.run,
            "body": body,
            "at": moment_to_column(self.publication.at, self.connection.dialect.name),
        }
        self.connection.execute(SEGMENTS.insert().values(values))


def digest(versions: dict[str, int]) -> str:
    """The hash of which records there are in which version: a reader that has applied everything comes to the same."""
    lines = "".join(f"{tree.quoted(key)}:{version}\n" for key, version in sorted(versions.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _change(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "sequence": _number(row["sequence"]),
        "key": row["key"],
        "op": "delete" if row["op"] == "delete" else "put",
        "model": _number(row["model"]),
        "fields": None if row["fields"] is None else tree.parse(row["fields"]),
        "touched": tree.parse(row["touched"]),
        "author": row["author"],
        "author_from": row["author_from"],
        "client": row["client"],
        "batch": row["batch"],
        "change": row["change"],
        "reason": row["reason"],
        "at": _moment(row["at"]).isoformat().replace("+00:00", "Z"),
    }


def _described(one: dict[str, Any]) -> dict[str, Any]:
    pieces = -(-int(one["length"]) // CHUNK_LENGTH)
    return {
        "from": _number(one["from_sequence"]),
        "to": _number(one["to_sequence"]),
        "model": _number(one["model"]),
        "rows": _number(one["rows"]),
        "sha256": one["sha256"],
        "run": one["run"],
        "pieces": [_name(one, index) for index in range(pieces)],
    }


def _name(one: dict[str, Any], index: int) -> str:
    return f"{one['kind']}-{one['to_sequence']}-{index}-{one['collection']}"


def _pieces_of_run(connection: Connection, run: str) -> dict[str, str]:
    """What this run has published, also at an earlier try: a run that is cleared loses its XComs."""
    pieces: dict[str, str] = {}
    for row in connection.execute(sa.select(SEGMENTS).where(SEGMENTS.c.run == run)).mappings():
        body = row["body"]
        for index in range(-(-len(body) // CHUNK_LENGTH)):
            pieces[_name(dict(row), index)] = body[index * CHUNK_LENGTH : (index + 1) * CHUNK_LENGTH]
    return pieces


def _prune(engine: Engine, publication: Publication) -> None:
    """Let go of what no reader needs: all but two snapshots and the segments since the older one, and the old log."""
    with engine.begin() as connection:
        # The store's row first: it is changed, and every writer takes it last.
        pruned = int(connection.execute(sa.select(STORE.c.pruned_to).with_for_update()).scalar_one())
        ends = []
        collections = connection.execute(sa.select(SEGMENTS.c.collection).distinct()).scalars().all()
        for collection in collections:
            ends.append(_prune_segments(connection, collection))
        limit = moment_to_column(publication.at - publication.keeps_log, connection.dialect.name)
        old = connection.execute(sa.select(sa.func.max(CHANGES.c.sequence)).where(CHANGES.c.at < limit)).scalar()
        until = min([*ends, old or 0])
        if until > pruned:
            # What a record was then stays: somebody may have seen it since, until another change came.
            then = sa.select(sa.func.max(CHANGES.c.sequence)).where(CHANGES.c.sequence <= until)
            is_needed = sa.and_(
                CHANGES.c.sequence.in_(then.group_by(CHANGES.c.collection, CHANGES.c.key)), CHANGES.c.op != "delete"
            )
            connection.execute(CHANGES.delete().where(CHANGES.c.sequence <= until, sa.not_(is_needed)))
            connection.execute(STORE.update().values(pruned_to=until))


def _prune_segments(connection: Connection, collection: str) -> int:
    """The sequence up to which nothing of the collection is needed any more."""
    of_it = SEGMENTS.c.collection == collection
    ends = sa.select(SEGMENTS.c.to_sequence).where(of_it, SEGMENTS.c.kind == SNAPSHOT)
    kept = connection.execute(ends.order_by(SEGMENTS.c.to_sequence.desc()).limit(_SNAPSHOTS_KEPT)).scalars().all()
    oldest = int(kept[-1])
    if len(kept) == _SNAPSHOTS_KEPT:
        is_before = sa.or_(
            sa.and_(SEGMENTS.c.kind == SNAPSHOT, SEGMENTS.c.to_sequence < oldest),
            sa.and_(SEGMENTS.c.kind == SEGMENT, SEGMENTS.c.to_sequence <= oldest),
        )
        connection.execute(SEGMENTS.delete().where(of_it, is_before))
    return oldest


def _moment(held: Any) -> datetime.datetime:
    if isinstance(held, str):
        held = datetime.datetime.fromisoformat(held.replace("Z", "+00:00"))
    moment: datetime.datetime = held
    return moment.astimezone(UTC)


def _number(value: int) -> Number:
    return Number(str(value))
