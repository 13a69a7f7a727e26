"""A batch of changes, applied in one transaction with its log and outcomes. The same batch again changes nothing."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from . import rules, tree
from .batch import Batch, BatchRefused, Change, read_batch
from .canonical import Refused
from .collection import make_collection, open_collection
from .columns import moment_to_column
from .decide import Applied, ChangeRefused, Conflict, Current, Decision, decide
from .log import Author, Entry, Records, Written, append
from .model import DataModel, KeyFault
from .store import Seen, Sequencer, prepare, store_id_of
from .tables import BATCHES
from .tree import Number

DONE, REFUSED = "done", "refused"
#: The longest record, in characters of its JSON: every desktop reads it whole, and so does each conflict tell it.
RECORD_LENGTH_MAX = 1024 * 1024
#: The most characters of records that the conflicts of one outcome tell; it is one XCom.
ROWS_LENGTH_MAX = 16 * 1024 * 1024


@dataclass(frozen=True)
class Run:
    """The run that brings a batch: who Airflow says started it (None: it does not say), and when it is now.

    `seen` is what an earlier run told of the store.
    """

    user: str | None
    at: datetime.datetime
    seen: Seen | None = None


def ingest(engine: Engine, model: DataModel, conf: Any, run: Run) -> str:
    """Apply a batch; its outcomes as JSON text, the same however often and under whatever run it comes.

    A batch that is refused whole is such an outcome, too. Raise StoreTrouble, or the database's own error, where
    nothing could be decided: nothing was changed then, and the run may be tried again.
    """
    try:
        batch = read_batch(conf)
    except BatchRefused as why:
        return refusal(model, str(why))
    prepare(engine, run.seen)
    make_collection(engine, model)
    with engine.begin() as connection:
        open_collection(connection, model, run.at)
        known = _known_outcome(connection, model, batch)
        if known is not None:
            return known
        outcome = _apply(connection, model, batch, run)
        connection.execute(
            BATCHES.insert().values(
                batch=batch.id,
                collection=model.collection,
                digest=batch.digest,
                outcome=outcome,
                at=moment_to_column(run.at, connection.dialect.name),
            )
        )
        return outcome


def refusal(model: DataModel, why: str, **more: Any) -> str:
    """The outcome of a batch that is refused whole."""
    return tree.write({**_head(model), "result": REFUSED, "why": why, **more})


def _head(model: DataModel) -> dict[str, Any]:
    return {"leeward": Number("1"), "collection": model.collection, "model": Number(str(model.version))}


def _known_outcome(connection: Connection, model: DataModel, batch: Batch) -> str | None:
    found = connection.execute(sa.select(BATCHES).where(BATCHES.c.batch == batch.id)).first()
    if found is None:
        return None
    if (found.collection, found.digest) != (model.collection, batch.digest):
        return refusal(model, "The id of this batch is that of another one. Send it under an id of its own.")
    return str(found.outcome)


def _apply(connection: Connection, model: DataModel, batch: Batch, run: Run) -> str:
    store_id = store_id_of(connection)
    if batch.store_id not in (None, store_id):
        why = (
            "The batch was made on another store than this is now: the database was restored, or replaced by another. "
            "Read the newest snapshot, compare the changes with it, and send them as a new batch."
        )
        return refusal(model, why, batch=batch.id, store_id=store_id)
    if batch.model != model.version:
        why = f"The batch was made with version {batch.model} of the data model; here it is version {model.version}."
        return refusal(model, why, batch=batch.id, store_id=store_id)
    records, sequencer = Records(connection, model), Sequencer(connection)
    keys = [change.key for change in batch.changes if _is_key(model, change.key)]
    # The rows first: whoever writes one by SQL waits from here on, or is seen.
    held = records.held(keys)
    current = records.current(keys)
    records.note_outside(current, held, sequencer, run.at)
    decided: dict[str, Decision] = {
        change.key: _storable(records, decide(model, change, current.get(change.key, Current())))
        for change in batch.changes
    }
    decided = rules.hold(connection, model, decided)
    entries = _entries(model, batch, decided, sequencer, run)
    records.write(_written(entries), run.at)
    append(connection, entries)
    newest = sequencer.close()
    versions = {entry.key: sequence for sequence, entry in entries}
    changes = [_outcome(change, decided[change.key], current, versions) for change in batch.changes]
    _leave_out_rows(changes)
    told = {"result": DONE, "batch": batch.id, "store_id": store_id, "sequence": _number(newest), "changes": changes}
    return tree.write({**_head(model), **told})


def _is_key(model: DataModel, key: str) -> bool:
    try:
        model.fields_of_key(key)
    except KeyFault:
        return False
    return True


def _storable(records: Records, decision: Decision) -> Decision:
    if not isinstance(decision, Applied) or decision.fields is None or decision.changes_nothing:
        return decision
    try:
        records.row_of(decision.fields)
    except Refused as why:
        return ChangeRefused((("", f"cannot be stored: a value {why}"),))
    length = len(tree.write(decision.fields))
    if length > RECORD_LENGTH_MAX:
        why_not = (
            f"makes a record of {length} characters; {RECORD_LENGTH_MAX} is the most, since every desktop reads it "
            "whole. Keep what is so long in a place of its own, and where that is in the record"
        )
        return ChangeRefused((("", why_not),))
    return decision


def _entries(
    model: DataModel, batch: Batch, decided: dict[str, Decision], sequencer: Sequencer, run: Run
) -> list[tuple[int, Entry]]:
    """What takes effect, each with its sequence number."""
    author = Author(run.user, "airflow") if run.user else Author(batch.client_name or "unknown", "client")
    entries: list[tuple[int, Entry]] = []
    for change in batch.changes:
        decision = decided[change.key]
        if not isinstance(decision, Applied) or decision.changes_nothing:
            continue
        entry = Entry(
            collection=model.collection,
            key=change.key,
            op="delete" if decision.fields is None else "create" if decision.is_new else "put",
            model=model.version,
            fields=decision.fields,
            touched=decision.touched,
            author=author,
            at=run.at,
            client=batch.client_name,
            batch=batch.id,
            change=change.id,
            reason=change.reason,
        )
        entries.append((sequencer.take(), entry))
    return entries


def _written(entries: list[tuple[int, Entry]]) -> list[Written]:
    """The rows of these entries; deletes first, which make room where somebody gave the table rules of its own."""
    rows = [
        Written(entry.key, entry.fields, sequence, entry.author, is_new=entry.op == "create")
        for sequence, entry in entries
    ]
    return sorted(rows, key=lambda row: row.fields is not None)


def _outcome(
    change: Change, decision: Decision, current: dict[str, Current], versions: dict[str, int]
) -> dict[str, Any]:
    now = current.get(change.key, Current())
    told: dict[str, Any] = {"id": change.id, "key": change.key}
    if isinstance(decision, Applied):
        version = versions.get(change.key, now.version)
        told |= {"outcome": "applied", "version": _number(version)}
        return {**told, "row": decision.fields} if _is_more_than_said(change, decision, now) else told
    if isinstance(decision, ChangeRefused):
        why = [{"field": name, "why": reason} for name, reason in decision.why]
        return {**told, "outcome": "refused", "version": _number(now.version), "why": why}
    assert isinstance(decision, Conflict)
    told |= {"outcome": "conflict", "version": _number(now.version), "fields": list(decision.fields), "row": now.fields}
    return {**told, "why": [{"field": "", "why": decision.why}]} if decision.why else told


def _is_more_than_said(change: Change, decision: Applied, before: Current) -> bool:
    """Whether the record is now more than what the client saw and what it changed: another's change, or a default."""
    if decision.fields is None:
        return False
    touched = {*change.set, *change.unset}
    if decision.is_new:
        # The client knows the fields of the key by the key.
        return not set(decision.fields) <= touched | set(decision.key_fields)
    return before.version != change.base or not decision.touched <= touched


def _leave_out_rows(changes: list[dict[str, Any]]) -> None:
    """Leave out the records for which there is no room: they come with the next publication.

    It is said: an applied change that tells no record is otherwise all that is new of it.
    """
    room = ROWS_LENGTH_MAX
    for told in changes:
        if told.get("row") is None:
            continue
        room -= len(tree.write(told["row"]))
        if room < 0:
            del told["row"]
            told["left_out"] = True


def _number(value: int | None) -> Number | None:
    return None if value is None else Number(str(value))
