"""A batch of changes, as a run's `conf` brings it: read strictly, and refused whole where anything is amiss."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from . import tree
from .canonical import Refused
from .field_types import check_storable
from .tree import Number

FORMAT = "1"
CHANGES_MAX = 10_000
#: The largest batch, in characters of its canonical JSON.
SIZE_MAX = 16 * 1024 * 1024
_WORD_MAX = 250
_REASON_MAX = 10_000
_SEQUENCE_DIGITS_MAX = 18

_ID = re.compile(r"[0-9A-Za-z_.~-]{1,64}")
_BATCH = {"leeward", "batch", "attempt", "store_id", "client", "model", "changes"}
_CHANGE = {"id", "op", "key", "base", "set", "unset", "reason", "state", "effective_at"}


class BatchRefused(ValueError):
    """The batch is refused whole; the message is a sentence that says why. Nothing was touched."""


@dataclass(frozen=True)
class Change:
    """One change: `set` and `unset` by field, made on the row's version `base` (None: the row was not there)."""

    id: str
    op: str
    key: str
    base: int | None
    set: dict[str, Any]
    unset: tuple[str, ...]
    reason: str | None


@dataclass(frozen=True)
class Batch:
    """A batch; `digest` is the same for every attempt at it, and for nothing else.

    `store_id` is the store whose versions its changes name; None where they name none, and it is not said.
    """

    id: str
    client_id: str
    client_name: str
    store_id: str | None
    model: int
    changes: tuple[Change, ...]
    digest: str


def read_batch(conf: Any) -> Batch:
    """Read a run's `conf`; raise BatchRefused."""
    try:
        return _read_batch(conf)
    except tree.NotJson as why:
        raise BatchRefused(f"The batch is not JSON: {why}.") from None


def _read_batch(conf: Any) -> Batch:
    members = _object(tree.from_python(conf), "The batch", _BATCH)
    if members.get("leeward") != Number(FORMAT):
        raise BatchRefused(f"The batch is not of format {FORMAT}, the one that this companion reads.")
    _check_texts(members)
    said = {name: value for name, value in members.items() if name != "attempt"}
    written = tree.write(said)
    if len(written) > SIZE_MAX:
        raise BatchRefused(f"The batch has {len(written)} characters; {SIZE_MAX} is the most. Send it in parts.")
    _count(members.get("attempt", Number("1")), "attempt")
    client = _object(members.get("client", {}), "client", {"id", "name"})
    changes = members.get("changes")
    if not isinstance(changes, list) or not 0 < len(changes) <= CHANGES_MAX:
        raise BatchRefused(f"changes must be a list of 1 to {CHANGES_MAX} changes.")
    read = tuple(_read_change(change, f"changes/{index}") for index, change in enumerate(changes))
    store_id = members.get("store_id")
    if store_id is None and any(change.base is not None for change in read):
        raise BatchRefused("The batch has changes with a base, and store_id does not say of which store.")
    _check_once([change.id for change in read], "ids of changes")
    _check_once([change.key for change in read], "keys: a batch changes a record once")
    return Batch(
        id=_id(members.get("batch"), "batch"),
        client_id=_word(client.get("id", ""), "client/id"),
        client_name=_word(client.get("name", ""), "client/name"),
        store_id=None if store_id is None else _id(store_id, "store_id"),
        model=_count(members.get("model"), "model"),
        changes=read,
        digest=hashlib.sha256(written.encode()).hexdigest(),
    )


def _read_change(node: Any, place: str) -> Change:
    members = _object(node, place, _CHANGE)
    op = members.get("op")
    if op not in ("put", "delete"):
        raise BatchRefused(f"{place}/op must be put or delete.")
    key = members.get("key")
    if not isinstance(key, str):
        raise BatchRefused(f"{place}/key must be a text.")
    if members.get("state", "live") != "live" or members.get("effective_at") is not None:
        raise BatchRefused(f"{place} has a state or a date of its own, which this companion does not keep.")
    fields = _object(members.get("set", {}), f"{place}/set", None)
    unset = members.get("unset", [])
    if not isinstance(unset, list) or not all(isinstance(name, str) for name in unset):
        raise BatchRefused(f"{place}/unset must be a list of names of fields.")
    if op == "delete" and (fields or unset):
        raise BatchRefused(f"{place} deletes a record, and sets fields of it.")
    if set(fields) & set(unset) or len(set(unset)) < len(unset):
        raise BatchRefused(f"{place} says twice what becomes of a field.")
    base = members.get("base")
    reason = members.get("reason")
    return Change(
        id=_id(members.get("id"), f"{place}/id"),
        op=op,
        key=key,
        base=None if base is None else _count(base, f"{place}/base"),
        set=fields,
        unset=tuple(unset),
        reason=None if reason is None else _word(reason, f"{place}/reason", _REASON_MAX),
    )


def _object(node: Any, place: str, known: set[str] | None) -> dict[str, Any]:
    if not isinstance(node, dict):
        raise BatchRefused(f"{place} must be an object.")
    if known is not None and not set(node) <= known:
        raise BatchRefused(f"{place} has a member that this companion does not know.")
    return node


def _count(node: Any, place: str) -> int:
    digits = node.text if isinstance(node, Number) else ""
    if not digits.isdigit() or len(digits) > _SEQUENCE_DIGITS_MAX:
        raise BatchRefused(f"{place} must be a whole number, and not below 0.")
    return int(digits)


def _id(node: Any, place: str) -> str:
    if not isinstance(node, str) or _ID.fullmatch(node) is None:
        raise BatchRefused(f"{place} must be an id of 1 to 64 letters, digits, and _ . ~ -")
    return node


def _word(node: Any, place: str, length_max: int = _WORD_MAX) -> str:
    if not isinstance(node, str) or len(node) > length_max:
        raise BatchRefused(f"{place} must be a text of at most {length_max} characters.")
    try:
        check_storable(node)
    except Refused as why:
        raise BatchRefused(f"{place} {why}.") from None
    return node


def _check_texts(members: dict[str, Any]) -> None:
    """Half of a surrogate pair cannot be hashed, kept or sent on, wherever it stands."""
    if not all(tree.is_unicode(text) for _, text in tree.texts(members)):
        raise BatchRefused("The batch holds half of a character (a lone surrogate).")


def _check_once(words: list[str], what: str) -> None:
    if len(set(words)) < len(words):
        raise BatchRefused(f"The batch repeats {what}.")
