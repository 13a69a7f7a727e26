"""What becomes of one change: compare-and-set by the record's version, and by what was touched since. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from . import tree
from .batch import Change
from .canonical import Refused
from .model import DataModel, Fields, KeyFault


@dataclass(frozen=True)
class Past:
    """One entry of a record's log; `op` is create, put or delete, `touched` the fields by their names of today."""

    sequence: int
    op: str
    touched: frozenset[str]


@dataclass(frozen=True)
class Current:
    """A record as it is: its fields (None: not there), its version (None: never seen), and its log as far as kept.

    Entries are let go from the oldest on: where one is there, so are all after it.
    """

    fields: Fields | None = None
    version: int | None = None
    past: tuple[Past, ...] = ()


@dataclass(frozen=True)
class Applied:
    """The change takes effect: the fields after it (None: deleted), and which it touches; nothing where all was so.

    `key_fields` are those that a new record has by its key.
    """

    fields: Fields | None
    touched: frozenset[str] = frozenset()
    is_new: bool = False
    changes_nothing: bool = False
    key_fields: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Conflict:
    """The record moved: in these fields, or (none named) as a whole. `why` is said where the record alone does not."""

    fields: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class ChangeRefused:
    """The change breaks rules: pairs of a field ("" for the record) and why, as the end of a sentence."""

    why: tuple[tuple[str, str], ...] = field(default_factory=tuple)


Decision = Applied | Conflict | ChangeRefused


#: Nobody can say what a change has seen that names such a version.
_UNKNOWN_BASE = (
    "was made on a version of the record that the log does not have: it is older than what is kept, or of a state "
    "of the store before it was restored"
)


def decide(model: DataModel, change: Change, current: Current) -> Decision:
    """What becomes of the change."""
    try:
        key_fields = model.fields_of_key(change.key)
    except KeyFault as fault:
        return ChangeRefused((("", f"has no key of this collection. {fault}"),))
    if change.op == "delete":
        return _delete(change, current)
    taken, broken = _take(model, change, key_fields)
    if broken:
        return ChangeRefused(tuple(broken))
    if current.fields is None:
        return _create(model, change, taken, key_fields)
    return _put(model, change, current, taken)


def _delete(change: Change, current: Current) -> Decision:
    if current.fields is None:
        return Applied(None, changes_nothing=True)
    since = _since(change.base, current)
    if change.base is None or since:
        return Conflict()
    if since is None:
        return Conflict(why=_UNKNOWN_BASE)
    return Applied(None, frozenset(current.fields))


def _create(model: DataModel, change: Change, taken: Fields, key_fields: Fields) -> Decision:
    if change.base is not None:
        return Conflict()
    whole = model.with_defaults({**taken, **key_fields})
    after = {name: value for name, value in whole.items() if name not in change.unset}
    broken = model.check(after)
    if broken:
        return ChangeRefused(tuple(broken))
    return Applied(after, frozenset(after), is_new=True, key_fields=frozenset(key_fields))


def _put(model: DataModel, change: Change, current: Current, taken: Fields) -> Decision:
    assert current.fields is not None
    before = current.fields
    differing = {name for name, value in taken.items() if name not in before or not same(before[name], value)}
    differing |= {name for name in change.unset if name in before}
    if not differing:
        return Applied(before, changes_nothing=True)
    all_differing = tuple(sorted(differing))
    if change.base is None:
        return Conflict(all_differing)
    since = _since(change.base, current)
    if since is None:
        return Conflict(all_differing, _UNKNOWN_BASE)
    if any(past.op != "put" for past in since):
        return Conflict(all_differing)  # The record was made anew.
    clashing = [name for name in all_differing if _clashes(model, name, since)]
    if clashing:
        return Conflict(tuple(clashing))
    after = {name: value for name, value in {**before, **taken}.items() if name not in change.unset}
    # A field that came with a later version: records from before lack it until they are changed.
    filled = {f.name: f.default for f in model.fields if f.required and f.has_default and f.name not in after}
    after |= filled
    broken = model.check(after)
    return ChangeRefused(tuple(broken)) if broken else Applied(after, frozenset({*differing, *filled}))


def _since(base: int | None, current: Current) -> tuple[Past, ...] | None:
    """What happened to the record after `base`; None where that is no version of it that the log has."""
    if all(past.sequence != base for past in current.past):
        return None
    return tuple(past for past in current.past if base is not None and past.sequence > base)


def _clashes(model: DataModel, name: str, since: tuple[Past, ...]) -> bool:
    if model.groups is None:
        # As one unit a record has moved also where the field that was touched is no more.
        return bool(since)
    unit = model.merge_unit(name)
    return any(unit & past.touched for past in since)


def _take(model: DataModel, change: Change, key_fields: Fields) -> tuple[Fields, list[tuple[str, str]]]:
    """The values that are set, in canonical form, and what is wrong with them."""
    taken: Fields = {}
    broken: list[tuple[str, str]] = []
    for name in (*change.set, *change.unset):
        known = model.field(name)
        if known is None:
            broken.append((name, f"is no field of version {model.version} of the data model"))
        elif name in change.unset:
            broken += [(name, "is required")] if known.required else []
        else:
            try:
                taken[name] = known.type.take(change.set[name])
            except Refused as why:
                broken.append((name, str(why)))
    for name, value in key_fields.items():
        if name in taken and not same(taken[name], value):
            broken.append((name, "is a field of the key, and says something else than it"))
    return taken, broken


def same(one: Any, other: Any) -> bool:
    """Whether two canonical values are the same."""
    return tree.write(one) == tree.write(other)
