"""The steps of a model file: its changes that are no mere additions."""

from __future__ import annotations

from itertools import pairwise

from . import names
from .faults import Faults
from .model import Step
from .place import Members, Place

STEPS_MAX = 1000

_ONE_OF = "rename (with to), drop, convert (with map) and key."


def read_steps(
    place: Place, version: int, key: tuple[str, ...] | None, fields: list[str], faults: Faults
) -> tuple[Step, ...]:
    """Read the steps, and go them back from what the model has now: what a step leads to must be there after it."""
    places = place.items(faults)
    if places is None:
        return ()
    if len(places) > STEPS_MAX:
        place.fault(f"has {len(places)} steps", f"A model has at most {STEPS_MAX}.", faults)
        return ()
    read = [_read_step(step, version, faults) for step in places]
    steps = [step for step in read if step is not None]
    if len(steps) < len(places):
        return ()
    for (before, after), at in zip(pairwise(steps), places[1:], strict=True):
        if after.version < before.version:
            at.fault("is out of order", "Put the steps in the order of their versions.", faults)
    _go_back(steps, places, set(fields), key, faults)
    return tuple(steps)


def _read_step(place: Place, version: int, faults: Faults) -> Step | None:
    members = Members.open(place, faults)
    if members is None:
        return None
    leads_to = members.need("version", "Say which version the step leads to.", faults)
    number = None
    if leads_to is not None and version < 2:
        leads_to.fault("cannot be", "The first version has no steps.", faults)
    elif leads_to is not None:
        number = leads_to.whole(2, version, faults)
    step = _read_kind(place, members, number or 0, faults)
    members.close(f"A step is one of {_ONE_OF}", faults)
    return step if number is not None else None


def _read_kind(place: Place, members: Members, version: int, faults: Faults) -> Step | None:
    before = len(faults.found)
    for kind in ("rename", "drop", "convert"):
        named = members.take(kind)
        if named is None:
            continue
        field = _read_name(named, faults)
        to = ""
        pairs: tuple[tuple[str, str], ...] = ()
        if kind == "rename":
            target = members.need("to", "Say what the field is called after the step.", faults)
            to = _read_name(target, faults) if target else ""
            if field and field == to:
                place.fault("renames a field to what it is called", "Leave it out.", faults)
                return Step(version, kind, field, to)
        elif kind == "convert":
            pairs = _read_map(members.take("map"), faults)
        return Step(version, kind, field, to, pairs) if len(faults.found) == before else None
    key = members.take("key")
    if key is None:
        place.fault("does nothing that a step can do", f"Give one of {_ONE_OF}", faults)
        return None
    fields = tuple(_read_name(name, faults) for name in key.items(faults) or [])
    return Step(version, "key", key=fields) if len(faults.found) == before else None


def _read_name(place: Place, faults: Faults) -> str:
    name = place.text(faults)
    if name is not None:
        names.check_field(name, place.pointer, faults)
    return name or ""


def _read_map(place: Place | None, faults: Faults) -> tuple[tuple[str, str], ...]:
    members = Members.open(place, faults) if place else None
    places = members.places() if members else {}
    return tuple((word, to.text(faults) or "") for word, to in places.items())


def _go_back(
    steps: list[Step], places: list[Place], fields: set[str], key: tuple[str, ...] | None, faults: Faults
) -> None:
    is_key_known = True
    for step, place in zip(reversed(steps), reversed(places), strict=True):
        needed = {"rename": (step.to,), "convert": (step.field,), "key": step.key, "drop": ()}[step.kind]
        for name in needed:
            if name not in fields:
                what = f"leads to a field {name}, which is not there after it"
                place.fault(what, "Name one that is, or one that a later step renames or drops.", faults)
        if step.kind == "rename":
            fields.discard(step.to)
            fields.add(step.field)
            key = key and tuple(step.field if name == step.to else name for name in key)
        elif step.kind == "drop":
            fields.add(step.field)
        elif step.kind == "key":
            if is_key_known and key != step.key:
                what = "leads to a key that the model does not have after it"
                instead = "Name the fields of that key. From fields to a generated key there is no step."
                place.fault(what, instead, faults)
            is_key_known = False
